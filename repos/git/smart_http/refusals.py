"""A push of several references of which the caller may move only some.

git decides reference by reference: its ``update`` hook refuses those that are listed. Without such
references git runs without any hook.
"""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

_HOOK = """#!/bin/sh
# Refuses the references that the caller of this push may not move, each with its reason.
tab=$(printf '\\t')
[ -r "$DEVOPSWEB_REFUSALS" ] || exit 1
while IFS="$tab" read -r name reason; do
  if [ "$name" = "$1" ]; then
    printf '%s\\n' "$reason" >&2
    exit 1
  fi
done < "$DEVOPSWEB_REFUSALS"
exit 0
"""


@contextmanager
def hook(reasons: Mapping[str, str]) -> Iterator[tuple[list[str], dict[str, str]]]:
    """Options and environment under which git refuses the references in ``reasons``."""
    if not reasons:
        yield [], {}
        return
    with tempfile.TemporaryDirectory(prefix="devopsweb-push-") as folder:
        script, listed = Path(folder) / "update", Path(folder) / "refusals"
        lines = (f"{name}\t{' '.join(reason.split())}\n" for name, reason in sorted(reasons.items()))
        listed.write_bytes(os.fsencode("".join(lines)))
        script.write_text(_HOOK)
        # git skips a hook that is not executable.
        script.chmod(0o700)
        yield ["-c", f"core.hooksPath={folder}"], {"DEVOPSWEB_REFUSALS": str(listed)}
