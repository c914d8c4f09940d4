"""Builds the agent into one executable file, the same bytes from the same sources."""

import hashlib
import io
import zipfile
from dataclasses import dataclass
from functools import cache
from importlib import resources

from deployments.agent.version import VERSION

PACKAGE = "devopsweb_agent"
_MAIN = f"import sys\n\nfrom {PACKAGE}.cli import main\n\nsys.exit(main())\n"
# The oldest time that a zip can say: nothing of the build's moment goes into the file.
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Program:
    """The built agent."""

    data: bytes
    version: str
    sha256: str


@cache
def build() -> Program:
    """The agent as a zipapp that any Python from 3.9 on can run."""
    files = {"__main__.py": _MAIN.encode()}
    for item in resources.files("deployments.agent").iterdir():
        if item.name.endswith(".py"):
            files[f"{PACKAGE}/{item.name}"] = item.read_bytes()
    buffer = io.BytesIO()
    buffer.write(b"#!/usr/bin/env python3\n")
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name])
    data = buffer.getvalue()
    return Program(data, VERSION, hashlib.sha256(data).hexdigest())
