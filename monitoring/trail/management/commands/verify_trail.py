"""``manage.py verify_trail``: is the audit trail what was written?"""

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.dateparse import parse_datetime

from devopsweb.kernel import clock
from monitoring.trail import verification
from monitoring.trail.actions import sealing


class Command(BaseCommand):
    """Exits with 1 and says which record or digest, when something was changed, removed or inserted."""

    help = "Verify the chain of the audit trail, its signed digests and the files that trails delivered."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Two times narrow it down."""
        parser.add_argument("--start", help="only records from this time on (2026-03-17T12:00:00Z)")
        parser.add_argument("--end", help="only records up to this time")

    def handle(self, *args: Any, start: str | None, end: str | None, **options: Any) -> None:
        """Verify and tell."""
        sealing.drain_all()
        report = verification.verify(at=clock.now(), start=_moment(start), end=_moment(end))
        for found in report.findings:
            self.stdout.write(f"{found.kind}: {found.what}: {found.why}")
        looked = f"{report.records} records, {report.digests} digests, {report.files} delivered files"
        if not report.is_sound:
            raise CommandError(
                f"The audit trail is not what was written: {len(report.findings)} findings in {looked}."
            )
        self.stdout.write(self.style.SUCCESS(f"The audit trail is sound: {looked}."))


def _moment(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None:
        raise CommandError(f"{text!r} is no time. Write 2026-03-17T12:00:00Z.")
    return found if found.tzinfo else found.replace(tzinfo=UTC)
