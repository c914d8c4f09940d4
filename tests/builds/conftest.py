"""Projects whose builds run for real, in the machine's sandbox."""

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import pytest

from devopsweb.blobs import api as blobs
from devopsweb.iam.api import service_principal
from devopsweb.kernel import clock
from monitoring.logs import api as logs
from pipelines.builds import queries
from pipelines.builds.actions import builds, runs
from pipelines.builds.api import Source, create_project
from pipelines.builds.models import Build

NOON = datetime(2026, 3, 17, 12, 0, tzinfo=UTC)
Start = Callable[..., Build]


def zipped(files: Mapping[str, str | bytes]) -> str:
    """The digest of a zip blob with these files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return blobs.put([buffer.getvalue()]).digest


@pytest.fixture
def pipeline_service():
    return service_principal("test")


@pytest.fixture
def start(db, pipeline_service) -> Start:
    """Starts a build of the project ``web`` from files; made on first use."""

    def start(
        files: Mapping[str, str | bytes], *, overrides: Mapping[str, str] | None = None, **project
    ) -> Build:
        now = clock.now()
        if not queries.Project.objects.filter(name="web").exists():
            create_project(name="web", principal=pipeline_service, at=now, **project)
        return builds.start(
            project="web",
            principal=pipeline_service,
            initiator="codepipeline/web",
            at=now,
            source=Source(kind="blob", digest=zipped(files), version="c" * 40, repository="web"),
            env_overrides=overrides,
        )

    return start


@pytest.fixture
def run(start) -> Start:
    """Starts a build and runs it to its end."""

    def run(files: Mapping[str, str | bytes], **options) -> Build:
        build = start(files, **options)
        runs.execute(build.pk)
        build.refresh_from_db()
        return build

    return run


def lines(build: Build) -> list[str]:
    """The text of the build's log."""
    page = logs.read(stream_id=build.log_stream_id, start=0, limit=10_000)
    return [line.text for line in page.lines]


def output(build: Build) -> list[str]:
    """The log without our own lines."""
    return [line for line in lines(build) if not line.startswith("[Container]")]


def spec(*commands: str, **phases: list[str]) -> dict[str, str]:
    """Source files with a buildspec whose phases run these commands."""

    wanted = {
        name: {"commands": list(given)} for name, given in ({"build": commands} | phases).items() if given
    }
    return {"buildspec.yml": json.dumps({"version": 0.2, "phases": wanted})}
