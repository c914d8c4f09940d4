"""A build from claim to end, with real shells in the real sandbox."""

import io
import json
import zipfile

import pytest

from devopsweb.blobs import api as blobs
from devopsweb.kernel import clock
from pipelines.builds.actions import builds, runs
from pipelines.builds.api import create_project
from pipelines.builds.states import BuildStatus
from repos.git import api as git
from tests.builds.conftest import lines, output, spec

pytestmark = pytest.mark.django_db(transaction=True)


def buildspec(**top) -> dict[str, str]:
    return {"buildspec.yml": json.dumps({"version": 0.2, **top})}


class TestCommands:
    def test_run_in_one_shell_over_all_phases(self, run):
        build = run(
            spec(
                "pwd; greet; echo $WORD",
                install=[
                    "cd /codebuild/src && mkdir sub && cd sub",
                    "export WORD=kept",
                    "greet() { echo hello; }",
                ],
            )
        )

        assert build.status == BuildStatus.SUCCEEDED, lines(build)
        assert output(build) == ["/codebuild/src/sub", "hello", "kept"]

    def test_keep_their_output_in_order(self, run):
        build = run(spec("for i in 1 2 3; do echo out $i; echo err $i >&2; done"))

        assert output(build) == ["out 1", "err 1", "out 2", "err 2", "out 3", "err 3"]

    def test_read_nothing_from_standard_input(self, run):
        assert output(run(spec('cat; read x; echo "[$x]"'))) == ["[]"]

    def test_may_leave_a_process_in_the_background(self, run):
        build = run(spec("sleep 300 & echo started", "echo next"))

        assert output(build) == ["started", "next"]

    def test_that_exit_the_shell_fail_and_leave_their_variables(self, run):
        build = run(spec("export LEFT=behind; cd /codebuild", "exit 3", post_build=["echo $LEFT; pwd"]))

        assert build.status == BuildStatus.FAILED
        assert output(build) == ["behind", "/codebuild"]
        assert build.failure["message"].endswith("exit status 3")

    def test_run_by_bash_where_the_buildspec_says_so(self, run):
        build = run(
            buildspec(env={"shell": "bash"}, phases={"build": {"commands": ["a=(1 2); echo ${a[1]}"]}})
        )

        assert output(build) == ["2"]

    def test_of_several_lines_are_one_command(self, run):
        build = run(spec("if true; then\n  echo yes\nfi\nfalse\necho last"))

        assert build.status == BuildStatus.SUCCEEDED
        assert output(build)[-2:] == ["yes", "last"]


class TestFailure:
    def test_names_phase_command_and_lines(self, run):
        files = {
            "buildspec.yml": "version: 0.2\nphases:\n  build:\n    commands:\n      - echo fine\n      - ls /nowhere\n      - echo never\n"
        }

        build = run(files)

        assert build.status == BuildStatus.FAILED
        failure = build.failure
        assert (failure["phase"], failure["command"], failure["where"]) == (
            "BUILD",
            "ls /nowhere",
            "buildspec.yml:6",
        )
        assert failure["code"] == "COMMAND_EXECUTION_ERROR"
        assert "exit status 2" in lines(build)[failure["line"]]
        assert "never" not in output(build)

    def test_of_build_still_runs_post_build_and_uploads(self, run):
        build = run(
            buildspec(
                phases={
                    "build": {"commands": ["echo x > out.txt", "false"]},
                    "post_build": {"commands": ["echo ok=$CODEBUILD_BUILD_SUCCEEDING"]},
                },
                artifacts={"files": ["out.txt"]},
            )
        )

        assert build.status == BuildStatus.FAILED
        assert output(build) == ["ok=0"]
        assert build.artifacts

    def test_of_install_ends_the_build(self, run):
        build = run(spec("echo built", install=["false"], post_build=["echo posted"]))

        assert output(build) == []
        assert [p.name for p in build.phases.all()][-2:] == ["INSTALL", "FINALIZING"]

    def test_runs_the_finally_commands(self, run):
        build = run(
            buildspec(phases={"build": {"commands": ["false", "echo no"], "finally": ["echo always"]}})
        )

        assert output(build) == ["always"]

    def test_in_a_buildspec_is_told_with_its_line(self, run):
        build = run({"buildspec.yml": "version: 0.2\nphases:\n  biuld:\n    commands: [ls]\n"})

        assert build.failure["phase"] == "DOWNLOAD_SOURCE"
        assert build.failure["code"] == "YAML_FILE_ERROR"
        assert "buildspec.yml, line 4" in build.failure["message"]

    def test_of_a_missing_buildspec_says_so(self, run):
        assert "does not exist: buildspec.yml" in run({"README": "x"}).failure["message"]


