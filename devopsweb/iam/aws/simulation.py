"""IAM's policy simulator."""

from typing import Any

from devopsweb.awsapi.registry import Call, Params, Result, service
from devopsweb.iam import api, simulator
from devopsweb.iam.engine.evaluate import Policies, PolicySource
from devopsweb.iam.engine.policy import Statement
from devopsweb.iam.engine.positions import spans
from devopsweb.iam.engine.simulate import Simulated, context_keys
from devopsweb.iam.errors import NoSuchEntity
from devopsweb.iam.simulator import InvalidSimulation, Subject
from devopsweb.kernel.paging import InvalidToken, page_of

iam = service(
    "iam",
    errors={
        InvalidSimulation: "InvalidInput",
        InvalidToken: "InvalidInput",
        NoSuchEntity: "NoSuchEntity",
    },
)
PAGE = 100
_NARROW = "There is one account: ResourceOwner and ResourceHandlingOption change nothing."


@iam.operation("SimulatePrincipalPolicy", partial=_NARROW, read_only=True)
def simulate_principal_policy(call: Call, params: Params) -> Result:
    """May the user, group or role of this ARN do these actions upon these resources?"""
    source = params["PolicySourceArn"]
    api.require(call.principal, "iam:SimulatePrincipalPolicy", source)
    subject = simulator.without(simulator.subject_of(source), _excluded(params))
    caller = str(params.get("CallerArn") or source)
    if caller != source:
        subject = simulator.calling_as(subject, caller)
    return _simulate(call, params, _with_policies(subject, params, caller))


@iam.operation("SimulateCustomPolicy", partial=_NARROW, read_only=True)
def simulate_custom_policy(call: Call, params: Params) -> Result:
    """Would these policies allow these actions upon these resources?"""
    api.require(call.principal, "iam:SimulateCustomPolicy", "*")
    subject = Subject(Policies())
    caller = params.get("CallerArn", "")
    if caller:
        subject = simulator.calling_as(subject, caller)
    return _simulate(call, params, _with_policies(subject, params, caller))


@iam.operation("GetContextKeysForPrincipalPolicy", read_only=True)
def get_context_keys_for_principal_policy(call: Call, params: Params) -> Result:
    """The condition keys that the policies of a user, group or role ask for."""
    source = params["PolicySourceArn"]
    api.require(call.principal, "iam:GetContextKeysForPrincipalPolicy", source)
    own = [one.policy for one in simulator.subject_of(source).policies.identity]
    return {"ContextKeyNames": context_keys([*own, *map(simulator.read, params.get("PolicyInputList", []))])}


@iam.operation("GetContextKeysForCustomPolicy", read_only=True)
def get_context_keys_for_custom_policy(call: Call, params: Params) -> Result:
    """The condition keys that these policies ask for."""
    api.require(call.principal, "iam:GetContextKeysForCustomPolicy", "*")
    return {"ContextKeyNames": context_keys(map(simulator.read, params["PolicyInputList"]))}


def _with_policies(subject: Subject, params: Params, caller: str) -> Subject:
    levels = params.get("OrderedOrganizationPolicyInputList", [])
    subject = simulator.with_policies(
        subject,
        inputs=params.get("PolicyInputList", []),
        boundary=params.get("PermissionsBoundaryPolicyInputList", []),
        levels=[level.get("ServiceControlPolicyInputList", []) for level in levels],
    )
    text = params.get("ResourcePolicy", "")
    return simulator.with_resource_policy(subject, text, caller) if text else subject


def _excluded(params: Params) -> list[simulator.Exclusion]:
    found = []
    for one in params.get("PolicyExclusionList", []):
        inline = one.get("InlinePolicyIdentifier", {})
        found.append(
            simulator.Exclusion(
                kind=one.get("PolicyType", ""),
                arn=one.get("PolicyArn", ""),
                name=inline.get("PolicyName", ""),
                owner=inline.get("AttachmentName", ""),
            )
        )
    return found


