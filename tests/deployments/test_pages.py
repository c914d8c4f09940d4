"""The pages of deployments show what is, refuse whom they must, and cost a fixed number of queries."""

import pytest

from deployments import api, shell
from deployments.actions import advance
from deployments.compute.models import Instance, JoinToken
from deployments.models import Application, Deployment, DeploymentConfig, DeploymentGroup
from devopsweb.iam.api import AccessDenied, principal_of
from devopsweb.kernel import clock
from devopsweb.live import api as live
from monitoring.metrics import api as metrics
from repos.git import api as git
from tests.deployments.helpers import (
    APPSPEC,
    NOON,
    SERVICE,
    deploy,
    failing,
    group,
    host,
    hurry,
    later,
    revision,
    work,
)

pytestmark = pytest.mark.django_db

A, B = "a" * 40, "b" * 40


@pytest.fixture
def world():
    """A good deployment, then one that failed on its first of two hosts."""
    fleet = group(2)
    good = deploy(revision(commit=A))
    hurry(good)
    bad = deploy(revision({"appspec.yml": "version: 0.0\nos: linux\n", "x": "y"}, commit=B))
    work(fleet[0], outcome=failing("BeforeInstall"))
    bad.refresh_from_db()
    assert bad.status == "Failed"
    return good, bad


def pages(bad: Deployment) -> list[str]:
    return [
        "/deployments/",
        f"/deployments/{bad.code}/",
        f"/deployments/{bad.code}/hosts/web-0/",
        "/applications/",
        "/applications/shop/",
        "/applications/shop/prod/",
        "/agents/",
        "/agents/web-0/",
    ]


class TestEveryPage:
    def test_is_shown_to_whom_may_see_everything(self, world, client_of, teammate):
        client = client_of(teammate)

        answers = {url: client.get(url).status_code for url in pages(world[1])}

        assert set(answers.values()) == {200}, answers

    def test_is_refused_to_an_outsider(self, world, client_of, outsider):
        client = client_of(outsider)

        answers = {url: client.get(url).status_code for url in pages(world[1])}

        assert set(answers.values()) == {403}, answers

    def test_needs_a_login(self, world, client):
        assert {client.get(url).status_code for url in pages(world[1])} == {302}

    def test_is_there_before_anything_was_deployed(self, client_of, owner):
        client = client_of(owner)

        assert "No deployments yet" in client.get("/deployments/").content.decode()
        assert "No applications yet" in client.get("/applications/").content.decode()
        assert "No instances yet" in client.get("/agents/").content.decode()


class TestParts:
    @pytest.mark.parametrize("part", ["head", "hosts", "side", "alerts"])
    def test_of_a_deployment_come_alone_and_are_not_sent_twice(self, world, client_of, owner, part):
        client = client_of(owner)
        url = f"/deployments/{world[0].code}/?part={part}"

        first = client.get(url)
        again = client.get(url, headers={"HX-PTag": first["HX-PTag"]})

        assert b"<html" not in first.content
        assert again.status_code == 304

    @pytest.mark.parametrize(
        "url",
        [
            "/deployments/?part=list",
            "/deployments/?part=places",
            "/applications/?part=list",
            "/applications/shop/?part=groups",
            "/applications/shop/?part=recent",
            "/applications/shop/prod/?part=hosts",
            "/applications/shop/prod/?part=recent",
            "/agents/?part=list",
            "/agents/web-0/?part=facts",
            "/agents/web-0/?part=recent",
        ],
    )
    def test_of_other_pages_come_alone(self, world, client_of, owner, url):
        answer = client_of(owner).get(url)

        assert answer.status_code == 200
        assert b"<html" not in answer.content


