"""Managed policies and their versions."""

from typing import Any

from devopsweb.awsapi.registry import Call, Params, Result
from devopsweb.iam import access, queries
from devopsweb.iam.actions import policies
from devopsweb.iam.actions import tags as tagging
from devopsweb.iam.aws import shapes
from devopsweb.iam.aws.shapes import iam, read_document
from devopsweb.kernel import tags


@iam.operation("CreatePolicy")
def create_policy(call: Call, params: Params) -> Result:
    """A policy, attached to nobody yet."""
    name, path = params["PolicyName"], params.get("Path", "/")
    wanted = tags.pairs(params.get("Tags", []))
    access.may_create(call.principal, "policy", name, path=path, tags=dict(wanted))
    policy = policies.create(
        name=name, path=path, document=read_document(params["PolicyDocument"]),
        description=params.get("Description", ""), tags=tagging.checked(wanted), by=call.principal, at=call.at,
    )  # fmt: skip
    return {"Policy": shapes.policy(queries.counted(policy))}


@iam.operation("GetPolicy")
def get_policy(call: Call, params: Params) -> Result:
    """A policy without its document."""
    policy = access.policy_by_arn(call.principal, params["PolicyArn"], "iam:GetPolicy")
    return {"Policy": shapes.policy(queries.counted(policy))}


@iam.operation("ListPolicies")
def list_policies(call: Call, params: Params) -> Result:
    """Built-in policies, those of the account, or both."""
    prefix = params.get("PathPrefix", "/")
    access.may_list(call.principal, "policy", prefix)
    scope, usage = params.get("Scope", "All"), params.get("PolicyUsageFilter", "")
    only_attached = params.get("OnlyAttached", False)
    rows = queries.policies_under(prefix, scope=scope, only_attached=only_attached, usage=usage)
    asked = f"ListPolicies:{scope}:{usage}:{only_attached}:{prefix}"
    found = shapes.page(rows, params, key="name", scope=asked)
    listed = [shapes.policy(row, full=False) for row in found.rows]
    return shapes.marked({"Policies": listed}, found.next_token)


@iam.operation("DeletePolicy")
def delete_policy(call: Call, params: Params) -> Result:
    """Delete a policy of one version that nothing has attached."""
    policy = access.policy_by_arn(call.principal, params["PolicyArn"], "iam:DeletePolicy")
    policies.delete(policy=policy, by=call.principal, at=call.at)
    return None


@iam.operation("CreatePolicyVersion")
def create_policy_version(call: Call, params: Params) -> Result:
    """The next version, five at most."""
    policy = access.policy_by_arn(call.principal, params["PolicyArn"], "iam:CreatePolicyVersion")
    version = policies.add_version(
        policy=policy, document=read_document(params["PolicyDocument"]),
        as_default=params.get("SetAsDefault", False), by=call.principal, at=call.at,
    )  # fmt: skip
    return {"PolicyVersion": shapes.version(version, with_document=False)}


@iam.operation("GetPolicyVersion")
def get_policy_version(call: Call, params: Params) -> Result:
    """A version with its document."""
    policy = access.policy_by_arn(call.principal, params["PolicyArn"], "iam:GetPolicyVersion")
    version = policies.version_of(policy, params["VersionId"])
    return {"PolicyVersion": shapes.version(version, with_document=True)}


@iam.operation("ListPolicyVersions")
def list_policy_versions(call: Call, params: Params) -> Result:
    """The versions, newest first."""
    policy = access.policy_by_arn(call.principal, params["PolicyArn"], "iam:ListPolicyVersions")
    rows = policy.versions.select_related("policy").order_by("-number")
    return shapes.marked({"Versions": [shapes.version(row, with_document=False) for row in rows]}, "")


@iam.operation("SetDefaultPolicyVersion")
def set_default_policy_version(call: Call, params: Params) -> Result:
    """Let another version hold from now on."""
    policy = access.policy_by_arn(call.principal, params["PolicyArn"], "iam:SetDefaultPolicyVersion")
    version = policies.version_of(policy, params["VersionId"])
    policies.set_default(policy=policy, version=version, by=call.principal, at=call.at)
    return None


@iam.operation("DeletePolicyVersion")
def delete_policy_version(call: Call, params: Params) -> Result:
    """Forget a version that does not hold."""
    policy = access.policy_by_arn(call.principal, params["PolicyArn"], "iam:DeletePolicyVersion")
    version = policies.version_of(policy, params["VersionId"])
    policies.delete_version(policy=policy, version=version, by=call.principal, at=call.at)
    return None


@iam.operation("ListEntitiesForPolicy")
def list_entities_for_policy(call: Call, params: Params) -> Result:
    """Who has the policy attached, or as a boundary."""
    policy = access.policy_by_arn(call.principal, params["PolicyArn"], "iam:ListEntitiesForPolicy")
    prefix, usage = params.get("PathPrefix", "/"), params.get("PolicyUsageFilter", "")
    wanted = params.get("EntityFilter", "")
    found = queries.entities_of(policy, prefix=prefix, usage=usage, kind=wanted.lower())
    page = queries.page_of_entities(
        found, marker=params.get("Marker", ""), size=params.get("MaxItems", shapes.PAGE),
        scope=f"iam:ListEntitiesForPolicy:{policy.pk}:{prefix}:{usage}:{wanted}",
    )  # fmt: skip
    listed: dict[str, list[dict[str, Any]]] = {"PolicyUsers": [], "PolicyGroups": [], "PolicyRoles": []}
    for one in page.rows:
        noun = one.kind.capitalize()
        listed[f"Policy{noun}s"].append({f"{noun}Name": one.name, f"{noun}Id": one.unique_id})
    return shapes.marked(dict(listed), page.next_token)
