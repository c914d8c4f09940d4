"""Codes of an authenticator after the password, and recovery codes for when it is lost."""

import re
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from django.test import Client

from devopsweb.awsapi.registry import Call, find
from devopsweb.iam import api, signin
from devopsweb.iam.errors import DeleteConflict
from devopsweb.iam.mfa import actions, codes
from devopsweb.iam.mfa.models import RecoveryCode, VirtualDevice
from devopsweb.iam.models import Policy, PolicyAttachment, User
from devopsweb.kernel import clock
from tests.races import together

PASSWORD = "correct horse battery"
NOON = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


@pytest.fixture
def by(owner):
    return api.principal_of(owner)


def enabled(user, by, at=None):
    """A device of the user that took its first code a while ago."""
    at = at or clock.now() - timedelta(minutes=10)
    device = actions.own(user=user, by=by, at=at)
    return actions.enable(device=device, user=user, given=[code_of(device, at)], by=by, at=at)


def code_of(device, at=None):
    return pyotp.TOTP(device.seed).at(at or clock.now())


def sign_in(client, **more):
    return client.post("/login/", {"username": "owner", "password": PASSWORD, **more})


class TestCode:
    def test_of_the_step_before_and_after_is_taken_for_clocks_that_are_off(self):
        seed = codes.new_seed()
        now = codes.step_of(NOON)

        found = [
            codes.matching_step(seed, pyotp.TOTP(seed).at(NOON + timedelta(seconds=30 * off)), at=NOON)
            for off in (-2, -1, 0, 1, 2)
        ]

        assert found == [None, now - 1, now, now + 1, None]

    @pytest.mark.parametrize("text", ["", "12345", "1234567", "abcdef", "１２３４５６", "12 45 7", "-12345"])
    def test_is_six_digits(self, text):
        assert codes.matching_step(codes.new_seed(), text, at=NOON) is None

    def test_may_be_typed_with_a_blank(self):
        seed = codes.new_seed()
        code = pyotp.TOTP(seed).at(NOON)

        assert codes.matching_step(seed, f"{code[:3]} {code[3:]}", at=NOON)

    def test_matches_rfc_6238(self):
        seed = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
        at = datetime.fromtimestamp(1111111109, UTC)

        assert codes.matching_step(seed, "081804", at=at) == 37037036


class TestDevice:
    def test_takes_no_code_twice(self, owner, by):
        device = enabled(owner, by)
        at = clock.now()

        first = actions.accept(user=owner, code=code_of(device, at), at=at)
        second = actions.accept(user=owner, code=code_of(device, at), at=at)

        assert (first, second) == (True, False)

    @pytest.mark.django_db(transaction=True)
    def test_lets_one_of_two_sign_ins_with_the_same_code_in(self, owner, by):
        device = enabled(owner, by)
        at = clock.now()
        code = code_of(device, at)
        told = []

        together(
            lambda: told.append(actions.accept(user=owner, code=code, at=at)),
            lambda: told.append(actions.accept(user=owner, code=code, at=at)),
        )

        assert sorted(told) == [False, True]

    def test_is_not_enabled_by_a_wrong_code(self, owner, by):
        device = actions.own(user=owner, by=by, at=NOON)

        with pytest.raises(actions.InvalidAuthenticationCode):
            actions.enable(device=device, user=owner, given=["000000"], by=by, at=NOON)

        assert not actions.is_enabled(owner)

    def test_keeps_its_seed_sealed(self, owner, by):
        device = enabled(owner, by)

        assert device.seed not in VirtualDevice.objects.values_list("sealed_seed", flat=True).get()

    def test_takes_the_recovery_codes_with_it(self, owner, by):
        device = enabled(owner, by)
        actions.new_recovery_codes(user=owner, by=by, at=NOON)

        actions.remove_own(device=device, by=by, at=NOON)

        assert RecoveryCode.objects.count() == 0
        assert VirtualDevice.objects.count() == 0