class TestCost:
    def test_of_the_list_does_not_grow(self, world, client_of, owner, django_assert_max_num_queries):
        client = client_of(owner)
        client.get("/deployments/")

        with django_assert_max_num_queries(16):
            client.get("/deployments/")

    def test_of_a_deployment_does_not_grow_with_its_hosts(
        self, client_of, owner, django_assert_max_num_queries
    ):
        group(0, config="CodeDeployDefault.AllAtOnce")
        for number in range(40):
            host(f"host-{number}")
        deployment = deploy()
        client = client_of(owner)
        client.get(f"/deployments/{deployment.code}/")

        with django_assert_max_num_queries(24):
            page = client.get(f"/deployments/{deployment.code}/").content.decode()

        assert page.count('class="ev-r"') == 40

    def test_of_a_group_does_not_grow_with_its_hosts(self, client_of, owner, django_assert_max_num_queries):
        group(20)
        client = client_of(owner)
        client.get("/applications/shop/prod/")

        with django_assert_max_num_queries(26):
            client.get("/applications/shop/prod/")


class TestDeploymentPage:
    def test_says_in_the_failed_hosts_row_why(self, world, client_of, owner):
        page = client_of(owner).get(f"/deployments/{world[1].code}/").content.decode()

        assert "BeforeInstall failed: it broke" in page
        assert "HEALTH_CONSTRAINTS" in page

    def test_can_show_only_problems(self, world, client_of, owner):
        page = client_of(owner).get(f"/deployments/{world[1].code}/?only=problems").content.decode()

        assert page.count('class="ev-r"') == 1

    def test_offers_the_way_back_to_the_good_revision(self, world, client_of, owner):
        page = client_of(owner).get(f"/deployments/{world[1].code}/").content.decode()

        assert f"Roll prod back to {A[:7]}?" in page

    def test_does_not_offer_it_to_whom_may_not(self, world, client_of, teammate):
        page = client_of(teammate).get(f"/deployments/{world[1].code}/").content.decode()

        assert 'data-open="rollback"' not in page


class TestList:
    def test_can_be_narrowed(self, world, client_of, owner):
        client = client_of(owner)

        def shown(query: str) -> set[str]:
            page = client.get(f"/deployments/?{query}&part=list").content.decode()
            return {d.code for d in world if d.code in page}

        assert shown("status=Failed") == {world[1].code}
        assert shown(f"q={A[:8]}") == {world[0].code}
        assert shown("application=nothing") == set()

    def test_refuses_a_made_up_page_token(self, world, client_of, owner):
        assert client_of(owner).get("/deployments/?after=nonsense").status_code == 400


class TestButtons:
    def test_stop_a_deployment(self, client_of, owner):
        group(1)
        deployment = deploy(at=clock.now())

        answer = client_of(owner).post(f"/deployments/{deployment.code}/stop/")

        advance.advance(deployment.pk, at=clock.now())
        info = api.get(deployment.code)
        assert (answer.status_code, info.status) == (302, "Stopped")
        assert info.error_message == "Stopped by owner."

    def test_redeploy_the_same_revision(self, world, client_of, owner):
        client_of(owner).post(f"/deployments/{world[0].code}/redeploy/")

        newest = Deployment.objects.order_by("-pk")[0]
        assert newest.revision_digest == world[0].revision_digest
        assert newest.creator_arn == owner.arn

    def test_roll_back_to_the_good_revision(self, world, client_of, owner):
        client_of(owner).post(f"/deployments/{world[1].code}/rollback/")

        assert Deployment.objects.order_by("-pk")[0].revision_digest == world[0].revision_digest

    @pytest.mark.parametrize("verb", ["stop", "redeploy", "rollback"])
    def test_are_refused_to_whom_may_only_look(self, world, client_of, teammate, verb):
        before = Deployment.objects.count()

        answer = client_of(teammate).post(f"/deployments/{world[1].code}/{verb}/")

        assert (answer.status_code, Deployment.objects.count()) == (403, before)


GROUP = {
    "name": "test",
    "config": "CodeDeployDefault.HalfAtATime",
    "tag_filters": "env=test role\n=eu",
    "instances": "web-1, web-2",
    "rollback_on_failure": "on",
}


