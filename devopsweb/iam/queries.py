"""Reads for the pages of access and for IAM's operations; lists cost a constant number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, IntegerField, Model, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from devopsweb.iam import quotas
from devopsweb.iam.mfa.models import VirtualDevice
from devopsweb.iam.models import (
    AccessKey,
    Policy,
    PolicyAttachment,
    PolicyVersion,
    Role,
    ServiceCredential,
    User,
    UserGroup,
)
from devopsweb.kernel import paging
from devopsweb.kernel.errors import Invalid

_OFFERED = 500


def users(text: str) -> QuerySet[User]:
    """Users whose name or address contains ``text``, with their groups."""
    found = User.objects.filter(Q(username__icontains=text) | Q(email__icontains=text))
    return found.prefetch_related(
        Prefetch("iam_groups", UserGroup.objects.order_by("name")), _attached()
    ).order_by("-pk")


def groups(text: str) -> QuerySet[UserGroup]:
    """Groups whose name contains ``text``, with their policies and the number of members."""
    found = UserGroup.objects.filter(name__icontains=text)
    return found.annotate(member_count=Count("members")).prefetch_related(_attached()).order_by("-pk")


def roles(text: str) -> QuerySet[Role]:
    """Roles whose name or description contains ``text``, with their policies."""
    found = Role.objects.filter(Q(name__icontains=text) | Q(description__icontains=text))
    return found.prefetch_related(_attached()).order_by("-pk")


def policies(text: str) -> QuerySet[Policy]:
    """Policies whose name or description contains ``text``, with the number of attachments."""
    found = Policy.objects.filter(Q(name__icontains=text) | Q(description__icontains=text))
    return found.annotate(attachment_count=Count("attachments")).order_by("-pk")


def attachments_of(policy: Policy) -> list[dict[str, Any]]:
    """Who has the policy: kind, name, and for groups the number of members."""
    rows = policy.attachments.select_related("user", "group", "role").annotate(
        members=Count("group__members")
    )
    found = []
    for row in rows.order_by("pk"):
        kind = "user" if row.user else "group" if row.group else "role"
        found.append({"kind": kind, "name": str(row.user or row.group or row.role), "members": row.members})
    return found


def takers_of(policy: Policy) -> dict[str, list[str]]:
    """The names of the groups, users and roles that do not have the policy yet, by kind; some hundreds of each."""
    return {
        "group": _without(policy, UserGroup.objects.all(), "name"),
        "user": _without(policy, User.objects.filter(is_active=True), "username"),
        "role": _without(policy, Role.objects.all(), "name"),
    }


def _without(policy: Policy, rows: "QuerySet[Any]", name: str) -> list[str]:
    found = rows.exclude(policy_attachments__policy=policy).order_by(name)
    return list(found.values_list(name, flat=True)[:_OFFERED])


def attachable_to(target: User | UserGroup | Role) -> QuerySet[Policy]:
    """Policies that ``target`` does not have yet."""
    return Policy.objects.exclude(pk__in=target.policy_attachments.values("policy")).order_by("name")


def all_policies() -> QuerySet[Policy]:
    """Every policy, by name."""
    return Policy.objects.order_by("name")


def _attached() -> "Prefetch[str, QuerySet[PolicyAttachment], str]":
    rows = PolicyAttachment.objects.select_related("policy").order_by("policy__name")
    return Prefetch("policy_attachments", rows)


@dataclass(frozen=True)
class Entity:
    """A user, group or role that has a policy."""

    kind: str
    name: str
    unique_id: str


def users_under(prefix: str) -> "QuerySet[User]":
    """The users whose path begins so."""
    return User.objects.filter(path__startswith=prefix)


def groups_under(prefix: str) -> "QuerySet[UserGroup]":
    """The groups whose path begins so."""
    return UserGroup.objects.filter(path__startswith=prefix)


def roles_under(prefix: str) -> "QuerySet[Role]":
    """The roles whose path begins so."""
    return Role.objects.filter(path__startswith=prefix)


def with_counts() -> "QuerySet[Any]":
    """Policies with how often each is attached, and how often it is a boundary."""

    def count(rows: "QuerySet[Any]", column: str) -> Coalesce:
        own = rows.filter(**{column: OuterRef("pk")}).order_by().values(column)
        return Coalesce(Subquery(own.annotate(n=Count("pk")).values("n"), output_field=IntegerField()), 0)

    return Policy.objects.annotate(
        attachment_count=count(PolicyAttachment.objects.all(), "policy"),
        boundary_count=count(User.objects.all(), "permissions_boundary")
        + count(Role.objects.all(), "permissions_boundary"),
    )


def counted(policy: Policy) -> Any:
    """The policy with its counts."""
    return with_counts().get(pk=policy.pk)


def policies_under(prefix: str, *, scope: str, only_attached: bool, usage: str) -> "QuerySet[Any]":
    """Policies whose path begins so: of ``scope`` ``AWS``, ``Local`` or ``All``.

    ``usage`` asks for those that are attached (``PermissionsPolicy``) or boundaries (``PermissionsBoundary``).
    """
    rows = with_counts().filter(path__startswith=prefix)
    if scope in ("AWS", "Local"):
        rows = rows.filter(builtin=scope == "AWS")
    if only_attached or usage == "PermissionsPolicy":
        rows = rows.filter(attachment_count__gt=0)
    return rows.filter(boundary_count__gt=0) if usage == "PermissionsBoundary" else rows


def attached_to(target: User | UserGroup | Role, prefix: str = "/") -> "QuerySet[Policy]":
    """The managed policies of a user, group or role."""
    return Policy.objects.filter(pk__in=target.policy_attachments.values("policy"), path__startswith=prefix)


def entities_of(policy: Policy, *, prefix: str, usage: str, kind: str) -> list[Entity]:
    """Who has the policy, as permissions or as a boundary, sorted by kind and name."""
    found: list[Entity] = []
    sources: tuple[tuple[str, str, Any, str], ...] = (
        ("group", "name", UserGroup.objects, ""),
        ("role", "name", Role.objects, "permissions_boundary"),
        ("user", "username", User.objects, "permissions_boundary"),
    )
    for noun, key, rows, boundary in sources:
        if kind not in ("", noun):
            continue
        has = Q(pk__in=[]) if usage == "PermissionsBoundary" else Q(policy_attachments__policy=policy)
        if boundary and usage != "PermissionsPolicy":
            has |= Q(**{boundary: policy})
        chosen = rows.filter(has, path__startswith=prefix).distinct().values_list(key, "unique_id")
        found += sorted((Entity(noun, name, unique_id) for name, unique_id in chosen), key=lambda e: e.name)
    return found


def page_of_entities(found: Sequence[Entity], *, marker: str, size: int, scope: str) -> paging.Page[Entity]:
    """The page of ``entities_of`` that follows ``marker``. Raises ``Invalid``."""
    try:
        return paging.page_of(
            found, token=marker, size=size, key=lambda one: f"{one.kind} {one.name}", scope=scope
        )
    except paging.InvalidToken:
        raise Invalid("Invalid Marker.") from None


def access_key(key_id: str) -> AccessKey | None:
    """The access key of that id, with its user."""
    return AccessKey.objects.filter(pk=key_id).select_related("user").first()


def service_credentials(owner: User | None, service: str) -> "QuerySet[ServiceCredential]":
    """The credentials of a user, or of all, for one service or for all."""
    rows = ServiceCredential.objects.select_related("user")
    rows = rows.filter(user=owner) if owner else rows
    return rows.filter(service=service) if service else rows


def account_summary() -> dict[str, int]:
    """How much of everything there is, and the quotas."""

    def count(model: type[Model], **where: Any) -> int:
        return model._default_manager.filter(**where).count()

    return {
        "Users": count(User),
        "UsersQuota": quotas.USERS,
        "Groups": count(UserGroup),
        "GroupsQuota": quotas.GROUPS,
        "Roles": count(Role),
        "RolesQuota": quotas.ROLES,
        "Policies": count(Policy, builtin=False),
        "PoliciesQuota": quotas.POLICIES,
        "PolicyVersionsInUse": count(PolicyVersion, policy__builtin=False),
        "PolicyVersionsInUseQuota": quotas.POLICIES * quotas.VERSIONS_PER_POLICY,
        "VersionsPerPolicyQuota": quotas.VERSIONS_PER_POLICY,
        "PolicySizeQuota": quotas.POLICY_SIZE,
        "AssumeRolePolicySizeQuota": quotas.TRUST_SIZE,
        "UserPolicySizeQuota": quotas.INLINE_SIZE["user"],
        "GroupPolicySizeQuota": quotas.INLINE_SIZE["group"],
        "RolePolicySizeQuota": quotas.INLINE_SIZE["role"],
        "GroupsPerUserQuota": quotas.GROUPS_PER_USER,
        "AttachedPoliciesPerUserQuota": quotas.POLICIES_ATTACHED,
        "AttachedPoliciesPerGroupQuota": quotas.POLICIES_ATTACHED,
        "AttachedPoliciesPerRoleQuota": quotas.POLICIES_ATTACHED,
        "AccessKeysPerUserQuota": quotas.KEYS_PER_USER,
        "MFADevices": count(VirtualDevice),
        "MFADevicesInUse": count(VirtualDevice, enabled_at__isnull=False),
        "AccountMFAEnabled": 0,
        "AccountAccessKeysPresent": 0,
        "AccountPasswordPresent": 0,
        "AccountSigningCertificatesPresent": 0,
        "SigningCertificatesPerUserQuota": 0,
        "ServerCertificates": 0,
        "ServerCertificatesQuota": 0,
        "InstanceProfiles": 0,
        "InstanceProfilesQuota": 0,
        "Providers": 0,
        "GlobalEndpointTokenVersion": 2,
    }
