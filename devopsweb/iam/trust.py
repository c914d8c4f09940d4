"""Trust policies: with what a new role may begin, and what one says in words."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from devopsweb.iam.engine.policy import Statement, parse
from devopsweb.iam.engine.principals import Principals
from devopsweb.iam.errors import MalformedPolicyDocument
from devopsweb.iam.sts.models import OpenIdProvider
from devopsweb.kernel.arn import arn

SERVICES = {
    "codepipeline": "Pipelines",
    "codebuild": "Builds",
    "codedeploy": "Deployments",
}
_WORDS = {"AWS": "", "Service": "the service ", "Federated": "tokens of "}


def starts() -> list[tuple[str, str]]:
    """(key, label) of what a role can be for; each has a document."""
    found = list(SERVICES.items())
    found.append(("account", "People and roles of this account"))
    if OpenIdProvider.objects.exists():
        found.append(("oidc", "Tokens of a sign-in provider (OIDC)"))
    return found


def document(start: str) -> dict[str, Any]:
    """The trust policy to begin with; builds' for a key that there is not."""
    if start == "account":
        root = {"AWS": f"arn:aws:iam::{settings.DEVOPSWEB_ACCOUNT_ID}:root"}
        return _of("AccountMayAssume", root, "sts:AssumeRole")
    if start == "oidc" and (provider := OpenIdProvider.objects.order_by("name").first()):
        audience = {f"{provider.name}:aud": (provider.client_ids or ["sts.amazonaws.com"])[0]}
        principal = {"Federated": arn("iam", f"oidc-provider/{provider.name}")}
        return _of("TokensMayAssume", principal, "sts:AssumeRoleWithWebIdentity", {"StringEquals": audience})
    service = start if start in SERVICES else "codebuild"
    return _of(f"{SERVICES[service]}MayAct", {"Service": f"{service}.amazonaws.com"}, "sts:AssumeRole")


def _of(
    sid: str, principal: Mapping[str, str], action: str, condition: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    statement = {"Sid": sid, "Effect": "Allow", "Principal": principal, "Action": action}
    return {
        "Version": "2012-10-17",
        "Statement": [statement | ({"Condition": condition} if condition else {})],
    }


def summary(trust_policy: Mapping[str, Any]) -> list[str]:
    """One sentence for each statement; none for a document that cannot be read."""
    try:
        parsed = parse(dict(trust_policy), kind="trust")
    except MalformedPolicyDocument:
        return []
    return [_sentence(one) for one in parsed.statements]


def _sentence(statement: Statement) -> str:
    verb = "May be assumed by" if statement.allow else "May never be assumed by"
    when = "".join(f", if {one}" for one in statement.conditions)
    return f"{verb} {_who(statement.principals)}{when}."


def _who(principals: Principals | None) -> str:
    named = [f"{_WORDS.get(kind, '')}{_short(name)}" for kind, name in principals.named] if principals else []
    return " and ".join([", ".join(named[:-1]), named[-1]]) if len(named) > 1 else "".join(named)


def _short(one: str) -> str:
    account = settings.DEVOPSWEB_ACCOUNT_ID
    if one in (account, f"arn:aws:iam::{account}:root"):
        return "whom policies of this account allow to"
    if one == "*":
        return "everybody"
    return one.removeprefix(f"arn:aws:iam::{account}:")
