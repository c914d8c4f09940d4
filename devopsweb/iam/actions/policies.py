"""Managed policies: write, keep versions, delete, attach and detach."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from devopsweb.iam import quotas
from devopsweb.iam.actions.entities import KIND, Target, changing, kind_of, request_name, save_named
from devopsweb.iam.actions.news import tell
from devopsweb.iam.engine.policy import parse
from devopsweb.iam.errors import DeleteConflict, InvalidInput, LimitExceeded, NoSuchEntity, UnmodifiableEntity
from devopsweb.iam.models import Policy, PolicyAttachment, PolicyVersion
from devopsweb.kernel.principals import Principal

__all__ = ["KIND", "Target"]
MOST_ATTACHED = quotas.POLICIES_ATTACHED
_OF_VERSIONS = ["version", "document", "updated_at"]
_BUILT_IN = "{} is built in. Create a policy of your own from it."


def create(
    *,
    name: str,
    document: Any,
    by: Principal | None,
    at: datetime,
    description: str = "",
    path: str = "/",
    tags: Mapping[str, str] | None = None,
) -> Policy:
    """Make a policy, its version v1. Raises ``MalformedPolicyDocument``, ``EntityAlreadyExists``."""
    parse(document)
    policy = Policy(
        name=name, document=document, description=description, path=path, tags=dict(tags or {}), created_at=at
    )
    with changing():
        quotas.require("Policies", Policy.objects.filter(builtin=False).count(), quotas.POLICIES)
        save_named(policy)
        PolicyVersion.objects.create(policy=policy, number=1, document=document, created_at=at)
        tell("CreatePolicy", arns=[policy.arn], by=by, at=at, policyName=name, path=path)
    return policy


def add_version(
    *,
    policy: Policy,
    document: Any,
    by: Principal | None,
    at: datetime,
    as_default: bool,
    description: str | None = None,
) -> PolicyVersion:
    """Write the next version; as the default it holds at once.

    Raises ``MalformedPolicyDocument``, ``LimitExceeded``, and ``UnmodifiableEntity`` for built-in policies.
    """
    parse(document)
    _refuse_builtin(policy)
    with changing(policy):
        _lock(policy)
        keep_present(policy)
        if policy.versions.count() >= quotas.VERSIONS_PER_POLICY:
            raise LimitExceeded(
                f"A managed policy can have up to {quotas.VERSIONS_PER_POLICY} versions. "
                "Before you create a new version, you must delete an existing version."
            )
        policy.newest_version += 1
        version = PolicyVersion.objects.create(
            policy=policy, number=policy.newest_version, document=document, created_at=at
        )
        if as_default:
            policy.version, policy.document = version.number, document
        if description is not None:
            policy.description = description
        policy.save(update_fields=[*_OF_VERSIONS, "newest_version", "description"])
        tell(
            "CreatePolicyVersion", arns=[policy.arn], by=by, at=at,
            policyArn=policy.arn, setAsDefault=as_default,
        )  # fmt: skip
    return version


def update(
    *, policy: Policy, document: Any, by: Principal | None, at: datetime, description: str | None = None
) -> None:
    """Give the policy a new document as its default version; it holds at once."""
    add_version(policy=policy, document=document, by=by, at=at, as_default=True, description=description)


def set_default(*, policy: Policy, version: PolicyVersion, by: Principal | None, at: datetime) -> None:
    """Let another version hold from now on. Raises ``UnmodifiableEntity`` for built-in policies."""
    _refuse_builtin(policy)
    with changing(policy):
        _lock(policy)
        policy.version, policy.document = version.number, version.document
        policy.save(update_fields=_OF_VERSIONS)
        tell(
            "SetDefaultPolicyVersion", arns=[policy.arn], by=by, at=at,
            policyArn=policy.arn, versionId=version.label,
        )  # fmt: skip


def delete_version(*, policy: Policy, version: PolicyVersion, by: Principal | None, at: datetime) -> None:
    """Forget a version that does not hold. Raises ``DeleteConflict`` for the default one."""
    _refuse_builtin(policy)
    with changing(policy):
        _lock(policy)
        if version.number == policy.version:
            raise DeleteConflict("Cannot delete the default version of a policy.")
        version.delete()
        tell(
            "DeletePolicyVersion", arns=[policy.arn], by=by, at=at,
            policyArn=policy.arn, versionId=version.label,
        )  # fmt: skip


def delete(*, policy: Policy, by: Principal | None, at: datetime) -> None:
    """Delete a policy of one version that nothing has attached. Raises ``DeleteConflict``."""
    with changing(policy):
        if policy.versions.exclude(number=policy.version).exists():
            raise DeleteConflict(
                "This policy has more than one version. Before you delete a policy, you must delete the "
                "policy's versions. The default version is deleted with the policy."
            )
        delete_with_versions(policy=policy, by=by, at=at)


def delete_with_versions(*, policy: Policy, by: Principal | None, at: datetime) -> None:
    """Delete a policy that nothing has attached. Raises ``DeleteConflict``, ``UnmodifiableEntity``."""
    _refuse_builtin(policy)
    with changing(policy):
        _lock(policy)
        count = policy.attachments.count() + policy.bounded_users.count() + policy.bounded_roles.count()
        if count:
            raise DeleteConflict(
                f"Cannot delete a policy attached to entities: {policy.name} is attached to {count} "
                f"{'identity' if count == 1 else 'identities'}. Detach it first."
            )
        tell("DeletePolicy", arns=[policy.arn], by=by, at=at, policyArn=policy.arn)
        policy.delete()


def attach(*, policy: Policy, to: Target, by: Principal | None, at: datetime) -> bool:
    """Attach the policy; False when it was attached already. Raises ``LimitExceeded``."""
    kind = kind_of(to)
    with changing(policy, to):
        if to.policy_attachments.filter(policy=policy).exists():
            return False
        quotas.require(f"PoliciesPer{kind.capitalize()}", to.policy_attachments.count(), MOST_ATTACHED)
        target: dict[str, Any] = {kind: to}
        _, made = PolicyAttachment.objects.get_or_create(policy=policy, **target)
        if made:
            tell(
                f"Attach{kind.capitalize()}Policy", arns=[policy.arn, to.arn], by=by, at=at,
                policyArn=policy.arn, **request_name(to),
            )  # fmt: skip
    return made


def detach(*, policy: Policy, of: Target, by: Principal | None, at: datetime) -> bool:
    """Detach the policy; False when it was not attached."""
    kind = kind_of(of)
    with changing(policy, of):
        gone, _ = PolicyAttachment.objects.filter(policy=policy, **{kind: of}).delete()
        if gone:
            tell(
                f"Detach{kind.capitalize()}Policy", arns=[policy.arn, of.arn], by=by, at=at,
                policyArn=policy.arn, **request_name(of),
            )  # fmt: skip
    return bool(gone)


def require_detached(*, policy: Policy, of: Target, by: Principal | None, at: datetime) -> None:
    """Detach the policy. Raises ``NoSuchEntity`` when it was not attached."""
    if not detach(policy=policy, of=of, by=by, at=at):
        raise NoSuchEntity(f"Policy {policy.arn} was not found.")


def require_arn(value: str) -> None:
    """Raise ``InvalidInput`` unless ``value`` can be the ARN of a policy."""
    if not value.startswith("arn:") or ":policy/" not in value:
        raise InvalidInput(f"Value ({value}) for parameter PermissionsBoundary is invalid.")


def version_of(policy: Policy, label: str) -> PolicyVersion:
    """The version of that id (``v2``). Raises ``NoSuchEntity``."""
    number = label.removeprefix("v")
    if label.startswith("v") and number.isdigit() and len(number) < 9:
        found = policy.versions.filter(number=int(number)).select_related("policy").first()
        if found is not None:
            return found
    raise NoSuchEntity(f"Policy {policy.arn} version {label} does not exist or is not attachable.")


def _refuse_builtin(policy: Policy) -> None:
    if policy.builtin:
        raise UnmodifiableEntity(_BUILT_IN.format(policy.name))


def _lock(policy: Policy) -> None:
    """Hold the row until the commit, and decide by what it says now."""
    held = Policy.objects.select_for_update().filter(pk=policy.pk).first()
    if held is None:
        raise NoSuchEntity(f"Policy {policy.arn} was not found.")
    policy.version, policy.newest_version = held.version, held.newest_version
    policy.document = held.document


def keep_present(policy: Policy) -> None:
    """Whoever wrote the document past these verbs (a shell) still has it as a version."""
    PolicyVersion.objects.get_or_create(
        policy=policy,
        number=policy.version,
        defaults={"document": policy.document, "created_at": policy.created_at},
    )
