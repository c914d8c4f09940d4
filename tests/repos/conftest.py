"""Repositories for the tests of this area."""

import shutil
from collections.abc import Iterator

import pytest

from devopsweb.iam.api import service_principal
from repos.git import api
from repos.git.adapters import objects
from repos.git.models import Repository
from tests.repos.helpers import FILES, NOON, put


@pytest.fixture(autouse=True)
def _no_processes_left() -> Iterator[None]:
    yield
    objects.POOL.close()


@pytest.fixture
def empty(db) -> Repository:
    """A repository without a commit."""
    api.create_repository(name="empty", principal=service_principal("test"), at=NOON)
    return Repository.objects.get(name="empty")


@pytest.fixture
def shop(db) -> Repository:
    """A repository with two commits on ``main``."""
    api.create_repository(name="shop", description="Web shop", principal=service_principal("test"), at=NOON)
    put("shop", FILES, "Start shop")
    put("shop", {**FILES, "src/app.py": b"def answer():\n    return 43\n"}, "Answer 43\n\nIt was 42.")
    return Repository.objects.get(name="shop")


@pytest.fixture(scope="session", autouse=True)
def _git_installed() -> None:
    assert shutil.which("git"), "these tests drive the real git"
