"""Authentication: a bearer token or a signed-in Django account, both with a tenant and a user."""

from __future__ import annotations

import datetime
import logging
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

from rubric_jobs import conf, jwks
from rubric_jobs.models import Membership
from rubric_jobs.web.problems import Refusal
from rubric_jobs.web.threads import in_request_thread

log = logging.getLogger(__name__)

SYMMETRIC = ["HS256"]
ASYMMETRIC = ["RS256", "ES256"]
CHALLENGE = "Bearer"
REFUSED = "The token is not valid, or not any more."

JWKS_LIFESPAN_S = 300
JWKS_LEAST_PAUSE_S = 10.0
"""Seconds between two fetches for unknown key ids, so that not every such token causes one."""
JWKS_PATIENCE_S = 0.8
"""How long a request waits for the keys, whose server may hang. The fetch continues in the background."""


@dataclass(frozen=True, slots=True)
class Identity:
    tenant_id: uuid.UUID
    user_id: uuid.UUID
    expires_at: float = field(default=math.inf, compare=False)
    """When the token expires, in seconds since 1970. A session is checked with each request."""

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
    """The identity in a valid token. Raises AuthenticationFailed, without details, if it is not valid.

    Raises a Refusal (`unavailable`) if the keys to verify it cannot be fetched.
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
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError) as error:
        log.info("token refused", extra={"reason": _reason(error)})
        raise AuthenticationFailed(REFUSED) from None


_REASONS: dict[type[Exception], str] = {
    jwt.InvalidAudienceError: "its audience (aud) is not JWT_AUDIENCE",
    jwt.InvalidIssuerError: "its issuer (iss) is not JWT_ISSUER",
    jwt.ExpiredSignatureError: "it has expired (exp)",
    jwt.ImmatureSignatureError: "it is not valid yet (nbf or iat): compare the clocks",
    jwt.InvalidSignatureError: "its signature does not fit the key",
    jwt.InvalidAlgorithmError: "its algorithm must be HS256 with JWT_SIGNING_KEY, RS256 or ES256 with JWT_JWKS_URL",
    jwt.PyJWTError: "it is not a well-formed token",
    Exception: "sub and tenant_id must be UUIDs",
}


def _reason(error: Exception) -> str:
    """Why a token is refused, for the log; contains no part of the token."""
    if isinstance(error, jwt.exceptions.InvalidSubjectError):
        return "sub must be a UUID"
    if isinstance(error, jwt.MissingRequiredClaimError):
        return f"the claim {error.claim} is missing"
    if isinstance(error, jwt.InvalidKeyError):
        return str(error)  # written in this module
    return next(reason for kind, reason in _REASONS.items() if isinstance(error, kind))


def issue(*, tenant_id: uuid.UUID, user_id: uuid.UUID, minutes: int, key: str | None = None) -> str:
    """A token for local use, signed with JWT_SIGNING_KEY or with `key`."""
    known = conf.jwt()
    key = key or cast(str, known.signing_key)
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
            raise jwt.InvalidKeyError("it names no key (kid)")
        return key_set(known.jwks_url).find(kid), ASYMMETRIC
    if not known.signing_key:
        raise jwt.InvalidKeyError("neither JWT_SIGNING_KEY nor JWT_JWKS_URL is set")
    return known.signing_key, SYMMETRIC


class KeySet:
    """The public keys at JWT_JWKS_URL: fetched when old or when one is missing, kept while their server is down."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._keys: dict[str, Any] = {}
        self._fetched_at = self._tried_at = float("-inf")
        self._lock = threading.Lock()
        self._running: threading.Event | None = None

    def find(self, kid: str) -> Any:
        """The key with that id. Raises InvalidKeyError if there is none, a Refusal if no keys could be fetched."""
        if kid in self._keys:
            # With a known key, do not wait for a server that may hang.
            if time.monotonic() - self._fetched_at >= JWKS_LIFESPAN_S:
                self._begin_fetch()
            return self._keys[kid]
        running = self._begin_fetch()
        has_ended = running is None or running.wait(JWKS_PATIENCE_S)
        if not self._keys:
            again_s = JWKS_LEAST_PAUSE_S if has_ended else 1
            raise Refusal("unavailable", headers={"Retry-After": str(round(again_s))})
        if kid not in self._keys:
            raise jwt.InvalidKeyError("JWT_JWKS_URL has no key of the id (kid) that it names")
        return self._keys[kid]

    def _begin_fetch(self) -> threading.Event | None:
        """An event that is set when the running fetch ends. Starts one unless that happened a moment ago (None)."""
        with self._lock:
            if self._running is None and time.monotonic() - self._tried_at > JWKS_LEAST_PAUSE_S:
                self._tried_at = time.monotonic()
                self._running = threading.Event()
                threading.Thread(target=self._fetch, args=(self._running,), name="jwks", daemon=True).start()
            return self._running

    def _fetch(self, done: threading.Event) -> None:
        try:
            self._keys = jwks.fetch(self._url)
            self._fetched_at = time.monotonic()
        except jwks.JwksError as error:
            log.warning("no keys from JWT_JWKS_URL: %s", error)
        finally:
            self._running = None
            done.set()


@lru_cache(maxsize=1)
def key_set(url: str) -> KeySet:
    return KeySet(url)
