"""The public keys of an identity provider (RFC 7517), fetched from JWT_JWKS_URL."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx2
import jwt

WHOLE_S = 5.0
"""For one fetch, however slowly the bytes come."""
LARGEST_BYTES = 1_000_000


class JwksError(Exception):
    """The keys could not be fetched; its text says why, and holds nothing of the answer."""


def fetch(url: str) -> dict[str, Any]:
    """The signing keys by their id. Raises JwksError. Redirects are not followed."""
    try:
        body = _read(url, deadline=time.monotonic() + WHOLE_S)
        keys = jwt.PyJWKSet.from_dict(json.loads(body)).keys
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise JwksError(f"it cannot be reached ({type(error).__name__})") from None
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError):
        raise JwksError("its answer is not a key set with usable keys") from None
    signing = {str(key.key_id): key.key for key in keys if key.key_id and key.public_key_use in {None, "sig"}}
    if not signing:
        raise JwksError("its key set has no signing key with an id (kid)")
    return signing


def _read(url: str, *, deadline: float) -> bytes:
    body = b""
    headers = {"Accept": "application/json"}
    with httpx2.stream("GET", url, headers=headers, timeout=WHOLE_S, follow_redirects=False) as answer:
        if answer.is_redirect:
            raise JwksError(f"it redirects ({answer.status_code}); set the address that it redirects to")
        if answer.status_code != httpx2.codes.OK:
            raise JwksError(f"it answers {answer.status_code}")
        for part in answer.iter_bytes():
            body += part
            if len(body) > LARGEST_BYTES:
                raise JwksError("its answer is larger than 1 MB")
            if time.monotonic() > deadline:
                raise JwksError(f"its answer takes longer than {WHOLE_S:.0f} s")
    return body