class TestSignIn:
    def test_asks_for_the_code_after_the_password(self, owner, by):
        device, client = enabled(owner, by), Client()

        first = sign_in(client, next="/settings/")
        still_out = client.get("/settings/")
        second = client.post("/login/code/", {"code": code_of(device)})

        assert (first.status_code, first.url) == (302, "/login/code/")
        assert still_out.status_code == 302
        assert (second.status_code, second.url) == (302, "/settings/")
        assert client.get("/settings/").status_code == 200

    def test_takes_a_recovery_code_once(self, owner, by):
        enabled(owner, by)
        code = actions.new_recovery_codes(user=owner, by=by, at=NOON)[0].upper()

        answers = []
        for _ in range(2):
            client = Client()
            sign_in(client)
            answers.append(client.post("/login/code/", {"code": code}).status_code)

        assert answers == [302, 200]

    def test_locks_after_wrong_codes(self, owner, by):
        device, client = enabled(owner, by), Client()
        sign_in(client)

        for _ in range(signin.FREE_FAILURES):
            client.post("/login/code/", {"code": "000000"})
        late = client.post("/login/code/", {"code": code_of(device)})

        assert "Too many failed attempts" in late.content.decode()

    def test_locks_wherever_the_wrong_codes_come_from(self, owner, by):
        device = enabled(owner, by)

        for number in range(signin.FREE_FAILURES):
            client = Client(REMOTE_ADDR=f"192.0.2.{number}")
            sign_in(client)
            client.post("/login/code/", {"code": "000000"})
        other = Client(REMOTE_ADDR="192.0.2.200")
        sign_in(other)
        late = other.post("/login/code/", {"code": code_of(device)})

        assert "Too many failed attempts" in late.content.decode()

    def test_needs_the_password_first(self, owner, by):
        device = enabled(owner, by)

        answer = Client().post("/login/code/", {"code": code_of(device)})

        assert (answer.status_code, answer.url) == (302, "/login/")

    def test_forgets_the_password_after_five_minutes(self, owner, by, monkeypatch):
        device, client = enabled(owner, by), Client()
        sign_in(client)

        late = clock.now() + timedelta(minutes=6)
        monkeypatch.setattr("devopsweb.iam.mfa.views.clock.now", lambda: late)

        assert client.post("/login/code/", {"code": code_of(device, late)}).url == "/login/"

    def test_forgets_the_first_step_when_the_password_changes(self, owner, by):
        device, client = enabled(owner, by), Client()
        sign_in(client)
        owner.set_password("another horse battery")
        owner.save()

        assert client.post("/login/code/", {"code": code_of(device)}).url == "/login/"

    def test_tells_policies_that_a_second_factor_was_given(self, owner, by, rf):
        device, client = enabled(owner, by), Client()
        sign_in(client)
        client.post("/login/code/", {"code": code_of(device)})

        facts = client.get("/settings/").wsgi_request.principal.session

        assert facts["aws:MultiFactorAuthPresent"] == "true"
        assert int(facts["aws:MultiFactorAuthAge"]) < 60

    def test_without_one_tells_them_so(self, owner):
        client = Client()
        sign_in(client)

        facts = client.get("/settings/").wsgi_request.principal.session

        assert facts["aws:MultiFactorAuthPresent"] == "false"


class TestGit:
    def test_takes_no_password_of_somebody_with_a_second_factor(self, owner, by):
        assert api.authenticate_basic("owner", PASSWORD, source_ip="192.0.2.1")
        enabled(owner, by)

        assert api.authenticate_basic("owner", PASSWORD, source_ip="192.0.2.1") is None


