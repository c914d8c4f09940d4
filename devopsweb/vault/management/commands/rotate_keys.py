"""``manage.py rotate_keys``: a new key for everything that is encrypted at rest."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from devopsweb.kernel import sealing
from devopsweb.vault.actions import rotation
from devopsweb.vault.actions.rotation import Report


class Command(BaseCommand):
    """Rotates, checks, and forgets keys."""

    help = (
        "Makes a new master key and seals everything with it anew: parameters, secrets, access keys, second "
        "factors, secret variables of builds. May be stopped at any moment; the next call goes on. "
        "The server may run meanwhile."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Two other things than rotating."""
        choice = parser.add_mutually_exclusive_group()
        choice.add_argument(
            "--check", action="store_true", help="Only open everything and say which keys are in use."
        )
        choice.add_argument(
            "--forget",
            action="store_true",
            help="Delete older keys that nothing names any more, two days after a rotation or later. "
            "Backups from before the rotation cannot be read without them.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what was asked; a non-zero status says that something is left to do."""
        if options["forget"]:
            self._forget()
        elif options["check"]:
            self._tell(rotation.check())
        else:
            if rotation.is_under_way():
                self.stdout.write("An earlier rotation was interrupted; it goes on now.")
            self._tell(rotation.rotate())

    def _forget(self) -> None:
        gone = rotation.forget_unused()
        kept = [key for key in sealing.key_ids() if key != sealing.current_key()]
        self.stdout.write(
            f"Deleted: {', '.join(gone) or 'none'}. Older keys that stay: {', '.join(kept) or 'none'}."
        )

    def _tell(self, report: Report) -> None:
        current = sealing.current_key()
        self.stdout.write(f"Key in use: {current}. Keys here: {', '.join(sealing.key_ids()) or 'none yet'}.")
        for key, count in sorted(report.by_key.items()):
            self.stdout.write(f"  {key}: {count} sealed text{'s' * (count != 1)}")
        if report.renewed:
            self.stdout.write(f"Sealed anew: {report.renewed}.")
        for place in report.damaged:
            self.stderr.write(f"Does not open: {place}")
        if report.damaged:
            raise CommandError(
                f"{len(report.damaged)} sealed texts do not open. Restore their keys from a backup, or set them anew."
            )
        if rotation.is_under_way() or report.stale():
            raise CommandError("Older keys are still in use. Run rotate_keys to seal everything anew.")
        self.stdout.write("Everything opens, and the present key seals it.")
