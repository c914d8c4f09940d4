"""What the editors of policies say: marked lines, actions that do not exist, trust in words, what to grant."""

import json
import re
from html import unescape
from pathlib import Path

import pytest
from django.test import Client

from devopsweb.iam import advice, api, builtin, known_actions, trust
from devopsweb.iam.actions import account, ensure
from devopsweb.iam.forms import PolicyForm
from devopsweb.iam.models import InlinePolicy, Policy, Role, User, UserGroup
from devopsweb.kernel.clock import now

READ = {"Effect": "Allow", "Action": "codebuild:Get*", "Resource": "*"}
ROOT = Path(__file__).parents[2]
APPROVE = "codepipeline:PutApprovalResult"


def document(*statements, **more):
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Resource": "*"} | one for one in statements],
    }


def text_of(given):
    return json.dumps(given, indent=2)


def editor_of(text):
    form = PolicyForm({"name": "p", "document": text})
    form.is_valid()
    return advice.editor(form)


def marks_of(page):
    """What the page's editor marks, before the simulator's answer."""
    return json.loads(unescape(re.search(r'id="pol"[^>]* data-marks="([^"]*)"', page)[1]))


@pytest.fixture
def browser(client_of, owner):
    return client_of(owner)


class TestKnownActions:
    def test_are_all_that_the_product_asks_for(self):
        sources = [
            path
            for app in ("devopsweb", "pipelines", "deployments", "repos", "monitoring")
            for path in (ROOT / app).rglob("*.py")
            if path.name not in {"known_actions.py", "audit.py", "web.py"}
        ]
        asked = {
            found
            for path in sources
            for found in re.findall(
                r'(?:require|is_allowed|authorize)\([^"]*"([a-z]+:[A-Z]\w+)"', path.read_text()
            )
        }

        asked.discard("secretsmanager:SecretId")  # a condition key

        assert len(asked) > 20
        assert {action: problem for action in asked if (problem := known_actions.problem(action))} == {}

    @pytest.mark.parametrize("name", sorted(builtin.POLICIES))
    def test_are_all_that_a_built_in_policy_names(self, name):
        assert list(advice.findings(text_of(builtin.POLICIES[name].document))) == []

    @pytest.mark.parametrize(
        "pattern", ["*", "codebuild:*", "CodeBuild:startbuild", "iam:PassRole", "s3:GetObject"]
    )
    def test_are_taken_in_any_spelling_and_from_other_services(self, pattern):
        assert known_actions.problem(pattern) == ""

    @pytest.mark.parametrize(
        ("pattern", "says"),
        [
            ("codedeploy:StopDeployments", "codedeploy:StopDeployment does"),
            ("codedeploy:Rollback*", "no action of codedeploy"),
            ("codepipelines:Get*", "codepipeline is meant perhaps"),
        ],
    )
    def test_are_suggested_for_others(self, pattern, says):
        assert says in known_actions.problem(pattern)


class TestEditor:
    def test_marks_the_line_of_an_action_that_does_not_exist(self):
        found = editor_of(text_of(document({"Action": ["codebuild:StartBuild", "codebuild:RunBuild"]})))

        assert [one.line for one in found.findings] == [9]
        assert json.loads(found.marks) == {"9": "wait"}

    def test_marks_the_line_where_json_ends(self):
        assert json.loads(editor_of('{\n  "Version": oops\n}').marks) == {"2": "fail"}

    def test_marks_the_element_that_is_wrong(self):
        wrong = document({"Action": "codebuild:*"}, {"Action": "codebuild:*", "Effect": "Perhaps"})

        assert json.loads(editor_of(text_of(wrong)).marks) == {"10": "fail"}

    def test_marks_the_statement_that_lacks_something(self):
        assert json.loads(editor_of(text_of(document({}))).marks) == {"4-7": "fail"}

    @pytest.mark.parametrize(
        "text", ["", "[]", "{}", '"x"', '{"Statement": 1}', '{"Statement": [1]}', "[" * 9000]
    )
    def test_bears_anything(self, text):
        assert editor_of(text).findings == ()

    def test_keeps_a_percent_sign_in_an_error(self):
        form = PolicyForm({"name": "p", "document": text_of(document({"Action": "100%"}))})

        assert "100%" in str(form.errors["document"])

    def test_tells_warnings_on_the_policy_s_page(self, browser):
        api.ensure_policy("p", document({"Action": "codebuild:RunBuild"}))

        page = browser.get("/access/policies/p/").content.decode()

        # PostgreSQL keeps the members of a document in an order of its own.
        shown = text_of(Policy.objects.get(name="p").document).splitlines()
        [line] = [number for number, text in enumerate(shown, 1) if "codebuild:RunBuild" in text]
        assert "the action codebuild:RunBuild does not exist" in page
        assert marks_of(page) == {str(line): "wait"}

    def test_warns_after_an_inline_policy_was_saved(self, browser, outsider):
        given = {"name": "mine", "document": text_of(document({"Action": "codebuild:RunBuild"}))}

        answer = browser.post("/access/users/outsider/inline/", given, follow=True)

        assert "codebuild:RunBuild does not exist" in answer.content.decode()


