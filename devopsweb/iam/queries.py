"""Reads for the pages of access; list pages cost a constant number of queries."""

from typing import Any

from django.db.models import Count, Prefetch, Q, QuerySet

from devopsweb.iam.models import Policy, PolicyAttachment, Role, User, UserGroup


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


def attachable_to(target: User | UserGroup | Role) -> QuerySet[Policy]:
    """Policies that ``target`` does not have yet."""
    return Policy.objects.exclude(pk__in=target.policy_attachments.values("policy")).order_by("name")


def _attached() -> "Prefetch[str, QuerySet[PolicyAttachment], str]":
    rows = PolicyAttachment.objects.select_related("policy").order_by("policy__name")
    return Prefetch("policy_attachments", rows)