class TestEnvironment:
    def test_prefers_the_call_to_the_project_to_the_buildspec(self, run):
        files = buildspec(
            env={"variables": {"A": "spec", "B": "spec", "C": "spec"}},
            phases={"build": {"commands": ["echo $A $B $C"]}},
        )
        environment = [{"name": "B", "value": "project"}, {"name": "C", "value": "project"}]

        assert output(run(files, environment=environment, overrides={"C": "call"})) == ["spec project call"]

    def test_has_the_codebuild_variables(self, run):
        build = run(
            spec('echo "$CODEBUILD_BUILD_ID $CODEBUILD_BUILD_NUMBER $CODEBUILD_INITIATOR $CODEBUILD_SRC_DIR"')
        )

        assert output(build) == [f"{build.external_id} 1 codepipeline/web /codebuild/src"]

    def test_masks_secrets_before_they_are_stored(self, run):
        build = run(
            spec('echo "token=$TOKEN"', "echo $TOKEN | base64"),
            environment=[{"name": "TOKEN", "value": "s3cr3t-value", "secret": True}],
        )

        assert build.status == BuildStatus.SUCCEEDED
        assert "s3cr3t-value" not in "\n".join(lines(build))
        assert output(build)[0] == "token=***"
        assert "s3cr3t" not in json.dumps(build.settings)

    def test_exports_variables(self, run):
        files = buildspec(
            env={"exported-variables": ["VERSION"]},
            phases={"build": {"commands": ["export VERSION=1.2", "export VERSION=1.3"]}},
        )

        assert run(files).exported_variables == {"VERSION": "1.3"}

    def test_refuses_what_the_vault_does_not_keep(self, run):
        build = run(
            buildspec(env={"secrets-manager": {"KEY": "prod/key"}}, phases={"build": {"commands": ["ls"]}})
        )

        assert build.failure["phase"] == "DOWNLOAD_SOURCE"
        assert "prod/key" in build.failure["message"]


class TestArtifacts:
    def names(self, build) -> list[str]:
        with zipfile.ZipFile(io.BytesIO(blobs.path(build.artifacts["default"]).read_bytes())) as archive:
            return sorted(archive.namelist())

    def test_follow_the_patterns(self, run):
        build = run(
            buildspec(
                phases={
                    "build": {"commands": ["mkdir -p out/a/b; touch out/x out/a/y out/a/b/z out/a/skip.log"]}
                },
                artifacts={"files": ["**/*"], "base-directory": "out", "exclude-paths": ["**/*.log"]},
            )
        )

        assert self.names(build) == ["a/b/z", "a/y", "x"]

    def test_never_follow_a_link_out_of_the_source(self, run, home):
        secret = home / "secret_key"
        secret.write_text("top secret")
        build = run(
            buildspec(
                phases={
                    "build": {"commands": [f"ln -s {secret} stolen; ln -s /etc/hostname h; echo own > own"]}
                },
                artifacts={"files": ["stolen", "h", "own"]},
            )
        )

        assert self.names(build) == ["own"]

    def test_that_match_nothing_fail_the_upload(self, run):
        build = run(buildspec(phases={"build": {"commands": ["true"]}}, artifacts={"files": ["dist/*"]}))

        assert build.failure["phase"] == "UPLOAD_ARTIFACTS"
        assert "no matching artifact paths found" in build.failure["message"]

    def test_may_be_several(self, run):
        build = run(
            buildspec(
                phases={"build": {"commands": ["touch a b"]}},
                artifacts={"files": ["a"], "secondary-artifacts": {"extra": {"files": ["b"]}}},
            )
        )

        assert sorted(build.artifacts) == ["default", "extra"]


class TestIsolation:
    def test_hides_the_servers_files_and_environment(self, run, home, monkeypatch):
        monkeypatch.setenv("DATABASE_URL", "postgresql://u:hidden@h/db")
        (home / "secret_key").write_text("top secret")

        build = run(
            spec(f"cat {home}/secret_key; ls {home}; env; cat /proc/1/environ | tr '\\0' '\\n'; true")
        )

        text = "\n".join(output(build))
        assert "top secret" not in text
        assert "hidden" not in text
        assert "No such file" in text

    def test_leaves_nothing_behind(self, run, home):
        run(spec("mkdir -p deep/er; chmod 500 deep"))

        assert list((home / "builds").iterdir()) == []


class TestClaim:
    def test_is_won_once(self, start):
        build = start(spec("echo once"))

        runs.execute(build.pk)
        runs.execute(build.pk)

        assert output(build) == ["once"]


class TestRepository:
    def test_is_built_at_its_default_branch(self, pipeline_service, home):
        git.create_repository(name="shop", principal=pipeline_service, at=clock.now())
        files = {**spec("cat word; echo $CODEBUILD_RESOLVED_SOURCE_VERSION"), "word": "hello\n"}
        sha = git.put_tree(
            repository="shop",
            branch="main",
            files={name: text.encode() for name, text in files.items()},
            executable=set(),
            message="First",
            author_name="Dev",
            author_email="dev@example.com",
            at=clock.now(),
        )
        create_project(name="shop", principal=pipeline_service, at=clock.now(), repository="shop")

        build = builds.start(project="shop", principal=pipeline_service, initiator="dev", at=clock.now())
        runs.execute(build.pk)

        build.refresh_from_db()
        assert build.status == BuildStatus.SUCCEEDED, lines(build)
        assert output(build) == ["hello", sha]
        assert build.resolved_version == sha

    def test_that_is_empty_is_named(self, pipeline_service, home):
        git.create_repository(name="shop", principal=pipeline_service, at=clock.now())
        create_project(name="shop", principal=pipeline_service, at=clock.now(), repository="shop")

        build = builds.start(project="shop", principal=pipeline_service, initiator="dev", at=clock.now())
        runs.execute(build.pk)

        build.refresh_from_db()
        assert (build.status, build.failure["phase"]) == (BuildStatus.FAILED, "DOWNLOAD_SOURCE")
        assert "shop" in build.failure["message"]