def _simulate(call: Call, params: Params, subject: Subject) -> Result:
    """One result for each action; the resources of an action stand within it."""
    numbered = list(enumerate(params["ActionNames"]))
    for _, action in numbered:
        if ":" not in action:
            raise InvalidSimulation(
                f"{action} is not an action: write service:Name, e.g. codebuild:StartBuild."
            )
    page = page_of(
        numbered,
        token=params.get("Marker", ""),
        size=params.get("MaxItems", PAGE),
        key=lambda one: one[0],
        scope=f"iam:{call.operation}",
    )
    results = [_result(call, params, subject, action) for _, action in page.rows]
    more = {"Marker": page.next_token} if page.next_token else {}
    return {"EvaluationResults": results, "IsTruncated": bool(page.next_token), **more}


def _result(call: Call, params: Params, subject: Subject, action: str) -> dict[str, Any]:
    resources = params.get("ResourceArns") or ["*"]
    context = {
        entry["ContextKeyName"]: entry.get("ContextKeyValues", [])
        for entry in params.get("ContextEntries", [])
        if "ContextKeyName" in entry
    }
    found = {one: simulator.run(subject, action, one, context, at=call.at) for one in resources}
    worst = _worst([one.effect for one in found.values()])
    behind = [one for one in found.values() if one.effect == worst]
    result: dict[str, Any] = {
        "EvalActionName": action,
        "EvalResourceName": resources[0] if len(found) == 1 else "*",
        "EvalDecision": worst,
        "MatchedStatements": _statements(subject, behind),
        "MissingContextValues": sorted({key for one in found.values() for key in one.missing}),
        **_limits(list(found.values())),
    }
    if list(found) != ["*"]:
        result["EvalDecisionDetails"] = {}
        result["ResourceSpecificResults"] = [_specific(subject, name, one) for name, one in found.items()]
    return result


def _specific(subject: Subject, resource: str, found: Simulated) -> dict[str, Any]:
    limits = _limits([found])
    limits.pop("OrganizationsDecisionDetail", None)
    return {
        "EvalResourceName": resource,
        "EvalResourceDecision": found.effect,
        "MatchedStatements": _statements(subject, [found]),
        "MissingContextValues": list(found.missing),
        **limits,
    }


def _limits(found: list[Simulated]) -> dict[str, Any]:
    boundary = [one.within_boundary for one in found if one.within_boundary is not None]
    organization = [one.within_organization for one in found if one.within_organization is not None]
    told: dict[str, Any] = {}
    if boundary:
        told["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": all(boundary)}
    if organization:
        told["OrganizationsDecisionDetail"] = {"AllowedByOrganizations": all(organization)}
    return told


def _worst(effects: list[str]) -> str:
    return next(one for one in ("explicitDeny", "implicitDeny", "allowed") if one in effects)


def _statements(subject: Subject, found: list[Simulated]) -> list[dict[str, Any]]:
    told: dict[tuple[str, int], dict[str, Any]] = {}
    for one in found:
        for source, statement in one.matched:
            told.setdefault(
                (_identifier(subject, source), statement.index), _statement(subject, source, statement)
            )
    return list(told.values())


def _statement(subject: Subject, source: PolicySource, statement: Statement) -> dict[str, Any]:
    place = spans(simulator.text_of(subject, source))[statement.index]
    of_resource = source.name == simulator.OF_RESOURCE
    return {
        "SourcePolicyId": _identifier(subject, source),
        "SourcePolicyType": "Resource Policy" if of_resource else "IAM Policy",
        "StartPosition": {"Line": place.start[0], "Column": place.start[1]},
        "EndPosition": {"Line": place.end[0], "Column": place.end[1]},
    }


def _identifier(subject: Subject, source: PolicySource) -> str:
    """A managed policy's name; an inline one's with its owner (``user_ann_extra``)."""
    if source.arn or source.name in subject.texts:
        return source.name
    kind, _, owner = source.via.removeprefix("the ").partition(" ")
    owner = owner or (subject.grants.name if subject.grants else "")
    return f"{kind}_{owner}_{source.name}" if owner else source.name
