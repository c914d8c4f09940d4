"""Providers for a principal, or a refusal that names the missing action and ARN."""

from devopsweb.iam import api as iam
from devopsweb.iam.errors import NoSuchEntity
from devopsweb.iam.sts.models import OpenIdProvider
from devopsweb.kernel.arn import arn
from devopsweb.kernel.principals import Principal


def provider(principal: Principal, provider_arn: str, action: str) -> OpenIdProvider:
    """The provider, if the principal may do ``action`` with it. Raises ``AccessDenied``, ``NoSuchEntity``."""
    iam.require(principal, action, provider_arn)
    # A bare name is no ARN: permissions are asked upon what was given.
    prefix = arn("iam", "oidc-provider/")
    name = provider_arn.removeprefix(prefix) if provider_arn.startswith(prefix) else ""
    found = OpenIdProvider.objects.filter(name=name).first()
    if found is None:
        raise NoSuchEntity(f"OpenIDConnect Provider not found for arn {provider_arn}")
    return found


def may_create(principal: Principal, name: str) -> None:
    """Raise ``AccessDenied`` unless the principal may create a provider of that name."""
    iam.require(principal, "iam:CreateOpenIDConnectProvider", arn("iam", f"oidc-provider/{name}"))


def may_list(principal: Principal) -> None:
    """Raise ``AccessDenied`` unless the principal may see which providers there are."""
    iam.require(principal, "iam:ListOpenIDConnectProviders", "*")
