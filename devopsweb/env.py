"""The environment's settings, read once, with defaults and clear refusals.

Every variable is documented in ``docs/settings.md``.
"""

import hashlib
import os
import secrets
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parent.parent
LONGEST_SOCKET_PATH = 100


class SettingError(SystemExit):
    """A setting is unusable; the text says which one and how to mend it."""


def text(name: str, default: str = "") -> str:
    """The variable ``name``, without surrounding blanks."""
    return os.environ.get(name, "").strip() or default


def export(name: str, value: str) -> None:
    """Set ``name`` for this process and its children."""
    os.environ[name] = value


def flag(name: str, *, default: bool) -> bool:
    """``name`` as a boolean: 1/true/yes/on or 0/false/no/off."""
    value = text(name).lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise SettingError(f"{name} is {value!r}; it must be 1 or 0.")


def home() -> Path:
    """``DEVOPSWEB_HOME``: the folder that holds all state."""
    return Path(text("DEVOPSWEB_HOME", str(ROOT / "var"))).expanduser().resolve()


def secret_key() -> str:
    """Django's secret key: ``DEVOPSWEB_SECRET_KEY``, else made once and kept in the home folder."""
    if given := text("DEVOPSWEB_SECRET_KEY"):
        return given
    path = home() / "secret_key"
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Written aside and linked, so that processes that start together agree on one key.
    draft = path.with_name(f".secret_key.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(secrets.token_urlsafe(48))
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text().strip()


def scheme() -> str:
    """``https`` when the web server has a certificate of its own, else ``http``."""
    return "https" if text("DEVOPSWEB_TLS_CERTIFICATE") else "http"


def base_url() -> str:
    """``DEVOPSWEB_BASE_URL``: the address that users see."""
    return text("DEVOPSWEB_BASE_URL", f"{scheme()}://localhost:{text('PORT', '8000')}")


def is_local(url: str) -> bool:
    """Whether an address is one that only this machine reaches."""
    return urlsplit(url).hostname in {"localhost", "127.0.0.1", "::1"}


def redis_url() -> str:
    """``REDIS_URL``, else the socket of the private server that ``make run`` starts."""
    return text("REDIS_URL", f"unix://{redis_socket()}?db=0")


def redis_socket() -> Path:
    """The private server's socket: in the home folder, or in a short one where that path is too long.

    The kernel takes socket paths of 107 bytes at most; both ends derive the same short path.
    """
    path = home() / "run" / "redis.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return path
    short = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"devopsweb-{os.geteuid()}-{short}" / "redis.sock"


def celery_broker(url: str) -> str:
    """``url`` as Celery spells it: sockets have a scheme of their own there."""
    if not url.startswith("unix://"):
        return url
    path, _, query = url.removeprefix("unix://").partition("?")
    return f"redis+socket://{path}?{query.replace('db=', 'virtual_host=') or 'virtual_host=0'}"


def database() -> dict[str, Any]:
    """Django's ``DATABASES["default"]`` for ``DATABASE_URL`` (PostgreSQL), else SQLite in the home folder."""
    url = text("DATABASE_URL")
    if not url:
        return _sqlite(home() / "devopsweb.sqlite3")
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return _sqlite(Path(unquote(parts.path)))
    if parts.scheme not in {"postgres", "postgresql"}:
        raise SettingError(
            f"DATABASE_URL starts with {parts.scheme!r}; it must be "
            "postgresql://user:password@host/name or sqlite:////path."
        )
    options = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(options.pop("host", "") or parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }


def _sqlite(path: Path) -> dict[str, Any]:
    """WAL lets readers and one writer work side by side; IMMEDIATE makes writers wait instead of fail."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA cache_size=-16000;",
        },
        # A file, so that worker processes and threads of one test session share it.
        "TEST": {"NAME": str(path.with_name("test.sqlite3"))},
    }
