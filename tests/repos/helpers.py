"""Files and commits for the tests of this area."""

from datetime import UTC, datetime

from repos.git import api

NOON = datetime(2026, 3, 17, 12, 0, tzinfo=UTC)
FILES = {
    "README.md": b"# Shop\n\nThe *web* shop.\n",
    "src/app.py": b"def answer():\n    return 42\n",
    "run.sh": b"#!/bin/sh\necho hi\n",
}


def put(repository: str, files: dict[str, bytes], message: str = "Change files", branch: str = "main") -> str:
    """Commit ``files`` to ``branch``; the commit's id."""
    return api.put_tree(
        repository=repository,
        branch=branch,
        files=files,
        executable={"run.sh"},
        message=message,
        author_name="Dora",
        author_email="dora@example.com",
        at=NOON,
    )
