"""The account's password policy where people meet it: at sign-in, in git and in their settings."""

from datetime import timedelta

import pytest
from django.test import Client

from devopsweb.iam import api
from devopsweb.iam.models import PasswordPolicy, User
from devopsweb.kernel import clock

PASSWORD = "correct horse battery"
NEW = "another battery horse 7"


@pytest.fixture
def client(owner):
    return Client()


def rules(**more):
    return PasswordPolicy.objects.create(pk=1, **{"minimum_length": 8, "users_may_change": True} | more)


def set_long_ago():
    User.objects.update(password_set_at=clock.now() - timedelta(days=100))


def sign_in(client, **more):
    return client.post("/login/", {"username": "owner", "password": PASSWORD, **more})


class TestExpiredPassword:
    def test_is_changed_before_going_on(self, client):
        rules(max_age_days=90)
        set_long_ago()

        first = sign_in(client, next="/settings/")
        still_out = client.get("/settings/").status_code
        second = client.post("/login/password/", {"new_password1": NEW, "new_password2": NEW})

        assert first.url == "/login/password/"
        assert still_out == 302
        assert second.url == "/settings/"
        assert client.get("/settings/").status_code == 200
        assert User.objects.get(username="owner").check_password(NEW)

    def test_is_not_kept(self, client):
        rules(max_age_days=90)
        set_long_ago()
        sign_in(client)

        answer = client.post("/login/password/", {"new_password1": PASSWORD, "new_password2": PASSWORD})

        assert answer.status_code == 400
        assert client.get("/settings/").status_code == 302

    def test_is_mended_by_an_administrator_where_the_account_says_so(self, client):
        rules(max_age_days=90, hard_expiry=True)
        set_long_ago()

        answer = sign_in(client)

        assert "has expired. Ask an administrator" in answer.content.decode()

    def test_opens_no_repository(self, owner):
        rules(max_age_days=90)
        before = api.authenticate_basic("owner", PASSWORD)
        set_long_ago()

        assert before
        assert api.authenticate_basic("owner", PASSWORD) is None

    def test_needs_the_old_one_first(self, client):
        answer = client.post("/login/password/", {"new_password1": NEW, "new_password2": NEW})

        assert answer.url == "/login/"


class TestResetByAnAdministrator:
    def test_makes_the_user_choose_at_the_next_sign_in(self, client, owner):
        User.objects.filter(pk=owner.pk).update(password_reset_required=True)

        assert sign_in(client).url == "/login/password/"
        client.post("/login/password/", {"new_password1": NEW, "new_password2": NEW})

        assert not User.objects.get(pk=owner.pk).password_reset_required


class TestNewPassword:
    def test_follows_the_rules_of_the_account(self, client, owner):
        rules(minimum_length=20, require_uppercase=True)
        User.objects.filter(pk=owner.pk).update(password_reset_required=True)
        sign_in(client)

        page = client.get("/login/password/").content.decode()
        answer = client.post("/login/password/", {"new_password1": "short", "new_password2": "short"})

        assert "At least 20 characters, with an uppercase letter" in page
        [error] = [text for text in answer.context["form"].errors["new_password1"] if "length" in text]
        assert "minimum length of 20" in error
        assert error in answer.content.decode()


class TestSettings:
    def test_hide_the_password_where_users_may_not_change_it(self, client_of, teammate):
        rules(users_may_change=False)
        client = client_of(teammate)

        page = client.get("/settings/").content.decode()
        client.post("/settings/", {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW})

        assert "Administrators set the passwords" in page
        assert not User.objects.get(pk=teammate.pk).check_password(NEW)
