"""The front door of the sample: ``install`` creates it."""

from datetime import datetime
from pathlib import Path

STOREFRONT = Path(__file__).parent / "storefront"


def install(at: datetime) -> dict[str, str]:
    """Create whatever of the sample is missing; returns the passwords of the users it made."""
    return {}
