"""No bell of the log store asks Redis here."""

import pytest

from monitoring.logs.adapters import bell


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bell.RedisBell, "ring", lambda self, stream, total: None)
