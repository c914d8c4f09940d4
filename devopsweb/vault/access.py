"""Parameters and secrets for a principal, or a refusal that names the missing action and ARN.

The question is asked whether the thing exists or not, so that a refusal does not tell. Every permission
upon a secret is asked in ``_require_secret``, where its own policy has its say.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.crypto import salted_hmac

from devopsweb.iam import api as iam
from devopsweb.kernel.arn import arn
from devopsweb.kernel.principals import Principal
from devopsweb.vault.engine import names
from devopsweb.vault.engine.names import Pointer
from devopsweb.vault.errors import ParameterNotFound, SecretNotFound
from devopsweb.vault.models import Parameter, Secret
from devopsweb.vault.models.parameters import DEFAULT_KEY

ALL_PARAMETERS = "*"
OWN_KEYS = ("", DEFAULT_KEY, "alias/aws/secretsmanager")


def parameter_prefix() -> str:
    """What the ARNs of parameters begin with."""
    return arn("ssm", "parameter/")


def pointer(text: str) -> Pointer:
    """What a name or ARN points at. Raises ``InvalidRequest``."""
    return names.pointer(text, prefix=parameter_prefix())


def parameter(principal: Principal, name: str, action: str, **context: Any) -> Parameter:
    """The parameter of that name or ARN. Raises ``AccessDenied``, ``ParameterNotFound``."""
    found = find_parameter(principal, pointer(name), action, **context)
    if found is None:
        raise ParameterNotFound(f"Parameter {name} not found.")
    return found


def find_parameter(principal: Principal, wanted: Pointer, action: str, **context: Any) -> Parameter | None:
    """The parameter, or None when there is none. Raises ``AccessDenied``."""
    by = {"resource": wanted.resource} if wanted.is_arn else {"name": wanted.name}
    found = Parameter.objects.filter(**by).first()
    resource = arn("ssm", f"parameter/{wanted.resource}")
    iam.require(principal, action, resource, context, tags=found.tags if found else {})
    return found


def page_parameter(principal: Principal, resource: str, action: str, **context: Any) -> Parameter:
    """The parameter of a page's address. Raises ``AccessDenied``, ``ParameterNotFound``."""
    return parameter(principal, parameter_prefix() + resource, action, **context)


def listed_parameter(principal: Principal, resource: str) -> Parameter:
    """The parameter of a page that shows no value. Raises ``AccessDenied``, ``ParameterNotFound``."""
    may_list_parameters(principal)
    found = Parameter.objects.filter(resource=resource).first()
    if found is None:
        raise ParameterNotFound(f"Parameter {resource} not found.")
    return found


def may_parameter(principal: Principal, row: Parameter, action: str) -> bool:
    """Whether to offer an action upon the parameter."""
    return iam.is_allowed(principal, action, row.arn, tags=row.tags)


def may_put_parameter(
    principal: Principal, name: str, *, tagged: bool, overwrite: bool, key_id: str = ""
) -> None:
    """Raise ``AccessDenied`` unless the principal may put a parameter of that name (with that key)."""
    names.check_parameter(name)
    present = Parameter.objects.filter(name=name).first()
    resource, held = arn("ssm", f"parameter/{name.removeprefix('/')}"), present.tags if present else {}
    iam.require(principal, "ssm:PutParameter", resource, {"ssm:Overwrite": str(overwrite).lower()}, tags=held)
    if tagged:
        iam.require(principal, "ssm:AddTagsToResource", resource, tags=held)
    may_use_key(principal, key_id or (present.key_id if present else ""), "kms:Encrypt")


def may_try_parameter(principal: Principal, name: str) -> None:
    """Raise ``AccessDenied`` unless the principal may put a parameter of that name, however unfit it is."""
    iam.require(
        principal, "ssm:PutParameter", arn("ssm", f"parameter/{name.strip().removeprefix('/') or '*'}")
    )


def may_read_path(principal: Principal, path: str, *, recursive: bool) -> None:
    """Raise ``AccessDenied`` unless the principal may read all that is below ``path``."""
    resource = arn("ssm", f"parameter/{path.strip('/')}")
    iam.require(principal, "ssm:GetParametersByPath", resource, {"ssm:Recursive": str(recursive).lower()})


def may_list_parameters(principal: Principal) -> None:
    """Raise ``AccessDenied`` unless the principal may see what parameters there are."""
    iam.require(principal, "ssm:DescribeParameters", arn("ssm", ALL_PARAMETERS))


def can_list_parameters(principal: Principal) -> bool:
    """Whether the list of parameters would open."""
    return iam.is_allowed(principal, "ssm:DescribeParameters", arn("ssm", ALL_PARAMETERS))


def may_use_key(principal: Principal, key_id: str, action: str) -> None:
    """Raise ``AccessDenied`` unless the principal may use the key; the services' own keys are everybody's."""
    if key_id not in OWN_KEYS:
        iam.require(principal, action, key_arn(key_id))


