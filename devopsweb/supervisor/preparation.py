"""What must be true before the children start: the schema and the administrator.

A fingerprint of the migrations tells a warm start that nothing changed.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.core.management import call_command

from devopsweb import env
from devopsweb.iam import api as iam
from devopsweb.kernel import clock
from devopsweb.sample import api as sample

ADMINISTRATOR = "admin"
GIVEN = ("DEVOPSWEB_ADMIN_PASSWORD", "DEVOPSWEB_ADMIN_ACCESS_KEY_ID", "DEVOPSWEB_ADMIN_SECRET_ACCESS_KEY")


def fingerprint() -> str:
    """A digest that changes when a migration or a given credential does."""
    given = "\n".join(env.text(name) for name in GIVEN)
    digest = hmac.new(settings.SECRET_KEY.encode(), given.encode(), hashlib.sha256)
    for path in _inputs():
        found = path.stat()
        digest.update(f"{path}:{found.st_size}:{found.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _inputs() -> Iterator[Path]:
    for package in ("devopsweb", "monitoring", "repos", "deployments", "pipelines"):
        yield from sorted((env.ROOT / package).rglob("migrations/*.py"))


def is_needed(home: Path) -> bool:
    """Whether ``prepare`` has something to do; a database server may have been emptied, so it is always asked."""
    stamp = home / "run" / "prepared"
    if env.text("DATABASE_URL") or not Path(str(settings.DATABASES["default"]["NAME"])).exists():
        return True
    return not stamp.exists() or stamp.read_text() != fingerprint()


def prepare(home: Path) -> None:
    """Migrate and make the administrator; new secrets go to ``run/secrets.json``."""
    print("migrating the database", flush=True)  # noqa: T201  into the child's log
    call_command("migrate", interactive=False, verbosity=1)
    remember(home, _administrator())
    (home / "run" / "prepared").write_text(fingerprint())


def _administrator() -> dict[str, str]:
    made = iam.bootstrap_admin(
        password=env.text("DEVOPSWEB_ADMIN_PASSWORD"),
        access_key_id=env.text("DEVOPSWEB_ADMIN_ACCESS_KEY_ID"),
        secret=env.text("DEVOPSWEB_ADMIN_SECRET_ACCESS_KEY"),
        at=clock.now(),
    )
    names = {
        "password": ADMINISTRATOR,
        "access_key_id": "access key id",
        "secret_access_key": "secret access key",
    }
    return {names[name]: value for name, value in made.items()}


def install_sample(home: Path) -> None:
    """Create the sample, unless it was or is not wanted."""
    remember(home, sample.install(clock.now()))
    (home / "run" / "sample").touch()


def sample_is_wanted(home: Path) -> bool:
    """Whether the sample is still to be created."""
    return env.flag("DEVOPSWEB_SAMPLE", default=True) and not (home / "run" / "sample").exists()


def remember(home: Path, made: dict[str, str]) -> None:
    """Keep new secrets for the Ready block, which takes them away."""
    path = _secrets(home)
    known = json.loads(path.read_text()) if path.exists() else {}
    path.touch(mode=0o600)
    path.write_text(json.dumps({**known, **made}))


def take_secrets(home: Path) -> dict[str, str]:
    """The secrets made by this start; they are shown once and kept nowhere."""
    path = _secrets(home)
    if not path.exists():
        return {}
    made: dict[str, str] = json.loads(path.read_text())
    path.unlink()
    return made


def _secrets(home: Path) -> Path:
    return home / "run" / "secrets.json"
