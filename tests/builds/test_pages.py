"""Pages of builds and projects: what they show, to whom, and at what cost."""

from datetime import timedelta

import pytest
from django.urls import reverse

from devopsweb.kernel import clock
from pipelines.builds.actions import builds, runs
from pipelines.builds.api import create_project
from pipelines.builds.models import Build, BuildPhase, Project
from pipelines.builds.presentation import steps
from tests.builds.conftest import spec

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def web(db, pipeline_service) -> Project:
    environment = [
        {"name": "COLOUR", "value": "green"},
        {"name": "TOKEN", "value": "s3cr3t-value", "secret": True},
    ]
    inline = "version: 0.2\nphases:\n  build:\n    commands: [echo hi]\n"
    create_project(
        name="web", principal=pipeline_service, at=clock.now(), environment=environment, buildspec=inline
    )
    return Project.objects.get()


@pytest.fixture
def failed(run) -> Build:
    return run(spec("echo before; ls /nowhere"))


def page(build: Build) -> str:
    return build.get_absolute_url()


class TestBuildPage:
    def test_says_where_and_why_it_failed(self, client_of, owner, failed):
        html = client_of(owner).get(page(failed)).content.decode()

        assert "BUILD failed at buildspec.yml:1" in html
        assert "exit status 2" in html
        assert f'href="#L{failed.failure["line"] + 1}"' in html
        assert "cannot access" in html

    def test_shows_parts_for_live_updates(self, client_of, owner, failed):
        for part in ("head", "alerts", "phases", "side"):
            answer = client_of(owner).get(page(failed), {"part": part})
            assert answer.status_code == 200, part
            assert b"<html" not in answer.content, part

    def test_hides_secrets(self, client_of, owner, web, run):
        build = run(spec("echo $TOKEN"))

        html = client_of(owner).get(page(build)).content.decode()

        assert "TOKEN" in html
        assert "green" in html
        assert "s3cr3t-value" not in html
        assert web.environment[1]["value"] not in html

    def test_costs_a_constant_number_of_queries(
        self, client_of, owner, failed, django_assert_max_num_queries
    ):
        client = client_of(owner)
        client.get(page(failed))

        with django_assert_max_num_queries(24):
            client.get(page(failed))

    def test_is_refused_to_an_outsider(self, client_of, outsider, failed):
        assert client_of(outsider).get(page(failed)).status_code == 403

    def test_of_a_number_that_does_not_exist_says_so(self, client_of, owner, web):
        assert client_of(owner).get("/builds/web/99/").status_code == 404

    def test_says_its_place_in_the_queue(self, client_of, owner, start):
        start(spec("true"))
        second = start(spec("true"))

        assert "2. in the queue" in client_of(owner).get(page(second)).content.decode()


class TestPhases:
    def test_that_began_after_the_page_took_its_time_is_as_narrow_as_a_new_one(self):
        now = clock.now()
        row = BuildPhase(name="BUILD", status="", started_at=now + timedelta(seconds=2))

        ahead = next(step for step in steps([row], {}, now=now) if step.name == "BUILD")

        assert ahead.weight == 6


class TestStop:
    def test_ends_a_waiting_build(self, client_of, owner, start):
        build = start(spec("true"))

        answer = client_of(owner).post(f"{page(build)}stop/", {"reason": "wrong branch"})

        build.refresh_from_db()
        assert answer.status_code == 302
        assert (build.status, build.stop_reason) == ("STOPPED", "Stopped by owner: wrong branch")
        assert "wrong branch" in client_of(owner).get(page(build)).content.decode()

    def test_is_refused_to_a_teammate(self, client_of, teammate, start):
        build = start(spec("true"))

        assert client_of(teammate).post(f"{page(build)}stop/").status_code == 403
        build.refresh_from_db()
        assert build.status == "IN_PROGRESS"


class TestRetry:
    def test_starts_the_same_again(self, client_of, owner, failed):
        answer = client_of(owner).post(f"{page(failed)}retry/")

        assert answer.url == "/builds/web/2/"
        assert Build.objects.get(number=2).source == failed.source

    def test_takes_the_commit_that_was_built(self, client_of, owner, start):
        build = start(spec("true"))
        git = {**build.source, "kind": "git", "version": "main"}
        Build.objects.update(source=git, resolved_version="d" * 40, status="FAILED")

        client_of(owner).post(f"{page(build)}retry/")

        assert Build.objects.get(number=2).source["version"] == "d" * 40

    def test_is_refused_to_a_teammate(self, client_of, teammate, failed):
        assert client_of(teammate).post(f"{page(failed)}retry/").status_code == 403


class TestArtifact:
    files = {
        **spec("true"),
        "buildspec.yml": '{"version": 0.2, "phases": {"build": {"commands": ["echo x > out"]}}, "artifacts": {"files": ["out"]}}',
    }

    def test_can_be_downloaded(self, client_of, teammate, run):
        build = run(self.files)

        answer = client_of(teammate).get(f"{page(build)}artifacts/default/")

        assert answer["Content-Disposition"] == 'attachment; filename="web-1-default.zip"'
        assert b"".join(answer.streaming_content).startswith(b"PK")

    def test_is_refused_to_an_outsider(self, client_of, outsider, run):
        build = run(self.files)

        assert client_of(outsider).get(f"{page(build)}artifacts/default/").status_code == 403

    def test_of_another_name_is_not_found(self, client_of, owner, run):
        assert client_of(owner).get(f"{page(run(self.files))}artifacts/none/").status_code == 404


