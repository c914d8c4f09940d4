"""Pure decisions of builds: which phase follows, what a pattern covers, what a buildspec says."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.builds.engine import buildspec, globs, phases
from pipelines.builds.engine.environment import variables
from pipelines.builds.engine.phases import Outcome
from pipelines.builds.states import PHASE_ORDER, BuildStatus, Phase, PhaseStatus
from tests.builds.conftest import NOON

OK, BAD, FAULT, LATE, STOP = (
    PhaseStatus.SUCCEEDED,
    PhaseStatus.FAILED,
    PhaseStatus.FAULT,
    PhaseStatus.TIMED_OUT,
    PhaseStatus.STOPPED,
)


class TestNextPhase:
    @pytest.mark.parametrize(
        ("phase", "status", "on_failure", "following"),
        [
            ("SUBMITTED", OK, "", "QUEUED"),
            ("DOWNLOAD_SOURCE", OK, "", "INSTALL"),
            ("UPLOAD_ARTIFACTS", OK, "", "FINALIZING"),
            ("FINALIZING", OK, "", "COMPLETED"),
            ("QUEUED", BAD, "", "COMPLETED"),
            ("PROVISIONING", BAD, "", "FINALIZING"),
            ("DOWNLOAD_SOURCE", BAD, "", "FINALIZING"),
            ("INSTALL", BAD, "", "FINALIZING"),
            ("PRE_BUILD", BAD, "", "FINALIZING"),
            ("BUILD", BAD, "", "POST_BUILD"),
            ("POST_BUILD", BAD, "", "UPLOAD_ARTIFACTS"),
            ("UPLOAD_ARTIFACTS", BAD, "", "FINALIZING"),
            ("INSTALL", BAD, "CONTINUE", "PRE_BUILD"),
            ("PRE_BUILD", BAD, "CONTINUE", "BUILD"),
            ("BUILD", BAD, "ABORT", "FINALIZING"),
            ("POST_BUILD", BAD, "ABORT", "FINALIZING"),
            ("BUILD", LATE, "CONTINUE", "FINALIZING"),
            ("BUILD", STOP, "", "FINALIZING"),
            ("INSTALL", FAULT, "CONTINUE", "FINALIZING"),
            ("QUEUED", STOP, "", "COMPLETED"),
        ],
    )
    def test_is_the_one_of_codebuilds_table(self, phase, status, on_failure, following):
        assert phases.after(Outcome(Phase(phase), status), on_failure) == Phase(following)

    @given(
        st.sampled_from([p for p in PHASE_ORDER if p is not Phase.COMPLETED]),
        st.sampled_from([OK, BAD, FAULT, LATE, STOP]),
        st.sampled_from(["", "ABORT", "CONTINUE"]),
    )
    def test_never_goes_back(self, phase, status, on_failure):
        following = phases.after(Outcome(phase, status), on_failure)

        assert PHASE_ORDER.index(following) > PHASE_ORDER.index(phase)


class TestVerdict:
    @pytest.mark.parametrize(
        ("seen", "verdict"),
        [
            ([], BuildStatus.SUCCEEDED),
            ([OK, OK], BuildStatus.SUCCEEDED),
            ([OK, BAD, OK], BuildStatus.FAILED),
            ([BAD, LATE], BuildStatus.TIMED_OUT),
            ([BAD, STOP], BuildStatus.STOPPED),
            ([STOP, FAULT], BuildStatus.FAULT),
        ],
    )
    def test_is_the_worst_of_the_phases(self, seen, verdict):
        assert phases.verdict([Outcome(Phase.BUILD, status) for status in seen]) == verdict


class TestPattern:
    @pytest.mark.parametrize(
        ("pattern", "covered", "not_covered"),
        [
            ("app.jar", ["app.jar"], ["lib/app.jar", "app.jar.bak", "appxjar"]),
            ("dist/*", ["dist/a", "dist/.env"], ["dist", "dist/a/b", "other/a"]),
            ("dist/**/*", ["dist/a", "dist/a/b", "dist/a/b/c.js"], ["dist", "distant/a"]),
            ("**/*", ["a", "a/b", ".hidden", "a/.b/c"], []),
            ("**/*.py", ["a.py", "x/y/a.py"], ["a.pyc", "a/py"]),
            ("**/__pycache__/**/*", ["__pycache__/a", "x/__pycache__/y/z"], ["pycache/a"]),
            ("dist/**", ["dist/a", "dist/a/b"], ["dist"]),
            ("./appspec.yml", ["appspec.yml"], []),
            ("a?c", ["abc", "a.c"], ["ac", "a/c"]),
            ("a[1]", ["a[1]"], ["a1"]),
            ("a+b(c).txt", ["a+b(c).txt"], ["aab(c).txt"]),
        ],
    )
    def test_covers(self, pattern, covered, not_covered):
        assert [path for path in covered if not globs.matches([pattern], path)] == []
        assert [path for path in not_covered if globs.matches([pattern], path)] == []

    names = st.lists(st.text("ab.-_ x", min_size=1, max_size=4), min_size=1, max_size=4).map("/".join)

    @given(names)
    def test_of_everything_covers_every_path(self, path):
        assert globs.matches(["**/*"], path)

    @given(names)
    def test_of_one_level_covers_no_deeper_path(self, path):
        assert globs.matches(["*"], path) == ("/" not in path)

    @given(names)
    def test_without_wildcards_covers_itself_alone(self, path):
        assert globs.matches([path.strip()], path.strip().removeprefix("./").rstrip("/"))
        assert not globs.matches([path.strip()], path.strip() + "x/y")


def read(text: str) -> buildspec.Buildspec:
    return buildspec.read(text)


BASE = "version: 0.2\nphases:\n  build:\n    commands:\n      - make\n"


class TestBuildspec:
    def test_holds_commands_with_their_lines(self):
        spec = read(
            "version: 0.2\n"
            "phases:\n"
            "  build:\n"
            "    on-failure: continue\n"
            "    commands:\n"
            "      - make\n"
            "      - |\n"
            "        one\n"
            "        two\n"
            "    finally: [tidy]\n"
        )

        build = spec.phase(Phase.BUILD)
        assert [(c.value, c.line) for c in build.commands] == [("make", 6), ("one\ntwo\n", 7)]
        assert [c.value for c in build.finally_commands] == ["tidy"]
        assert build.on_failure == "CONTINUE"
        assert spec.phase(Phase.INSTALL).commands == ()

    def test_takes_values_as_they_are_written(self):
        spec = read(BASE + "env:\n  variables: {A: 1.10, B: yes, C: '$HOME', D: 007}\n")

        assert spec.variables == {"A": "1.10", "B": "yes", "C": "$HOME", "D": "007"}

    def test_takes_lists_and_single_patterns(self):
        spec = read(BASE + "artifacts:\n  files: '**/*'\n  discard-paths: yes\n  base-directory: out\n")

        assert spec.artifacts is not None
        assert spec.artifacts.files == ("**/*",)
        assert spec.artifacts.discard_paths
        assert spec.artifacts.base_directory == "out"

    def test_knows_anchors(self):
        text = "version: 0.2\nphases:\n  install: &same\n    commands: [a]\n  build: *same\n"

        assert read(text).phase(Phase.BUILD).commands[0].value == "a"

    @pytest.mark.parametrize(
        ("text", "line", "said"),
        [
            ("", 1, "empty"),
            ("version: 0.2\n", 1, "phases is missing"),
            ("phases: {}\n", 1, "version is missing"),
            ("version: 0.3\nphases: {}\n", 1, "'0.3' is not a buildspec version"),
            ("version: 0.2\nphases:\n  deploy:\n    commands: [a]\n", 4, "'deploy' is not a phase"),
            ("version: 0.2\nphases:\n  build: {}\n", 3, "commands is missing"),
            ("version: 0.2\nphases:\n  build:\n    commands:\n      - echo a: b\n", 5, "quote it"),
            ("version: 0.2\nphases:\n  build:\n    commands: {a: b}\n", 4, "list"),
            ("version: 0.2\nphases: [a]\n", 2, "phases"),
            ("version: 0.2\nphases:\n  build:\n   commands: [a\n", 5, ""),
            ("version: 0.2\n\tphases: {}\n", 2, ""),
            (BASE + "env:\n  variables: {A-B: c}\n", 7, "letters, digits and _"),
            (BASE + "env:\n  variables: {CODEBUILD_X: c}\n", 7, "reserved"),
            (BASE + "env:\n  shell: fish\n", 7, "bash"),
            (BASE + "env:\n  exported-variables: [AWS_KEY]\n", 7, "AWS_"),
            (BASE + "artifacts:\n  name: x\n", 7, "files is missing"),
            (BASE + "artifacts:\n  files: [a]\n  discard-paths: maybe\n", 8, "yes"),
            ("version: 0.2\nversion: 0.2\nphases: {}\n", 2, "twice"),
            ("version: 0.2\nphases:\n  build:\n    on-failure: maybe\n    commands: [a]\n", 4, "ABORT"),
        ],
    )
    def test_that_is_wrong_names_line_and_reason(self, text, line, said):
        with pytest.raises(buildspec.YamlError) as error:
            read(text)

        assert said in str(error.value)
        assert "buildspec.yml" in str(error.value)
        assert error.value.line == line, str(error.value)

    @pytest.mark.parametrize(
        ("more", "said"),
        [
            ("colour: red\n", "colour is not a buildspec key"),
            ("reports: {x: {files: ['*']}}\n", "reports are not collected"),
            ("cache: {paths: [a]}\n", "caches are not kept"),
            ("batch: {}\n", "batch"),
            ("env: {variable: {A: b}}\n", "env.variable is not a buildspec key"),
        ],
    )
    def test_says_what_has_no_effect(self, more, said):
        assert said in " ".join(read(BASE + more).warnings)

    def test_cannot_be_made_endless_by_aliases(self):
        text = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
            f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(8)
        )

        with pytest.raises(buildspec.YamlError):
            read(text)

    @settings(max_examples=60)
    @given(st.text(alphabet="version:02\n -phasebuildcom[]{}&*!|>'\"#%@\t", max_size=80))
    def test_never_breaks_on_odd_text(self, text):
        with suppress(buildspec.YamlError):
            assert read(text).version in {"0.1", "0.2"}

    @pytest.mark.parametrize(
        ("text", "inline"),
        [
            ("buildspec.yml", False),
            ("ci/build spec.yml", False),
            ("", False),
            (BASE, True),
            ("version: 0.2", True),
        ],
    )
    def test_is_told_from_the_path_of_one(self, text, inline):
        assert buildspec.looks_inline(text) is inline


def environment(buildspec=None, project=None, clients=None):
    return variables(
        build_id="web:1",
        build_arn="arn",
        number=7,
        initiator="dev",
        stream="1",
        region="us-east-1",
        repository_url="",
        asked_version="",
        version="",
        started_at=NOON,
        path="/bin",
        source_dir="/codebuild/src",
        buildspec=buildspec or {},
        project=project or {},
        clients=clients or {},
    )


class TestEnvironment:
    def test_prefers_the_project_to_the_buildspec_and_ours_to_both(self):
        found = environment(
            buildspec={"A": "spec", "B": "spec", "PATH": "$PATH:/x"}, project={"B": "project"}
        )

        assert (found["A"], found["B"], found["PATH"]) == ("spec", "project", "$PATH:/x")
        assert found["CODEBUILD_BUILD_NUMBER"] == "7"
        assert found["CODEBUILD_START_TIME"] == str(int(NOON.timestamp() * 1000))
        assert "CODEBUILD_RESOLVED_SOURCE_VERSION" not in found

    def test_has_the_roles_credentials_until_the_build_brings_its_own(self):
        ours = {"AWS_ACCESS_KEY_ID": "ASIA", "AWS_SECRET_ACCESS_KEY": "s", "AWS_ENDPOINT_URL": "http://here"}

        assert environment(clients=ours).items() >= ours.items()
        assert environment(clients=ours, buildspec={"AWS_REGION": "eu-west-1"})["AWS_REGION"] == "eu-west-1"
        for own in ({"AWS_ACCESS_KEY_ID": "AKIA"}, {"AWS_PROFILE": "work"}):
            found = environment(clients=ours, project=own)
            assert {name: found[name] for name in found if name in ours or name in own} == own