class TestPolicyPage:
    @pytest.mark.parametrize("kind", ["user", "group", "role"])
    def test_attaches_to_whom_is_chosen(self, browser, outsider, kind):
        api.ensure_policy("p", document({"Action": "codebuild:*"}))
        UserGroup.objects.create(name="outsider", created_at=now())
        api.ensure_service_role("outsider", service="codebuild", statements=[READ], at=now())

        offered = browser.get("/access/policies/p/").context["takers"]
        browser.post("/access/policies/p/attach/", {"to": f"{kind}/outsider"})
        afterwards = browser.get("/access/policies/p/").context["takers"]

        assert "outsider" in offered[kind]
        assert "outsider" not in afterwards[kind]
        assert Policy.objects.get(name="p").attachments.count() == 1

    def test_attaches_to_nobody_for_an_outsider(self, client_of, outsider):
        api.ensure_policy("p", document({"Action": "*"}))

        for to in ("user/outsider", "nonsense"):
            answer = client_of(outsider).post("/access/policies/p/attach/", {"to": to})

            assert answer.status_code == 403
        assert not Policy.objects.get(name="p").attachments.exists()

    def test_attaches_to_nobody_unless_somebody_is_chosen(self, browser):
        api.ensure_policy("p", document({"Action": "codebuild:*"}))

        assert browser.post("/access/policies/p/attach/", {"to": ""}).status_code == 404

    def test_folds_a_long_explanation(self, browser):
        api.ensure_policy("p", document(*[{"Sid": f"S{n}", "Action": "codebuild:*"} for n in range(9)]))

        assert "<summary>4 more</summary>" in browser.get("/access/policies/p/").content.decode()


