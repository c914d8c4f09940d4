"""Verbs on the issuers that roles may trust."""

from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.db import IntegrityError, transaction

from devopsweb.awsapi.errors import ParameterProblem
from devopsweb.iam.actions.news import tell
from devopsweb.iam.errors import EntityAlreadyExists, LimitExceeded
from devopsweb.iam.sts.models import OpenIdProvider
from devopsweb.kernel import tags
from devopsweb.kernel.principals import Principal

MOST_PROVIDERS = 100
MOST_CLIENTS = 100
MOST_THUMBPRINTS = 5


def name_of(url: str) -> str:
    """The provider's name: its address without scheme and closing slash. Raises ``ParameterProblem``."""
    try:
        parts = urlsplit(url)
        is_address = bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        parts, is_address = urlsplit(""), False
    plain = parts.scheme == "http" and parts.hostname in settings.DEVOPSWEB_OUTGOING_ALLOW
    if not is_address or not (parts.scheme == "https" or plain) or parts.query or parts.fragment:
        raise ParameterProblem(
            "Invalid Open ID Connect Provider URL: give an https address without query.", parameter="url"
        )
    return url.partition("://")[2].rstrip("/")


def create(
    *,
    url: str,
    client_ids: Iterable[str],
    thumbprints: Iterable[str],
    given: tags.Given = (),
    by: Principal | None,
    at: datetime,
) -> OpenIdProvider:
    """Trust the issuer at ``url``. Raises ``EntityAlreadyExists``, ``LimitExceeded``."""
    name = name_of(url)
    if OpenIdProvider.objects.count() >= MOST_PROVIDERS:
        raise LimitExceeded(f"Cannot exceed quota for OpenIdConnectProvidersPerAccount: {MOST_PROVIDERS}")
    made = OpenIdProvider(
        name=name, issuer=url, client_ids=_clients(client_ids), thumbprints=_thumbprints(thumbprints),
        tags=tags.checked(given, fold=True), created_at=at,
    )  # fmt: skip
    try:
        with transaction.atomic():
            made.save()
            _tell("CreateOpenIDConnectProvider", made, by=by, at=at, url=url)
    except IntegrityError:
        raise EntityAlreadyExists(f"Provider with url {url} already exists.") from None
    return made


def delete(*, provider: OpenIdProvider, by: Principal, at: datetime) -> None:
    """Trust the issuer no longer; sessions that were begun go on to their end."""
    with transaction.atomic():
        _tell("DeleteOpenIDConnectProvider", provider, by=by, at=at)
        provider.delete()


def add_client(*, provider: OpenIdProvider, client_id: str, by: Principal, at: datetime) -> None:
    """Take tokens for this audience too. Raises ``LimitExceeded``."""
    set_clients(provider=provider, client_ids=[*provider.client_ids, client_id], by=by, at=at)


def remove_client(*, provider: OpenIdProvider, client_id: str, by: Principal, at: datetime) -> None:
    """Take tokens for this audience no longer."""
    rest = [one for one in provider.client_ids if one != client_id]
    set_clients(provider=provider, client_ids=rest, by=by, at=at)


def set_clients(*, provider: OpenIdProvider, client_ids: Iterable[str], by: Principal, at: datetime) -> None:
    """Take tokens for exactly these audiences. Raises ``LimitExceeded``."""
    wanted, present = _clients(client_ids), list(provider.client_ids)
    with transaction.atomic():
        provider.client_ids = wanted
        provider.save(update_fields=["client_ids"])
        for one in wanted:
            if one not in present:
                _tell("AddClientIDToOpenIDConnectProvider", provider, by=by, at=at, clientID=one)
        for one in present:
            if one not in wanted:
                _tell("RemoveClientIDFromOpenIDConnectProvider", provider, by=by, at=at, clientID=one)


def set_thumbprints(
    *, provider: OpenIdProvider, thumbprints: Iterable[str], by: Principal, at: datetime
) -> None:
    """Keep these thumbprints instead."""
    kept = _thumbprints(thumbprints)
    _change(provider, "thumbprints", kept, "UpdateOpenIDConnectProviderThumbprint", by=by, at=at)


def tag(*, provider: OpenIdProvider, new: tags.Given, by: Principal, at: datetime) -> None:
    """Add tags, or give present ones new values. Raises ``kernel.tags.InvalidTags``."""
    wanted = tags.merged(provider.tags, new, fold=True)
    _change(provider, "tags", wanted, "TagOpenIDConnectProvider", by=by, at=at)


def untag(*, provider: OpenIdProvider, keys: Iterable[str], by: Principal, at: datetime) -> None:
    """Take the tags of these keys away."""
    rest = tags.without(provider.tags, keys, fold=True)
    _change(provider, "tags", rest, "UntagOpenIDConnectProvider", by=by, at=at)


def _change(
    provider: OpenIdProvider, field: str, value: object, event: str, *, by: Principal, at: datetime
) -> None:
    with transaction.atomic():
        setattr(provider, field, value)
        provider.save(update_fields=[field])
        _tell(event, provider, by=by, at=at)


def _clients(client_ids: Iterable[str]) -> list[str]:
    kept = list(dict.fromkeys(client_ids))
    if len(kept) > MOST_CLIENTS:
        raise LimitExceeded(f"Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: {MOST_CLIENTS}")
    return kept


def _thumbprints(thumbprints: Iterable[str]) -> list[str]:
    kept = [one.lower() for one in thumbprints]
    if len(kept) > MOST_THUMBPRINTS:
        raise ParameterProblem(
            f"Thumbprint list must contain at most {MOST_THUMBPRINTS} entries.", parameter="thumbprintList"
        )
    return kept


def _tell(
    name: str, provider: OpenIdProvider, *, by: Principal | None, at: datetime, **request: object
) -> None:
    tell(name, arns=[provider.arn], by=by, at=at, openIDConnectProviderArn=provider.arn, **request)
