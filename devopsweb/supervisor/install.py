"""Makes ``.venv`` from a lock file, with the standard library of whatever Python runs it.

    python3 devopsweb/supervisor/install.py requirements.lock

Run before anything is installed, so it imports nothing of ours; its syntax is old on purpose,
because its first duty is to tell an old Python that it is too old.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VENV = os.environ.get("DEVOPSWEB_VENV") or os.path.join(ROOT, ".venv")
OLDEST = (3, 11)
NEWER = ("python3.13", "python3.12", "python3.11", "python3.14")


def main(lock_name: str) -> None:
    """Bring ``.venv`` to what the lock file says; nothing to do when its stamp matches."""
    if sys.version_info < OLDEST:
        restart_with_newer_python()
    lock = os.path.join(ROOT, lock_name)
    wanted = stamp_of(lock)
    stamp = os.path.join(VENV, lock_name + ".stamp")
    if os.path.exists(stamp) and read(stamp) == wanted and os.access(python(), os.X_OK):
        return
    if shutil.which("git") is None:
        fail("DevOpsWeb needs git; install it (for example: apt-get install git) and try again.")
    began = time.monotonic()
    make_venv()
    say(f"Installing {lock_name} into {VENV}")
    if not (has_uv() and with_uv(lock)) and not with_pip(lock):
        fail("The packages could not be installed; the lines above say why. Is a package index reachable?")
    with open(stamp, "w") as out:
        out.write(wanted)
    say(f"Installed in {time.monotonic() - began:.0f} s")


def restart_with_newer_python() -> None:
    """Hand over to a newer interpreter when this machine has one."""
    for name in NEWER:
        found = shutil.which(name)
        if found:
            os.execv(found, [found, *sys.argv])  # noqa: S606  a Python on the PATH
    found = ".".join(str(part) for part in sys.version_info[:3])
    fail(f"DevOpsWeb needs Python 3.11 or newer; this is Python {found} ({sys.executable}).")


def stamp_of(lock: str) -> str:
    """What identifies an installation: the lock's content and the interpreter's version."""
    with open(lock, "rb") as source:
        digest = hashlib.sha256(source.read()).hexdigest()
    return f"{digest} python{version()}"


def make_venv() -> None:
    """Create ``.venv``, or say in one sentence why this Python cannot."""
    try:
        import ensurepip  # noqa: F401, PLC0415  Debian leaves it out of its python3
        import venv  # noqa: PLC0415
    except ImportError:
        fail(
            "This Python cannot make virtual environments; install the missing part "
            "(Debian and Ubuntu: apt-get install python3-venv) and try again."
        )
    if os.path.exists(python()) and os.path.exists(os.path.join(VENV, "pyvenv.cfg")) and usable():
        return
    say(f"Making {VENV} with Python {version()}")
    try:
        venv.EnvBuilder(with_pip=True, clear=True, symlinks=True).create(VENV)
    except (OSError, subprocess.CalledProcessError) as error:
        fail(f"The virtual environment {VENV} cannot be made ({error}).")


def usable() -> bool:
    """Whether the present environment runs the same Python version as we do."""
    code = "import sys, pip; print(*sys.version_info[:2], sep='.')"
    found = subprocess.run([python(), "-c", code], capture_output=True, text=True)
    return found.returncode == 0 and found.stdout.strip() == version()


def has_uv() -> bool:
    """Install the pinned uv into ``.venv``: it installs the rest several times faster than pip."""
    lock = os.path.join(ROOT, "requirements-uv.lock")
    command = [python(), "-m", "pip", "install", "-q", "--disable-pip-version-check", "--require-hashes"]
    return subprocess.run([*command, "-r", lock], stderr=subprocess.DEVNULL).returncode == 0


def with_uv(lock: str) -> bool:
    """Install with uv; False when it cannot (it does not read pip's own configuration)."""
    command = [os.path.join(VENV, "bin", "uv"), "pip", "install", "--python", python(), "--require-hashes"]
    quiet = dict(os.environ, UV_NO_PROGRESS="1", UV_HTTP_TIMEOUT="60")
    done = subprocess.run(
        [*command, "--native-tls", "-r", lock], env=quiet, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if done.returncode:
        say(f"uv could not install (its last line: {last_line(done.stdout)}); trying pip")
    return done.returncode == 0


def with_pip(lock: str) -> bool:
    """Install with pip, which takes longer and says each package."""
    command = [python(), "-m", "pip", "install", "--disable-pip-version-check", "--require-hashes"]
    return subprocess.run([*command, "--progress-bar", "off", "-r", lock]).returncode == 0


def last_line(output: bytes) -> str:
    """The last line of a program's output that says something."""
    lines = [line.strip() for line in output.decode("utf-8", "replace").splitlines() if line.strip()]
    return lines[-1] if lines else "nothing"


def version() -> str:
    """The running Python's version, as far as it decides what can be installed."""
    return ".".join(str(part) for part in sys.version_info[:2])


def python() -> str:
    """The environment's interpreter."""
    return os.path.join(VENV, "bin", "python")


def read(path: str) -> str:
    """The text of a file."""
    with open(path) as source:
        return source.read()


def say(text: str) -> None:
    """Tell the operator."""
    print(text)
    sys.stdout.flush()


def fail(text: str) -> None:
    """End with one sentence."""
    print("devopsweb: " + text, file=sys.stderr)
    sys.exit(1)


if __name__ == "__main__":
    main(sys.argv[1])
