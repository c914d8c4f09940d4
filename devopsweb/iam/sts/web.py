"""Roles for callers who show a token of an OpenID Connect issuer instead of a signature."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from devopsweb.iam import audit, openid
from devopsweb.iam.sts import sessions, wishes
from devopsweb.iam.sts.errors import IdentityTokenExpired, InvalidIdentityToken, IssuerSilent
from devopsweb.iam.sts.models import OpenIdProvider
from devopsweb.iam.sts.tokens import Session
from devopsweb.iam.sts.wishes import Wish
from devopsweb.kernel.errors import Fault, Invalid
from devopsweb.kernel.principals import Principal

ACTION = "sts:AssumeRoleWithWebIdentity"
_TAGS = "https://aws.amazon.com/tags"
_SOURCE = "https://aws.amazon.com/source_identity"


@dataclass(frozen=True)
class WebSession:
    """A role's session, and whom the issuer vouched for."""

    session: Session
    subject: str
    audience: str
    issuer: str


def assume(*, role_arn: str, token: str, wish: Wish, source_ip: str, at: datetime) -> WebSession:
    """A session of the role for whom the token names, if the role trusts its issuer.

    Raises ``InvalidIdentityToken``, ``IdentityTokenExpired``, ``IssuerSilent``, ``AccessDenied``,
    ``ParameterProblem``.
    """
    provider, claims = _verified(token)
    wish = _with_claimed(wish, claims)
    facts = _facts(provider.name, claims)
    actor = Principal(
        arn=provider.arn,
        name=str(claims["sub"]),
        kind="WebIdentity",
        unique_id=f"{provider.name}:{facts.get(f'{provider.name}:aud', '')}:{claims['sub']}",
        session={"aws:FederatedProvider": provider.arn, **({"aws:SourceIp": source_ip} if source_ip else {})},
    )
    audit.speaks(actor)
    context = {**facts, **sessions.trust_facts(wish)}
    role = sessions.trusting(actor, role_arn, ACTION, context)
    sessions.require_extras(actor, role_arn, wish, context)
    session = sessions.of_role(
        role,
        wish,
        seconds=wishes.role_seconds(wish, most=role.max_session_seconds, chained=False),
        at=at,
        tags=dict(wish.tags),
        transitive=wish.transitive,
        source_identity=wish.source_identity,
        facts={
            "aws:FederatedProvider": provider.arn,
            **{
                key: value
                for key, value in facts.items()
                if key.endswith((":sub", ":aud")) and isinstance(value, str)
            },
        },
    )
    return WebSession(
        session, str(claims["sub"]), str(facts.get(f"{provider.name}:aud", "")), provider.issuer
    )


def _verified(token: str) -> tuple[OpenIdProvider, dict[str, Any]]:
    try:
        issuer = openid.unverified_issuer(token)
    except openid.TokenRefused as error:
        raise InvalidIdentityToken(str(error)) from None
    name = issuer.partition("://")[2].rstrip("/")
    provider = OpenIdProvider.objects.filter(name=name).first()
    if provider is None or issuer.rstrip("/") != provider.issuer.rstrip("/"):
        raise InvalidIdentityToken(f"No OpenIDConnect provider found in your account for {issuer}")
    if not provider.client_ids:
        raise InvalidIdentityToken("Incorrect token audience")
    try:
        return provider, openid.verify(token, issuer=issuer, audiences=provider.client_ids)
    except openid.TokenExpired as error:
        raise IdentityTokenExpired(str(error)) from None
    except Invalid as error:
        raise InvalidIdentityToken(str(error)) from None
    except Fault as error:
        raise IssuerSilent(f"The identity provider {issuer} could not be reached: {error}") from None


def _facts(name: str, claims: Mapping[str, Any]) -> dict[str, Any]:
    """The condition keys ``<issuer>:<claim>`` of every claim that is a text or a list of texts.

    ``aud`` is the authorised party where the token names one, ``oaud`` then the audience.
    """
    facts: dict[str, Any] = {}
    # Condition keys have no case, claims have: what the standard names is not to be hidden by a "SUB".
    for claim, value in sorted(claims.items(), key=lambda pair: pair[0].islower()):
        if isinstance(value, str) and claim != "iss":
            facts[f"{name}:{claim}"] = value
        elif isinstance(value, list) and value and all(isinstance(one, str) for one in value):
            facts[f"{name}:{claim}"] = value[0] if len(value) == 1 else tuple(value)
    if isinstance(party := claims.get("azp"), str):
        facts[f"{name}:oaud"] = facts.get(f"{name}:aud", "")
        facts[f"{name}:aud"] = party
    return facts


def _with_claimed(wish: Wish, claims: Mapping[str, Any]) -> Wish:
    """The wish with the session tags and the source identity that the issuer put into the token."""
    claimed = claims.get(_TAGS)
    given = claimed if isinstance(claimed, dict) else {}
    principal_tags = given.get("principal_tags")
    listed = principal_tags if isinstance(principal_tags, dict) else {}
    try:
        tags = wishes.tags_of(
            {"Key": str(key), "Value": str(value[0] if isinstance(value, list) else value)}
            for key, value in listed.items()
        )
    except (IndexError, Invalid) as error:
        raise InvalidIdentityToken(f"The tags in the token can't be used: {error}") from None
    transitive = given.get("transitive_tag_keys")
    return replace(
        wish,
        tags=tags,
        transitive=tuple(map(str, transitive)) if isinstance(transitive, list) else (),
        source_identity=str(claims.get(_SOURCE, "")),
    )