class TestList:
    def test_shows_builds_and_projects(self, client_of, teammate, failed):
        html = client_of(teammate).get("/builds/").content.decode()

        assert "web #1" in html
        assert "Error while executing command" in html

    def test_filters_by_state_and_name(self, client_of, owner, failed):
        client = client_of(owner)

        assert "web #1" in client.get("/builds/", {"status": "FAILED", "q": "we"}).content.decode()
        assert "No build matches" in client.get("/builds/", {"status": "SUCCEEDED"}).content.decode()

    def test_says_what_will_appear_when_empty(self, client_of, owner):
        assert "No builds yet" in client_of(owner).get("/builds/").content.decode()

    def test_does_not_cost_more_for_more_builds(self, client_of, owner, start, django_assert_max_num_queries):
        client = client_of(owner)
        for _ in range(3):
            start(spec("true"))
        client.get("/builds/")

        with django_assert_max_num_queries(16):
            client.get("/builds/")

    @pytest.mark.parametrize("name", ["builds", "builds-machine", "build-project-new"])
    def test_is_refused_to_an_outsider(self, client_of, outsider, name):
        assert client_of(outsider).get(reverse(name)).status_code == 403


class TestProject:
    form = {
        "name": "shop",
        "timeout_minutes": "10",
        "queued_timeout_minutes": "60",
        "memory_mib": "1024",
        "network": "on",
        "variables": "A=1\nB=two words",
        "secrets": "KEY=hidden-value",
        "buildspec": "version: 0.2\nphases:\n  build:\n    commands: [ls]\n",
    }

    def test_is_created_by_the_form(self, client_of, owner):
        answer = client_of(owner).post("/builds/+new/", self.form)

        assert answer.status_code == 302, answer.content.decode()
        made = Project.objects.get()
        assert [row["name"] for row in made.environment] == ["A", "B", "KEY"]
        assert "hidden-value" not in str(made.environment)

    def test_keeps_secrets_that_were_not_typed_again(self, client_of, owner, web):
        sealed = web.environment[1]["value"]

        client_of(owner).post("/builds/web/+settings/", {**self.form, "secrets": "TOKEN="})

        web.refresh_from_db()
        assert web.environment[-1] == {"name": "TOKEN", "value": sealed, "secret": True}
        assert web.timeout_minutes == 10

    def test_never_shows_a_secret(self, client_of, owner, web):
        for path in ("/builds/web/", "/builds/web/+settings/", "/builds/web/+start/"):
            html = client_of(owner).get(path).content.decode()
            assert "s3cr3t-value" not in html
            assert web.environment[1]["value"] not in html

    @pytest.mark.parametrize(
        ("field", "value", "said"),
        [
            ("buildspec", "version: 0.2\nphases:\n  biuld: {commands: [ls]}\n", "line 3"),
            ("variables", "novalue", "write NAME=value"),
            ("secrets", "NEW=", "needs a value"),
            ("name", "a b", "letters, digits"),
            ("timeout_minutes", "4", "5"),
        ],
    )
    def test_says_at_the_field_what_is_wrong(self, client_of, owner, field, value, said):
        answer = client_of(owner).post("/builds/+new/", {**self.form, field: value})

        assert answer.status_code == 400
        assert said in answer.content.decode()
        assert not Project.objects.exists()

    def test_starts_a_build_with_changes(self, client_of, owner, web):
        answer = client_of(owner).post("/builds/web/+start/", {"variables": "COLOUR=red"})

        assert answer.url == "/builds/web/1/"
        build = Build.objects.get()
        runs.execute(build.pk)
        assert {r["name"]: r["value"] for r in build.settings["environment"]}["COLOUR"] == "red"
        assert build.initiator == "owner"

    def test_is_deleted_only_by_its_name(self, client_of, owner, web, pipeline_service):
        client = client_of(owner)
        builds.start(project="web", principal=pipeline_service, initiator="x", at=clock.now())

        client.post("/builds/web/+delete/", {"name": "wep"})
        assert Project.objects.exists()
        client.post("/builds/web/+delete/", {"name": "web"})

        assert not Project.objects.exists()
        assert "This project is deleted" in client.get("/builds/web/").content.decode()

    def test_made_again_goes_on_counting(self, client_of, owner, web, pipeline_service):
        builds.start(project="web", principal=pipeline_service, initiator="x", at=clock.now())
        client = client_of(owner)
        client.post("/builds/web/+delete/", {"name": "web"})

        client.post("/builds/+new/", {**self.form, "name": "web"})

        assert client.post("/builds/web/+start/").url == "/builds/web/2/"

    @pytest.mark.parametrize("path", ["", "+start/", "+settings/"])
    def test_is_refused_to_an_outsider(self, client_of, outsider, web, path):
        assert client_of(outsider).get(f"/builds/web/{path}").status_code == 403

    @pytest.mark.parametrize("path", ["+start/", "+settings/", "+delete/"])
    def test_cannot_be_changed_by_a_teammate(self, client_of, teammate, web, path):
        assert client_of(teammate).post(f"/builds/web/{path}", self.form).status_code == 403


class TestMachine:
    def test_says_what_is_isolated_and_what_is_not(self, client_of, owner):
        html = client_of(owner).get("/builds/+machine/").content.decode()

        assert "Bubblewrap" in html
        assert "What it does not isolate" in html
