"""The storefront as its own users meet it: tests, build step, deployment scripts, all under plain Python."""

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
import yaml

from devopsweb.sample import shop

PLAIN = {"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the sample, as a build gets it."""
    return Path(shutil.copytree(shop.SOURCE, tmp_path / "storefront"))


def run(*argv: str, cwd: Path, **env: str) -> subprocess.CompletedProcess:
    return subprocess.run(argv, cwd=cwd, env={**PLAIN, **env}, capture_output=True, text=True, timeout=60)


class TestBuild:
    def test_the_tests_of_the_sample_pass(self, checkout):
        [command] = yaml.safe_load((checkout / "buildspec-test.yml").read_text())["phases"]["build"][
            "commands"
        ]

        done = run("sh", "-c", command, cwd=checkout)

        assert done.returncode == 0, done.stderr
        assert "OK" in done.stderr

    def test_every_command_of_the_buildspec_succeeds_and_stamps_the_version(self, checkout):
        phases = yaml.safe_load((checkout / "buildspec.yml").read_text())["phases"]
        commands = [command for phase in phases.values() for command in phase["commands"]]

        script = "\n".join(["set -eu", *commands])
        done = run(
            "sh", "-c", script, cwd=checkout, APP="storefront", CODEBUILD_RESOLVED_SOURCE_VERSION="a" * 40
        )

        assert done.returncode == 0, done.stderr
        assert (checkout / "storefront" / "VERSION").read_text() == "aaaaaaaa\n"


class TestDeployment:
    def test_names_scripts_that_exist_and_may_run(self, checkout):
        hooks = yaml.safe_load((checkout / "appspec.yml").read_text())["hooks"]

        for event in (
            "ApplicationStop",
            "BeforeInstall",
            "AfterInstall",
            "ApplicationStart",
            "ValidateService",
        ):
            script = checkout / hooks[event][0]["location"]
            assert os.access(script, os.X_OK), event

    def test_scripts_start_check_and_stop_the_shop(self, checkout, tmp_path, free_port):
        settings = checkout / "scripts" / "settings.sh"
        text = settings.read_text().replace("/tmp/", f"{tmp_path}/")
        settings.write_text(text.replace("/var/www/storefront", str(checkout)))
        subprocess.run([sys.executable, "-m", "storefront.assets", "12345678"], cwd=checkout, check=True)

        steps = [
            run(f"scripts/{name}.sh", cwd=checkout, PORT=str(free_port))
            for name in ("check", "start", "validate")
        ]
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{free_port}/health", timeout=30) as answer:
                health = json.load(answer)
        finally:
            stopped = run("scripts/stop.sh", cwd=checkout, PORT=str(free_port))

        assert [step.returncode for step in [*steps, stopped]] == [0, 0, 0, 0], [s.stderr for s in steps]
        assert health["version"] == "12345678"
        assert not (tmp_path / "storefront.pid").exists()
