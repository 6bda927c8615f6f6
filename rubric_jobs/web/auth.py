"""Authentication: a bearer token or a signed-in Django account, both with a tenant and a user."""

from __future__ import annotations

import datetime
import math
import threading
import time
import uuid
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, cast

import jwt
from django.http import HttpRequest, QueryDict
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.request import Request

from rubric_jobs import conf
from rubric_jobs.models import Membership
from rubric_jobs.web.problems import Refusal
from rubric_jobs.web.threads import in_request_thread

SYMMETRIC = ["HS256"]
ASYMMETRIC = ["RS256", "ES256"]
CHALLENGE = "Bearer"
REFUSED = "The token is not valid, or not any more."

JWKS_LIFESPAN_S = 300
JWKS_LEAST_PAUSE_S = 10.0
"""An unknown key id makes us fetch the keys again, but not for every such token."""
JWKS_TIMEOUT_S = 5.0
JWKS_PATIENCE_S = 1.0
"""For another thread that fetches the keys already: its server may hang."""


@dataclass(frozen=True, slots=True)
class Identity:
    tenant_id: uuid.UUID
    user_id: uuid.UUID
    expires_at: float = field(default=math.inf, compare=False)
    """Seconds since 1970: when the token ends. A session is looked at anew with each request."""

    is_authenticated = True
    is_active = True

    @property
    def pk(self) -> uuid.UUID:
        return self.user_id

    @property
    def valid_for_s(self) -> float:
        return self.expires_at - time.time()

    @property
    def scope(self) -> dict[str, uuid.UUID]:
        """The two keywords that every read of a caller's rows takes."""
        return {"tenant_id": self.tenant_id, "user_id": self.user_id}


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer <JWT>` with the claims `sub` (user uuid), `tenant_id` (uuid) and `exp`."""

    def authenticate(self, request: Request) -> tuple[Identity, str] | None:
        token = bearer_token(request)
        return None if token is None else (verify(token), "bearer")


class MemberSession(SessionAuthentication):
    """The session cookie of a Django account that is a member of a tenant; CSRF is enforced."""

    def authenticate(self, request: Request) -> tuple[Identity, str] | None:
        signed_in = super().authenticate(request)
        if signed_in is None:
            return None
        member = Membership.objects.filter(account_id=signed_in[0].pk).first()
        if member is None:
            raise Refusal("no_membership")
        return Identity(tenant_id=member.tenant_id, user_id=member.user_id), "session"


async def identify(request: HttpRequest) -> Identity:
    """The caller of a request, by bearer token or session.

    Raises NotAuthenticated without either, AuthenticationFailed for a token that is not valid, PermissionDenied for a
    session without its CSRF token, a Refusal for an account without a tenant.
    """
    try:
        token = bearer_token(request)
        if token is not None and not conf.jwt().jwks_url:
            return verify(token)
        # Keys are fetched over the network and sessions are read from the database.
        return await in_request_thread(request, _identify, request)
    except (NotAuthenticated, AuthenticationFailed) as refusal:
        refusal.auth_header = CHALLENGE  # type: ignore[union-attr]  # where Django REST framework puts it
        raise


class _UnreadRequest(Request):
    """A request whose body is left to its view: the CSRF token comes in a header, never in a form."""

    POST = QueryDict()


def _identify(request: HttpRequest) -> Identity:
    user = _UnreadRequest(request, authenticators=[BearerAuthentication(), MemberSession()]).user
    if user is None:
        raise NotAuthenticated
    return cast(Identity, user)


def bearer_token(request: HttpRequest | Request) -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def verify(token: str) -> Identity:
    """The identity in a valid token. AuthenticationFailed without details where it is not valid.

    A Refusal (`unavailable`) where the keys to verify it with cannot be fetched.
    """
    known = conf.jwt()
    try:
        key, algorithms = _verification_key(token, known)
        claims = jwt.decode(
            token,
            key,
            algorithms=algorithms,
            audience=known.audience,
            issuer=known.issuer,
            options={"require": ["exp", "sub", "tenant_id"], "verify_aud": known.audience is not None},
        )
        return Identity(uuid.UUID(claims["tenant_id"]), uuid.UUID(claims["sub"]), expires_at=float(claims["exp"]))
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError):
        raise AuthenticationFailed(REFUSED) from None


def issue(*, tenant_id: uuid.UUID, user_id: uuid.UUID, minutes: int) -> str:
    """A token for local use, signed with JWT_SIGNING_KEY."""
    known = conf.jwt()
    key = cast(str, known.signing_key)
    now = datetime.datetime.now(datetime.UTC)
    claims: dict[str, Any] = {
        "sub": str(user_id),
        "tenant_id": str(tenant_id),
        "iat": now,
        "exp": now + datetime.timedelta(minutes=minutes),
    }
    optional = {"aud": known.audience, "iss": known.issuer}
    claims |= {name: value for name, value in optional.items() if value}
    return jwt.encode(claims, key, algorithm=SYMMETRIC[0])


def _verification_key(token: str, known: conf.Jwt) -> tuple[Any, list[str]]:
    # The algorithms follow from the kind of key, never from the token.
    if known.jwks_url:
        kid = jwt.get_unverified_header(token).get("kid")
        if not isinstance(kid, str):
            raise jwt.InvalidKeyError("the token names no key")
        return key_set(known.jwks_url).find(kid), ASYMMETRIC
    if not known.signing_key:
        raise jwt.InvalidKeyError("no key is set")
    return known.signing_key, SYMMETRIC


class KeySet:
    """The public keys at JWT_JWKS_URL: fetched when old or when one is missing, kept while their server is down."""

    def __init__(self, url: str) -> None:
        self._client = jwt.PyJWKClient(url, cache_keys=False, cache_jwk_set=False, timeout=JWKS_TIMEOUT_S)
        self._keys: dict[str, Any] = {}
        self._fetched_at = self._tried_at = float("-inf")
        self._fetching = threading.Lock()

    def find(self, kid: str) -> Any:
        """The key with that id. InvalidKeyError when there is none, a Refusal when no keys could be fetched."""
        is_fresh = time.monotonic() - self._fetched_at < JWKS_LIFESPAN_S
        if kid in self._keys:
            # With a key at hand, nobody waits for a server that may hang.
            if not is_fresh and not self._fetching.locked():
                threading.Thread(target=self._look, name="jwks", daemon=True).start()
            return self._keys[kid]
        self._look()
        if not self._keys:
            raise Refusal("unavailable", headers={"Retry-After": str(round(JWKS_LEAST_PAUSE_S))})
        if kid not in self._keys:
            raise jwt.InvalidKeyError("no key of that name")
        return self._keys[kid]

    def _look(self) -> None:
        """Fetch the keys, if that was not tried a moment ago. One at a time: the others go on with what is known."""
        if not self._fetching.acquire(timeout=JWKS_PATIENCE_S):
            return
        try:
            if time.monotonic() - self._tried_at > JWKS_LEAST_PAUSE_S:
                self._fetch()
        finally:
            self._fetching.release()

    def _fetch(self) -> None:
        self._tried_at = time.monotonic()
        try:
            found = self._client.get_jwk_set().keys
        except jwt.PyJWTError:
            return
        signing = [key for key in found if key.key_id and key.public_key_use in {None, "sig"}]
        self._keys = {str(key.key_id): key.key for key in signing}
        self._fetched_at = time.monotonic()


@lru_cache(maxsize=1)
def key_set(url: str) -> KeySet:
    return KeySet(url)
