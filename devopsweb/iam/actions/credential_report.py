"""The credential report (IAM User Guide, "Getting credential reports for your AWS account")."""

import csv
import io
from datetime import datetime, timedelta

from django.db.models import Count, Prefetch, Q

from devopsweb.iam import password_policy
from devopsweb.iam.errors import ReportNotPresent
from devopsweb.iam.models import AccessKey, CredentialReport, PasswordPolicy, User

GOOD_FOR = timedelta(hours=4)
NOTHING, UNKNOWN = "N/A", "no_information"
_COLUMNS = [
    "user", "arn", "user_creation_time", "password_enabled", "password_last_used", "password_last_changed",
    "password_next_rotation", "mfa_active",
    *(f"access_key_{number}_{what}" for number in (1, 2) for what in (
        "active", "last_rotated", "last_used_date", "last_used_region", "last_used_service"
    )),
    "cert_1_active", "cert_1_last_rotated", "cert_2_active", "cert_2_last_rotated",
]  # fmt: skip


def ensure(*, at: datetime) -> bool:
    """Make a report unless there is one of the last four hours; whether one was made."""
    found = CredentialReport.objects.filter(pk=1).first()
    if found is not None and at - found.generated_at < GOOD_FOR:
        return False
    CredentialReport.objects.update_or_create(pk=1, defaults={"generated_at": at, "content": _written()})
    return True


def newest() -> CredentialReport:
    """The report that was made last. Raises ``ReportNotPresent``."""
    found = CredentialReport.objects.filter(pk=1).first()
    if found is None:
        raise ReportNotPresent("No report is present. Use GenerateCredentialReport to make one.")
    return found


def _written() -> str:
    keys = Prefetch("access_keys", AccessKey.objects.order_by("created_at", "pk"))
    users = User.objects.prefetch_related(keys).annotate(
        devices=Count("mfa_devices", filter=Q(mfa_devices__enabled_at__isnull=False))
    )
    rules = password_policy.current()
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for user in users.order_by("username"):
        writer.writerow(_row(user, rules))
    return text.getvalue()


def _row(user: User, rules: PasswordPolicy | None) -> list[str]:
    keys = [_key(key) for key in list(user.access_keys.all())[:2]]
    keys += [["false", *[NOTHING] * 4]] * (2 - len(keys))
    devices = int(getattr(user, "devices", 0))
    return [
        user.username, user.arn, _moment(user.date_joined), *_password(user, rules), _word(devices > 0),
        *keys[0], *keys[1], "false", NOTHING, "false", NOTHING,
    ]  # fmt: skip


def _password(user: User, rules: PasswordPolicy | None) -> list[str]:
    if not user.has_usable_password():
        return ["false", NOTHING, NOTHING, NOTHING]
    changed = user.password_set_at or user.date_joined
    days = rules.max_age_days if rules else None
    due = _moment(changed + timedelta(days=days)) if days else NOTHING
    return ["true", _moment(user.last_login) if user.last_login else UNKNOWN, _moment(changed), due]


def _key(key: AccessKey) -> list[str]:
    used = _moment(key.last_used_at) if key.last_used_at else NOTHING
    return [
        _word(key.is_active), _moment(key.created_at), used,
        key.last_used_region or NOTHING, key.last_used_service or NOTHING,
    ]  # fmt: skip


def _word(value: bool) -> str:
    return "true" if value else "false"


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
