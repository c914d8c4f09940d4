"""The condition keys that every request brings (IAM User Guide, "AWS global condition context keys")."""

from collections.abc import Mapping
from datetime import datetime

from django.conf import settings

from devopsweb.iam.directory import Grants
from devopsweb.iam.engine.evaluate import RequestContext, normalise
from devopsweb.iam.engine.principals import Caller
from devopsweb.iam.engine.variables import Context
from devopsweb.kernel.principals import Principal

_TYPES = {"User": "User", "AssumedRole": "AssumedRole", "FederatedUser": "FederatedUser"}


def of_request(
    principal: Principal,
    grants: Grants | None,
    action: str,
    extra: RequestContext | None,
    *,
    at: datetime,
) -> Context:
    """The context of the question whether ``principal`` with these grants may do ``action``; ``extra`` adds keys."""
    facts: dict[str, tuple[str, ...]] = {
        "aws:principaltype": (_TYPES.get(principal.kind, "Anonymous"),),
        "aws:currenttime": (at.isoformat(),),
        "aws:epochtime": (str(int(at.timestamp())),),
        "aws:requestedregion": (settings.DEVOPSWEB_REGION,),
        "aws:resourceaccount": (settings.DEVOPSWEB_ACCOUNT_ID,),
        "aws:principalisawsservice": ("false",),
        "aws:viaawsservice": ("false",),
    }
    if grants is not None:
        facts["aws:principalarn"] = (grants.arn,)
        facts["aws:principalaccount"] = (settings.DEVOPSWEB_ACCOUNT_ID,)
        facts |= _tags(grants)
    if principal.kind == "User":
        facts["aws:username"] = (principal.name,)
    if principal.unique_id:
        facts["aws:userid"] = (principal.unique_id,)
    if principal.kind == "Service":
        facts |= _of_service(principal.name)
    facts |= normalise(principal.session)
    if principal.brings:
        facts |= normalise(principal.brings.get(action.partition(":")[0], {}))
    if extra:
        facts |= normalise(extra)
    return facts


def caller_of(principal: Principal, grants: Grants | None) -> Caller:
    """By what names a resource's policy may mean ``principal``."""
    if principal.kind == "Service":
        return Caller(service=service_name(principal.name))
    if principal.kind == "WebIdentity":
        return Caller(federated=principal.arn)
    if grants is None:
        return Caller()
    issuer = grants.arn if principal.kind in ("AssumedRole", "FederatedUser") else ""
    own = principal.arn if issuer else grants.arn
    return Caller(own, settings.DEVOPSWEB_ACCOUNT_ID, issuer, unique_id=principal.unique_id)


def service_name(service: str) -> str:
    """AWS's name of a service's principal (``codebuild.amazonaws.com``)."""
    return f"{service}.amazonaws.com"


def _tags(grants: Grants) -> Mapping[str, tuple[str, ...]]:
    return {f"aws:principaltag/{key.lower()}": (value,) for key, value in grants.tags.items()}


def _of_service(service: str) -> dict[str, tuple[str, ...]]:
    name = service_name(service)
    return {
        "aws:principalisawsservice": ("true",),
        "aws:principalservicename": (name,),
        "aws:principalservicenameslist": (name,),
    }
