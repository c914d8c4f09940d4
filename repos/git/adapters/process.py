"""Runs git: a bare environment, our own configuration, bounded time and output."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from repos.git.errors import GitFailed

# One file for all repositories, so that a better setting reaches the existing ones too.
CONFIG = """\
[core]
	hooksPath = /dev/null
	fsync = committed
	logAllRefUpdates = false
	attributesFile = /dev/null
	excludesFile = /dev/null
[init]
	defaultBranch = main
	templateDir =
[safe]
	directory = *
[gc]
	auto = 0
[maintenance]
	auto = false
[pack]
	threads = 2
	windowMemory = 256m
	writeBitmapHashCache = true
[repack]
	writeBitmaps = true
[transfer]
	hideRefs = refs/internal
[receive]
	autogc = false
	fsckObjects = true
	unpackLimit = 1
	advertiseAtomic = true
	advertisePushOptions = false
	denyDeletes = false
	denyNonFastForwards = false
	denyDeleteCurrent = refuse
	denyCurrentBranch = ignore
[receive "fsck"]
	badTimezone = ignore
	missingSpaceBeforeDate = ignore
	zeroPaddedFilemode = ignore
[uploadpack]
	allowFilter = true
	allowAnySHA1InWant = true
[diff]
	renameLimit = 1000
"""


def root() -> Path:
    """The folder of all repositories."""
    return Path(settings.DEVOPSWEB_HOME) / "repositories"


@lru_cache(maxsize=64)
def _config_file(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / "gitconfig"
    if not path.exists() or path.read_text() != CONFIG:
        with tempfile.NamedTemporaryFile("w", dir=folder, delete=False) as draft:
            draft.write(CONFIG)
        os.replace(draft.name, path)
    return path


def environment(**extra: str) -> dict[str, str]:
    """All that a git process gets to know of ours."""
    return {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "HOME": "/nonexistent",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": str(_config_file(root())),
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_REPLACE_OBJECTS": "1",
        **extra,
    }


def run(directory: Path, *arguments: str, stdin: bytes = b"", timeout: float = 60) -> bytes:
    """The standard output of ``git <arguments>`` in ``directory``. Raises ``GitFailed``."""
    try:
        done = subprocess.run(
            ["git", f"--git-dir={directory}", *arguments],
            input=stdin,
            capture_output=True,
            env=environment(),
            timeout=timeout,
            check=False,
            cwd="/",
        )
    except subprocess.TimeoutExpired:
        raise GitFailed(f"git {arguments[0]} took longer than {timeout:.0f} s.") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()[:2000]
        raise GitFailed(f"git {arguments[0]} failed ({done.returncode}): {said}")
    return done.stdout


@contextmanager
def reading(directory: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A running ``git <arguments>`` whose output is read as it comes; ended when the block is left."""
    with subprocess.Popen(
        ["git", f"--git-dir={directory}", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(),
        cwd="/",
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def run_bounded(directory: Path, *arguments: str, limit: int) -> tuple[bytes, bool]:
    """At most ``limit`` bytes of the output, and whether there was more."""
    with reading(directory, *arguments) as process:
        if process.stdin is None or process.stdout is None:
            raise GitFailed(f"git {arguments[0]} has no pipes.")
        process.stdin.close()
        data = process.stdout.read(limit + 1)
    return data[:limit], len(data) > limit
