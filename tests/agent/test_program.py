"""The agent as one file: the same bytes each time, for Python 3.9, from the standard library alone."""

import ast
import os
import re
import subprocess
import sys
import zipfile
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest

import deployments.agent
from deployments.compute.actions import instances
from deployments.compute.adapters import pyz
from deployments.compute.models import Instance
from devopsweb.kernel import clock
from tests.agent.hosts import eventually

SOURCES = sorted(Path(deployments.agent.__file__).parent.glob("*.py"))


class TestProgram:
    def test_is_the_same_from_the_same_sources(self):
        first = pyz.build()
        pyz.build.cache_clear()

        assert pyz.build() == first

    def test_holds_every_module_and_nothing_else(self):
        names = zipfile.ZipFile(BytesIO(pyz.build().data)).namelist()

        assert sorted(names) == sorted(["__main__.py", *(f"devopsweb_agent/{p.name}" for p in SOURCES)])

    @pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
    def test_needs_no_newer_python_than_3_9(self, source):
        ast.parse(source.read_text(), feature_version=(3, 9))

    @pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
    def test_imports_only_itself_and_the_standard_library(self, source):
        for node in ast.walk(ast.parse(source.read_text())):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            else:
                continue
            assert {n.partition(".")[0] for n in names} <= set(sys.stdlib_module_names)

    def test_says_its_version(self, tmp_path):
        program = tmp_path / "agent.pyz"
        program.write_bytes(pyz.build().data)

        said = subprocess.run([sys.executable, program, "--version"], capture_output=True, check=True)

        assert said.stdout.decode().strip() == pyz.build().version


class TestInstaller:
    def test_turns_a_host_into_an_instance_by_one_line(self, server, tmp_path):
        token = instances.create_join_token(
            creator_arn="arn:aws:iam::1:user/owner",
            at=clock.now(),
            lifetime=timedelta(hours=1),
            tags={"env": "prod"},
        )
        script = fetch(f"{server.url}/agent/install")
        # Root would install for the whole machine: keep this one inside the test's folder.
        script = re.sub(
            r'if \[ "\$\(id -u\)" = 0 \]; then HOME_DIR=.*?; else', "if false; then :; else", script
        )
        script = script.replace("-d /run/systemd/system", "-d /nowhere")

        done = subprocess.run(
            ["sh", "-s", "--", "--token", token, "--name", "web-1", "--tag", "role=web"],
            input=script.encode(),
            capture_output=True,
            env={"HOME": str(tmp_path), "PATH": os.environ["PATH"]},
            timeout=60,
            check=False,
        )

        assert done.returncode == 0, done.stderr.decode()
        number = int(re.search(r"process (\d+)", done.stdout.decode()).group(1))
        try:
            eventually(lambda: Instance.objects.filter(name="web-1", status="Online").exists())
        finally:
            os.kill(number, 15)
        assert Instance.objects.get().tags == {"env": "prod", "role": "web"}
        assert (tmp_path / ".devopsweb-agent/config.json").stat().st_mode & 0o777 == 0o600

    def test_with_a_wrong_token_says_so(self, server, tmp_path):
        script = fetch(f"{server.url}/agent/install").replace("/opt/devopsweb-agent", str(tmp_path / "agent"))

        done = subprocess.run(
            ["sh", "-s", "--", "--token", "dwj_guess"],
            input=script.encode(),
            capture_output=True,
            env={"HOME": str(tmp_path), "PATH": os.environ["PATH"]},
            timeout=60,
            check=False,
        )

        assert done.returncode != 0
        assert b"Ask for a new one" in done.stderr


def fetch(url: str) -> str:
    import urllib.request

    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read().decode()
