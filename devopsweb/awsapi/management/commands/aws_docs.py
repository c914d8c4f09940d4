"""``manage.py aws_docs [--check]``: the pages under ``docs/aws``."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from devopsweb.awsapi import coverage


class Command(BaseCommand):
    """Writes a page for each AWS service that lists its operations as done, partial or absent."""

    help = "Write docs/aws from the registered operations; with --check only tell whether it is current."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """``--check`` writes nothing; ``--folder`` is for tests."""
        parser.add_argument("--check", action="store_true", help="fail when a page is out of date")
        parser.add_argument("--folder", type=Path, default=Path(settings.BASE_DIR) / "docs" / "aws")

    def handle(self, *args: Any, check: bool, folder: Path, **options: Any) -> None:
        """Write or compare."""
        wanted = coverage.pages()
        present = {path.name: path.read_text() for path in folder.glob("*.md")}
        stale = sorted(
            name for name in wanted.keys() | present.keys() if wanted.get(name) != present.get(name)
        )
        if check and stale:
            raise CommandError(f"Out of date in {folder}: {', '.join(stale)}. Run: manage.py aws_docs")
        for name in stale if not check else []:
            if name in wanted:
                folder.mkdir(parents=True, exist_ok=True)
                (folder / name).write_text(wanted[name])
            else:
                (folder / name).unlink()
            self.stdout.write(f"written: {name}" if name in wanted else f"removed: {name}")
