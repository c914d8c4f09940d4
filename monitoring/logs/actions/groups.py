"""Log groups begin, are tagged, and go."""

import time
from datetime import datetime

from django.db import IntegrityError, transaction

from devopsweb.kernel import tags as kernel_tags
from devopsweb.live import api as live
from monitoring.logs.actions import retention
from monitoring.logs.actions.streams import GROUP_NAME
from monitoring.logs.adapters import files
from monitoring.logs.errors import GroupExists, GroupInUse, GroupProtected, InvalidName
from monitoring.logs.models import LogGroup, LogStream

_WRITTEN_LATELY = 60


def create(
    name: str,
    *,
    at: datetime,
    log_class: str = "STANDARD",
    tags: kernel_tags.Given = (),
    is_protected: bool = False,
) -> LogGroup:
    """A new group. Raises ``InvalidName``, ``GroupExists``, ``kernel.tags.InvalidTags``."""
    if not GROUP_NAME.fullmatch(name) or name.startswith("aws/"):
        raise InvalidName(
            f"{name!r} is no log group name: 1 to 512 of A-Z a-z 0-9 _ - / . # are allowed, aws/ is reserved."
        )
    try:
        with transaction.atomic():
            group = LogGroup.objects.create(
                name=name,
                log_class=log_class,
                is_protected=is_protected,
                tags=kernel_tags.checked(tags),
                created_at=at,
            )
    except IntegrityError:
        raise GroupExists("The specified log group already exists") from None
    live.changed("logs:all")
    return group


def delete(group: LogGroup) -> None:
    """Delete ``group`` with its streams. Raises ``GroupProtected``, ``GroupInUse``."""
    if group.is_protected:
        raise GroupProtected("The log group is protected against deletion.")
    for stream in group.streams.filter(ended_at=None, is_open=False):
        if _is_written(stream):
            raise GroupInUse(f"The log stream {stream.name} is being written.")
    for stream in group.streams.iterator():
        retention.delete(stream=stream)
    group.delete()
    live.changed("logs:all")


def delete_stream(stream: LogStream) -> None:
    """Delete one stream. Raises ``GroupInUse``."""
    if stream.ended_at is None and not stream.is_open and _is_written(stream):
        raise GroupInUse(f"The log stream {stream.name} is being written.")
    retention.delete(stream=stream)
    live.changed("logs:all")


def _is_written(stream: LogStream) -> bool:
    """Whether somebody of ours wrote into the stream a moment ago."""
    try:
        written = (files.place(str(stream.uuid)) / "lines").stat().st_mtime
    except FileNotFoundError:
        return False
    return written > time.time() - _WRITTEN_LATELY
