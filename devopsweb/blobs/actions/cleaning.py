"""Removes what killed writers left behind."""

from datetime import datetime, timedelta

from devopsweb.blobs import api

# Longer than any upload may take: a file that young may still be written to.
ABANDONED = timedelta(days=1)


def sweep_incoming(*, at: datetime) -> int:
    """Delete half-written blobs that nobody has touched for a day; how many."""
    gone = 0
    oldest = (at - ABANDONED).timestamp()
    for file in api.incoming().glob("*"):
        try:
            if file.stat().st_mtime < oldest:
                file.unlink()
                gone += 1
        except FileNotFoundError:
            continue
    return gone
