"""Secrets Manager's operations that describe secrets: lists, tags, policies (its API reference)."""

import json
from datetime import UTC, date, datetime, time
from typing import Any

from devopsweb.awsapi.registry import Call, Params, Result
from devopsweb.kernel import paging, tags
from devopsweb.vault import access, secret_queries
from devopsweb.vault.actions import secrets
from devopsweb.vault.aws.secretsmanager import sm
from devopsweb.vault.errors import BadParameter, BadResourcePolicy
from devopsweb.vault.models import Secret, SecretVersion


@sm.operation("DescribeSecret")
def describe_secret(call: Call, params: Params) -> Result:
    """A secret without its value."""
    row = access.secret(call.principal, params["SecretId"], "secretsmanager:DescribeSecret")
    stages = secret_queries.stages_by_version([row])[row.pk]
    return _described(row) | ({"VersionIdsToStages": stages} if stages else {})


def _described(row: Secret) -> dict[str, Any]:
    optional = {
        "Description": row.description,
        "KmsKeyId": row.key_id,
        "LastAccessedDate": _midnight(row.accessed_on),
        "DeletedDate": row.delete_after,
    }
    return {
        "ARN": row.arn,
        "Name": row.name,
        "CreatedDate": row.created_at,
        "LastChangedDate": row.changed_at,
        "Tags": tags.listed(dict(sorted(row.tags.items()))),
    } | {key: value for key, value in optional.items() if value}


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time.min, UTC) if day else None


@sm.operation("ListSecrets")
def list_secrets(call: Call, params: Params) -> Result:
    """The secrets, without their values."""
    access.may_list_secrets(call.principal)
    filters, deleted = params.get("Filters", []), params.get("IncludePlannedDeletion", False)
    by, order = params.get("SortBy", "created-date"), params.get("SortOrder", "desc")
    page = secret_queries.sorted_page(
        secret_queries.listed(filters=filters, deleted=deleted), by=by, ascending=order == "asc",
        token=params.get("NextToken", ""), size=params.get("MaxResults", 100),
        scope=f"secretsmanager:ListSecrets:{by}:{order}:{deleted}:{json.dumps(filters)}",
    )  # fmt: skip
    stages = secret_queries.stages_by_version(page.rows)
    listed = [_described(row) | {"SecretVersionsToStages": stages[row.pk]} for row in page.rows]
    return {"SecretList": listed} | ({"NextToken": page.next_token} if page.next_token else {})


@sm.operation("ListSecretVersionIds")
def list_secret_version_ids(call: Call, params: Params) -> Result:
    """The versions of a secret; those without a stage only if asked for."""
    row = access.secret(call.principal, params["SecretId"], "secretsmanager:ListSecretVersionIds")
    deprecated = params.get("IncludeDeprecated", False)
    rows = row.versions.all() if deprecated else row.versions.filter(stages__isnull=False).distinct()
    page = paging.page(
        rows.prefetch_related("stages"), token=params.get("NextToken", ""), size=params.get("MaxResults", 100),
        scope=f"secretsmanager:ListSecretVersionIds:{row.pk}:{deprecated}",
    )  # fmt: skip
    answer = {"Versions": [_version(one) for one in page.rows], "ARN": row.arn, "Name": row.name}
    return answer | ({"NextToken": page.next_token} if page.next_token else {})


def _version(one: SecretVersion) -> dict[str, Any]:
    optional = {
        "VersionStages": secret_queries.stages_of(one),
        "LastAccessedDate": _midnight(one.accessed_on),
    }
    return {
        "VersionId": one.version_id,
        "CreatedDate": one.created_at,
        "KmsKeyIds": [one.key_id or "DefaultEncryptionKey"],
    } | {key: value for key, value in optional.items() if value}


@sm.operation("TagResource")
def tag_resource(call: Call, params: Params) -> Result:
    """Add or replace tags."""
    row = access.secret(call.principal, params["SecretId"], "secretsmanager:TagResource")
    secrets.tag(row, tags.pairs(params["Tags"]), by=call.principal, at=call.at)
    return None


@sm.operation("UntagResource")
def untag_resource(call: Call, params: Params) -> Result:
    """Remove tags."""
    row = access.secret(call.principal, params["SecretId"], "secretsmanager:UntagResource")
    secrets.untag(row, params["TagKeys"], by=call.principal, at=call.at)
    return None


@sm.operation("PutResourcePolicy")
def put_resource_policy(call: Call, params: Params) -> Result:
    """Give a secret a policy of its own."""
    row = _with_policy(call, params, "secretsmanager:PutResourcePolicy")
    public = not params.get("BlockPublicPolicy", False)
    secrets.set_policy(row, params["ResourcePolicy"], by=call.principal, at=call.at, allow_public=public)
    return {"ARN": row.arn, "Name": row.name, "PolicyName": "default"}


@sm.operation("GetResourcePolicy")
def get_resource_policy(call: Call, params: Params) -> Result:
    """The secret's own policy."""
    row = _with_policy(call, params, "secretsmanager:GetResourcePolicy")
    policy = {"ResourcePolicy": row.resource_policy} if row.resource_policy else {}
    return {"ARN": row.arn, "Name": row.name, "PolicyName": "default", **policy}


@sm.operation("DeleteResourcePolicy")
def delete_resource_policy(call: Call, params: Params) -> Result:
    """Take the secret's own policy away."""
    row = _with_policy(call, params, "secretsmanager:DeleteResourcePolicy")
    secrets.set_policy(row, "", by=call.principal, at=call.at)
    return {"ARN": row.arn, "Name": row.name, "PolicyName": "default"}


def _with_policy(call: Call, params: Params, action: str) -> Secret:
    row = access.secret(call.principal, params["SecretId"], action)
    if params.get("PolicyName", "default") != "default":
        raise BadParameter("A secret has one policy, named default.")
    return row


@sm.operation(
    "ValidateResourcePolicy",
    partial="Grammar and open access are checked; that the caller keeps access is not.",
)
def validate_resource_policy(call: Call, params: Params) -> Result:
    """Whether a policy could be given to a secret."""
    if "SecretId" in params:
        access.secret(call.principal, params["SecretId"], "secretsmanager:ValidateResourcePolicy")
    else:
        access.may_ask(call.principal, "secretsmanager:ValidateResourcePolicy")
    problems = {}
    try:
        if secrets.lets_everybody_in(secrets.check_policy(params["ResourcePolicy"])):
            problems["PublicPolicyCheck"] = "The policy lets everybody in."
    except BadResourcePolicy as error:
        problems["SyntaxCheck"] = str(error)
    listed = [{"CheckName": name, "ErrorMessage": text} for name, text in problems.items()]
    return {"PolicyValidationPassed": not problems, "ValidationErrors": listed}
