"""Who may read the feed and the trail, and keep trails."""

from django.conf import settings

from devopsweb.iam import api as iam
from devopsweb.kernel.principals import Principal

LOOK_UP = "cloudtrail:LookupEvents"


def may_look_up(principal: Principal) -> bool:
    """Whether ``principal`` may read events; like CloudTrail's, the permission covers all of them."""
    return iam.is_allowed(principal, LOOK_UP, "*")


def look_up(principal: Principal) -> None:
    """Raise ``AccessDenied`` unless ``principal`` may read events."""
    iam.require(principal, LOOK_UP, "*")


def days_kept() -> int:
    """For how many days records are kept."""
    return int(settings.DEVOPSWEB_TRAIL_DAYS)
