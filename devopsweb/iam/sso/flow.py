"""The authorization code flow with PKCE: where to send the browser, and what its return proves.

OpenID Connect Core 1.0, section 3.1; RFC 7636.
"""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from devopsweb.iam import openid
from devopsweb.iam.sso.models import SignInProvider
from devopsweb.kernel import outgoing


@dataclass(frozen=True)
class Attempt:
    """What the browser's session keeps between the two halves of a sign-in."""

    provider: str
    state: str
    nonce: str
    verifier: str
    next_page: str


def begin(provider: SignInProvider, *, return_to: str, next_page: str) -> tuple[str, Attempt]:
    """The provider's address to send the browser to, and what to remember."""
    attempt = Attempt(
        provider=provider.slug,
        state=secrets.token_urlsafe(24),
        nonce=secrets.token_urlsafe(24),
        verifier=secrets.token_urlsafe(48),
        next_page=next_page,
    )
    challenge = base64.urlsafe_b64encode(hashlib.sha256(attempt.verifier.encode()).digest()).rstrip(b"=")
    query = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": return_to,
        "scope": provider.scopes,
        "state": attempt.state,
        "nonce": attempt.nonce,
        "code_challenge": challenge.decode(),
        "code_challenge_method": "S256",
    }
    endpoint = openid.endpoint(provider.issuer, "authorization_endpoint")
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}", attempt


def finish(
    provider: SignInProvider, attempt: Attempt, answer: Mapping[str, str], *, return_to: str
) -> dict[str, Any]:
    """The verified claims about who came back with ``answer`` (the query of the return address).

    Raises ``openid.TokenRefused``, ``outgoing.Unreachable``.
    """
    if not secrets.compare_digest(answer.get("state", "").encode(), attempt.state.encode()):
        raise openid.TokenRefused("The answer belongs to another sign-in. Begin again.")
    if answer.get("error"):
        reason = answer.get("error_description") or answer["error"]
        raise openid.TokenRefused(f"{provider.name} says: {reason[:300]}")
    token = _exchange(provider, attempt, answer.get("code", ""), return_to)
    return openid.verify(token, issuer=provider.issuer, audiences=[provider.client_id], nonce=attempt.nonce)


def _exchange(provider: SignInProvider, attempt: Attempt, code: str, return_to: str) -> str:
    """The identity token for the code."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": return_to,
        "code_verifier": attempt.verifier,
    }
    settings = openid.configuration(provider.issuer)
    headers, secret = {}, provider.client_secret
    if secret and "client_secret_basic" in settings.get(
        "token_endpoint_auth_methods_supported", ["client_secret_basic"]
    ):
        pair = f"{quote(provider.client_id, safe='')}:{quote(secret, safe='')}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    else:
        form |= {"client_id": provider.client_id} | ({"client_secret": secret} if secret else {})
    address = openid.endpoint(provider.issuer, "token_endpoint")
    answer = outgoing.post_form(address, form, headers=headers)
    found = answer.json()
    if answer.status != 200 or not isinstance(found, dict) or not found.get("id_token"):
        raise openid.TokenRefused(f"{provider.name} gave no identity for this sign-in. Begin again.")
    return str(found["id_token"])
