"""CloudTrail's userIdentity element ("CloudTrail userIdentity element" in its user guide)."""

from typing import Any

from devopsweb.iam import audit
from devopsweb.kernel.principals import Principal

HIDDEN_NAME = "HIDDEN_DUE_TO_SECURITY_REASONS"
_MFA, _SINCE, _VIA = "aws:MultiFactorAuthPresent", "aws:TokenIssueTime", audit.INVOKED_BY


def service_name(service: str) -> str:
    """``codepipeline`` → ``codepipeline.amazonaws.com``."""
    return service if "." in service else f"{service}.amazonaws.com"


def of(principal: Principal, *, account: str, access_key_id: str = "") -> dict[str, Any]:
    """Who it was, in CloudTrail's words."""
    kind = principal.kind
    if kind == "Service":
        return {"type": "AWSService", "invokedBy": service_name(principal.name)}
    if kind == "Anonymous":
        return _anonymous(principal, account) | ({"accessKeyId": access_key_id} if access_key_id else {})
    key = access_key_id or principal.access_key_id
    if kind == "WebIdentity":
        return _web_identity(principal)
    if kind == "AssumedRole":
        found = _role(principal, account, key)
    elif principal.arn == f"arn:aws:iam::{account}:root":
        found = {"type": "Root", "principalId": account, "arn": principal.arn, "accountId": account}
        found |= {"accessKeyId": key} if key else {}
    else:
        found = _user(principal, account, key)
    if via := principal.session.get(_VIA):
        found["invokedBy"] = service_name(via)
    return found


def _anonymous(principal: Principal, account: str) -> dict[str, Any]:
    if principal.name in ("", "anonymous"):
        return {"type": "Unknown", "principalId": "", "accountId": ""}
    return {"type": "IAMUser", "accountId": account, "accessKeyId": "", "userName": principal.name}


def _web_identity(principal: Principal) -> dict[str, Any]:
    return {
        "type": "WebIdentityUser",
        "principalId": principal.unique_id or principal.name,
        "userName": principal.name,
        "identityProvider": principal.arn,
    }


def _user(principal: Principal, account: str, key: str) -> dict[str, Any]:
    known = {"User": "IAMUser", "FederatedUser": "FederatedUser"}
    found: dict[str, Any] = {
        "type": known.get(principal.kind, "Unknown"),
        "principalId": principal.unique_id or principal.name,
        "arn": principal.arn,
        "accountId": account,
    }
    if key:
        found["accessKeyId"] = key
    found["userName"] = principal.name
    if attributes := _attributes(principal):
        found["sessionContext"] = {"attributes": attributes}
    return found


def _role(principal: Principal, account: str, key: str) -> dict[str, Any]:
    role, _, _session = principal.arn.partition("assumed-role/")[2].partition("/")
    unique = principal.unique_id or f"{role}:{_session}"
    found: dict[str, Any] = {
        "type": "AssumedRole",
        "principalId": unique,
        "arn": principal.arn,
        "accountId": account,
    }
    if key:
        found["accessKeyId"] = key
    issuer = {
        "type": "Role",
        "principalId": unique.partition(":")[0],
        "arn": principal.session.get(audit.ROLE_ARN) or f"arn:aws:iam::{account}:role/{role}",
        "accountId": account,
        "userName": role,
    }
    context: dict[str, Any] = {"sessionIssuer": issuer, "webIdFederationData": _federation(principal)}
    context["attributes"] = _attributes(principal) or {"mfaAuthenticated": "false"}
    if source := principal.session.get("aws:SourceIdentity"):
        context["sourceIdentity"] = source
    return {**found, "sessionContext": context}


def _federation(principal: Principal) -> dict[str, Any]:
    """What the issuer said of whom the session was made for, by a token."""
    provider = principal.session.get("aws:FederatedProvider")
    if not provider:
        return {}
    said = {k: v for k, v in principal.session.items() if k.endswith((":aud", ":sub"))}
    return {"federatedProvider": provider, "attributes": said}


def _attributes(principal: Principal) -> dict[str, str]:
    session = principal.session
    if not session.get(_SINCE) and not session.get(_MFA):
        return {}
    since = {"creationDate": session[_SINCE].replace("+00:00", "Z")} if session.get(_SINCE) else {}
    return {"mfaAuthenticated": "true" if session.get(_MFA) == "true" else "false", **since}


def username(identity: dict[str, Any]) -> str:
    """By which name a person looks for it: the user, the role's session, or the service."""
    if identity.get("userName"):
        return str(identity["userName"])
    if identity.get("type") == "AssumedRole":
        return str(identity.get("arn", "")).rsplit("/", 1)[-1]
    return "root" if identity.get("type") == "Root" else str(identity.get("invokedBy", ""))
