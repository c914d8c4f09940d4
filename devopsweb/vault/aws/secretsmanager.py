"""Secrets Manager's operations upon secrets and their values (its API reference)."""

import json
from typing import Any

from devopsweb.awsapi.registry import Call, Params, Result, service
from devopsweb.iam.api import AccessDenied
from devopsweb.kernel import tags
from devopsweb.kernel.paging import InvalidToken
from devopsweb.vault import access, reading, secret_queries
from devopsweb.vault.actions import secrets
from devopsweb.vault.engine import passwords
from devopsweb.vault.errors import BadParameter, NotNow, SecretNotFound
from devopsweb.vault.models import Secret
from devopsweb.vault.types import SecretValue, Value

sm = service(
    "secretsmanager",
    errors={InvalidToken: "InvalidNextTokenException", tags.InvalidTags: "InvalidParameterException"},
)


@sm.operation("CreateSecret", partial="No replicas in other regions, no secrets of partners.")
def create_secret(call: Call, params: Params) -> Result:
    """A new secret, with its first version if a value is given."""
    name, given = params["Name"], tags.pairs(params.get("Tags", []))
    key_id = params.get("KmsKeyId", "")
    access.may_create_secret(call.principal, name, tagged=bool(given), key_id=key_id)
    for unknown in ("AddReplicaRegions", "Type", "CrossAccountPrimaryARN"):
        if params.get(unknown):
            raise BadParameter(f"{unknown} is not served here: secrets are kept in this installation only.")
    row, version_id = secrets.create(
        name=name, by=call.principal, at=call.at, description=params.get("Description", ""),
        key_id=key_id, given=given, value=_value(params), token=params.get("ClientRequestToken", ""),
    )  # fmt: skip
    return _named(row, version_id)


def _value(params: Params) -> Value | None:
    if "SecretString" in params and "SecretBinary" in params:
        raise BadParameter("You can't specify both a binary secret value and a string secret value.")
    return Value.of(params)


def _named(row: Secret, version_id: str = "") -> dict[str, Any]:
    return {"ARN": row.arn, "Name": row.name} | ({"VersionId": version_id} if version_id else {})


@sm.operation("GetSecretValue")
def get_secret_value(call: Call, params: Params) -> Result:
    """The value of a version."""
    found = reading.secret_value(
        call.principal,
        params["SecretId"],
        version_id=params.get("VersionId", ""),
        stage=params.get("VersionStage", ""),
        at=call.at,
    )
    return _told(found)


def _told(found: SecretValue) -> dict[str, Any]:
    value: dict[str, Any] = (
        {"SecretBinary": found.value.data} if found.value.is_binary else {"SecretString": found.value.text}
    )
    return value | {
        "ARN": found.arn,
        "Name": found.name,
        "VersionId": found.version_id,
        "VersionStages": found.stages,
        "CreatedDate": found.created_at,
    }


@sm.operation("BatchGetSecretValue")
def batch_get_secret_value(call: Call, params: Params) -> Result:
    """The current values of several secrets; what cannot be read is listed with its error."""
    access.may_ask(call.principal, "secretsmanager:BatchGetSecretValue")
    wanted, filters = params.get("SecretIdList"), params.get("Filters")
    if bool(wanted) == bool(filters):
        raise BadParameter("You must include Filters or SecretIdList, but not both.")
    token = ""
    if filters:
        access.may_list_secrets(call.principal)
        page = secret_queries.sorted_page(
            secret_queries.listed(filters=filters), by="created-date", ascending=True,
            token=params.get("NextToken", ""), size=params.get("MaxResults", 20),
            scope=f"secretsmanager:BatchGetSecretValue:{json.dumps(filters)}",
        )  # fmt: skip
        wanted, token = [row.arn for row in page.rows], page.next_token
    found, errors = [], []
    for secret_id in dict.fromkeys(wanted or []):
        try:
            found.append(_told(reading.secret_value(call.principal, secret_id, at=call.at)))
        except AccessDenied as error:
            errors.append(_error(secret_id, "AccessDeniedException", error))
        except (SecretNotFound, NotNow) as error:
            errors.append(_error(secret_id, error.code, error))
    return {"SecretValues": found, "Errors": errors} | ({"NextToken": token} if token else {})


