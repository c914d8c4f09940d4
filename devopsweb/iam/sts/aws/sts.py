"""AWS Security Token Service."""

import re
from typing import Any

from django.conf import settings

from devopsweb.awsapi.errors import AwsError
from devopsweb.awsapi.registry import Call, Params, Result, service
from devopsweb.iam import api as iam
from devopsweb.iam.errors import MalformedPolicyDocument, TooManyAttempts
from devopsweb.iam.sts import sessions, tokens, web, wishes
from devopsweb.iam.sts.errors import (
    IdentityTokenExpired,
    InvalidIdentityToken,
    IssuerSilent,
    PackedPolicyTooLarge,
    SessionDenied,
)
from devopsweb.iam.sts.tokens import Session
from devopsweb.iam.sts.wishes import Wish
from devopsweb.kernel.arn import arn

_KEY_ID = re.compile(r"A(?:KIA|SIA)[A-Z0-9]{12,}")

sts = service(
    "sts",
    errors={
        MalformedPolicyDocument: "MalformedPolicyDocument",
        PackedPolicyTooLarge: "PackedPolicyTooLarge",
        InvalidIdentityToken: "InvalidIdentityToken",
        IdentityTokenExpired: "ExpiredTokenException",
        IssuerSilent: "IDPCommunicationError",
        SessionDenied: "AccessDenied",
        TooManyAttempts: "Throttling",
    },
)


@sts.operation("GetCallerIdentity")
def get_caller_identity(call: Call, params: Params) -> Result:
    """Who signed. Everybody may ask, whatever a policy says."""
    return {
        "UserId": call.principal.unique_id,
        "Account": settings.DEVOPSWEB_ACCOUNT_ID,
        "Arn": call.principal.arn,
    }


@sts.operation("AssumeRole", partial="ProvidedContexts (IAM Identity Center) is refused.", read_only=True)
def assume_role(call: Call, params: Params) -> Result:
    """Credentials of a role's session."""
    if params.get("ProvidedContexts"):
        raise AwsError(
            "InvalidParameterValue", "ProvidedContexts are not supported: there is no IAM Identity Center."
        )
    session = sessions.assume(by=call.principal, role_arn=params["RoleArn"], wish=_wish(params), at=call.at)
    return {**_role_session(session, params["RoleArn"]), **_source_identity(session)}


@sts.operation(
    "AssumeRoleWithWebIdentity",
    unsigned=True,
    read_only=True,
    partial="ProviderId (OAuth 2.0 access tokens) is refused.",
)
def assume_role_with_web_identity(call: Call, params: Params) -> Result:
    """Credentials of a role's session, for a token of an issuer that the role trusts."""
    if params.get("ProviderId"):
        raise AwsError("InvalidParameterValue", "Only OpenID Connect tokens are taken: leave ProviderId out.")
    begun = web.assume(
        role_arn=params["RoleArn"],
        token=params["WebIdentityToken"],
        wish=_wish(params),
        source_ip=call.source_ip,
        at=call.at,
    )
    return {
        **_role_session(begun.session, params["RoleArn"]),
        **_source_identity(begun.session),
        "SubjectFromWebIdentityToken": begun.subject,
        "Audience": begun.audience,
        "Provider": begun.issuer,
    }


@sts.operation("GetSessionToken", read_only=True)
def get_session_token(call: Call, params: Params) -> Result:
    """Temporary credentials of the calling user."""
    session = sessions.of_user(by=call.principal, wish=_wish(params), at=call.at)
    return {"Credentials": _credentials(session)}


@sts.operation("GetFederationToken", read_only=True)
def get_federation_token(call: Call, params: Params) -> Result:
    """Temporary credentials for somebody outside."""
    session = sessions.federated(by=call.principal, wish=_wish(params), at=call.at)
    return {
        "Credentials": _credentials(session),
        "FederatedUser": {
            "FederatedUserId": f"{settings.DEVOPSWEB_ACCOUNT_ID}:{session.name}",
            "Arn": arn("sts", f"federated-user/{session.name}"),
        },
        "PackedPolicySize": wishes.packed_percent(session),
    }


@sts.operation("GetAccessKeyInfo")
def get_access_key_info(call: Call, params: Params) -> Result:
    """The account of an access key: there is one here, so its form alone is looked at."""
    iam.require(call.principal, "sts:GetAccessKeyInfo", "*")
    if not _KEY_ID.fullmatch(params["AccessKeyId"]):
        raise AwsError("ValidationError", "Invalid Access Key ID")
    return {"Account": settings.DEVOPSWEB_ACCOUNT_ID}


def _wish(params: Params) -> Wish:
    return Wish(
        name=params.get("RoleSessionName") or params.get("Name", ""),
        seconds=params.get("DurationSeconds"),
        policy=params.get("Policy", ""),
        policy_arns=tuple(one["arn"] for one in params.get("PolicyArns", []) if "arn" in one),
        tags=wishes.tags_of(params.get("Tags", [])),
        transitive=tuple(params.get("TransitiveTagKeys", [])),
        external_id=params.get("ExternalId", ""),
        source_identity=params.get("SourceIdentity", ""),
        serial_number=params.get("SerialNumber", ""),
        token_code=params.get("TokenCode", ""),
    )


def _credentials(session: Session) -> dict[str, Any]:
    return {
        "AccessKeyId": session.access_key_id,
        "SecretAccessKey": session.secret,
        "SessionToken": tokens.seal(session),
        "Expiration": session.expires_at,
    }


def _role_session(session: Session, role_arn: str) -> dict[str, Any]:
    return {
        "Credentials": _credentials(session),
        "AssumedRoleUser": {
            "AssumedRoleId": f"{session.identity}:{session.name}",
            "Arn": arn("sts", f"assumed-role/{role_arn.rpartition('/')[2]}/{session.name}"),
        },
        "PackedPolicySize": wishes.packed_percent(session),
    }


def _source_identity(session: Session) -> dict[str, str]:
    return {"SourceIdentity": session.source_identity} if session.source_identity else {}
