"""Identity tokens of OpenID Connect issuers: found by discovery, verified by the issuer's keys.

OpenID Connect Core 1.0 (section 3.1.3.7) and Discovery 1.0 (section 4).
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import SplitResult, urlsplit

import jwt
from django.core.cache import cache

from devopsweb.kernel import outgoing
from devopsweb.kernel.errors import Fault, Invalid

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
LEEWAY_SECONDS = 60
LONGEST_SUBJECT = 255
KEEP_SECONDS = 600


class TokenRefused(Invalid):
    """The token is not one of this issuer for us, or not now."""


class TokenExpired(TokenRefused):
    """The token was good once."""


def check_issuer(issuer: str) -> None:
    """Raise ``TokenRefused`` unless ``issuer`` is an address as OpenID Connect wants it."""
    try:
        parts = urlsplit(issuer)
    except ValueError:
        parts = urlsplit("")
    if not _is_private(parts) or parts.query or parts.fragment:
        raise TokenRefused(
            "An issuer is an https address without query and fragment. http is for hosts that "
            "DEVOPSWEB_OUTGOING_ALLOW names."
        )


def _is_private(parts: SplitResult) -> bool:
    """Whether nobody on the way can answer in the other side's place."""
    host = parts.hostname or ""
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and outgoing.is_named(host)))


def configuration(issuer: str) -> dict[str, Any]:
    """What the issuer says about itself. Raises ``kernel.errors.Fault`` and ``AddressRefused``."""
    found = _fetched(f"{issuer.rstrip('/')}/.well-known/openid-configuration", "configuration")
    if found.get("issuer") != issuer:
        raise Fault(f"{issuer} calls itself {found.get('issuer')!r}: the two must be the same.")
    return found


def endpoint(issuer: str, name: str) -> str:
    """The address of that name in the issuer's configuration. Raises ``Fault`` and ``AddressRefused``."""
    found = configuration(issuer).get(name)
    if not isinstance(found, str) or not found.isascii() or not _is_private(urlsplit(found)):
        raise Fault(f"{issuer} names no {name} that could be trusted.")
    return found


def verify(token: str, *, issuer: str, audiences: Sequence[str], nonce: str | None = None) -> dict[str, Any]:
    """The claims of a token that ``issuer`` signed for one of ``audiences``.

    Raises ``TokenExpired``, ``TokenRefused``, and ``Fault`` when the issuer can't be asked for its keys.
    """
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key=_key(token, issuer),
            algorithms=ALGORITHMS,
            audience=list(audiences),
            issuer=issuer,
            leeway=LEEWAY_SECONDS,
            options={"require": ["exp", "iat", "iss", "aud", "sub"]},
        )
    except jwt.ExpiredSignatureError:
        raise TokenExpired("The token has expired.") from None
    except (jwt.PyJWTError, TypeError, ValueError, OverflowError) as error:
        # A key of another kind than the token's algorithm, a moment beyond all calendars.
        raise TokenRefused(f"The token is not valid: {error}.") from None
    if len(claims["sub"]) > LONGEST_SUBJECT or not claims["sub"].isprintable():
        raise TokenRefused("The token's subject is no identifier.")
    if nonce is not None and claims.get("nonce") != nonce:
        raise TokenRefused("The token belongs to another sign-in.")
    if len(audiences) == 1 and claims.get("azp", audiences[0]) != audiences[0]:
        raise TokenRefused("The token was issued to another program.")
    return claims


def unverified_issuer(token: str) -> str:
    """The issuer that a token names; nothing of it is proven. Raises ``TokenRefused``."""
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except jwt.PyJWTError as error:
        raise TokenRefused(f"The token can't be read: {error}.") from None
    issuer = str(claims.get("iss", ""))
    if not issuer.isascii() or not issuer.isprintable():
        raise TokenRefused("The token's issuer is no address.")
    return issuer


def _key(token: str, issuer: str) -> Any:
    """The issuer's key that signed; keys are fetched again when it is new."""
    wanted = jwt.get_unverified_header(token).get("kid")
    address = endpoint(issuer, "jwks_uri")
    for fresh in (False, True):
        shown = _fetched(address, "keys", fresh=fresh).get("keys", [])
        keys = [_loaded(one) for one in shown if isinstance(one, dict)] if isinstance(shown, list) else []
        usable = [key for key in keys if key and (wanted is None or key.key_id == wanted)]
        if usable:
            return usable[0].key
    raise TokenRefused("The token is signed by a key that the issuer does not show.")


def _loaded(one: Mapping[str, Any]) -> jwt.PyJWK | None:
    """A key that we can use; symmetric ones are none that an issuer shows."""
    try:
        return jwt.PyJWK(dict(one)) if one.get("kty") != "oct" and one.get("use", "sig") == "sig" else None
    except (jwt.PyJWTError, TypeError, ValueError, AttributeError):
        return None


def _fetched(url: str, what: str, *, fresh: bool = False) -> dict[str, Any]:
    kept = None if fresh else cache.get(f"openid:{url}")
    if kept is not None:
        return dict(kept)
    # Tokens with unknown keys must not make us call the issuer without end.
    if fresh and not cache.add(f"openid-fresh:{url}", 1, 10):
        return {}
    answer = outgoing.get(url)
    found = answer.json() if answer.status == 200 else None
    if not isinstance(found, dict):
        raise outgoing.Unreachable(f"{url} gave no {what} (status {answer.status}).")
    cache.set(f"openid:{url}", found, KEEP_SECONDS)
    return found
