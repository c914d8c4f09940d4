"""Moments as AWS's protocols write them: seconds since the epoch, ISO 8601, RFC 822."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

from devopsweb.awsapi.problems import Malformed

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,12})?([eE][+-]?[0-9]{1,2})?")
_ISO = re.compile(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}([T ][0-9:.,]{2,20})?(Z|[+-][0-9]{2}:?[0-9]{2})?")


def parse(value: Any) -> datetime:
    """The moment that ``value`` (number or text, in any of the forms) names. Raises ``Malformed``."""
    try:
        if isinstance(value, datetime):
            return value if value.tzinfo else value.replace(tzinfo=UTC)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return _EPOCH + timedelta(seconds=value)
        if isinstance(value, str):
            return _of_text(value.strip())
    except (ValueError, OverflowError, TypeError):
        pass
    raise Malformed(f"{str(value)[:100]!r} is not a valid timestamp.")


def _of_text(text: str) -> datetime:
    if _NUMBER.fullmatch(text):
        return _EPOCH + timedelta(seconds=float(text))
    if _ISO.fullmatch(text):
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    found = parsedate_to_datetime(text)
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def epoch(moment: datetime) -> int | float:
    """Seconds since the epoch with milliseconds, whole when they are."""
    millis = (moment - _EPOCH) // timedelta(milliseconds=1)
    return millis // 1000 if millis % 1000 == 0 else millis / 1000


def iso8601(moment: datetime) -> str:
    """``2026-11-21T12:00:00Z``, with milliseconds unless they are zero."""
    precision = "milliseconds" if moment.microsecond >= 1000 else "seconds"
    return moment.astimezone(UTC).isoformat(timespec=precision)[:-6] + "Z"


def rfc822(moment: datetime) -> str:
    """``Sat, 21 Nov 2026 12:00:00 GMT``."""
    return format_datetime(moment.astimezone(UTC), usegmt=True)


WRITERS = {"iso8601": iso8601, "rfc822": rfc822, "unixTimestamp": epoch}


def write(moment: datetime, form: str) -> str | int | float:
    """``moment`` in the form that the model names."""
    return WRITERS[form](moment)
