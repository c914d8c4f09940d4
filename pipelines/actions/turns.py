"""One at a time: whoever changes the executions of a pipeline takes its turn first."""

from datetime import datetime

from django.db.models import F

from pipelines.models import Pipeline


def take(pipeline_id: int, *, due: datetime | None) -> bool:
    """Hold everybody else until the present transaction ends; False when the pipeline is gone.

    One UPDATE: on PostgreSQL it locks the row, on SQLite the transaction has the only pen anyway.
    ``due`` leaves the note that the pipeline is to be advanced; advancing clears it.
    """
    return Pipeline.objects.filter(pk=pipeline_id).update(turn=F("turn") + 1, due_at=due) == 1
