"""Providers for a principal, or a refusal that names the missing action and ARN."""

from collections.abc import Mapping, Sequence

from devopsweb.iam import api as iam
from devopsweb.iam.errors import NoSuchEntity
from devopsweb.iam.sts.models import OpenIdProvider
from devopsweb.kernel.arn import arn
from devopsweb.kernel.principals import Principal

PREFIX = "oidc-provider/"


def provider(principal: Principal, provider_arn: str, action: str) -> OpenIdProvider:
    """The provider, if the principal may do ``action`` with it. Raises ``AccessDenied``, ``NoSuchEntity``."""
    iam.require(principal, action, provider_arn)
    # A bare name is no ARN: permissions are asked upon what was given.
    prefix = arn("iam", PREFIX)
    name = provider_arn.removeprefix(prefix) if provider_arn.startswith(prefix) else ""
    found = OpenIdProvider.objects.filter(name=name).first()
    if found is None:
        raise NoSuchEntity(f"OpenIDConnect Provider not found for arn {provider_arn}")
    return found


def may_create(principal: Principal, name: str, *, tagged: bool = False) -> None:
    """Raise ``AccessDenied`` unless the principal may create a provider of that name (with tags)."""
    iam.require(principal, "iam:CreateOpenIDConnectProvider", arn("iam", f"oidc-provider/{name}"))
    if tagged:
        iam.require(principal, "iam:TagOpenIDConnectProvider", arn("iam", f"oidc-provider/{name}"))


def tags_of(resources: Sequence[str]) -> dict[str, Mapping[str, str]]:
    """The tags of providers (``oidc-provider/…``), for policies that ask for one."""
    names = [one.removeprefix(PREFIX) for one in resources if one.startswith(PREFIX)]
    rows = OpenIdProvider.objects.filter(name__in=names) if names else ()
    return {f"{PREFIX}{row.name}": row.tags for row in rows}


def may_list(principal: Principal) -> None:
    """Raise ``AccessDenied`` unless the principal may see which providers there are."""
    iam.require(principal, "iam:ListOpenIDConnectProviders", "*")
