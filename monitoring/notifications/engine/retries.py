"""When a delivery is tried again, and when it is given up."""

from datetime import timedelta

MAX_ATTEMPTS = 12
FIRST = timedelta(seconds=10)
LONGEST = timedelta(hours=1)


def delay_after(attempts: int) -> timedelta | None:
    """How long to wait after the ``attempts``-th failure; None when it was the last one.

    Doubles from ten seconds to an hour: twelve attempts span about six hours.
    """
    if attempts >= MAX_ATTEMPTS:
        return None
    return min(FIRST * int(2 ** (attempts - 1)), LONGEST)
