"""Changes to identities that happen at the same time, and what stays true whatever comes first."""

import contextlib
import threading

import pytest

from devopsweb.iam import quotas
from devopsweb.iam.actions import groups, inline, keys, policies, roles, service_credentials, tags, users
from devopsweb.iam.errors import LimitExceeded, NoSuchEntity
from devopsweb.iam.models import AccessKey, InlinePolicy, Policy, PolicyAttachment, User, UserGroup
from devopsweb.iam.service_roles import trust_of
from devopsweb.kernel import clock
from tests.races import together

ALLOW = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}}


@pytest.fixture
def user(transactional_db) -> User:
    return User.objects.create_user("ana", password="correct horse battery")


@pytest.fixture
def now():
    return {"by": None, "at": clock.now()}


@pytest.fixture
def counting(monkeypatch):
    """Two threads that count go on together, if nothing keeps the second one from counting."""
    barrier, ask = threading.Barrier(2), quotas.require

    def require(*given) -> None:
        ask(*given)
        with contextlib.suppress(threading.BrokenBarrierError):
            barrier.wait(0.5)

    monkeypatch.setattr(quotas, "require", require)


def unless_full(body):
    def run() -> None:
        with contextlib.suppress(LimitExceeded):
            body()

    return run


class TestQuotas:
    def test_of_access_keys_hold_when_two_are_made_at_once(self, user, counting, now):
        keys.create(user=user, **now)

        together(*[unless_full(lambda: keys.create(user=user, **now))] * 2)

        assert AccessKey.objects.filter(user=user).count() == 2

    def test_of_git_credentials_hold_when_two_are_made_at_once(self, user, counting, now):
        service = "codecommit.amazonaws.com"
        service_credentials.create(user=user, service=service, **now)

        together(*[unless_full(lambda: service_credentials.create(user=user, service=service, **now))] * 2)

        assert user.service_credentials.count() == 2

    def test_of_attached_policies_hold_when_two_are_attached_at_once(self, user, counting, monkeypatch, now):
        monkeypatch.setattr(policies, "MOST_ATTACHED", 1)
        group = groups.create(name="shop", **now)
        made = [policies.create(name=f"p{n}", document=ALLOW, **now) for n in range(2)]

        together(*[unless_full(lambda one=one: policies.attach(policy=one, to=group, **now)) for one in made])

        assert PolicyAttachment.objects.filter(group=group).count() == 1

    def test_of_memberships_hold_when_two_are_given_at_once(self, user, counting, monkeypatch, now):
        monkeypatch.setattr(quotas, "GROUPS_PER_USER", 1)
        made = [UserGroup.objects.create(name=f"g{n}") for n in range(2)]

        together(*[unless_full(lambda one=one: users.join(user=user, group=one, **now)) for one in made])

        assert user.iam_groups.count() == 1


class TestWhatWasReadBefore:
    """Each verb gets a row that was read before somebody else changed it."""

    def test_does_not_switch_a_user_on_again(self, user, now):
        stale = User.objects.get(pk=user.pk)
        boundary = policies.create(name="limit", document=ALLOW, **now)
        User.objects.filter(pk=user.pk).update(is_active=False, permissions_boundary=boundary, password="!x")

        users.update(user=stale, path="/shop/", **now)

        user.refresh_from_db()
        assert (user.path, user.is_active, user.permissions_boundary) == ("/shop/", False, boundary)
        assert user.password == "!x"

    def test_does_not_take_tags_back(self, user, now):
        stale = User.objects.get(pk=user.pk)
        tags.add(thing=user, new={"team": "blue"}, **now)

        tags.add(thing=stale, new={"shop": "yes"}, **now)

        user.refresh_from_db()
        assert user.tags == {"team": "blue", "shop": "yes"}

    def test_that_is_gone_is_said_to_be_gone(self, user, now):
        group = groups.create(name="shop", **now)
        policy = policies.create(name="read", document=ALLOW, **now)
        role = roles.create(name="r", trust_policy=trust_of("codebuild"), **now)
        key, _ = keys.create(user=user, **now)
        for thing in (group, policy, role, key):
            type(thing).objects.filter(pk=thing.pk).delete()

        for verb in (
            lambda: users.join(user=user, group=group, **now),
            lambda: policies.attach(policy=policy, to=user, **now),
            lambda: inline.put(target=role, name="x", document=ALLOW, **now),
            lambda: roles.set_trust(role=role, trust_policy=trust_of("codebuild"), **now),
            lambda: keys.set_status(key=key, active=True, **now),
        ):
            with pytest.raises(NoSuchEntity):
                verb()
        assert not InlinePolicy.objects.exists()


class TestMemberships:
    def test_that_are_taken_while_others_are_given_stay_taken(self, user, monkeypatch, now):
        held, other = (UserGroup.objects.create(name=name) for name in ("admins", "shop"))
        user.iam_groups.add(held)
        barrier, put = threading.Barrier(2), users.set_groups

        def set_groups(**given) -> None:
            with contextlib.suppress(threading.BrokenBarrierError):
                barrier.wait(0.5)
            put(**given)

        monkeypatch.setattr(users, "set_groups", set_groups)

        together(
            lambda: users.leave(user=user, group=held, **now),
            lambda: users.join(user=user, group=other, **now),
        )

        assert [group.name for group in user.iam_groups.all()] == ["shop"]


class TestVersions:
    def test_are_five_at_most_however_many_write_at_once(self, user, now):
        policy = policies.create(name="read", document=ALLOW, **now)

        def write() -> None:
            row = Policy.objects.get(pk=policy.pk)
            policies.add_version(policy=row, document=ALLOW, as_default=False, **now)

        together(*[unless_full(write)] * 6)

        assert policy.versions.count() == quotas.VERSIONS_PER_POLICY