class TestSimulator:
    def ask(self, browser, page="/access/simulate/", **more):
        return browser.get(
            page, {"who": "outsider", "action": APPROVE, "resource": "*", **more}
        ).content.decode()

    def test_names_the_narrowest_policies_that_would_allow_it(self, browser, outsider):
        ensure.builtin_policies(at=now())

        page = self.ask(browser)

        names = re.findall(r'/access/policies/(\w+)/">', page)
        assert names[0] == "AWSCodePipelineApproverAccess"
        assert "AdministratorAccess" not in names

    def test_leads_to_an_inline_policy_that_allows_just_this(self, browser, outsider):
        link = unescape(re.search(r'href="(/access/users/outsider/inline/[^"]+)"', self.ask(browser))[1])
        form = browser.get(link).context["form"]

        browser.post(
            "/access/users/outsider/inline/",
            {"name": form["name"].value(), "document": form["document"].value()},
        )

        assert InlinePolicy.objects.get().document == document(
            {"Sid": "AllowPutApprovalResult", "Action": APPROVE}
        )
        assert api.is_allowed(api.principal_of(User.objects.get(username="outsider")), APPROVE, "*")

    def test_knows_whether_a_second_factor_was_given(self, browser, outsider):
        condition = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
        api.ensure_policy("p", document({"Action": APPROVE, "Condition": condition}))
        browser.post("/access/policies/p/attach/", {"to": "user/outsider"})

        assert "<b>Denied</b>" in self.ask(browser, mfa="false")
        assert "<b>Allowed</b>" in self.ask(browser, mfa="true")

    def test_knows_a_time(self, browser, outsider):
        condition = {"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}
        api.ensure_policy("p", document({"Action": APPROVE, "Condition": condition}))
        browser.post("/access/policies/p/attach/", {"to": "user/outsider"})

        assert "<b>Denied</b>" in self.ask(browser)
        assert "<b>Allowed</b>" in self.ask(browser, time="2019-06-01T12:00")

    def test_says_what_it_does_not_understand(self, browser, outsider):
        assert "Enter a valid date/time" in self.ask(browser, time="yesterday")

    @pytest.mark.parametrize("page", ["/access/policies/p/", "/access/simulate/?part=verdict"])
    def test_points_to_the_lines_of_the_policy_on_the_page(self, browser, outsider, page):
        api.ensure_policy("p", document({"Sid": "Never", "Effect": "Deny", "Action": APPROVE}))
        browser.post("/access/policies/p/attach/", {"to": "user/outsider"})

        answer = self.ask(browser, page=page, of="p", part="verdict")

        assert "Never, lines 4 to 9" in answer
        assert '{"4-9": "fail"}' in unescape(answer)


class TestTrust:
    @pytest.mark.parametrize("start", [*trust.SERVICES, "account", "nonsense"])
    def test_begins_with_a_document_that_can_be_saved(self, browser, start):
        form = browser.get("/access/new-role/", {"for": start}).context["form"]

        answer = browser.post("/access/new-role/", {"name": "r", "document": form["document"].value()})

        assert answer.status_code == 302
        assert trust.summary(Role.objects.get(name="r").trust_policy)

    def test_is_said_in_words(self):
        users = {"AWS": ["arn:aws:iam::123456789012:user/dev", "arn:aws:iam::123456789012:root"]}
        given = trust.document("codebuild")
        given["Statement"].append({"Effect": "Allow", "Principal": users, "Action": "sts:AssumeRole"})

        assert trust.summary(given) == [
            "May be assumed by the service codebuild.amazonaws.com.",
            "May be assumed by user/dev and whom policies of this account allow to.",
        ]

    def test_that_nobody_can_read_says_nothing(self):
        assert trust.summary({"Statement": "?"}) == []


class TestUserPage:
    def test_puts_into_a_group_and_signs_out(self, browser, outsider, client_of):
        UserGroup.objects.create(name="readers", created_at=now())
        theirs = client_of(outsider)

        browser.post("/access/users/outsider/join/", {"group": "readers"})
        answer = browser.post("/access/users/outsider/sign-out/", follow=True)

        assert [group.name for group in outsider.iam_groups.all()] == ["readers"]
        assert "outsider is signed out everywhere" in answer.content.decode()
        assert theirs.get("/settings/").status_code in (200, 302)

    def test_offers_no_policy_before_one_is_chosen(self, browser, outsider):
        page = browser.get("/access/users/outsider/").content.decode()

        assert '<option value="">Choose a policy…</option>' in page

    def test_says_the_account_s_own_rules_of_passwords(self, browser, outsider):
        account.set_password_policy(minimum_length=17, by=api.principal_of(outsider), at=now())

        for page in ("/access/users/outsider/", "/access/new-user/", "/settings/"):
            assert "At least 17 characters" in browser.get(page).content.decode()


class TestUsers:
    def test_lead_administrators_to_the_rules_of_signing_in(self, client_of, owner, teammate):
        User.objects.filter(pk=owner.pk).update(is_superuser=True, is_staff=True)

        shown = client_of(User.objects.get(pk=owner.pk)).get("/access/users/").content.decode()
        hidden = client_of(teammate).get("/access/users/").content.decode()

        assert "/admin/iam/passwordpolicy/" in shown
        assert "/admin/sso/signinprovider/" in shown
        assert "/admin/iam/passwordpolicy/" not in hidden


class TestDeleting:
    def test_of_credentials_asks_first_and_works_without_scripts(self, browser, outsider):
        browser.post("/access/users/outsider/keys/", {"do": "create"})
        browser.post("/access/users/outsider/inline/", {"name": "mine", "document": text_of(document(READ))})
        key = outsider.access_keys.get()

        page = browser.get("/access/users/outsider/").content.decode()

        assert f'name="do" value="delete" data-open="delete-{key.pk}"' in page
        assert f'<dialog class="sheet" id="delete-{key.pk}"' in page
        assert 'name="remove" value="mine" data-open="inline-1"' in page
        assert '<dialog class="sheet" id="inline-1"' in page


class TestSessions:
    def test_of_other_browsers_are_ended_together(self, owner, client):
        other = Client()
        for one in (client, other):
            one.post("/login/", {"username": "owner", "password": "correct horse battery"})

        page = client.get("/settings/").content.decode()
        client.post("/settings/sessions/end/")

        assert "Sign out every other browser" in page
        assert (client.get("/settings/").status_code, other.get("/settings/").status_code) == (200, 302)
