"""IAM's policy simulator: the policies of a user, group or role, or given ones, asked about actions and resources."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from devopsweb.iam import decisions, directory, facts
from devopsweb.iam.engine.evaluate import Policies, PolicySource
from devopsweb.iam.engine.policy import Kind, Policy, parse_text
from devopsweb.iam.engine.principals import Caller
from devopsweb.iam.engine.simulate import Simulated, simulate
from devopsweb.iam.engine.variables import Context
from devopsweb.iam.errors import MalformedPolicyDocument, NoSuchEntity
from devopsweb.iam.models import Role, User, UserGroup
from devopsweb.kernel.errors import Invalid
from devopsweb.kernel.principals import Principal

LONGEST = 131_072
INPUT, OF_RESOURCE = "PolicyInputList", "ResourcePolicy"


class InvalidSimulation(Invalid):
    """What was given cannot be simulated; the message says why."""


@dataclass(frozen=True)
class Subject:
    """Whose policies are asked: the policies, who calls, and what is known of the caller.

    ``texts`` are the documents as they were given, by the name of their source.
    """

    policies: Policies
    principal: Principal | None = None
    grants: directory.Grants | None = None
    texts: Mapping[str, str] = field(default_factory=dict)
    levels: Sequence[Sequence[PolicySource]] = ()


def subject_of(arn: str) -> Subject:
    """The user, group or role of that ARN. Raises ``NoSuchEntity``, ``InvalidSimulation``."""
    kind, _, path = arn.partition(":iam::")[2].partition(":")[2].partition("/")
    name = path.rpartition("/")[2]
    finders = {"user": _of_user, "group": _of_group, "role": _of_role}
    if kind not in finders:
        raise InvalidSimulation(f"Invalid Entity Arn: {arn} does not clearly define entity type and name.")
    found = finders[kind](name)
    if found is None:
        raise NoSuchEntity(f"The {kind} with name {name} cannot be found.")
    return found


def _of_user(name: str) -> Subject | None:
    user = User.objects.filter(username=name).first()
    return (
        _of(Principal(arn=user.arn, name=name, user_id=user.pk, unique_id=user.unique_id)) if user else None
    )


def _of_role(name: str) -> Subject | None:
    role = Role.objects.filter(name=name).first()
    if role is None:
        return None
    return _of(Principal(arn=role.arn, name=name, kind="AssumedRole", role_id=role.pk))


def _of(principal: Principal) -> Subject:
    grants = decisions.grants_of(principal)
    return Subject(decisions.of_identity(principal, grants), principal, grants)


def _of_group(name: str) -> Subject | None:
    group = UserGroup.objects.filter(name=name).first()
    return Subject(Policies(identity=directory.group_sources(group))) if group else None


def with_policies(
    subject: Subject,
    *,
    inputs: Sequence[str] = (),
    boundary: Sequence[str] = (),
    levels: Sequence[Sequence[str]] = (),
) -> Subject:
    """``subject`` with further policies, another boundary, and an organisation's policies."""
    more = _sources(inputs, INPUT)
    policies = replace(subject.policies, identity=(*subject.policies.identity, *more))
    if len(boundary) > 1:
        raise InvalidSimulation("Only one permissions boundary can be in effect.")
    if boundary:
        policies = replace(policies, boundary=_sources(boundary, "PermissionsBoundaryPolicyInputList"))
    return replace(
        subject,
        policies=policies,
        texts={**subject.texts, **dict(zip((one.name for one in more), inputs, strict=True))},
        levels=[_sources(level, "ServiceControlPolicyInputList") for level in levels],
    )


def with_resource_policy(subject: Subject, text: str, caller_arn: str) -> Subject:
    """``subject`` acting as the user ``caller_arn`` upon resources that have the policy ``text``."""
    if ":user/" not in caller_arn:
        raise InvalidSimulation("CallerArn must be the ARN of a user when a ResourcePolicy is given.")
    source = PolicySource(OF_RESOURCE, _read(text, OF_RESOURCE, "resource"), "the resource")
    account = caller_arn.split(":")[4]
    policies = replace(subject.policies, resource=(source,), caller=Caller(caller_arn, account))
    return replace(subject, policies=policies, texts={**subject.texts, OF_RESOURCE: text})


def calling_as(subject: Subject, caller_arn: str) -> Subject:
    """``subject``'s policies in the hands of another user, group or role."""
    other = subject_of(caller_arn)
    return replace(subject, principal=other.principal, grants=other.grants)


def without(subject: Subject, excluded: Iterable["Exclusion"]) -> Subject:
    """``subject`` as if it did not have the ``excluded`` policies."""
    listed = list(excluded)
    policies = subject.policies
    kept = tuple(one for one in policies.identity if not any(rule.means(one) for rule in listed))
    bound = None if any(rule.kind == "permission-boundary" for rule in listed) else policies.boundary
    return replace(subject, policies=replace(policies, identity=kept, boundary=bound))


@dataclass(frozen=True)
class Exclusion:
    """Which policies are left out: by kind, by ARN, or the inline policy ``name`` of ``owner``."""

    kind: str = ""
    arn: str = ""
    name: str = ""
    owner: str = ""

    def means(self, source: PolicySource) -> bool:
        """Whether ``source`` is left out."""
        if self.arn:
            return source.arn == self.arn
        if self.name:
            whose = source.via in (f"group {self.owner}", "the user", "the role")
            return not source.arn and source.name == self.name and whose
        built_in = source.arn.startswith("arn:aws:iam::aws:")
        kind = "inline" if not source.arn else "aws-managed" if built_in else "user-managed"
        return kind == self.kind


def run(
    subject: Subject, action: str, resource: str, context: Mapping[str, Sequence[str]], *, at: datetime
) -> Simulated:
    """What the subject's policies say to one action upon one resource."""
    given = {key.lower(): tuple(values) for key, values in context.items() if values}
    known: Context = {}
    if subject.principal:
        known = facts.of_request(subject.principal, subject.grants, action, None, at=at)
    return simulate(subject.policies, action, resource, {**known, **given}, levels=subject.levels)


def text_of(subject: Subject, source: PolicySource) -> str:
    """The document of a policy, as it was given or as GetPolicyVersion shows it."""
    return subject.texts.get(source.name) or json.dumps(source.policy.document, separators=(",", ":"))


def read(text: str) -> Policy:
    """An identity-based policy of that text. Raises ``InvalidSimulation``."""
    return _read(text, INPUT, "identity")


def _sources(texts: Sequence[str], name: str) -> list[PolicySource]:
    return [
        PolicySource(f"{name}.{number}", _read(text, f"{name}.{number}", "identity"), "the simulation")
        for number, text in enumerate(texts, 1)
    ]


def _read(text: str, name: str, kind: Kind) -> Policy:
    try:
        return parse_text(text, kind=kind, longest=LONGEST)
    except MalformedPolicyDocument as error:
        raise InvalidSimulation(f"{name}: {error}") from None