class TestPage:
    URL = "/settings/second-factor/"

    def test_sets_it_up_and_shows_the_recovery_codes_once(self, owner, client_of):
        client = client_of(owner)

        client.post(self.URL, {"begin": "1"})
        page = client.get(self.URL).content.decode()
        device = VirtualDevice.objects.get()
        done = client.post(self.URL, {"code": code_of(device)}).content.decode()
        later = client.get(self.URL).content.decode()

        assert device.seed[:4] in page
        assert "data:image/svg+xml" in page
        shown = re.findall(r"<li>(\w{5}-\w{5})</li>", done)
        assert len(shown) == 10
        assert not any(code in later for code in shown)
        assert "10 left" in later

    def test_shows_a_seed_to_nobody_else(self, owner, teammate, client_of):
        client_of(owner).post(self.URL, {"begin": "1"})
        seed = VirtualDevice.objects.get().seed

        page = client_of(teammate).get(self.URL).content.decode()

        assert seed[:4] not in page
        assert "QR code" not in page

    def test_says_what_is_wrong_with_a_code(self, owner, client_of):
        client = client_of(owner)
        client.post(self.URL, {"begin": "1"})

        answer = client.post(self.URL, {"code": "000000"})

        assert answer.status_code == 400
        assert "The code is not right" in answer.content.decode()

    def test_removes_a_device_only_for_a_code(self, owner, by, client_of):
        device, client = enabled(owner, by), client_of(owner)

        client.post(f"{self.URL}{device.pk}/remove/", {"code": "000000"})
        still = actions.is_enabled(owner)
        client.post(f"{self.URL}{device.pk}/remove/", {"code": code_of(device)})

        assert still
        assert not actions.is_enabled(owner)

    def test_removes_nobody_elses_device(self, owner, teammate, by, client_of):
        device = enabled(owner, by)

        answer = client_of(teammate).post(f"{self.URL}{device.pk}/remove/", {"code": code_of(device)})

        assert answer.status_code == 404

    def test_makes_new_recovery_codes_only_for_a_code(self, owner, by, client_of):
        device, client = enabled(owner, by), client_of(owner)

        refused = client.post(f"{self.URL}recovery-codes/", {"code": "000000"})
        made = client.post(f"{self.URL}recovery-codes/", {"code": code_of(device)})

        assert refused.status_code == 302
        assert len(re.findall(r"<li>\w{5}-\w{5}</li>", made.content.decode())) == 10

    @pytest.mark.parametrize("code", [{}, {"code": ""}, {"code": "000000"}])
    def test_begins_no_further_authenticator_without_a_code(self, owner, by, client_of, code):
        enabled(owner, by)

        answer = client_of(owner).post(self.URL, {"begin": "1", **code}, follow=True)

        assert "No authenticator is added: that code is not right" in answer.content.decode()
        assert not VirtualDevice.objects.filter(user=None).exists()

    def test_keeps_the_recovery_codes_when_another_authenticator_is_set_up(self, owner, by, client_of):
        device = enabled(owner, by)
        written_down = actions.new_recovery_codes(user=owner, by=by, at=NOON)
        client = client_of(owner)

        client.post(self.URL, {"begin": "1", "code": code_of(device)})
        done = client.post(
            self.URL, {"code": code_of(VirtualDevice.objects.get(user=None))}, follow=True
        ).content.decode()

        assert "The recovery codes that you have stay good" in done
        assert not re.findall(r"<li>\w{5}-\w{5}</li>", done)
        assert actions.accept(user=owner, code=written_down[0], at=clock.now())

    def test_makes_recovery_codes_when_all_were_used(self, owner, by, client_of):
        device = enabled(owner, by)
        actions.new_recovery_codes(user=owner, by=by, at=NOON)
        RecoveryCode.objects.update(used_at=NOON)
        client = client_of(owner)

        client.post(self.URL, {"begin": "1", "code": code_of(device)})
        done = client.post(self.URL, {"code": code_of(VirtualDevice.objects.get(user=None))})

        assert len(re.findall(r"<li>\w{5}-\w{5}</li>", done.content.decode())) == 10


def deny(user, *names):
    """Deny the user these actions of IAM outright."""
    statement = {"Sid": "No", "Effect": "Deny", "Action": [f"iam:{name}" for name in names], "Resource": "*"}
    api.ensure_policy("no-devices", {"Version": "2012-10-17", "Statement": [statement]})
    PolicyAttachment.objects.create(user=user, policy=Policy.objects.get(name="no-devices"))


class TestPolicies:
    URL = "/settings/second-factor/"

    def test_need_not_allow_one_s_own_second_factor(self, outsider, client_of):
        client = client_of(outsider)

        client.post(self.URL, {"begin": "1"})
        client.post(self.URL, {"code": code_of(VirtualDevice.objects.get())})

        assert actions.is_enabled(outsider)

    @pytest.mark.parametrize("name", ["CreateVirtualMFADevice", "EnableMFADevice"])
    def test_can_deny_setting_it_up(self, outsider, client_of, name):
        deny(outsider, name)

        answer = client_of(outsider).post(self.URL, {"begin": "1"})

        assert answer.status_code == 403
        assert f"iam:{name}" in answer.content.decode()
        assert not VirtualDevice.objects.exists()

    @pytest.mark.parametrize("name", ["DeactivateMFADevice", "DeleteVirtualMFADevice"])
    def test_can_deny_removing_it(self, outsider, by, client_of, name):
        device = enabled(outsider, by)
        deny(outsider, name)

        answer = client_of(outsider).post(f"{self.URL}{device.pk}/remove/", {"code": code_of(device)})

        assert answer.status_code == 403
        assert actions.is_enabled(outsider)

    def test_can_deny_new_recovery_codes(self, outsider, by, client_of):
        device = enabled(outsider, by)
        deny(outsider, "EnableMFADevice")

        answer = client_of(outsider).post(f"{self.URL}recovery-codes/", {"code": code_of(device)})

        assert answer.status_code == 403


