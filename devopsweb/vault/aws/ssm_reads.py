"""Parameter Store's operations that read (SSM API reference)."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from devopsweb.awsapi.registry import Call, Params, Result
from devopsweb.iam import audit
from devopsweb.kernel import paging
from devopsweb.vault import access, queries
from devopsweb.vault.aws.ssm import ssm
from devopsweb.vault.errors import (
    BadFilterKey,
    InvalidRequest,
    ParameterNotFound,
    ParameterVersionNotFound,
)
from devopsweb.vault.models import Parameter, ParameterVersion


@ssm.operation("GetParameter")
def get_parameter(call: Call, params: Params) -> Result:
    """One parameter's value."""
    wanted = access.pointer(params["Name"])
    row = access.find_parameter(call.principal, wanted, "ssm:GetParameter")
    if row is None:
        raise ParameterNotFound(f"Parameter {params['Name']} not found.")
    version = queries.version_at(row, wanted)
    return {"Parameter": _value(call, row, version, params, wanted.selector)}


@ssm.operation("GetParameters")
def get_parameters(call: Call, params: Params) -> Result:
    """Several parameters' values; those that are none are named."""
    found, invalid = [], []
    for name in dict.fromkeys(params["Names"]):
        wanted = access.pointer(name)
        row = access.find_parameter(call.principal, wanted, "ssm:GetParameters")
        try:
            version = queries.version_at(row, wanted) if row else None
        except ParameterVersionNotFound:
            version = None
        if row is None or version is None:
            invalid.append(name)
        else:
            found.append(_value(call, row, version, params, wanted.selector))
    return {"Parameters": found} | ({"InvalidParameters": invalid} if invalid else {})


@ssm.operation("GetParametersByPath")
def get_parameters_by_path(call: Call, params: Params) -> Result:
    """The values on a level of the hierarchy, or also below it."""
    path, recursive = params["Path"], params.get("Recursive", False)
    filters = params.get("ParameterFilters", [])
    access.may_read_path(call.principal, path, recursive=recursive)
    queries.check_path(path)
    for one in filters:
        if one["Key"] not in queries.BY_PATH_KEYS:
            raise BadFilterKey(f"{one['Key']} is no filter of GetParametersByPath.")
    page = paging.page(
        queries.filtered(queries.below(path, recursive=recursive), filters),
        token=params.get("NextToken", ""), size=params.get("MaxResults", 10), key="name", ascending=True,
        scope=f"ssm:GetParametersByPath:{path}:{recursive}:{json.dumps(filters)}",
    )  # fmt: skip
    newest = queries.newest(page.rows)
    for row in page.rows:
        # Permission is the path's; who read a parameter must be found by the parameter all the same.
        audit.touched(call.principal, row.arn)
    values = [_value(call, row, newest[row.pk], params, "") for row in page.rows if row.pk in newest]
    return _paged({"Parameters": values}, page.next_token)


def _value(
    call: Call, row: Parameter, version: ParameterVersion, params: Params, selector: str
) -> dict[str, Any]:
    decrypt = params.get("WithDecryption", False)
    if decrypt:
        access.may_use_key(call.principal, version.key_id, "kms:Decrypt")
    found = queries.value_of(row, version, decrypt=decrypt, selector=selector)
    told = {
        "Name": found.name,
        "Type": found.type,
        "Value": found.value,
        "Version": found.version,
        "LastModifiedDate": found.modified_at,
        "ARN": found.arn,
        "DataType": found.data_type,
    }
    return told | ({"Selector": selector} if selector else {})


@ssm.operation("GetParameterHistory")
def get_parameter_history(call: Call, params: Params) -> Result:
    """All versions of a parameter, oldest first."""
    row = access.parameter(call.principal, params["Name"], "ssm:GetParameterHistory")
    page = paging.page(
        row.versions.prefetch_related("labels"),
        token=params.get("NextToken", ""), size=params.get("MaxResults", 50), key="number", ascending=True,
        scope=f"ssm:GetParameterHistory:{row.pk}",
    )  # fmt: skip
    decrypt = params.get("WithDecryption", False)
    if decrypt:
        for key_id in {version.key_id for version in page.rows}:
            access.may_use_key(call.principal, key_id, "kms:Decrypt")
    history = []
    for version in page.rows:
        told = _described(row, version) | {
            "Version": version.number,
            "Value": queries.text_of(row, version, decrypt=decrypt),
        }
        labels = sorted(label.name for label in version.labels.all())
        history.append(told | ({"Labels": labels} if labels else {}))
    return _paged({"Parameters": history}, page.next_token)


@ssm.operation("DescribeParameters", partial="There are no other accounts: with Shared nothing is listed.")
def describe_parameters(call: Call, params: Params) -> Result:
    """What parameters there are, without their values."""
    access.may_list_parameters(call.principal)
    filters = _filters(params)
    rows = Parameter.objects.none() if params.get("Shared") else Parameter.objects.all()
    page = paging.page(
        queries.filtered(rows, filters),
        token=params.get("NextToken", ""), size=params.get("MaxResults", 50), key="name", ascending=True,
        scope=f"ssm:DescribeParameters:{json.dumps(filters)}",
    )  # fmt: skip
    listed = [_described(row, row) | {"ARN": row.arn, "Version": row.version} for row in page.rows]
    return _paged({"Parameters": listed}, page.next_token)


def _filters(params: Params) -> Sequence[Any]:
    old, new = params.get("Filters", []), params.get("ParameterFilters", [])
    if old and new:
        raise InvalidRequest("You can use either Filters or ParameterFilters in a single request.")
    # The old kind of filter compares beginnings.
    return new or [{**one, "Option": "BeginsWith"} for one in old]


def _described(row: Parameter, version: Parameter | ParameterVersion) -> dict[str, Any]:
    optional = {
        "Description": version.description,
        "AllowedPattern": version.allowed_pattern,
        "KeyId": version.key_id,
    }
    return {
        "Name": row.name,
        "Type": version.type,
        "Tier": version.tier,
        "DataType": version.data_type,
        "Policies": version.policies,
        "LastModifiedDate": version.modified_at,
        "LastModifiedUser": version.modified_by,
    } | _present(optional.items())


def _present(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {key: value for key, value in pairs if value}


def _paged(answer: dict[str, Any], token: str) -> dict[str, Any]:
    return answer | ({"NextToken": token} if token else {})
