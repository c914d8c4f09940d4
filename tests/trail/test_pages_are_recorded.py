"""What people do on pages becomes records."""

import pytest
from django.test import Client

from devopsweb.iam.models import Policy, PolicyAttachment, User

pytestmark = pytest.mark.django_db


class TestADeedOnAPage:
    def test_becomes_a_record_of_who_did_what_to_what(self, client_of, owner, told):
        client_of(owner).post("/repositories/+new/", {"name": "shop", "description": "The shop"})

        (record,) = told()
        assert record["eventSource"] == "codecommit.amazonaws.com"
        assert record["eventName"] == "CreateRepository"
        assert record["userIdentity"]["userName"] == "owner"
        assert record["requestParameters"]["description"] == "The shop"
        assert record["resources"][0]["ARN"].endswith(":shop")
        assert record["readOnly"] is False
        assert record["sessionCredentialFromConsole"] == "true"
        assert record["sourceIPAddress"] == "127.0.0.1"
        assert "errorCode" not in record

    def test_that_fails_says_why(self, client_of, owner, told):
        browser = client_of(owner)
        browser.post("/repositories/+new/", {"name": "shop"})
        browser.post("/repositories/+new/", {"name": "shop"})

        first, second = told()
        assert "errorCode" not in first
        assert second["errorCode"]

    def test_is_not_recorded_for_only_looking(self, client_of, owner, told):
        browser = client_of(owner)
        for page in (
            "/",
            "/repositories/",
            "/repositories/+new/",
            "/pipelines/",
            "/access/users/",
            "/trail/",
        ):
            assert browser.get(page).status_code == 200

        assert told() == []


class TestARefusal:
    def test_of_a_page_is_recorded(self, client_of, outsider, told):
        assert client_of(outsider).get("/repositories/shop/").status_code == 403

        (record,) = told()
        assert record["errorCode"] == "AccessDenied"
        assert record["userIdentity"]["userName"] == "outsider"
        assert "is not authorized to perform" in record["errorMessage"]
        assert record["readOnly"] is True

    def test_of_a_deed_is_recorded_with_what_was_wanted(self, client_of, teammate, told):
        client_of(teammate).post("/repositories/+new/", {"name": "shop"})

        (record,) = told()
        assert record["eventName"] == "CreateRepository"
        assert record["errorCode"] == "AccessDenied"
        assert record["requestParameters"]["name"] == "shop"

    def test_in_the_admin_panel_is_recorded(self, client_of, told):
        keeper = User.objects.create_user("keeper", password="correct horse battery")
        statement = {"Effect": "Allow", "Action": "iam:GetAccountSummary", "Resource": "*"}
        policy = Policy.objects.create(
            name="panel", document={"Version": "2012-10-17", "Statement": [statement]}
        )
        PolicyAttachment.objects.create(policy=policy, user=keeper)

        assert client_of(keeper).get("/admin/iam/usergroup/add/").status_code == 403

        (record,) = told()
        assert record["errorCode"] == "AccessDenied"
        assert record["eventName"] == "CreateGroup"

    def test_behind_a_button_that_is_not_shown_is_none(self, client_of, teammate, told):
        assert client_of(teammate).get("/repositories/").status_code == 200

        assert told() == []


class TestTheAdminPanel:
    def test_tells_each_change_once(self, client_of, told):
        chief = User.objects.create_superuser("chief", password="correct horse battery")
        document = (
            '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'
        )

        answer = client_of(chief).post(
            "/admin/iam/policy/add/", {"name": "mine", "document": document, "path": "/", **_EMPTY}
        )

        assert answer.status_code == 302, answer.content.decode()
        names = [record["eventName"] for record in told()]
        assert names == ["CreatePolicy"]


_EMPTY = {
    f"attachments-{word}": value
    for word, value in (
        ("TOTAL_FORMS", 0),
        ("INITIAL_FORMS", 0),
        ("MIN_NUM_FORMS", 0),
        ("MAX_NUM_FORMS", 1000),
    )
}


class TestSigningIn:
    def test_is_a_record(self, owner, told):
        Client().post(
            "/login/", {"username": "owner", "password": "correct horse battery"}, HTTP_USER_AGENT="Firefox"
        )

        (record,) = told()
        assert (record["eventType"], record["eventName"]) == ("AwsConsoleSignIn", "ConsoleLogin")
        assert record["responseElements"] == {"ConsoleLogin": "Success"}
        assert record["userAgent"] == "Firefox"
        assert record["userIdentity"]["userName"] == "owner"

    def test_that_fails_is_a_record(self, owner, told):
        Client().post("/login/", {"username": "owner", "password": "wrong"})

        (record,) = told()
        assert record["responseElements"] == {"ConsoleLogin": "Failure"}
        assert record["errorMessage"] == "Failed authentication"

    def test_under_a_name_that_is_nobody_s_hides_the_name(self, db, told):
        Client().post("/login/", {"username": "hunter2-typed-here", "password": "wrong"})

        (record,) = told()
        assert record["userIdentity"]["userName"] == "HIDDEN_DUE_TO_SECURITY_REASONS"
        assert "hunter2" not in str(record)


class TestSecrets:
    def test_of_a_form_are_never_written(self, client_of, owner, told, home):
        client_of(owner).post(
            "/settings/",
            {
                "old_password": "correct horse battery",
                "new_password1": "a-new-s3cret-phrase",
                "new_password2": "a-new-s3cret-phrase",
            },
        )

        text = "".join(file.read_text() for file in (home / "trail" / "spool").glob("*"))
        (record,) = told()
        assert record["eventName"] == "ChangePassword"
        assert record["requestParameters"]["new_password1"] == "HIDDEN_DUE_TO_SECURITY_REASONS"
        assert "s3cret" not in text
        assert "correct horse" not in text
