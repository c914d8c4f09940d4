"""Signing in and out, and one's own settings."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import hashers
from django.contrib.sessions.models import Session
from django.test import Client

from devopsweb.events.models import Event
from devopsweb.iam import api, signin
from devopsweb.iam.models import BrowserSession, SignInAttempts, User
from devopsweb.iam.tasks import forget_expired

PASSWORD = "correct horse battery"
NOON = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


def sign_in(client, name="owner", password=PASSWORD, **more):
    return client.post("/login/", {"username": name, "password": password, **more})


class TestSignIn:
    def test_shows_a_form_to_strangers(self, db):
        answer = Client().get("/settings/")

        assert (answer.status_code, answer.url) == (302, "/login/?next=/settings/")
        assert b"Sign in to open the page" in Client().get(answer.url).content

    def test_leads_to_the_page_that_was_asked_for(self, owner):
        assert sign_in(Client(), next="/settings/").url == "/settings/"

    @pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
    def test_leads_nowhere_else(self, owner, target):
        assert sign_in(Client(), next=target).url == "/"

    def test_says_the_same_for_a_wrong_name_and_a_wrong_password(self, owner):
        wrong_password = sign_in(Client(), password="wrong")
        wrong_name = sign_in(Client(), name="nobody")

        assert (
            wrong_password.context["form"].non_field_errors() == wrong_name.context["form"].non_field_errors()
        )

    def test_is_refused_to_a_deactivated_user(self, owner):
        User.objects.filter(pk=owner.pk).update(is_active=False)

        assert sign_in(Client()).status_code == 200

    def test_gives_a_live_part_no_sign_in_page(self, db):
        answer = Client().get("/?part=tally", headers={"HX-Request": "true"})

        assert answer.status_code == 401

    def test_records_success_and_failure_but_no_unknown_names(self, owner):
        sign_in(Client(), password="wrong")
        sign_in(Client(), name="my-secret-password")
        sign_in(Client())

        fields = [
            event.detail["fields"] for event in Event.objects.filter(source="aws.signin").order_by("pk")
        ]
        assert [(f["user"], f["result"]) for f in fields] == [
            ("owner", "Failure"),
            ("HIDDEN_DUE_TO_SECURITY_REASONS", "Failure"),
            ("owner", "Success"),
        ]


class TestLock:
    def test_makes_the_next_attempt_wait_and_then_opens_again(self, owner, monkeypatch):
        moment = NOON
        monkeypatch.setattr("devopsweb.iam.forms.clock.now", lambda: moment)
        for _ in range(signin.FREE_FAILURES):
            sign_in(Client(), password="wrong")

        locked = sign_in(Client())
        assert b"Too many failed attempts. Try again in 5 s." in locked.content

        moment = NOON + timedelta(seconds=6)
        assert sign_in(Client()).status_code == 302

    def test_holds_for_one_address_only(self, owner):
        for _ in range(signin.FREE_FAILURES):
            signin.note_failure("owner", source_ip="192.0.2.1", at=NOON)

        with pytest.raises(api.TooManyAttempts):
            signin.verify("owner", PASSWORD, source_ip="192.0.2.1", at=NOON)
        assert signin.verify("owner", PASSWORD, source_ip="192.0.2.2", at=NOON) == owner

    def test_holds_for_a_whole_network_of_version_6(self, owner):
        for number in range(signin.FREE_FAILURES):
            signin.note_failure("owner", source_ip=f"2001:db8::{number}", at=NOON)

        with pytest.raises(api.TooManyAttempts):
            signin.verify("owner", PASSWORD, source_ip="2001:db8::ffff", at=NOON)
        assert signin.verify("owner", PASSWORD, source_ip="2001:db8:0:1::1", at=NOON) == owner

    def test_stops_an_address_that_tries_many_names(self, owner):
        for number in range(signin.FREE_FAILURES * 6):
            signin.note_failure(f"name-{number}", source_ip="192.0.2.1", at=NOON)

        with pytest.raises(api.TooManyAttempts):
            signin.verify("owner", PASSWORD, source_ip="192.0.2.1", at=NOON)

    def test_holds_for_a_right_guess_among_many_at_once(self, owner, monkeypatch):
        """It was let in before the wrong ones had been counted, and its hash took longer."""

        def hashed(**credentials):
            for _ in range(signin.FREE_FAILURES):
                signin.note_failure("owner", source_ip="192.0.2.1", at=NOON)
            return owner

        monkeypatch.setattr(signin, "authenticate", hashed)

        with pytest.raises(api.TooManyAttempts):
            signin.verify("owner", PASSWORD, source_ip="192.0.2.1", at=NOON)

    def test_doubles_and_has_an_end(self):
        waits = [signin.lock_for(extra).total_seconds() for extra in (0, 1, 2, 50)]

        assert waits == [5, 10, 20, 900]

    def test_forgets_old_failures(self, owner):
        for _ in range(signin.FREE_FAILURES - 1):
            signin.note_failure("owner", source_ip="", at=NOON)
        signin.note_failure("owner", source_ip="", at=NOON + timedelta(hours=2))

        signin.guard("owner", source_ip="", at=NOON + timedelta(hours=2))


class TestBasic:
    def test_knows_the_right_password(self, owner):
        assert api.authenticate_basic("owner", PASSWORD) == api.principal_of(owner)
        assert api.authenticate_basic("owner", "wrong") is None
        assert api.authenticate_basic("nobody", PASSWORD) is None

    def test_hashes_only_once(self, owner, monkeypatch, django_assert_num_queries):
        api.authenticate_basic("owner", PASSWORD)
        monkeypatch.setattr(hashers, "verify_password", pytest.fail)

        with django_assert_num_queries(3):
            assert api.authenticate_basic("owner", PASSWORD)

    def test_notices_a_changed_password(self, owner):
        api.authenticate_basic("owner", PASSWORD)
        owner.set_password("another horse entirely")
        owner.save()

        assert api.authenticate_basic("owner", PASSWORD) is None

    def test_notices_a_deactivated_user(self, owner):
        api.authenticate_basic("owner", PASSWORD)
        User.objects.filter(pk=owner.pk).update(is_active=False)

        assert api.authenticate_basic("owner", PASSWORD) is None

    def test_forgets_after_a_while(self, owner, monkeypatch):
        monkeypatch.setattr(signin, "REMEMBER_SECONDS", -1)
        api.authenticate_basic("owner", PASSWORD)

        assert signin.recognised.find("owner", PASSWORD) is None

    def test_keeps_no_password_in_memory(self, owner):
        api.authenticate_basic("owner", PASSWORD)

        assert PASSWORD not in repr(vars(signin.recognised))


class TestSettings:
    def test_changes_the_password_and_signs_out_elsewhere(self, owner):
        here, there = Client(), Client()
        sign_in(here)
        sign_in(there)
        new = "another horse entirely"

        answer = here.post(
            "/settings/", {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
        )

        assert answer.status_code == 302
        assert here.get("/settings/").status_code == 200
        assert there.get("/settings/").status_code == 302
        assert BrowserSession.objects.count() == 1

    def test_refuses_a_wrong_present_password(self, owner, client_of):
        answer = client_of(owner).post(
            "/settings/", {"old_password": "wrong", "new_password1": "x" * 12, "new_password2": "x" * 12}
        )

        assert answer.status_code == 400
        assert "old_password" in answer.context["password"].errors

    def test_switches_single_keys_off(self, owner, client_of):
        client = client_of(owner)

        client.post("/settings/", {"shortcuts": "1"})

        assert b'data-keys="off"' in client.get("/").content

    def test_lists_browsers_and_signs_one_out(self, owner):
        here, there = (
            Client(),
            Client(headers={"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}),
        )
        sign_in(here)
        sign_in(there)
        assert b"Firefox on Linux" in here.get("/settings/").content
        lost = BrowserSession.objects.get(user_agent__contains="Firefox")

        here.post(f"/settings/sessions/{lost.pk}/end/")

        assert there.get("/settings/").status_code == 302
        assert here.get("/settings/").status_code == 200

    def test_leaves_the_browsers_of_others_alone(self, owner, outsider, client_of):
        sign_in(Client())

        answer = client_of(outsider).post(f"/settings/sessions/{BrowserSession.objects.get().pk}/end/")

        assert answer.status_code == 404
        assert BrowserSession.objects.exists()


class TestSignOut:
    def test_ends_the_session(self, owner):
        client = Client()
        sign_in(client)

        client.post("/logout/")

        assert client.get("/settings/").status_code == 302
        assert not BrowserSession.objects.exists()


class TestHousekeeping:
    def test_removes_what_ran_out_and_keeps_the_rest(self, owner, client_of):
        here, gone = Client(), Client()
        sign_in(here)
        sign_in(gone)
        Session.objects.filter(pk=gone.session.session_key).update(expire_date=NOON)
        signin.note_failure("owner", source_ip="", at=NOON)

        for _ in range(2):
            forget_expired()

        assert [row.session_key for row in BrowserSession.objects.all()] == [here.session.session_key]
        assert not SignInAttempts.objects.exists()
        assert here.get("/settings/").status_code == 200
