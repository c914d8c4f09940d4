"""What the audit trail says."""

import json

from monitoring.trail.actions import sealing
from monitoring.trail.models import Record


def told() -> list[dict]:
    """All records, oldest first, after what was spooled was taken into the chain."""
    sealing.drain_all()
    return [json.loads(body) for body in Record.objects.order_by("pk").values_list("body", flat=True)]
