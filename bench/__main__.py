"""``python -m bench [name…]``: runs each ``bench_*.py`` and prints one table.

A bench module has ``main() -> list[Figure]``; it starts what it needs and leaves nothing behind.
"""

import importlib
import pkgutil
import sys
import time
import traceback

import bench
from bench.figures import Figure, table


def main(names: list[str]) -> int:
    """Run the named benches, or all; the exit code says whether each could be measured."""
    found = [
        module.name for module in pkgutil.iter_modules(bench.__path__) if module.name.startswith("bench_")
    ]
    chosen = [name for name in found if not names or name.removeprefix("bench_") in names]
    figures: list[Figure] = []
    broken = []
    for name in chosen:
        began = time.monotonic()
        print(f"{name} …", end=" ", flush=True)
        try:
            figures += importlib.import_module(f"bench.{name}").main()
        except Exception:  # noqa: BLE001  one broken bench must not hide the others' figures
            traceback.print_exc()
            broken.append(name)
        print(f"{time.monotonic() - began:.0f} s", flush=True)
    print("\n" + table(figures))
    if broken:
        print(f"\nNot measured: {', '.join(broken)}")
    return len(broken)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