def _error(secret_id: str, code: str, error: Exception) -> dict[str, str]:
    return {"SecretId": secret_id, "ErrorCode": code, "Message": str(error)}


@sm.operation("PutSecretValue")
def put_secret_value(call: Call, params: Params) -> Result:
    """A further version."""
    row = access.secret(call.principal, params["SecretId"], "secretsmanager:PutSecretValue")
    value = _value(params)
    if value is None:
        raise BadParameter("You must provide either SecretString or SecretBinary.")
    access.may_use_key(call.principal, row.key_id, "kms:GenerateDataKey")
    version_id = secrets.put_value(
        row, value, by=call.principal, at=call.at,
        token=params.get("ClientRequestToken", ""), stages=params.get("VersionStages", []),
    )  # fmt: skip
    version = secret_queries.version(row, version_id=version_id)
    return _named(row, version_id) | {"VersionStages": secret_queries.stages_of(version)}


@sm.operation("UpdateSecret", partial="No secrets of partners.")
def update_secret(call: Call, params: Params) -> Result:
    """Another description, key or value."""
    row = access.secret(call.principal, params["SecretId"], "secretsmanager:UpdateSecret")
    value = _value(params)
    if params.get("Type"):
        raise BadParameter("Type is not served here: secrets of partners are not kept.")
    if value or "KmsKeyId" in params:
        access.may_use_key(call.principal, params.get("KmsKeyId", row.key_id), "kms:GenerateDataKey")
    version_id = secrets.update(
        row, by=call.principal, at=call.at, description=params.get("Description"),
        key_id=params.get("KmsKeyId"), value=value, token=params.get("ClientRequestToken", ""),
    )  # fmt: skip
    return _named(row, version_id)


@sm.operation("UpdateSecretVersionStage")
def update_secret_version_stage(call: Call, params: Params) -> Result:
    """Move a staging label."""
    row = access.secret(
        call.principal,
        params["SecretId"],
        "secretsmanager:UpdateSecretVersionStage",
        **{"secretsmanager:VersionStage": params["VersionStage"]},
    )
    secrets.move_stage(
        row, params["VersionStage"], to=params.get("MoveToVersionId", ""),
        away_from=params.get("RemoveFromVersionId", ""), by=call.principal, at=call.at,
    )  # fmt: skip
    return _named(row)


@sm.operation("DeleteSecret")
def delete_secret(call: Call, params: Params) -> Result:
    """Delete a secret after its recovery window, or at once."""
    at_once = params.get("ForceDeleteWithoutRecovery", False)
    try:
        row = access.secret(call.principal, params["SecretId"], "secretsmanager:DeleteSecret")
    except SecretNotFound:
        if not at_once:
            raise
        # To AWS what is gone already counts as deleted.
        _, arn = access.find_secret(params["SecretId"])
        return {"ARN": arn, "Name": params["SecretId"], "DeletionDate": call.at}
    days = params.get("RecoveryWindowInDays")
    gone_at = secrets.delete(row, by=call.principal, at=call.at, days=days, at_once=at_once)
    return _named(row) | {"DeletionDate": gone_at}


@sm.operation("RestoreSecret")
def restore_secret(call: Call, params: Params) -> Result:
    """Keep a secret that was to be deleted."""
    row = access.secret(call.principal, params["SecretId"], "secretsmanager:RestoreSecret")
    secrets.restore(row, by=call.principal, at=call.at)
    return _named(row)


@sm.operation("GetRandomPassword")
def get_random_password(call: Call, params: Params) -> Result:
    """A password that is kept nowhere."""
    access.may_ask(call.principal, "secretsmanager:GetRandomPassword")
    password = passwords.generate(
        length=params.get("PasswordLength", 32),
        exclude=params.get("ExcludeCharacters", ""),
        lowercase=not params.get("ExcludeLowercase", False),
        uppercase=not params.get("ExcludeUppercase", False),
        numbers=not params.get("ExcludeNumbers", False),
        punctuation=not params.get("ExcludePunctuation", False),
        space=params.get("IncludeSpace", False),
        each=params.get("RequireEachIncludedType", True),
    )
    return {"RandomPassword": password}