class TestLostPhone:
    def test_is_taken_off_by_who_may(self, owner, teammate, outsider, by, client_of):
        device = enabled(teammate, by)
        where = f"/access/users/teammate/second-factor/{device.pk}/take/"

        refused = client_of(outsider).post(where)
        still = actions.is_enabled(teammate)
        page = client_of(owner).get("/access/users/teammate/").content.decode()
        done = client_of(owner).post(where)

        assert (refused.status_code, still) == (403, True)
        assert where in page
        assert done.status_code == 302
        assert not actions.is_enabled(teammate)


class TestPanelPage:
    def test_shows_no_seed(self, owner, by, client_of):
        User.objects.filter(pk=owner.pk).update(is_superuser=True, is_staff=True)
        device = enabled(owner, by)

        page = client_of(User.objects.get(pk=owner.pk)).get(f"/admin/mfa/virtualdevice/{device.pk}/change/")

        assert page.status_code == 200
        assert device.seed not in page.content.decode()
        assert device.sealed_seed not in page.content.decode()


class TestOperations:
    @pytest.fixture
    def ask(self, by):
        def ask(operation, **params):
            call = Call(service="iam", operation=operation, principal=by, request_id="r", at=clock.now())
            return find("iam").operations[operation].function(call, params)

        return ask

    def test_create_enable_list_deactivate_and_delete_a_device(self, ask, owner):
        made = ask("CreateVirtualMFADevice", VirtualMFADeviceName="phone")["VirtualMFADevice"]
        serial = made["SerialNumber"]
        totp, now = pyotp.TOTP(made["Base32StringSeed"].decode()), clock.now()
        two = {
            # Also when the next half minute begins before they are given.
            "AuthenticationCode1": totp.at(now),
            "AuthenticationCode2": totp.at(now + timedelta(seconds=30)),
        }

        ask("EnableMFADevice", UserName="owner", SerialNumber=serial, **two)
        listed = ask("ListMFADevices")["MFADevices"]
        all_of_them = ask("ListVirtualMFADevices", AssignmentStatus="Assigned")["VirtualMFADevices"]
        one = ask("GetMFADevice", SerialNumber=serial)
        with pytest.raises(DeleteConflict):
            ask("DeleteVirtualMFADevice", SerialNumber=serial)
        ask("DeactivateMFADevice", SerialNumber=serial)
        ask("DeleteVirtualMFADevice", SerialNumber=serial)

        assert made["QRCodePNG"].startswith(b"\x89PNG")
        assert serial == "arn:aws:iam::123456789012:mfa/phone"
        assert [row["SerialNumber"] for row in listed] == [serial]
        assert [row["User"]["UserName"] for row in all_of_them] == ["owner"]
        assert one["UserName"] == "owner"
        assert ask("ListVirtualMFADevices")["VirtualMFADevices"] == []

    def test_need_two_codes_in_order(self, ask, owner):
        made = ask("CreateVirtualMFADevice", VirtualMFADeviceName="phone")["VirtualMFADevice"]
        code = pyotp.TOTP(made["Base32StringSeed"].decode()).at(clock.now())

        with pytest.raises(actions.InvalidAuthenticationCode):
            ask(
                "EnableMFADevice", UserName="owner", SerialNumber=made["SerialNumber"],
                AuthenticationCode1=code, AuthenticationCode2=code,
            )  # fmt: skip

    def test_are_refused_to_an_outsider(self, outsider, by, owner):
        device = enabled(owner, by)
        principal = api.principal_of(outsider)
        call = Call(service="iam", operation="", principal=principal, request_id="r", at=clock.now())
        given = {
            "VirtualMFADeviceName": "x", "UserName": "owner", "SerialNumber": device.arn,
            "AuthenticationCode1": "000000", "AuthenticationCode2": "000000",
        }  # fmt: skip

        for name in [name for name in find("iam").operations if "MFADevice" in name]:
            with pytest.raises(api.AccessDenied):
                find("iam").operations[name].function(call, given)
