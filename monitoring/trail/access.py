"""Who may read the feed and the trail, and keep trails."""

from collections.abc import Sequence

from django.conf import settings

from devopsweb.iam import api as iam
from devopsweb.kernel.arn import arn
from devopsweb.kernel.principals import Principal
from monitoring.trail.engine import names
from monitoring.trail.errors import FileNotFound, InvalidTrailArn, TrailNotFound
from monitoring.trail.models import Trail, TrailFile

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


def trail(principal: Principal, name_or_arn: str, action: str) -> Trail:
    """The trail of that name or ARN, for ``action`` (``cloudtrail:GetTrail``).

    Raises ``AccessDenied``, ``TrailNotFound``, ``InvalidTrailArn``, ``InvalidTrailName``.
    """
    name = name_of(name_or_arn)
    iam.require(principal, action, trail_arn(name))
    found = Trail.objects.filter(name=name).first()
    if found is None:
        raise TrailNotFound(f"Unknown trail: {name} for the user: {settings.DEVOPSWEB_ACCOUNT_ID}")
    return found


def may_create(principal: Principal, name: str, *, tagged: bool = False) -> None:
    """Raise ``AccessDenied`` unless ``principal`` may create a trail of that name (with tags)."""
    iam.require(principal, "cloudtrail:CreateTrail", trail_arn(name))
    if tagged:
        iam.require(principal, "cloudtrail:AddTags", trail_arn(name))


def tags_of(resources: Sequence[str]) -> dict[str, dict[str, str]]:
    """The tags of trails (``trail/audit``), for policies that ask for one."""
    names_ = [one.removeprefix("trail/") for one in resources]
    rows = Trail.objects.filter(name__in=names_).values_list("name", "tags")
    return {f"trail/{name}": tags for name, tags in rows}


def may_start(principal: Principal, name: str) -> None:
    """Raise ``AccessDenied`` unless ``principal`` may start a trail of that name, whether it is there yet or not."""
    iam.require(principal, "cloudtrail:StartLogging", trail_arn(name))


def may(principal: Principal, action: str) -> None:
    """Raise ``AccessDenied`` unless ``principal`` may ``action`` (on trails or keys as a whole)."""
    iam.require(principal, action, "*")


def trail_arn(name: str) -> str:
    """The ARN of a trail."""
    return arn("cloudtrail", f"trail/{name}")


def name_of(name_or_arn: str) -> str:
    """The name in an ARN, or the name itself. Raises ``InvalidTrailArn``."""
    if not name_or_arn.startswith("arn:"):
        return names.check_trail(name_or_arn)
    prefix = trail_arn("")
    if not name_or_arn.startswith(prefix):
        raise InvalidTrailArn(f"{name_or_arn[:256]!r} is not the ARN of a trail of this account.")
    return names.check_trail(name_or_arn.removeprefix(prefix))


def file(principal: Principal, number: int) -> TrailFile:
    """A delivered file, as S3 would guard it. Raises ``AccessDenied``, ``FileNotFound``."""
    found = TrailFile.objects.filter(pk=number).first()
    place = f"{found.bucket}/{found.key}" if found else "*"
    iam.require(principal, "s3:GetObject", f"arn:aws:s3:::{place}")
    if found is None:
        raise FileNotFound("There is no such file.")
    return found
