"""Every installation watches its own machine."""

from datetime import UTC, datetime, timedelta

import pytest

from monitoring.metrics import api
from monitoring.metrics.actions import host as actions
from monitoring.metrics.adapters import host

NOON = datetime(2026, 3, 17, 12, 0, tzinfo=UTC)


@pytest.fixture
def proc(tmp_path):
    folder = tmp_path / "proc"
    folder.mkdir()
    (folder / "stat").write_text("cpu  100 0 50 800 50 0 0 0 0 0\ncpu0 1 2 3\n")
    (folder / "meminfo").write_text("MemTotal: 1000 kB\nMemFree: 100 kB\nMemAvailable: 400 kB\n")
    return folder


class TestReading:
    def test_understands_proc(self, proc, tmp_path):
        reading = host.read(home=tmp_path, proc=proc)

        assert (reading.cpu_busy, reading.cpu_total) == (150, 1000)
        assert (reading.memory_used, reading.memory_total) == (600 * 1024, 1000 * 1024)
        assert 0 < reading.disk_used < reading.disk_total


@pytest.mark.django_db
class TestReport:
    def test_has_memory_disk_and_load_at_once_and_cpu_from_the_second_on(self, proc, tmp_path, monkeypatch):
        read = host.read
        monkeypatch.setattr(actions.host, "read", lambda home: read(home=tmp_path, proc=proc))
        actions.report(at=NOON)
        first = {m.name for m in api.list_metrics(namespace="DevOpsWeb/Host")}
        (proc / "stat").write_text("cpu  150 0 50 850 50 0 0 0 0 0\n")

        actions.report(at=NOON + timedelta(minutes=1))

        assert first == {"MemoryUtilization", "DiskUtilization", "LoadAverage"}
        cpu = api.series(
            namespace="DevOpsWeb/Host", name="CPUUtilization", dimensions={}, statistic="Average",
            period=60, start=NOON, end=NOON + timedelta(hours=1),
        )  # fmt: skip
        assert [point.value for point in cpu] == [50.0]

    def test_of_this_machine_works(self):
        actions.report(at=NOON)

        assert api.list_metrics(namespace="DevOpsWeb/Host")
