"""The last administrator who can get in keeps a way in, whatever door the change comes from."""

import pytest

from devopsweb.iam.actions import keys, passwords, users
from devopsweb.iam.errors import LastAdministrator
from devopsweb.iam.models import User
from devopsweb.iam.sso.models import ExternalIdentity, SignInProvider
from devopsweb.kernel import clock
from tests.awsapi.local import aws
from tests.iam.test_iam_api import refused

PASSWORD = "a long way to Tipperary"

pytestmark = pytest.mark.django_db


@pytest.fixture
def root():
    return User.objects.create_superuser("root", password=PASSWORD)


@pytest.fixture
def key(root):
    return keys.create(user=root, by=None, at=clock.now())[0]


def lose_password(user):
    passwords.delete_profile(user=user, by=None, at=clock.now())


class TestTheLastWayIn:
    def test_is_not_taken_as_a_password(self, root):
        with pytest.raises(LastAdministrator):
            lose_password(root)

        root.refresh_from_db()
        assert root.has_usable_password()

    @pytest.mark.parametrize("operation", ["UpdateAccessKey", "DeleteAccessKey"])
    def test_is_not_taken_as_a_key_by_api(self, root, key, operation):
        lose_password(root)
        given = {"Status": "Inactive"} if operation == "UpdateAccessKey" else {}

        with refused("DeleteConflict", "last way in"):
            aws(root)("iam", operation, UserName="root", AccessKeyId=key.pk, **given)

        assert aws(root)("sts", "GetCallerIdentity")["Arn"] == root.arn

    def test_may_be_a_password_or_a_key(self, root, key):
        keys.delete(key=key, by=None, at=clock.now())
        other = keys.create(user=root, by=None, at=clock.now())[0]
        lose_password(root)

        assert other.user == root

    def test_may_be_another_administrators(self, root, key):
        User.objects.create_superuser("second", password=PASSWORD)
        lose_password(root)

        keys.set_status(key=key, active=False, by=None, at=clock.now())

        assert not root.access_keys.filter(is_active=True).exists()

    def test_may_be_a_provider_that_is_on(self, root):
        provider = SignInProvider.objects.create(
            name="Corp", slug="corp", issuer="https://id.example", client_id="x"
        )
        link = ExternalIdentity.objects.create(
            provider=provider, subject="1", user=root, linked_at=clock.now()
        )
        lose_password(root)
        assert link.user == root

        provider.enabled = False
        provider.save()
        passwords.create_profile(
            user=root, password=PASSWORD + "!", reset_required=False, by=None, at=clock.now()
        )
        with pytest.raises(LastAdministrator):
            lose_password(root)

    def test_is_not_switched_off_in_the_panel(self, root, client):
        client.force_login(root)
        address = f"/admin/iam/user/{root.pk}/password/"

        answer = client.post(address, {"usable_password": "false", "unset-password": "1"})

        assert answer.status_code == 200
        assert "last way in" in answer.content.decode()
        root.refresh_from_db()
        assert root.has_usable_password()

    def test_of_others_is_their_own_affair(self, root):
        ann = User.objects.create_user("ann", password=PASSWORD)

        lose_password(ann)

        assert not ann.has_usable_password()


class TestAnAdministratorWhoCannotGetIn:
    def test_does_not_replace_the_last_one(self, root):
        User.objects.create_superuser("ghost", password=None)

        with pytest.raises(LastAdministrator, match="who can get in"):
            users.set_standing(user=root, active=False, administrator=True, by=None, at=clock.now())
        with pytest.raises(LastAdministrator):
            users.delete_with_belongings(user=root, by=None, at=clock.now())