def key_arn(key_id: str) -> str:
    """The ARN of a key that was named by ARN, alias or id."""
    if key_id.startswith("arn:"):
        return key_id
    return arn("kms", key_id if key_id.startswith("alias/") else f"key/{key_id}")


def secret(principal: Principal, secret_id: str, action: str, **context: Any) -> Secret:
    """The secret of that name, ARN or partial ARN. Raises ``AccessDenied``, ``SecretNotFound``."""
    found, resource = find_secret(secret_id)
    _require_secret(principal, action, found, resource, context)
    if found is None:
        raise SecretNotFound("Secrets Manager can't find the specified secret.")
    return found


def page_secret(principal: Principal, resource: str, action: str, **context: Any) -> Secret:
    """The secret of a page's address, which ends like its ARN. Raises ``AccessDenied``, ``SecretNotFound``."""
    name, suffix = names.split_suffix(resource)
    found = Secret.objects.filter(suffix=suffix).first() if suffix else None
    if found is not None and found.path != resource:
        found = None
    return secret(principal, found.arn if found else name, action, **context)


def find_secret(secret_id: str) -> tuple[Secret | None, str]:
    """The secret, if there is one, and the ARN upon which permissions are asked.

    An ARN without the last seven characters finds the secret too. What does not exist has an ARN that looks
    like any other, so that a refusal does not tell.
    """
    name, suffix = secret_id, ""
    if secret_id.startswith("arn:"):
        rest = secret_id.removeprefix(arn("secretsmanager", "secret:"))
        name, suffix = names.split_suffix(rest)
        whole = Secret.objects.filter(name=name, suffix=suffix).first() if suffix else None
        if whole is not None:
            return whole, whole.arn
        name = rest
    found = Secret.objects.filter(name=name).first()
    return found, found.arn if found else arn("secretsmanager", f"secret:{name}-{_nowhere(name)}")


def _nowhere(name: str) -> str:
    digest = salted_hmac("vault.access", name).digest()
    return base64.b64encode(digest, altchars=b"aB").decode()[:6]


def may_create_secret(principal: Principal, name: str, *, tagged: bool, key_id: str = "") -> None:
    """Raise ``AccessDenied`` unless the principal may create a secret of that name."""
    resource = arn("secretsmanager", f"secret:{name}-{_nowhere(name)}")
    context = {"secretsmanager:Name": name, "secretsmanager:KmsKeyId": key_id}
    iam.require(principal, "secretsmanager:CreateSecret", resource, context)
    if tagged:
        iam.require(principal, "secretsmanager:TagResource", resource, context)
    may_use_key(principal, key_id, "kms:GenerateDataKey")


def may_try_secret(principal: Principal, name: str) -> None:
    """Raise ``AccessDenied`` unless the principal may create a secret of that name, however unfit it is."""
    iam.require(
        principal, "secretsmanager:CreateSecret", arn("secretsmanager", f"secret:{name.strip() or '*'}")
    )


def may_secret(principal: Principal, row: Secret, action: str) -> bool:
    """Whether to offer an action upon the secret."""
    return iam.is_allowed(
        principal, action, row.arn, _context(row, {}), resource_policy=_policy(row), tags=row.tags
    )


def may_list_secrets(principal: Principal) -> None:
    """Raise ``AccessDenied`` unless the principal may see what secrets there are."""
    iam.require(principal, "secretsmanager:ListSecrets", "*")


def can_list_secrets(principal: Principal) -> bool:
    """Whether the list of secrets would open."""
    return iam.is_allowed(principal, "secretsmanager:ListSecrets", "*")


def may_ask(principal: Principal, action: str) -> None:
    """Raise ``AccessDenied`` unless the principal may do what concerns no single secret."""
    iam.require(principal, action, "*")


def _require_secret(
    principal: Principal, action: str, row: Secret | None, resource: str, context: Mapping[str, Any]
) -> None:
    iam.require(
        principal,
        action,
        resource,
        _context(row, context),
        resource_policy=_policy(row) if row else None,
        tags=row.tags if row else {},
    )


def _context(row: Secret | None, more: Mapping[str, Any]) -> dict[str, Any]:
    own = {"secretsmanager:SecretId": row.arn, "secretsmanager:Name": row.name} if row else {}
    return {**own, **more}


def tags_of_parameters(resources: Sequence[str]) -> dict[str, dict[str, str]]:
    """The tags of parameters (``parameter/web/db``), for policies that ask for one."""
    rows = Parameter.objects.filter(resource__in=[one.removeprefix("parameter/") for one in resources])
    return {f"parameter/{resource}": tags for resource, tags in rows.values_list("resource", "tags")}


def tags_of_secrets(resources: Sequence[str]) -> dict[str, dict[str, str]]:
    """The tags of secrets (``secret:db-AbCdEf``), for policies that ask for one."""
    suffixes = [one.rpartition("-")[2] for one in resources]
    return {f"secret:{row.resource}": row.tags for row in Secret.objects.filter(suffix__in=suffixes)}


def _policy(row: Secret) -> Mapping[str, Any] | None:
    return json.loads(row.resource_policy) if row.resource_policy else None
