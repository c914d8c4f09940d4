"""Which policies bear on a caller's request, and what they decide together.

Everything that asks ``iam.api.authorize`` ends here; the rules are the engine's.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import structlog

from devopsweb.iam import directory, facts, resource_tags
from devopsweb.iam.engine.evaluate import Decision, Policies, PolicySource, Reason, RequestContext
from devopsweb.iam.engine.evaluate import decide as decide_by
from devopsweb.iam.engine.evaluate import explain as explain_by
from devopsweb.iam.engine.policy import LONGEST_OF_RESOURCE, Kind, Policy, parse
from devopsweb.iam.engine.variables import Context
from devopsweb.iam.errors import MalformedPolicyDocument
from devopsweb.iam.resource_tags import LookUp, Tags
from devopsweb.kernel import clock
from devopsweb.kernel.errors import Denied
from devopsweb.kernel.principals import Principal

log = structlog.get_logger(__name__)

_EVERYTHING = PolicySource(
    "AdministratorAccess",
    parse({"Version": "2012-10-17", "Statement": {"Sid": "superuser", "Effect": "Allow", "Action": "*", "Resource": "*"}}),
    "administrator",
)  # fmt: skip
_NOTHING = {
    "Version": "2012-10-17",
    "Statement": {"Sid": "Unreadable", "Effect": "Deny", "Action": "*", "Resource": "*"},
}
_NAMES_ITS_CALLERS = frozenset(
    {"sts:assumerole", "sts:assumerolewithwebidentity", "sts:assumerolewithsaml", "sts:tagsession", "sts:setsourceidentity"}
)  # fmt: skip
# These act for somebody, and so under the role that they were given.
_UNDER_ROLES = frozenset(
    {"cloudformation", "cloudwatch", "codebuild", "codecommit", "codedeploy", "codepipeline", "events", "lambda", "logs", "sns"}
)  # fmt: skip
_KINDS = {
    "identity": ("an identity-based policy", "no identity-based policy"),
    "boundary": ("a permissions boundary", "no permissions boundary"),
    "session": ("a session policy", "no session policy"),
    "resource": ("a resource-based policy", "no resource-based policy"),
}


_LACKS = {
    "identity": "No policy lets you do this.",
    "boundary": "Your permissions boundary does not include this, whatever your policies say.",
    "session": "The session that you are in does not include this, whatever your policies say.",
    "resource": "The resource's own policy does not let you in.",
}
_MENDED_BY = {
    "implicitDeny": {"boundary": "PutUserPermissionsBoundary"},
    "explicitDeny": {"identity": "DetachUserPolicy", "boundary": "PutUserPermissionsBoundary"},
}


class AccessDenied(Denied):
    """The principal may not do this; ``decision`` says why."""

    def __init__(self, principal: Principal, decision: Decision) -> None:
        denied_by, missing = _KINDS[decision.kind]
        reason = (
            f"with an explicit deny in {denied_by}: {decision.policy} ({decision.statement})"
            if decision.effect == "explicitDeny"
            else f"because {missing} allows the {decision.action} action"
        )
        super().__init__(
            f"User: {principal.arn or principal.name} is not authorized to perform: {decision.action} "
            f"on resource: {decision.resource} {reason}"
        )
        self.principal = principal
        self.decision = decision


def decide(
    principal: Principal,
    action: str,
    resource: str,
    context: RequestContext | None = None,
    *,
    resource_policy: Mapping[str, Any] | None = None,
    tags: LookUp | Tags | None = None,
) -> Decision:
    """May ``principal`` do ``action`` upon the ARN ``resource``, whose own policy is ``resource_policy``?

    ``tags`` are the resource's, or where to find them; else its service is asked.
    """
    if principal.kind == "Service" and principal.name not in _UNDER_ROLES:
        return Decision("allowed", action, resource, "service", principal.name)
    grants = grants_of(principal)
    policies = _policies(principal, grants, action, resource_policy)
    if policies is None:
        return Decision("implicitDeny", action, resource)
    known = _context(principal, grants, policies, action, resource, context, tags)
    return decide_by(policies, action, resource, known)


def explain(
    principal: Principal,
    action: str,
    resource: str,
    context: RequestContext | None = None,
    *,
    resource_policy: Mapping[str, Any] | None = None,
) -> list[Reason]:
    """What each policy statement says to this request; empty for administrators."""
    grants = grants_of(principal)
    policies = _policies(principal, grants, action, resource_policy)
    if policies is None or (grants and grants.superuser):
        return []
    known = _context(principal, grants, policies, action, resource, context)
    return list(explain_by(policies, action, resource, known))


def sentence(decision: Decision) -> str:
    """Why a refused caller is refused, said to them."""
    if decision.effect != "explicitDeny":
        return _LACKS[decision.kind]
    return f"The policy {decision.policy} ({decision.statement}, by {decision.via}) denies it."


def menders(principal: Principal, decision: Decision) -> list[str]:
    """The names of the users who could take the reason of a refusal away from a user or role."""
    verb = _MENDED_BY.get(decision.effect, {}).get(decision.kind, "AttachUserPolicy")
    verb = verb.replace("User", "Role") if principal.role_id else verb
    grants = grants_of(principal)
    return users_allowed(f"iam:{verb}", grants.arn if grants else principal.arn)


def users_allowed(action: str, resource: str, context: RequestContext | None = None) -> list[str]:
    """The names of the active users who may do ``action`` upon ``resource``, sorted."""
    at, allowed, tags = clock.now(), [], LookUp([resource])
    for grants in directory.all_grants():
        if not grants.active:
            continue
        principal = Principal(arn=grants.arn, name=grants.name)
        policies = of_identity(principal, grants)
        known = {
            **resource_tags.of_resource(policies, action, resource, tags),
            **facts.of_request(principal, grants, action, context, at=at),
        }
        if decide_by(policies, action, resource, known).allowed:
            allowed.append(grants.name)
    return sorted(allowed)


def _context(
    principal: Principal,
    grants: directory.Grants | None,
    policies: Policies,
    action: str,
    resource: str,
    extra: RequestContext | None,
    tags: LookUp | Tags | None = None,
) -> Context:
    """All condition keys of the request; what the caller of ``authorize`` says wins."""
    known = facts.of_request(principal, grants, action, extra, at=clock.now())
    of_resource = resource_tags.of_resource(policies, action, resource, tags)
    return {**of_resource, **known} if of_resource else known


def grants_of(principal: Principal) -> directory.Grants | None:
    """The standing of the user or role behind ``principal``."""
    if principal.role_id:
        return directory.role_grants(principal.role_id)
    return directory.grants(principal.user_id) if principal.user_id else None


def _policies(
    principal: Principal,
    grants: directory.Grants | None,
    action: str,
    resource_policy: Mapping[str, Any] | None,
) -> Policies | None:
    """What bears on the request; None when there is nobody whom anything could be granted to."""
    known = principal.kind in ("Service", "Anonymous", "WebIdentity")
    if (grants is None and not (known and resource_policy)) or (grants and not grants.active):
        return None
    found = of_identity(principal, grants)
    if resource_policy is None:
        return found
    return Policies(
        identity=found.identity,
        boundary=found.boundary,
        session=found.session,
        resource=(
            PolicySource("the resource's policy", _readable(resource_policy, "resource"), "the resource"),
        ),
        caller=facts.caller_of(principal, grants),
        named_only=action.lower() in _NAMES_ITS_CALLERS,
    )


def of_identity(principal: Principal, grants: directory.Grants | None) -> Policies:
    """The policies of the identity and of its session, with what limits them."""
    if grants is None:
        return Policies()
    if grants.superuser:
        return Policies(identity=(_EVERYTHING,), session=_session(principal))
    boundary = (grants.boundary,) if grants.boundary else None
    return Policies(identity=grants.policies, boundary=boundary, session=_session(principal))


def _session(principal: Principal) -> tuple[PolicySource, ...] | None:
    """The session's own limits; a federated user's session without any may nothing."""
    if not principal.session_policies and principal.kind != "FederatedUser":
        return None
    return tuple(
        PolicySource(f"session policy {number}", _parsed(text, "identity"), "the session")
        for number, text in enumerate(principal.session_policies, 1)
    )


def _readable(document: Mapping[str, Any], kind: Kind) -> Policy:
    return _parsed(json.dumps(document, sort_keys=True), kind)


@lru_cache(maxsize=2048)
def _parsed(text: str, kind: Kind) -> Policy:
    """The policy of that text; one that cannot be read denies everything."""
    try:
        return parse(json.loads(text), kind=kind, longest=LONGEST_OF_RESOURCE)
    except (MalformedPolicyDocument, ValueError) as error:
        log.error("policy unreadable, it denies everything", kind=kind, error=str(error))
        return parse(_NOTHING)
