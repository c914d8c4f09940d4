"""The pages that list each service's operations."""

import pytest
from django.core.management import CommandError, call_command

from devopsweb.awsapi import coverage, models, registry
from devopsweb.awsapi.registry import Operation, Service


@pytest.fixture
def sts_only(monkeypatch):
    """One service with one operation done and one partial."""
    operations = {
        "GetCallerIdentity": Operation("GetCallerIdentity", lambda call, params: None),
        "AssumeRole": Operation("AssumeRole", lambda call, params: None, partial="Tags | are not kept."),
    }
    monkeypatch.setattr(registry, "_services", {"sts": Service("sts", operations)})


class TestPages:
    def test_list_every_operation_of_the_model(self, sts_only):
        page = coverage.pages()["sts.md"]

        assert "| GetCallerIdentity | done | |" in page
        assert "| AssumeRole | partial | Tags \\| are not kept. |" in page
        assert "| GetSessionToken | absent | |" in page
        assert page.count("\n| ") == len(models.load("sts").names) + 1

    def test_count_in_the_index(self, sts_only):
        absent = len(models.load("sts").names) - 2

        assert (
            f"| [sts](sts.md) | AWS Security Token Service | 1 | 1 | {absent} |"
            in coverage.pages()["README.md"]
        )


class TestTheCommand:
    def test_writes_pages_that_its_check_accepts(self, sts_only, tmp_path):
        call_command("aws_docs", folder=tmp_path)

        call_command("aws_docs", check=True, folder=tmp_path)
        assert {path.name for path in tmp_path.glob("*.md")} == {"README.md", "sts.md"}

    def test_names_pages_that_are_out_of_date(self, sts_only, tmp_path):
        call_command("aws_docs", folder=tmp_path)
        (tmp_path / "sts.md").write_text("old")
        (tmp_path / "gone.md").write_text("a service that went")

        with pytest.raises(CommandError, match=r"gone\.md, sts\.md"):
            call_command("aws_docs", check=True, folder=tmp_path)

        call_command("aws_docs", folder=tmp_path)
        assert not (tmp_path / "gone.md").exists()
