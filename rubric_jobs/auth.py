"""Who is calling: a signed-in Django account or a bearer token, either way a tenant and a user."""

from __future__ import annotations

import datetime
import uuid
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import jwt
from django.conf import settings
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from rubric_jobs.models import Membership

SYMMETRIC = ["HS256"]
ASYMMETRIC = ["RS256", "ES256"]


@dataclass(frozen=True, slots=True)
class Identity:
    tenant_id: uuid.UUID
    user_id: uuid.UUID

    is_authenticated = True
    is_active = True


def caller(request: Request) -> Identity:
    """The identity that authentication found."""
    return cast(Identity, request.user)


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer <JWT>` with the claims `sub` (user uuid), `tenant_id` (uuid) and `exp`."""

    def authenticate(self, request: Request) -> tuple[Identity, str] | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        return identify(token.strip()), "bearer"

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class MemberSession(SessionAuthentication):
    """The session cookie of a Django account that is a member of a tenant; CSRF is enforced."""

    def authenticate(self, request: Request) -> tuple[Identity, str] | None:
        signed_in = super().authenticate(request)
        if signed_in is None:
            return None
        member = Membership.objects.filter(account_id=signed_in[0].pk).first()
        if member is None:
            raise PermissionDenied("This account is not a member of a tenant.", code="no_membership")
        return Identity(tenant_id=member.tenant_id, user_id=member.user_id), "session"


def identify(token: str) -> Identity:
    """The identity that a valid token stands for; raises AuthenticationFailed without saying what was wrong inside."""
    try:
        key, algorithms = _verification_key(token)
        claims = jwt.decode(
            token,
            key,
            algorithms=algorithms,
            audience=settings.JWT_AUDIENCE,
            issuer=settings.JWT_ISSUER,
            options={"require": ["exp", "sub", "tenant_id"], "verify_aud": settings.JWT_AUDIENCE is not None},
        )
        return Identity(tenant_id=uuid.UUID(claims["tenant_id"]), user_id=uuid.UUID(claims["sub"]))
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError):
        raise AuthenticationFailed("The token is not valid (any more).") from None


def issue(*, tenant_id: uuid.UUID, user_id: uuid.UUID, minutes: int) -> str:
    """A token for local use, signed with JWT_SIGNING_KEY."""
    key = cast(str, settings.JWT_SIGNING_KEY)
    now = datetime.datetime.now(datetime.UTC)
    claims: dict[str, Any] = {
        "sub": str(user_id),
        "tenant_id": str(tenant_id),
        "iat": now,
        "exp": now + datetime.timedelta(minutes=minutes),
    }
    optional = {"aud": settings.JWT_AUDIENCE, "iss": settings.JWT_ISSUER}
    claims |= {name: value for name, value in optional.items() if value}
    return jwt.encode(claims, key, algorithm=SYMMETRIC[0])


def _verification_key(token: str) -> tuple[Any, list[str]]:
    # The algorithms follow from the kind of key, never from the token.
    if settings.JWT_JWKS_URL:
        return _jwks(settings.JWT_JWKS_URL).get_signing_key_from_jwt(token).key, ASYMMETRIC
    if not settings.JWT_SIGNING_KEY:
        raise jwt.InvalidKeyError("no key is set")
    return settings.JWT_SIGNING_KEY, SYMMETRIC


@lru_cache(maxsize=1)
def _jwks(url: str) -> jwt.PyJWKClient:
    return jwt.PyJWKClient(url, cache_keys=True, timeout=5)
