"""What can go wrong with a log, in words for users."""

from devopsweb.kernel.errors import Conflict, Fault, Invalid, NotFound


class StreamNotFound(NotFound):
    """The log stream does not exist, or its retention is over."""


class GroupNotFound(NotFound):
    """The log group does not exist."""


class GroupExists(Conflict):
    """A log group of this name exists."""


class StreamExists(Conflict):
    """The group has a log stream of this name."""


class GroupProtected(Conflict):
    """The log group is protected against deletion."""


class GroupInUse(Conflict):
    """A log of this group is being written."""


class InvalidEvents(Invalid):
    """A batch of events, or a question for some, breaks a rule of CloudWatch Logs."""


class InvalidPattern(Invalid):
    """A filter pattern cannot be read."""


class InvalidName(Invalid):
    """A group or stream name breaks CloudWatch Logs' rules."""


class LineGap(Conflict):
    """Lines were appended that do not follow those already stored."""


class StreamEnded(Conflict):
    """The stream was closed; it takes no more lines."""


class WriterFenced(Conflict):
    """Somebody else appended to the stream that this writer believed to be its own."""


class StoreUnwritable(Fault):
    """The log files cannot be written."""
