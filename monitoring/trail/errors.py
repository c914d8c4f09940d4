"""Refusals of trails, in CloudTrail's own words."""

from devopsweb.kernel.errors import Conflict, Invalid, NotFound


class TrailNotFound(NotFound):
    """There is no such trail."""


class FileNotFound(NotFound):
    """There is no such delivered file."""


class TrailAlreadyExists(Conflict):
    """The name is taken."""


class TooManyTrails(Conflict):
    """The quota of trails is reached."""


class InvalidTrailName(Invalid):
    """The name breaks CloudTrail's rules."""


class InvalidTrailArn(Invalid):
    """The ARN is not that of a trail."""


class InvalidBucketName(Invalid):
    """The name of the bucket breaks S3's rules."""


class InvalidPrefix(Invalid):
    """The prefix is too long or begins with a slash."""


class InvalidLogGroupArn(Invalid):
    """The ARN is not that of a log group of this installation."""


class InvalidLogRoleArn(Invalid):
    """The role for the log group is missing, or does not trust CloudTrail."""


class InvalidSelectors(Invalid):
    """The event selectors cannot be applied."""


class NotOffered(Invalid):
    """CloudTrail has it, this installation has not."""
