"""Parameter Store's operations that change something (SSM API reference)."""

from devopsweb.awsapi.registry import Call, Params, Result, service
from devopsweb.kernel import tags
from devopsweb.kernel.paging import InvalidToken
from devopsweb.vault import access
from devopsweb.vault.actions import parameters
from devopsweb.vault.errors import BadResourceId, BadResourceType, InvalidRequest
from devopsweb.vault.models import Parameter
from devopsweb.vault.types import ParameterSpec

ssm = service("ssm", errors={InvalidToken: "InvalidNextToken", tags.TooManyTags: "TooManyTagsError"})


@ssm.operation(
    "PutParameter",
    partial="Of the policies Expiration is carried out; data types other than text are refused.",
)
def put_parameter(call: Call, params: Params) -> Result:
    """Create a parameter or give it a further version."""
    given = tags.pairs(params.get("Tags", []))
    spec = ParameterSpec(
        name=params["Name"].strip(),
        value=params["Value"],
        type=params.get("Type", ""),
        overwrite=params.get("Overwrite", False),
        description=params.get("Description"),
        tier=params.get("Tier", ""),
        key_id=params.get("KeyId", ""),
        allowed_pattern=params.get("AllowedPattern"),
        data_type=params.get("DataType", ""),
        tags=given,
        policies=params.get("Policies"),
    )
    access.may_put_parameter(
        call.principal, spec.name, tagged=bool(given), overwrite=spec.overwrite, key_id=spec.key_id
    )
    made = parameters.put(spec, by=call.principal, at=call.at)
    return {"Version": made.version, "Tier": made.tier}


@ssm.operation("DeleteParameter")
def delete_parameter(call: Call, params: Params) -> Result:
    """Delete a parameter with its versions."""
    row = access.parameter(call.principal, _name(params["Name"]), "ssm:DeleteParameter")
    parameters.delete(row, by=call.principal, at=call.at)
    return {}


@ssm.operation("DeleteParameters")
def delete_parameters(call: Call, params: Params) -> Result:
    """Delete several; those that are none are named."""
    wanted = [_name(name) for name in dict.fromkeys(params["Names"])]
    found = {
        name: access.find_parameter(call.principal, access.pointer(name), "ssm:DeleteParameters")
        for name in wanted
    }
    for row in found.values():
        if row is not None:
            parameters.delete(row, by=call.principal, at=call.at)
    answer = {
        "DeletedParameters": [name for name, row in found.items() if row],
        "InvalidParameters": [name for name, row in found.items() if not row],
    }
    return {key: names for key, names in answer.items() if names}


def _name(text: str) -> str:
    if text.startswith("arn:") or ":" in text:
        raise InvalidRequest(f"{text} is no parameter name; name it without ARN, version and label.")
    return text


@ssm.operation("LabelParameterVersion")
def label_parameter_version(call: Call, params: Params) -> Result:
    """Put labels on a version."""
    row = access.parameter(call.principal, _name(params["Name"]), "ssm:LabelParameterVersion")
    number, invalid = parameters.label(
        row, params["Labels"], number=params.get("ParameterVersion"), by=call.principal, at=call.at
    )
    return {"ParameterVersion": number} | ({"InvalidLabels": invalid} if invalid else {})


@ssm.operation("UnlabelParameterVersion")
def unlabel_parameter_version(call: Call, params: Params) -> Result:
    """Take labels off a version."""
    row = access.parameter(call.principal, _name(params["Name"]), "ssm:UnlabelParameterVersion")
    removed, invalid = parameters.unlabel(
        row, params["Labels"], number=params["ParameterVersion"], by=call.principal, at=call.at
    )
    answer = {"RemovedLabels": removed, "InvalidLabels": invalid}
    return {key: names for key, names in answer.items() if names}


@ssm.operation("AddTagsToResource", partial="Parameters only.")
def add_tags_to_resource(call: Call, params: Params) -> Result:
    """Add or replace tags of a parameter."""
    tags.add(_tagged(call, params, "ssm:AddTagsToResource"), tags.pairs(params["Tags"]))
    return {}


@ssm.operation("RemoveTagsFromResource", partial="Parameters only.")
def remove_tags_from_resource(call: Call, params: Params) -> Result:
    """Remove tags of a parameter."""
    tags.remove(_tagged(call, params, "ssm:RemoveTagsFromResource"), params["TagKeys"])
    return {}


@ssm.operation("ListTagsForResource", partial="Parameters only.")
def list_tags_for_resource(call: Call, params: Params) -> Result:
    """The tags of a parameter."""
    row = _tagged(call, params, "ssm:ListTagsForResource")
    return {"TagList": tags.listed(dict(sorted(row.tags.items())))}


def _tagged(call: Call, params: Params, action: str) -> Parameter:
    if params["ResourceType"] != "Parameter":
        access.may_ask(call.principal, action)
        raise BadResourceType("Only parameters have tags here: set the resource type to Parameter.")
    found = access.find_parameter(call.principal, access.pointer(params["ResourceId"]), action)
    if found is None:
        raise BadResourceId(
            f"The resource ID {params['ResourceId']} is not valid: there is no such parameter."
        )
    return found
