"""Reports this machine's own load as metrics, so that every installation can watch itself."""

from datetime import datetime

from django.conf import settings
from django.core.cache import cache

from monitoring.metrics.actions import points
from monitoring.metrics.adapters import host
from monitoring.metrics.types import Datum

NAMESPACE = "DevOpsWeb/Host"


def report(*, at: datetime) -> None:
    """Put CPU, memory and disk use, for this host and over all hosts.

    CPU is the busy share since the last report; the first report has none.
    """
    reading = host.read(home=settings.DEVOPSWEB_HOME)
    memory = f"metrics.host.{reading.host}"
    before: tuple[int, int] | None = cache.get(memory)
    cache.set(memory, (reading.cpu_busy, reading.cpu_total), timeout=3600)
    values = {
        "MemoryUtilization": ("Percent", 100 * reading.memory_used / reading.memory_total),
        "DiskUtilization": ("Percent", 100 * reading.disk_used / reading.disk_total),
        "LoadAverage": ("None", reading.load),
    }
    if before and reading.cpu_total > before[1]:
        busy = 100 * (reading.cpu_busy - before[0]) / (reading.cpu_total - before[1])
        values["CPUUtilization"] = ("Percent", max(0.0, min(100.0, busy)))
    points.put(
        [
            Datum(NAMESPACE, name, value, at, unit, dimensions)
            for name, (unit, value) in values.items()
            for dimensions in ({}, {"Host": reading.host})
        ]
    )
