"""Reads how busy this machine is, from ``/proc`` and the file system."""

import os
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class HostReading:
    """A moment of this machine; CPU as ticks since it started, memory and disk in bytes."""

    host: str
    cpu_busy: int
    cpu_total: int
    memory_used: int
    memory_total: int
    disk_used: int
    disk_total: int
    load: float


def read(*, home: Path, proc: Path = Path("/proc")) -> HostReading:
    """This machine now; the disk is the one that holds ``home``."""
    ticks = [int(n) for n in (proc / "stat").read_text().splitlines()[0].split()[1:9]]
    lines = (proc / "meminfo").read_text().splitlines()
    memory = {name: int(rest.split()[0]) * 1024 for name, rest in (line.split(":", 1) for line in lines)}
    disk = shutil.disk_usage(home)
    return HostReading(
        host=socket.gethostname(),
        cpu_busy=sum(ticks) - ticks[3] - ticks[4],
        cpu_total=sum(ticks),
        memory_used=memory["MemTotal"] - memory.get("MemAvailable", memory["MemFree"]),
        memory_total=memory["MemTotal"],
        disk_used=disk.used,
        disk_total=disk.used + disk.free,
        load=os.getloadavg()[0],
    )
