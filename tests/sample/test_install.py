"""The sample as a first start creates it."""

import json

import pytest
from django.contrib.auth import get_user_model

from deployments.compute import api as compute
from devopsweb.iam import api as iam
from devopsweb.kernel import clock
from devopsweb.sample import api, shop, watch
from monitoring.alarms import api as alarms
from monitoring.dashboards import api as dashboards
from monitoring.dashboards.engine.body import load
from pipelines import api as pipelines
from repos.git import api as git

pytestmark = pytest.mark.django_db


class TestInstall:
    def test_makes_people_with_passwords_that_work(self):
        passwords = api.install(clock.now())

        assert set(passwords) == {"dev", "release"}
        for name, password in passwords.items():
            assert iam.authenticate_basic(name, password), name

    def test_lets_the_release_manager_approve_and_the_developer_not(self):
        api.install(clock.now())

        allowed = iam.users_allowed(
            "codepipeline:PutApprovalResult",
            "arn:aws:codepipeline:us-east-1:123456789012:storefront/Approval/x",
        )

        assert "release" in allowed
        assert "dev" not in allowed

    def test_commits_every_file_of_the_sample_and_keeps_programs_executable(self):
        api.install(clock.now())

        files, executable = shop.sources()
        commit = git.resolve(repository="storefront", ref="main")

        assert {"buildspec.yml", "buildspec-test.yml", "appspec.yml", "storefront/app.py"} <= set(files)
        assert "scripts/start.sh" in executable
        assert not [name for name in files if "__pycache__" in name]
        assert commit.message.startswith("Open the storefront")

    def test_makes_three_tagged_instances(self):
        api.install(clock.now())

        found = compute.instances()

        assert [instance.name for instance in found] == list(shop.INSTANCES)
        assert all(instance.tags == shop.TAGS for instance in found)

    def test_makes_a_dashboard_without_remarks_and_an_alarm(self):
        api.install(clock.now())

        assert dashboards.dashboard_exists("storefront")
        assert load(json.dumps(watch._dashboard())).messages == ()
        assert alarms.states([watch.ALARM])

    def test_makes_the_pipeline_and_starts_it_with_the_first_commit(self):
        api.install(clock.now())

        found = pipelines.get_pipeline(name="storefront", principal=iam.service_principal("test"))["pipeline"]

        assert [stage["name"] for stage in found["stages"]] == ["Source", "Build", "Production"]
        assert [action["name"] for action in found["stages"][1]["actions"]] == [
            "storefront-build",
            "storefront-test",
        ]

    def test_twice_changes_nothing(self):
        api.install(clock.now())
        commit = git.resolve(repository="storefront", ref="main").sha

        again = api.install(clock.now())

        assert again == {}
        assert get_user_model().objects.filter(username__in=["dev", "release"]).count() == 2
        assert git.resolve(repository="storefront", ref="main").sha == commit
