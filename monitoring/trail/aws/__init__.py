"""Operations of AWS that the trail answers."""

from monitoring.trail.aws import cloudtrail

__all__ = ["cloudtrail"]
