"""Streams to test with."""

from datetime import UTC, datetime

import pytest

from monitoring.logs import api
from monitoring.logs.adapters import bell, files
from monitoring.logs.adapters.appender import Appender
from monitoring.logs.types import Line

NOON = datetime(2026, 3, 17, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def rung(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """What the bell told; no Redis is asked."""
    calls: list[tuple[str, int]] = []
    monkeypatch.setattr(bell.RedisBell, "ring", lambda self, stream, total: calls.append((stream, total)))
    return calls


@pytest.fixture
def stream(db) -> str:
    """An empty stream."""
    return api.create_stream(group="/aws/codebuild/web", name="build-1", at=NOON)


@pytest.fixture
def folder(stream):
    """The files of ``stream``."""
    return files.place(stream)


@pytest.fixture(scope="session")
def million(tmp_path_factory):
    """The files of a stream of 1,000,000 lines; link them into a stream's folder."""
    folder = tmp_path_factory.mktemp("million")
    (folder / "lines").write_text("".join(f'[{1000 + n},"","line {n}"]\n' for n in range(1_000_000)))
    with Appender(folder) as appender:
        assert appender.total() == 1_000_000
    return folder


def numbered(first: int, count: int) -> list[Line]:
    """Lines that say their own number."""
    return [Line(1_000 + n, f"line {n}") for n in range(first, first + count)]


def texts(stream: str, start: int = 0, limit: int = 10**7) -> list[str]:
    """The stored texts."""
    return [line.text for line in api.read(stream_id=stream, start=start, limit=limit).lines]
