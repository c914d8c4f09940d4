"""Hears of calls from every door, and writes them down before they are answered."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from devopsweb.awsapi import outcomes
from devopsweb.iam import audit
from monitoring.trail import keeping, strangers
from monitoring.trail.engine import identity, records
from monitoring.trail.flusher import flusher, syncer
from monitoring.trail.keeping import keeper

# Data events in CloudTrail: by the thousand, and not management.
_DATA = frozenset(
    {
        ("logs", "PutLogEvents"), ("cloudwatch", "PutMetricData"), ("s3", "GetObject"), ("s3", "PutObject"),
        ("codedeploy-commands", "PollHostCommand"), ("events", "PutEvents"), ("sns", "Publish"),
    }
)  # fmt: skip
# They give credentials: which key was given leads from a session's calls to who began it.
_GIVING = frozenset({"AssumeRole", "AssumeRoleWithWebIdentity", "GetSessionToken", "GetFederationToken"})
# Fields of forms that hold a second factor.
_OF_FORMS = frozenset({"code"})


def write(said: records.Said) -> str:
    """Put the record of a call on disk, or hold it while that is not possible; its event id."""
    record = records.build(said)
    keeper.keep(records.body(record))
    syncer.ring()
    flusher.ring()
    return str(record["eventID"])


def before_change(service: str, name: str) -> None:
    """A change may be made: its record can be kept, or it leaves none. Raises ``outcomes.Unaccountable``."""
    if (service, name) not in _DATA:
        keeping.require(service)


def of_outcome(outcome: outcomes.Outcome) -> None:
    """A call to the AWS door was answered."""
    audit.set_aside()
    call = outcome.call
    principal = audit.take_speaker() or call.principal
    arns = audit.take_resources(principal)
    service = outcome.signing_name or call.service
    if (call.service, call.operation) in _DATA and not outcome.error_code:
        return
    # Who may call unsigned brings a token; one that is not right is as cheap to make as a wrong signature.
    strange = outcome.unproven or (principal.kind == "Anonymous" and outcome.error_code)
    more = strangers.tally.count("api", call.source_ip, at=call.at) if strange else {}
    if more is None:
        return
    told = not outcome.error_code and (not outcome.read_only or call.operation in _GIVING)
    write(
        records.Said(
            identity=_identity(principal, call.access_key_id),
            service=_prefix(call.service, service),
            name=call.operation,
            at=call.at,
            region=settings.DEVOPSWEB_REGION,
            account=settings.DEVOPSWEB_ACCOUNT_ID,
            read_only=outcome.read_only,
            source_ip=call.source_ip,
            user_agent=call.user_agent,
            parameters=outcome.params,
            elements=outcome.result if told else None,
            more=more or None,
            error_code=outcome.error_code,
            error_message=outcome.error_message,
            request_id=call.request_id,
            api_version=outcome.api_version,
            arns=() if outcome.unproven else arns,
            host=call.base_url.partition("://")[2],
            tls=call.base_url.startswith("https:"),
            hidden=outcome.hidden,
        )
    )


def of_deed(deed: audit.Deed) -> None:
    """Something was done or refused on a page, in the panel, on a socket, or by a service."""
    service, _, name = deed.action.partition(":")
    if (service, name) in _DATA and not deed.error_code:
        return
    sign_in = service == "signin"
    more: Mapping[str, Any] | None = deed.more
    if sign_in and (deed.outcome or {}).get("ConsoleLogin") == "Failure":
        counted = strangers.tally.count("page", deed.facts.source_ip, deed.principal.name, at=deed.at)
        if counted is None:
            return
        more = {**deed.more, **counted}
    facts = deed.facts
    write(
        records.Said(
            identity=_identity(deed.principal),
            service=service,
            name=name,
            at=deed.at,
            region=settings.DEVOPSWEB_REGION,
            account=settings.DEVOPSWEB_ACCOUNT_ID,
            read_only=audit.is_read_only(name),
            source_ip=facts.source_ip,
            user_agent=facts.user_agent,
            parameters=deed.parameters or None,
            elements=deed.outcome,
            more=more or None,
            error_code=deed.error_code,
            error_message=deed.error_message,
            request_id=facts.request_id,
            type=records.SIGN_IN if sign_in else records.API_CALL,
            arns=deed.resources,
            console=facts.console and not sign_in,
            host=facts.host,
            tls=facts.tls,
            hidden=_OF_FORMS,
        )
    )


def _identity(principal: Any, access_key_id: str = "") -> Mapping[str, Any]:
    return identity.of(principal, account=settings.DEVOPSWEB_ACCOUNT_ID, access_key_id=access_key_id)


def _prefix(service: str, signing_name: str) -> str:
    """The name that the service has in records: its endpoint's, which CloudWatch alone signs otherwise."""
    return "cloudwatch" if service == "cloudwatch" else signing_name
