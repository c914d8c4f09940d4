"""The shapes that IAM's operations share, its names for our errors, and its pages."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar
from urllib.parse import quote

from django.db import models

from devopsweb.awsapi.registry import Params, service
from devopsweb.iam import errors
from devopsweb.iam.access import OnlyAdministrators
from devopsweb.iam.engine.policy import read_json
from devopsweb.iam.models import InlinePolicy, Policy, PolicyAttachment, PolicyVersion, Role, User, UserGroup
from devopsweb.kernel import paging, tags
from devopsweb.kernel.errors import Invalid

M = TypeVar("M", bound=models.Model)
ENTITIES = ("user", "group", "role")
PAGE = 100

iam = service(
    "iam",
    errors={
        errors.MalformedPolicyDocument: "MalformedPolicyDocument",
        errors.NoSuchEntity: "NoSuchEntity",
        errors.EntityAlreadyExists: "EntityAlreadyExists",
        errors.DeleteConflict: "DeleteConflict",
        errors.LimitExceeded: "LimitExceeded",
        errors.LastAdministrator: "DeleteConflict",
        errors.UnmodifiableEntity: "UnmodifiableEntity",
        errors.WeakPassword: "PasswordPolicyViolation",
        errors.InvalidInput: "InvalidInput",
        tags.InvalidTags: "InvalidInput",
        tags.TooManyTags: "LimitExceeded",
        errors.PolicyNotAttachable: "PolicyNotAttachable",
        errors.UnsupportedService: "NotSupportedService",
        errors.NotAUser: "InvalidUserType",
        errors.ReportNotPresent: "ReportNotPresent",
        OnlyAdministrators: "AccessDenied",
    },
)


def read_document(text: str) -> Any:
    """The policy document of a request. Raises ``MalformedPolicyDocument``."""
    return read_json(text)


def document(of: Any) -> str:
    """A policy document as IAM sends it: JSON, URL-encoded (RFC 3986)."""
    return quote(json.dumps(of, separators=(",", ":")), safe="")


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags by key."""
    return [{"Key": key, "Value": tags[key]} for key in sorted(tags)]


def is_active(status: str) -> bool:
    """What a credential is to become. Raises ``InvalidInput`` for what only AWS makes of some."""
    if status == "Expired":
        raise errors.InvalidInput("A credential is made Active or Inactive; Expired is for AWS to say.")
    return status == "Active"


def boundary(policy: Policy | None) -> dict[str, Any]:
    """The member for a permissions boundary, if there is one."""
    if policy is None:
        return {}
    return {
        "PermissionsBoundary": {
            "PermissionsBoundaryType": "Policy",
            "PermissionsBoundaryArn": policy.arn,
        }
    }


def user(row: User, *, full: bool = True) -> dict[str, Any]:
    """A user; lists leave boundary and tags out."""
    shape: dict[str, Any] = {
        "Path": row.path,
        "UserName": row.username,
        "UserId": row.unique_id,
        "Arn": row.arn,
        "CreateDate": row.date_joined,
    }
    if row.last_login and row.has_usable_password():
        shape["PasswordLastUsed"] = row.last_login
    return shape | (_extras(row) if full else {})


def group(row: UserGroup) -> dict[str, Any]:
    """A group."""
    return {
        "Path": row.path,
        "GroupName": row.name,
        "GroupId": row.unique_id,
        "Arn": row.arn,
        "CreateDate": row.created_at,
    }


def role(row: Role, *, full: bool = True) -> dict[str, Any]:
    """A role; lists leave boundary, tags and last use out."""
    shape: dict[str, Any] = {
        "Path": row.path,
        "RoleName": row.name,
        "RoleId": row.unique_id,
        "Arn": row.arn,
        "CreateDate": row.created_at,
        "AssumeRolePolicyDocument": document(row.trust_policy),
        "MaxSessionDuration": row.max_session_seconds,
    }
    if row.description:
        shape["Description"] = row.description
    return shape | (_extras(row) | {"RoleLastUsed": last_used(row)} if full else {})


def last_used(row: Role) -> dict[str, Any]:
    """When and where the role was last used; empty when never."""
    return {"LastUsedDate": row.last_used_at, "Region": row.last_used_region} if row.last_used_at else {}


def _extras(row: User | Role) -> dict[str, Any]:
    return boundary(row.permissions_boundary) | ({"Tags": tag_list(row.tags)} if row.tags else {})


def policy(row: Any, *, full: bool = True) -> dict[str, Any]:
    """A managed policy with the counts of ``queries.counted``; lists leave description and tags out."""
    shape: dict[str, Any] = {
        "PolicyName": row.name,
        "PolicyId": row.unique_id,
        "Arn": row.arn,
        "Path": row.path,
        "DefaultVersionId": f"v{row.version}",
        "AttachmentCount": row.attachment_count,
        "PermissionsBoundaryUsageCount": row.boundary_count,
        "IsAttachable": True,
        "CreateDate": row.created_at,
        "UpdateDate": row.updated_at,
    }
    if full and row.description:
        shape["Description"] = row.description
    return shape | ({"Tags": tag_list(row.tags)} if full else {})


def version(row: PolicyVersion, *, with_document: bool) -> dict[str, Any]:
    """A version of a managed policy."""
    shape = {"VersionId": row.label, "IsDefaultVersion": row.is_default, "CreateDate": row.created_at}
    return shape | ({"Document": document(row.document)} if with_document else {})


def attached(rows: Iterable[PolicyAttachment]) -> list[dict[str, str]]:
    """Attached policies, by name and ARN."""
    return [{"PolicyName": row.policy.name, "PolicyArn": row.policy.arn} for row in rows]


def inline(rows: Iterable[InlinePolicy]) -> list[dict[str, str]]:
    """Inline policies with their documents."""
    return [{"PolicyName": row.name, "PolicyDocument": document(row.document)} for row in rows]


def page(rows: "models.QuerySet[M]", params: Params, *, key: str, scope: str) -> paging.Page[M]:
    """The page of ``rows`` that the request asks for."""
    try:
        return paging.page(
            rows,
            token=params.get("Marker", ""),
            size=params.get("MaxItems", PAGE),
            key=key,
            ascending=True,
            scope=f"iam:{scope}",
        )
    except paging.InvalidToken:
        raise Invalid("Invalid Marker.") from None


def marked(found: dict[str, Any], next_token: str) -> dict[str, Any]:
    """``found`` with the members that say whether more follows."""
    return found | {"IsTruncated": bool(next_token)} | ({"Marker": next_token} if next_token else {})
