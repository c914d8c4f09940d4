"""A local instance as a sandbox: its own folders, port and agent, with the host's system read-only."""

import json
import os
import subprocess
import sys
from pathlib import Path

from django.conf import settings

from deployments.compute.adapters import pyz
from deployments.compute.models import Instance
from devopsweb import env
from devopsweb.sandbox import api as sandbox
from devopsweb.sandbox.api import Mount, Spec

# What an instance keeps between two starts; the rest of its view is fresh each time.
KEPT = ("var", "srv", "opt", "home", "root")
AGENT = "/opt/devopsweb-agent"
ROTATE_AT = 5 << 20


def folder(instance: Instance) -> Path:
    """The instance's files on this machine."""
    return Path(settings.DEVOPSWEB_HOME) / "instances" / instance.name


def log_file(instance: Instance) -> Path:
    """The log of the instance's agent."""
    return Path(settings.DEVOPSWEB_HOME) / "logs" / f"instance-{instance.name}.log"


def server_url() -> str:
    """The server as an instance on this machine reaches it: they share the network."""
    host = env.text("HOST", "127.0.0.1")
    reachable = "127.0.0.1" if host in {"0.0.0.0", "::", "localhost"} else host  # noqa: S104  compared, not bound
    return f"{env.scheme()}://{reachable}:{env.text('PORT', '8000')}"


def python() -> str:
    """This Python's own program, as the sandbox sees it; a virtual environment is not visible there."""
    return os.path.realpath(getattr(sys, "_base_executable", sys.executable))


def prepare(instance: Instance, token: str) -> Spec:
    """Lay the instance's folders, agent and settings; what its sandbox sees."""
    base = folder(instance)
    for name in KEPT:
        (base / name).mkdir(parents=True, exist_ok=True)
    (base / "var" / "tmp").mkdir(exist_ok=True)
    agent = base / "opt" / "devopsweb-agent"
    agent.mkdir(exist_ok=True)
    (agent / "agent.pyz").write_bytes(pyz.build().data)
    config = agent / "config.json"
    config.touch(mode=0o600)
    config.write_text(
        json.dumps(
            {
                "server": server_url(),
                "certificate": _certificate(agent),
                "token": token,
                "name": instance.name,
                "root": f"{AGENT}/deployment-root",
                "environment": {"PORT": str(instance.port)},
            }
        )
    )
    mounts = [Mount(base / name, f"/{name}", writable=True) for name in KEPT]
    home = Path(sys.base_prefix).resolve()
    if any(home.is_relative_to(f"/{name}") for name in KEPT):
        # The instance's own folder hides the one in which this Python lies.
        mounts.append(Mount(home, str(home)))
    variables = {
        "PATH": sandbox.search_path(),
        "HOME": "/root",
        "LANG": "C.UTF-8",
        "PORT": str(instance.port),
    }
    return Spec(mounts=tuple(mounts), env=variables, workdir="/root", hostname=instance.name[:63])


def _certificate(agent: Path) -> str:
    """Where the agent finds our own certificate, which need not have the name by which it reaches us."""
    if not env.text("DEVOPSWEB_TLS_CERTIFICATE"):
        return ""
    given = Path(env.text("DEVOPSWEB_TLS_CERTIFICATE")).read_text()
    end = "-----END CERTIFICATE-----"
    # The first is the server's; those of authorities, which vouch for others too, stay out.
    (agent / "server.pem").write_text(f"{given.partition(end)[0]}{end}\n")
    return f"{AGENT}/server.pem"


def start(instance: Instance, token: str) -> "subprocess.Popen[bytes]":
    """Start the instance. It ends in good order when its standard input closes, and with this thread.

    Raises ``SandboxUnavailable``.
    """
    spec = prepare(instance, token)
    log = log_file(instance)
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > ROTATE_AT:
        log.replace(log.with_suffix(".log.1"))
    argv = [python(), f"{AGENT}/agent.pyz", "init", "--config", f"{AGENT}/config.json"]
    with log.open("ab") as out:
        return sandbox.popen(argv, spec, stdin=subprocess.PIPE, stdout=out, stderr=out)
