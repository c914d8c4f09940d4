"""Reads values for a principal: the one way for operations, pages and builds."""

from datetime import datetime

from devopsweb.iam import audit
from devopsweb.kernel.principals import Principal
from devopsweb.vault import access, queries, secret_queries
from devopsweb.vault.actions import versions
from devopsweb.vault.engine import names
from devopsweb.vault.errors import BadParameter, ParameterNotFound
from devopsweb.vault.types import SecretValue


def secret_value(
    principal: Principal, secret_id: str, *, at: datetime, version_id: str = "", stage: str = ""
) -> SecretValue:
    """The value of a version of the secret; the reading is noted.

    Raises ``AccessDenied``, ``SecretNotFound``, ``NotNow``, ``CannotUnseal``.
    """
    context = {"secretsmanager:VersionId": version_id, "secretsmanager:VersionStage": stage}
    row = access.secret(
        principal,
        secret_id,
        "secretsmanager:GetSecretValue",
        **{key: text for key, text in context.items() if text},
    )
    secret_queries.usable(row)
    found = secret_queries.version(row, version_id=version_id, stage=stage)
    access.may_use_key(principal, found.key_id, "kms:Decrypt")
    value = secret_queries.value_of(row, found)
    versions.note_access(row, found, today=at.date())
    told = {"secretId": row.name, "versionId": found.version_id}
    audit.did(principal, "secretsmanager:GetSecretValue", [row.arn], told)
    return value


def parameter_text(principal: Principal, name: str, action: str = "ssm:GetParameter") -> str:
    """The decrypted value of a parameter (``name``, ``name:version``, ``name:label`` or ARN).

    Raises ``AccessDenied``, ``ParameterNotFound``, ``ParameterVersionNotFound``, ``CannotUnseal``.
    """
    wanted = access.pointer(name)
    row = access.find_parameter(principal, wanted, action)
    if row is None:
        raise ParameterNotFound(f"Parameter {name} not found.")
    version = queries.version_at(row, wanted)
    access.may_use_key(principal, version.key_id, "kms:Decrypt")
    text = queries.text_of(row, version, decrypt=True)
    audit.did(principal, action, [row.arn], {"name": name, "withDecryption": True})
    return text


def secret_text(principal: Principal, reference: str, *, at: datetime) -> str:
    """The value that a build's ``secret-id:json-key:version-stage:version-id`` means.

    Raises what ``secret_value`` raises, and ``BadParameter``.
    """
    wanted = names.secret_reference(reference)
    found = secret_value(principal, wanted.secret_id, at=at, version_id=wanted.version_id, stage=wanted.stage)
    if found.value.is_binary:
        raise BadParameter(f"The secret {found.name} is binary; a variable holds text.")
    return (
        secret_queries.json_value(found.value.text, wanted.json_key) if wanted.json_key else found.value.text
    )
