"""``python -m bench [name…]``: runs each ``bench_*.py`` in a process of its own and prints one table.

A bench module has ``main() -> list[Figure]``; it starts what it needs and leaves nothing behind.
"""

import pkgutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import bench
from bench.figures import Figure, load, table


def main(names: list[str]) -> int:
    """Run the named benches, or all; the exit code says how many could not be measured."""
    found = [
        module.name for module in pkgutil.iter_modules(bench.__path__) if module.name.startswith("bench_")
    ]
    figures: list[Figure] = []
    broken = []
    for name in found:
        if names and name.removeprefix("bench_") not in names:
            continue
        began = time.monotonic()
        print(f"{name} …", end=" ", flush=True)
        measured = measure(name)
        figures += measured or []
        broken += [name] if measured is None else []
        print(f"{time.monotonic() - began:.0f} s", flush=True)
    print("\n" + table(figures))
    if broken:
        print(f"\nNot measured: {', '.join(broken)}")
    return len(broken)


def measure(name: str) -> list[Figure] | None:
    """The figures of one bench, or None when it failed (its own words are on standard error)."""
    with tempfile.TemporaryDirectory(prefix="dw-bench-") as folder:
        out = Path(folder) / "figures.json"
        code = f"from bench import {name} as b, figures; figures.save({str(out)!r}, b.main())"
        done = subprocess.run([sys.executable, "-c", code], cwd=Path(bench.__path__[0]).parent)
        return load(out) if done.returncode == 0 else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