class TestForms:
    def test_create_an_application(self, client_of, owner):
        answer = client_of(owner).post("/applications/-/new/", {"name": "shop"})

        assert answer["Location"] == "/applications/shop/"
        assert Application.objects.get().name == "shop"

    def test_say_that_the_name_is_taken_at_its_field(self, world, client_of, owner):
        answer = client_of(owner).post("/applications/-/new/", {"name": "shop"})

        assert "An application named &#x27;shop&#x27; exists." in answer.content.decode()

    def test_create_a_group(self, world, client_of, owner):
        answer = client_of(owner).post("/applications/shop/-/new/", GROUP)

        assert answer["Location"] == "/applications/shop/test/"
        made = DeploymentGroup.objects.get(name="test")
        assert made.tag_filters == [
            [
                {"Key": "env", "Value": "test", "Type": "KEY_AND_VALUE"},
                {"Key": "role", "Value": "", "Type": "KEY_ONLY"},
            ],
            [{"Key": "", "Value": "eu", "Type": "VALUE_ONLY"}],
        ]
        assert made.instance_names == ["web-1", "web-2"]
        assert made.auto_rollback

    def test_create_a_minimum_of_the_users_own(self, world, client_of, owner):
        data = {**GROUP, "config": "custom", "custom_value": "60", "custom_kind": "FLEET_PERCENT"}

        client_of(owner).post("/applications/shop/-/new/", data)

        assert DeploymentConfig.objects.get().value == 60
        assert DeploymentGroup.objects.get(name="test").config_name == "MinHealthy-60-percent"

    def test_show_a_group_as_it_was_saved(self, world, client_of, owner):
        client = client_of(owner)
        client.post("/applications/shop/-/new/", GROUP)

        page = client.get("/applications/shop/test/edit/").content.decode()

        assert "env=test role\n=eu" in page

    def test_change_a_group(self, world, client_of, owner):
        data = {**GROUP, "config": "CodeDeployDefault.AllAtOnce", "rollback_on_failure": ""}

        client_of(owner).post("/applications/shop/prod/edit/", data)

        changed = DeploymentGroup.objects.get(name="prod")
        assert (changed.config_name, changed.auto_rollback) == ("CodeDeployDefault.AllAtOnce", False)

    def test_want_hosts(self, world, client_of, owner):
        answer = client_of(owner).post(
            "/applications/shop/-/new/", {**GROUP, "tag_filters": "", "instances": ""}
        )

        assert "without them no host is found" in answer.content.decode()

    def test_delete_a_group_and_an_application(self, world, client_of, owner):
        client = client_of(owner)

        client.post("/applications/shop/prod/delete/")
        client.post("/applications/shop/-/delete/")

        assert not Application.objects.exists()

    def test_do_not_delete_what_is_being_deployed(self, client_of, owner):
        group(1)
        deploy()

        assert client_of(owner).post("/applications/shop/prod/delete/").status_code == 409

    @pytest.mark.parametrize(
        ("url", "data"),
        [
            ("/applications/-/new/", {"name": "other"}),
            ("/applications/shop/-/new/", GROUP),
            ("/applications/shop/prod/edit/", GROUP),
            ("/applications/shop/prod/delete/", {}),
            ("/applications/shop/prod/deploy/", {}),
            ("/applications/shop/-/delete/", {}),
            ("/agents/", {"uses": 1, "hours": 1}),
            ("/agents/web-0/tags/", {"tags": "a=b"}),
            ("/agents/web-0/deregister/", {}),
        ],
    )
    def test_are_refused_to_whom_may_only_look(self, world, client_of, teammate, url, data):
        assert client_of(teammate).post(url, data).status_code == 403


class TestDeployACommit:
    @pytest.fixture
    def commit(self) -> str:
        git.create_repository(name="shop", principal=SERVICE, at=NOON)
        return git.put_tree(
            repository="shop",
            branch="main",
            files={"appspec.yml": APPSPEC.encode()},
            executable=set(),
            message="Open the shop\n\nIt was closed.",
            author_name="Dev",
            author_email="dev@example.com",
            at=NOON,
        )

    def form(self, **values: str) -> dict[str, str]:
        return {"repository": "shop", "ref": "main", "file_exists_behavior": "OVERWRITE", **values}

    def test_brings_its_files_to_the_group(self, world, commit, client_of, owner):
        answer = client_of(owner).post("/applications/shop/prod/deploy/", self.form())

        made = Deployment.objects.order_by("-pk")[0]
        assert answer["Location"] == f"/deployments/{made.code}/"
        assert (made.revision_commit, made.revision_description) == (commit, "Open the shop")
        assert (made.revision_repository, made.file_exists_behavior) == ("shop", "OVERWRITE")
        page = client_of(owner).get(answer["Location"]).content.decode()
        assert commit in page

    def test_of_a_branch_that_is_not_there_says_so_at_the_field(self, world, commit, client_of, owner):
        answer = client_of(owner).post("/applications/shop/prod/deploy/", self.form(ref="gone"))

        assert answer.status_code == 400
        assert "gone" in answer.content.decode()

    def test_of_a_repository_that_is_hidden_is_refused(self, world, commit, client_of, outsider):
        answer = client_of(outsider).post("/applications/shop/prod/deploy/", self.form())

        assert answer.status_code == 403


