"""The program that makes .venv: each obstacle is one sentence, and nothing is done twice."""

import builtins
import sys

import pytest

from devopsweb.supervisor import install


@pytest.fixture
def venv(monkeypatch, tmp_path):
    monkeypatch.setattr(install, "VENV", str(tmp_path / "venv"))
    return tmp_path / "venv"


@pytest.fixture
def said(capsys, monkeypatch):
    """What the program said at its end."""

    def run(lock="requirements.lock") -> str:
        with pytest.raises(SystemExit) as ended:
            install.main(lock)
        assert ended.value.code == 1
        return capsys.readouterr().err

    return run


class TestOldPython:
    def test_is_refused_in_one_sentence(self, venv, said, monkeypatch):
        monkeypatch.setattr(sys, "version_info", (3, 9, 2, "final", 0))
        monkeypatch.setattr(install.shutil, "which", lambda name: None)

        assert said().startswith("devopsweb: DevOpsWeb needs Python 3.11 or newer; this is Python 3.9.2 (")

    def test_hands_over_to_a_newer_one_on_the_path(self, venv, monkeypatch):
        monkeypatch.setattr(sys, "version_info", (3, 9, 2, "final", 0))
        monkeypatch.setattr(install.shutil, "which", lambda name: f"/opt/{name}")
        called = []

        def become(program, argv):
            called.append(program)
            raise SystemExit(0)

        monkeypatch.setattr(install.os, "execv", become)

        with pytest.raises(SystemExit):
            install.main("requirements.lock")

        assert called == ["/opt/python3.13"]


class TestMachineWithoutParts:
    def test_says_how_to_get_git(self, venv, said, monkeypatch):
        monkeypatch.setattr(install.shutil, "which", lambda name: None)

        assert "needs git; install it" in said()

    def test_says_how_to_get_virtual_environments(self, venv, said, monkeypatch):
        found = builtins.__import__

        def without_ensurepip(name, *args, **kwargs):
            if name == "ensurepip":
                raise ImportError(name)
            return found(name, *args, **kwargs)

        monkeypatch.setattr(builtins, "__import__", without_ensurepip)

        assert "apt-get install python3-venv" in said()


class TestStamp:
    def test_of_the_same_lock_saves_the_work(self, venv, monkeypatch):
        (venv / "bin").mkdir(parents=True)
        (venv / "bin" / "python").symlink_to(sys.executable)
        stamp = install.stamp_of(f"{install.ROOT}/requirements.lock")
        (venv / "requirements.lock.stamp").write_text(stamp)
        monkeypatch.setattr(install, "make_venv", lambda: pytest.fail("must not be called"))

        install.main("requirements.lock")

    def test_changes_with_the_lock(self, tmp_path):
        lock = tmp_path / "some.lock"
        lock.write_text("one==1")
        before = install.stamp_of(str(lock))
        lock.write_text("one==2")

        assert install.stamp_of(str(lock)) != before
