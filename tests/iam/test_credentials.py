"""The secrets behind access keys."""

from datetime import timedelta

import pytest

from devopsweb.awsapi import credentials, sigv4
from devopsweb.iam import credentials_source
from devopsweb.iam.actions import keys
from devopsweb.iam.models import AccessKey, Role
from devopsweb.iam.sts import tokens
from devopsweb.iam.sts.tokens import Session
from devopsweb.kernel import sealing
from tests.awsapi.signing import NOON, signed

MINUTE = timedelta(minutes=1)
EPOCH = int(NOON.timestamp())


@pytest.fixture(autouse=True)
def fresh():
    credentials_source._uses.clear()
    tokens.unseal.cache_clear()


@pytest.fixture
def key(owner):
    made, secret = keys.create(user=owner, by=None, at=NOON)
    made.clear = secret
    return made


def ask(key, at=NOON, **more) -> sigv4.Caller:
    context = {"aws:SourceIp": "192.0.2.7"}
    return sigv4.verify(signed(key_id=key.pk, secret=key.clear, at=at, **more), at, context=context)


class TestLongTermKey:
    def test_is_its_users(self, key, owner):
        principal = ask(key).principal

        assert (principal.arn, principal.user_id, principal.kind) == (owner.arn, owner.pk, "User")
        assert principal.unique_id == owner.unique_id
        assert principal.unique_id.startswith("AIDA")
        assert principal.access_key_id == key.pk
        assert principal.session == {"aws:SourceIp": "192.0.2.7"}

    def test_notes_its_last_use_once_a_minute(self, key):
        ask(key)
        ask(key, at=NOON + timedelta(seconds=30), service="logs")

        key.refresh_from_db()
        assert (key.last_used_at, key.last_used_service, key.last_used_region) == (
            NOON,
            "codecommit",
            "us-east-1",
        )

        ask(key, at=NOON + MINUTE, service="logs")

        key.refresh_from_db()
        assert (key.last_used_at, key.last_used_service) == (NOON + MINUTE, "logs")

    def test_is_refused_when_inactive(self, key):
        ask(key)
        key.is_active = False
        key.save()

        with pytest.raises(sigv4.Refused, match="security token included in the request is invalid"):
            ask(key, at=NOON + MINUTE)

    def test_is_refused_when_its_user_is(self, key, owner):
        ask(key)
        owner.is_active = False
        owner.save()

        with pytest.raises(sigv4.Refused):
            ask(key, at=NOON + MINUTE)

    def test_is_refused_after_it_was_deleted(self, key):
        ask(key)
        AccessKey.objects.get(pk=key.pk).delete()

        with pytest.raises(sigv4.Refused):
            ask(key, at=NOON + MINUTE)

    def test_takes_no_session_token(self, key):
        with pytest.raises(sigv4.Refused):
            ask(key, token="k1.abc")

    @pytest.mark.parametrize("name", ["AKIA\0", "", "x" * 200, "AKIA%", "AKIÄ"])
    def test_has_an_ordinary_name(self, db, name, django_assert_num_queries):
        with django_assert_num_queries(0):
            assert credentials.find(name, "") is None

    def test_costs_one_query_the_second_time(self, key, django_assert_num_queries):
        ask(key)

        with django_assert_num_queries(2):
            # The token of PolicySet, once for the key and once for its user: outside of a request.
            ask(key, at=NOON + timedelta(seconds=1))


def session_of(role: Role, **more) -> Session:
    given = {
        "access_key_id": "ASIATEMPORARYKEY2345",
        "secret": "temporary secret",
        "kind": "AssumedRole",
        "identity": role.unique_id,
        "name": "night-shift",
        "issued": EPOCH,
        "expires": EPOCH + 900,
    }
    return Session(**{**given, **more})


def ask_as(session: Session, at=NOON, token: str | None = None) -> sigv4.Caller:
    request = signed(
        key_id=session.access_key_id,
        secret=session.secret,
        token=tokens.seal(session) if token is None else token,
        at=at,
    )
    return sigv4.verify(request, at)


@pytest.fixture
def role(db) -> Role:
    return Role.objects.create(name="deployer", path="/team/")


class TestTemporaryCredentials:
    def test_are_the_roles_session(self, role):
        principal = ask_as(session_of(role, tags={"team": "blue"}, policies=('{"Statement":[]}',))).principal

        assert principal.arn == "arn:aws:sts::123456789012:assumed-role/deployer/night-shift"
        assert (principal.kind, principal.role_id, principal.user_id) == ("AssumedRole", role.pk, None)
        assert principal.unique_id == f"{role.unique_id}:night-shift"
        assert principal.session_policies == ('{"Statement":[]}',)
        assert principal.session["aws:PrincipalTag/team"] == "blue"
        assert principal.session["aws:MultiFactorAuthPresent"] == "false"
        assert principal.session["aws:TokenIssueTime"] == NOON.isoformat()

    def test_end_in_time(self, role):
        with pytest.raises(sigv4.Refused, match="expired") as caught:
            ask_as(session_of(role), at=NOON + timedelta(seconds=900))

        assert caught.value.code == "ExpiredToken"
        assert caught.value.spelled("json").code == "ExpiredTokenException"

    def test_end_with_the_role(self, role):
        session = session_of(role)
        ask_as(session)
        role.delete()

        with pytest.raises(sigv4.Refused):
            ask_as(session, at=NOON + MINUTE)

    def test_do_not_pass_to_a_later_role_of_the_name(self, role):
        session = session_of(role)
        role.delete()
        Role.objects.create(name="deployer", path="/team/")

        with pytest.raises(sigv4.Refused):
            ask_as(session)

    def test_end_when_the_roles_sessions_are_revoked(self, role):
        session = session_of(role)
        ask_as(session)
        role.sessions_revoked_before = NOON + MINUTE
        role.save()

        with pytest.raises(sigv4.Refused):
            ask_as(session, at=NOON + MINUTE)

    def test_end_when_whoever_started_them_is_switched_off(self, role, owner):
        session = session_of(role, started_by=owner.unique_id)
        ask_as(session)
        owner.is_active = False
        owner.save()

        with pytest.raises(sigv4.Refused):
            ask_as(session, at=NOON + MINUTE)

    def test_need_their_own_token(self, role):
        mine, other = session_of(role), session_of(role, access_key_id="ASIAANOTHERKEY234567")

        for token in (tokens.seal(other), "", "k1.", "nonsense", sealing.seal("{}").replace(":", ".")):
            with pytest.raises(sigv4.Refused) as caught:
                ask_as(mine, token=token)
            assert caught.value.code == "InvalidClientTokenId"

    def test_note_the_roles_last_use(self, role):
        ask_as(session_of(role))

        role.refresh_from_db()
        assert (role.last_used_at, role.last_used_region) == (NOON, "us-east-1")

    def test_take_a_managed_policy_that_is_gone_for_a_denial(self, role):
        principal = ask_as(session_of(role, policy_arns=("arn:aws:iam::aws:policy/Gone",))).principal

        assert '"Deny"' in principal.session_policies[0]

    def test_have_a_token_that_fits_everywhere(self, role):
        token = tokens.seal(session_of(role))

        assert not set(token) & set(":%/?&@ ")
        assert credentials.find("ASIATEMPORARYKEY2345", token) is not None


class TestSealing:
    def test_opens_for_its_purpose_only(self):
        sealed = sealing.seal("text", purpose="one")

        assert sealing.unseal(sealed, purpose="one") == "text"
        for purpose in ("", "two"):
            with pytest.raises(sealing.CannotUnseal):
                sealing.unseal(sealed, purpose=purpose)