class TestShell:
    def test_palette_finds_deployments_applications_and_hosts(self, world, owner):
        principal = principal_of(owner)

        assert [row.label for row in shell.palette(principal, "web")] == ["web-0", "web-1"]
        assert [row.href for row in shell.palette(principal, "shop")] == ["/applications/shop/"]
        assert world[1].code in next(iter(shell.palette(principal, world[1].code))).label

    def test_palette_finds_nothing_for_an_outsider(self, world, outsider):
        assert not list(shell.palette(principal_of(outsider), "shop"))

    @pytest.mark.parametrize(
        "topic", ["deployment:{code}", "deployments:all", "instance:web-0", "instances:all"]
    )
    def test_topics_are_for_those_who_may_read(self, world, teammate, outsider, topic):
        name = topic.format(code=world[0].code)

        assert live.may_watch(principal_of(teammate), name)
        assert not live.may_watch(principal_of(outsider), name)

    def test_metrics_count_each_end(self, world):
        wanted = {"Application": "shop", "DeploymentGroup": "prod"}

        def total(name: str) -> float:
            points = metrics.series(
                namespace="AWS/CodeDeploy",
                name=name,
                dimensions=wanted,
                statistic="Sum",
                period=60,
                start=NOON,
                end=later(60),
            )
            return sum(point.value for point in points)

        assert (total("Deployments"), total("SucceededDeployments"), total("FailedDeployments")) == (2, 1, 1)


class TestAgents:
    def test_join_by_a_token_that_is_shown_once(self, client_of, owner):
        client = client_of(owner)

        client.post("/agents/", {"uses": 2, "hours": 1, "tags": "env=prod"})

        assert "--token dwj_" in client.get("/agents/").content.decode()
        assert "--token dwj_" not in client.get("/agents/").content.decode()
        made = JoinToken.objects.get()
        assert (made.uses_left, made.tags) == (2, {"env": "prod"})

    def test_get_other_tags(self, world, client_of, owner):
        client_of(owner).post("/agents/web-0/tags/", {"tags": "env=test\nrole=web"})

        assert Instance.objects.get(name="web-0").tags == {"env": "test", "role": "web"}

    def test_are_deregistered(self, world, client_of, owner):
        client_of(owner).post("/agents/web-0/deregister/")

        assert Instance.objects.get(name="web-0").status == "Deregistered"
        assert "web-0" not in client_of(owner).get("/agents/").content.decode()


class TestInstaller:
    def test_is_a_script_that_names_the_server_and_the_agents_digest(self, client, settings):
        settings.DEVOPSWEB_BASE_URL = "https://devops.example"

        script = client.get("/agent/install").content.decode()
        program = client.get("/agent/agent.pyz")

        assert "https://devops.example" in script
        assert program["X-Agent-SHA256"] in script


class TestHome:
    def test_shows_what_runs_where_and_the_latest_deployments(self, world, client_of, owner):
        page = client_of(owner).get("/").content.decode()

        assert "What runs where" in page
        assert "Recent deployments" in page

    def test_shows_neither_to_an_outsider(self, world, client_of, outsider):
        assert "What runs where" not in client_of(outsider).get("/").content.decode()


def test_creation_by_an_outsider_is_refused(world, outsider):
    with pytest.raises(AccessDenied):
        api.create_deployment(
            application="shop",
            group="prod",
            revision=revision(),
            principal=principal_of(outsider),
            at=clock.now(),
        )
    assert SERVICE
