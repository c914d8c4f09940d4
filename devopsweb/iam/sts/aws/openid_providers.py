"""IAM's operations on OpenID Connect providers."""

from devopsweb.awsapi.registry import Call, Params, Result, service
from devopsweb.iam.errors import EntityAlreadyExists, LimitExceeded, NoSuchEntity
from devopsweb.iam.sts import access, providers
from devopsweb.iam.sts.models import OpenIdProvider
from devopsweb.kernel import paging, tags

iam = service(
    "iam",
    errors={
        NoSuchEntity: "NoSuchEntity",
        EntityAlreadyExists: "EntityAlreadyExists",
        LimitExceeded: "LimitExceeded",
    },
)


@iam.operation("CreateOpenIDConnectProvider")
def create_provider(call: Call, params: Params) -> Result:
    """Let roles trust an issuer."""
    wanted = tags.pairs(params.get("Tags", []))
    access.may_create(call.principal, providers.name_of(params["Url"]), tagged=bool(wanted))
    made = providers.create(
        url=params["Url"],
        client_ids=params.get("ClientIDList", []),
        thumbprints=params.get("ThumbprintList", []),
        given=wanted,
        by=call.principal,
        at=call.at,
    )
    return {"OpenIDConnectProviderArn": made.arn, "Tags": _tags(made)}


@iam.operation("GetOpenIDConnectProvider")
def get_provider(call: Call, params: Params) -> Result:
    """An issuer that roles may trust."""
    found = _provider(call, params, "iam:GetOpenIDConnectProvider")
    return {
        "Url": found.name,
        "ClientIDList": found.client_ids,
        "ThumbprintList": found.thumbprints,
        "CreateDate": found.created_at,
        "Tags": _tags(found),
    }


@iam.operation("ListOpenIDConnectProviders")
def list_providers(call: Call, params: Params) -> Result:
    """All of them."""
    access.may_list(call.principal)
    return {
        "OpenIDConnectProviderList": [{"Arn": one.arn} for one in OpenIdProvider.objects.order_by("name")]
    }


@iam.operation("DeleteOpenIDConnectProvider")
def delete_provider(call: Call, params: Params) -> Result:
    """Trust it no longer."""
    found = _provider(call, params, "iam:DeleteOpenIDConnectProvider")
    providers.delete(provider=found, by=call.principal, at=call.at)
    return None


@iam.operation("AddClientIDToOpenIDConnectProvider")
def add_client(call: Call, params: Params) -> Result:
    """One audience more."""
    found = _provider(call, params, "iam:AddClientIDToOpenIDConnectProvider")
    providers.add_client(provider=found, client_id=params["ClientID"], by=call.principal, at=call.at)
    return None


@iam.operation("RemoveClientIDFromOpenIDConnectProvider")
def remove_client(call: Call, params: Params) -> Result:
    """One audience less."""
    found = _provider(call, params, "iam:RemoveClientIDFromOpenIDConnectProvider")
    providers.remove_client(provider=found, client_id=params["ClientID"], by=call.principal, at=call.at)
    return None


@iam.operation("UpdateOpenIDConnectProviderThumbprint")
def update_thumbprint(call: Call, params: Params) -> Result:
    """Other thumbprints."""
    found = _provider(call, params, "iam:UpdateOpenIDConnectProviderThumbprint")
    providers.set_thumbprints(
        provider=found, thumbprints=params["ThumbprintList"], by=call.principal, at=call.at
    )
    return None


@iam.operation("TagOpenIDConnectProvider")
def tag_provider(call: Call, params: Params) -> Result:
    """Add or change tags."""
    found = _provider(call, params, "iam:TagOpenIDConnectProvider")
    providers.tag(provider=found, new=tags.pairs(params["Tags"]), by=call.principal, at=call.at)
    return None


@iam.operation("UntagOpenIDConnectProvider")
def untag_provider(call: Call, params: Params) -> Result:
    """Remove tags."""
    found = _provider(call, params, "iam:UntagOpenIDConnectProvider")
    providers.untag(provider=found, keys=params["TagKeys"], by=call.principal, at=call.at)
    return None


@iam.operation("ListOpenIDConnectProviderTags")
def list_tags(call: Call, params: Params) -> Result:
    """The tags of a provider, by key."""
    found = _provider(call, params, "iam:ListOpenIDConnectProviderTags")
    page = paging.page_of(
        sorted(_tags(found), key=lambda tag: tag["Key"]),
        token=params.get("Marker", ""),
        size=params.get("MaxItems", 100),
        key=lambda tag: tag["Key"],
        scope="iam:ListOpenIDConnectProviderTags",
    )
    more = {"Marker": page.next_token} if page.next_token else {}
    return {"Tags": list(page.rows), "IsTruncated": bool(page.next_token), **more}


def _provider(call: Call, params: Params, action: str) -> OpenIdProvider:
    return access.provider(call.principal, params["OpenIDConnectProviderArn"], action)


def _tags(provider: OpenIdProvider) -> list[dict[str, str]]:
    return tags.listed(provider.tags)
