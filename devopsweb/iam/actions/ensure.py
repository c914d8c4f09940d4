"""What must exist, made when it is missing: for the first start and the sample."""

import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models.functions import Lower

from devopsweb.iam import builtin, quotas
from devopsweb.iam.actions import groups, keys, policies, users
from devopsweb.iam.errors import NoSuchEntity
from devopsweb.iam.models import AccessKey, Policy, PolicySet, PolicyVersion, User, UserGroup

ADMINISTRATOR = "admin"


def builtin_policies(*, at: datetime) -> None:
    """Every built-in policy, in the present wording; one of the user's own of that name stays."""
    lower = {name.lower(): one for name, one in builtin.POLICIES.items()}
    known = {
        policy.name.lower(): policy
        for policy in Policy.objects.annotate(lower=Lower("name")).filter(lower__in=lower)
    }
    with transaction.atomic():
        for name, policy in known.items():
            wanted = lower[name]
            if policy.builtin and (policy.document, policy.description) != (
                wanted.document,
                wanted.description,
            ):
                _reword(policy, wanted, at)
        _install([one for name, one in lower.items() if name not in known], at)


def _install(missing: list[builtin.BuiltIn], at: datetime) -> None:
    if not missing:
        return
    made = Policy.objects.bulk_create(
        Policy(
            name=one.name, path=one.path, description=one.description, document=one.document,
            builtin=True, created_at=at,
        )
        for one in missing
    )  # fmt: skip
    PolicyVersion.objects.bulk_create(
        PolicyVersion(policy=policy, number=1, document=policy.document, created_at=at) for policy in made
    )
    # Rows made in bulk tell nobody.
    PolicySet.touch()


def _reword(policy: Policy, wanted: builtin.BuiltIn, at: datetime) -> None:
    """A new version; the oldest goes when there are as many as a policy may have."""
    policy.document, policy.description = wanted.document, wanted.description
    policy.newest_version += 1
    policy.version = policy.newest_version
    policy.save()
    policy.versions.filter(number__lte=policy.version - quotas.VERSIONS_PER_POLICY).delete()
    PolicyVersion.objects.create(
        policy=policy, number=policy.version, document=policy.document, created_at=at
    )


def policy(name: str, document: Mapping[str, Any], *, at: datetime) -> Policy:
    """The policy ``name`` with exactly this document."""
    found = Policy.objects.filter(name__iexact=name).first()
    if found is None:
        return policies.create(name=name, document=dict(document), by=None, at=at)
    if not found.builtin and found.document != dict(document):
        _make_room(found)
        policies.update(policy=found, document=dict(document), by=None, at=at)
    return found


def _make_room(policy: Policy) -> None:
    """Forget the oldest version that does not hold when there are as many as there may be."""
    if policy.versions.count() >= quotas.VERSIONS_PER_POLICY:
        oldest = policy.versions.exclude(number=policy.version).order_by("number").first()
        if oldest is not None:
            oldest.delete()


def group(name: str, *, policy_names: Iterable[str], at: datetime) -> UserGroup:
    """The group ``name`` with at least these policies attached."""
    wanted = list(policy_names)
    if any(one in builtin.POLICIES for one in wanted):
        builtin_policies(at=at)
    found = UserGroup.objects.filter(name__iexact=name).first() or groups.create(name=name, by=None, at=at)
    for one in wanted:
        attached = Policy.objects.filter(name__iexact=one).first()
        if attached is None:
            raise NoSuchEntity(f"There is no policy {one}.")
        policies.attach(policy=attached, to=found, by=None, at=at)
    return found


def user(name: str, *, password: str | None, group_names: Iterable[str], at: datetime) -> User:
    """The user ``name``, a member of at least these groups; the password is set only on creation."""
    found = User.objects.filter(username__iexact=name).first() or users.create(
        name=name, password=password, by=None, at=at
    )
    for one in group_names:
        member_of = UserGroup.objects.filter(name__iexact=one).first()
        if member_of is None:
            raise NoSuchEntity(f"The group with name {one} cannot be found.")
        users.set_groups(user=found, groups=[*found.iam_groups.all(), member_of], by=None, at=at)
    return found


def access_key(owner: User, *, key_id: str, secret: str, at: datetime) -> AccessKey:
    """The access key of that id for ``owner``, with that secret."""
    found = AccessKey.objects.filter(pk=key_id).select_related("user").first()
    if found is not None and found.user_id == owner.pk and found.secret == secret:
        return found
    with transaction.atomic():
        if found is not None:
            keys.delete(key=found, by=None, at=at)
        made, _ = keys.create(user=owner, key_id=key_id, secret=secret, by=None, at=at)
    return made


def administrator(*, password: str, access_key_id: str, secret: str, at: datetime) -> dict[str, str]:
    """The administrator with the given credentials; returns those that had to be generated.

    Keys of the answer: ``password``, ``access_key_id``, ``secret_access_key``.
    """
    made: dict[str, str] = {}
    with transaction.atomic():
        builtin_policies(at=at)
        admin = User.objects.filter(username=ADMINISTRATOR).first()
        if admin is None:
            made |= {} if password else {"password": secrets.token_urlsafe(12)}
            admin = User.objects.create_superuser(ADMINISTRATOR, password=password or made["password"])
        elif password and not admin.check_password(password):
            admin.set_password(password)
            admin.save(update_fields=["password"])
        if access_key_id and secret:
            access_key(admin, key_id=access_key_id, secret=secret, at=at)
        elif not admin.access_keys.exists():
            key, clear = keys.create(user=admin, by=None, at=at)
            made |= {"access_key_id": key.pk, "secret_access_key": clear}
    return made
