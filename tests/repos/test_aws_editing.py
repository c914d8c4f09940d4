"""CodeCommit's operations that commit without a clone."""

import pytest
from botocore.exceptions import ClientError

from devopsweb.events.models import Event
from devopsweb.iam.models import Policy, PolicyAttachment
from repos.git.models import Push, RefUpdate
from tests.awsapi.local import aws
from tests.repos.helpers import put
from tests.repos.test_aws_repositories import ask, code, refused, tip

__all__ = ["ask"]


def content(ask, path, **more):
    return ask("GetFile", repositoryName="shop", filePath=path, **more)["fileContent"]


@pytest.fixture
def commit(ask, shop):
    """CreateCommit on the tip of main."""

    def make(**wishes):
        return ask(
            "CreateCommit", repositoryName="shop", branchName="main", parentCommitId=tip(ask), **wishes
        )

    return make


@pytest.fixture
def rejected(ask, shop):
    """The code with which CreateCommit on the tip of main is refused."""

    def make(**wishes):
        return refused(
            ask, "CreateCommit", repositoryName="shop", branchName="main", parentCommitId=tip(ask), **wishes
        )

    return make


class TestPutFile:
    def test_adds_a_file_with_its_author(self, ask, shop):
        parent = tip(ask)
        made = ask(
            "PutFile",
            repositoryName="shop",
            branchName="main",
            filePath="docs/new.md",
            fileContent=b"# New\n",
            parentCommitId=parent,
            name="Ada",
            email="ada@example.com",
            commitMessage="Write docs",
        )

        found = ask("GetCommit", repositoryName="shop", commitId=made["commitId"])["commit"]
        assert tip(ask) == made["commitId"]
        assert found["parents"] == [parent]
        assert found["treeId"] == made["treeId"]
        assert (found["author"]["name"], found["author"]["email"]) == ("Ada", "ada@example.com")
        assert found["message"] == "Write docs"
        assert content(ask, "docs/new.md") == b"# New\n"
        assert ask("GetBlob", repositoryName="shop", blobId=made["blobId"])["content"] == b"# New\n"

    def test_speaks_for_the_caller_when_nobody_is_named(self, ask, shop, owner):
        made = ask(
            "PutFile",
            repositoryName="shop",
            branchName="main",
            filePath="README.md",
            fileContent=b"x",
            parentCommitId=tip(ask),
        )

        found = ask("GetCommit", repositoryName="shop", commitId=made["commitId"])["commit"]
        assert found["author"]["name"] == owner.arn
        assert found["author"]["email"] == ""
        assert found["message"] == "Edited README.md"

    def test_is_announced_like_a_push(self, ask, shop, owner):
        before = tip(ask)
        made = ask(
            "PutFile",
            repositoryName="shop",
            branchName="main",
            filePath="a",
            fileContent=b"a",
            parentCommitId=before,
        )

        event = Event.objects.filter(detail_type="CodeCommit Repository State Change").last()
        assert event.detail["detail"]["commitId"] == made["commitId"]
        assert event.detail["detail"]["oldCommitId"] == before
        assert event.detail["detail"]["callerUserArn"] == owner.arn
        assert RefUpdate.objects.last().after == made["commitId"]
        assert Push.objects.last().status == "Settled"

    def test_makes_the_first_branch_of_an_empty_repository(self, ask, empty):
        ask("PutFile", repositoryName="empty", branchName="trunk", filePath="a", fileContent=b"a")

        found = ask("GetRepository", repositoryName="empty")["repositoryMetadata"]
        assert found["defaultBranch"] == "trunk"

    def test_refuses_the_same_content_again(self, ask, shop):
        same = content(ask, "README.md")

        found = refused(
            ask,
            "PutFile",
            repositoryName="shop",
            branchName="main",
            filePath="README.md",
            fileContent=same,
            parentCommitId=tip(ask),
        )

        assert found == "SameFileContentException"

    @pytest.mark.parametrize(
        ("changed", "expected"),
        [
            ({"fileContent": b""}, "FileContentRequiredException"),
            ({"filePath": "src"}, "FileNameConflictsWithDirectoryNameException"),
            ({"filePath": "README.md/x"}, "DirectoryNameConflictsWithFileNameException"),
            ({"filePath": "a/../b"}, "InvalidPathException"),
            ({"filePath": ".git/config"}, "InvalidPathException"),
            ({"branchName": "gone"}, "BranchDoesNotExistException"),
            ({"branchName": "a b"}, "InvalidBranchNameException"),
            ({"parentCommitId": "main"}, "InvalidParentCommitIdException"),
            ({"parentCommitId": "1" * 40}, "ParentCommitDoesNotExistException"),
            ({"parentCommitId": ""}, "ParentCommitIdRequiredException"),
            ({"fileMode": "LINK"}, "InvalidFileModeException"),
            ({"name": "n" * 1025}, "NameLengthExceededException"),
            ({"email": "e" * 257}, "InvalidEmailException"),
            ({"commitMessage": "m" * (256 << 10) + "m"}, "CommitMessageLengthExceededException"),
        ],
    )
    def test_refuses_what_cannot_be(self, ask, shop, changed, expected):
        asked = {
            "repositoryName": "shop",
            "branchName": "main",
            "filePath": "a",
            "fileContent": b"a",
            "parentCommitId": tip(ask),
            **changed,
        }

        assert refused(ask, "PutFile", **asked) == expected

    def test_refuses_a_parent_that_is_no_longer_the_tip(self, ask, shop):
        old = tip(ask)
        put("shop", {"b": b"b"})

        found = refused(
            ask,
            "PutFile",
            repositoryName="shop",
            branchName="main",
            filePath="a",
            fileContent=b"a",
            parentCommitId=old,
        )

        assert found == "ParentCommitIdOutdatedException"

    def test_loses_the_race_against_a_push(self, ask, shop, monkeypatch):
        from repos.git.adapters import writing

        honest = writing.amend

        def slow(*arguments, **named):
            made = honest(*arguments, **named)
            monkeypatch.setattr(writing, "amend", honest)
            put("shop", {"b": b"b"})
            return made

        parent = tip(ask)
        monkeypatch.setattr(writing, "amend", slow)
        found = refused(
            ask,
            "PutFile",
            repositoryName="shop",
            branchName="main",
            filePath="a",
            fileContent=b"a",
            parentCommitId=parent,
        )

        assert found == "ParentCommitIdOutdatedException"
        assert content(ask, "b") == b"b"

    def test_does_not_take_a_tag_for_a_branch(self, ask, shop):
        from devopsweb.iam.api import service_principal
        from repos.git.actions import references
        from tests.repos.helpers import NOON

        references.create(
            repository=shop, name="refs/tags/v1", sha=tip(ask), principal=service_principal("t"), at=NOON
        )
        found = refused(
            ask,
            "PutFile",
            repositoryName="shop",
            branchName="v1",
            filePath="a",
            fileContent=b"a",
            parentCommitId=tip(ask),
        )

        assert found == "BranchNameIsTagNameException"

    def test_asks_for_the_branch(self, shop, outsider, owner):
        statement = {
            "Effect": "Allow",
            "Action": "codecommit:*",
            "Resource": "*",
            "Condition": {"StringEqualsIfExists": {"codecommit:References": "refs/heads/next"}},
        }
        policy = Policy.objects.create(
            name="next-only", document={"Version": "2012-10-17", "Statement": [statement]}
        )
        PolicyAttachment.objects.create(policy=policy, user=outsider)
        put("shop", {"a": b"a"}, branch="next")
        call = aws(outsider)
        asked = {"repositoryName": "shop", "filePath": "b", "fileContent": b"b"}
        shas = {
            branch: call("codecommit", "GetBranch", repositoryName="shop", branchName=branch)["branch"][
                "commitId"
            ]
            for branch in ("main", "next")
        }

        call("codecommit", "PutFile", branchName="next", parentCommitId=shas["next"], **asked)
        with pytest.raises(ClientError) as refusal:
            call("codecommit", "PutFile", branchName="main", parentCommitId=shas["main"], **asked)

        assert code(refusal) == "AccessDeniedException"


class TestDeleteFile:
    def test_says_what_went(self, ask, shop):
        blob = ask("GetFile", repositoryName="shop", filePath="src/app.py")["blobId"]
        made = ask(
            "DeleteFile",
            repositoryName="shop",
            branchName="main",
            filePath="src/app.py",
            parentCommitId=tip(ask),
        )

        assert (made["blobId"], made["filePath"]) == (blob, "src/app.py")
        assert ask("GetFolder", repositoryName="shop", folderPath="/")["subFolders"] == []

    def test_keeps_the_folder_when_asked(self, ask, shop):
        ask(
            "DeleteFile",
            repositoryName="shop",
            branchName="main",
            filePath="src/app.py",
            parentCommitId=tip(ask),
            keepEmptyFolders=True,
        )

        found = ask("GetFolder", repositoryName="shop", folderPath="src")["files"]
        assert [f["relativePath"] for f in found] == [".gitkeep"]

    def test_needs_a_file(self, ask, shop):
        for path in ("gone", "src"):
            found = refused(
                ask,
                "DeleteFile",
                repositoryName="shop",
                branchName="main",
                filePath=path,
                parentCommitId=tip(ask),
            )
            assert found == "FileDoesNotExistException"


class TestCreateCommit:
    def test_does_everything_at_once(self, ask, commit):
        made = commit(
            putFiles=[
                {"filePath": "new.txt", "fileContent": b"new"},
                {"filePath": "README.md", "fileContent": b"# Other\n"},
                {"filePath": "bin/run", "sourceFile": {"filePath": "run.sh", "isMove": True}},
                {"filePath": "copy.py", "sourceFile": {"filePath": "src/app.py"}},
            ],
            setFileModes=[{"filePath": "src/app.py", "fileMode": "EXECUTABLE"}],
            commitMessage="Tidy",
            authorName="Ada",
        )

        added = {f["absolutePath"]: f["fileMode"] for f in made["filesAdded"]}
        assert added == {"new.txt": "NORMAL", "bin/run": "EXECUTABLE", "copy.py": "NORMAL"}
        assert {f["absolutePath"] for f in made["filesUpdated"]} == {"README.md", "src/app.py"}
        assert [f["absolutePath"] for f in made["filesDeleted"]] == ["run.sh"]
        assert content(ask, "bin/run") == b"#!/bin/sh\necho hi\n"
        assert content(ask, "copy.py") == content(ask, "src/app.py")

    def test_may_add_an_empty_file_and_a_link(self, ask, commit):
        commit(
            putFiles=[
                {"filePath": "empty", "fileContent": b""},
                {"filePath": "link", "fileContent": b"README.md", "fileMode": "SYMLINK"},
            ]
        )

        found = ask("GetFolder", repositoryName="shop", folderPath="/")
        assert [f["relativePath"] for f in found["symbolicLinks"]] == ["link"]
        assert content(ask, "empty") == b""

    def test_may_put_a_folder_where_a_file_goes(self, ask, commit):
        commit(
            deleteFiles=[{"filePath": "run.sh"}],
            putFiles=[{"filePath": "run.sh/main", "fileContent": b"x"}],
        )

        assert content(ask, "run.sh/main") == b"x"

    def test_counts_every_change_in_its_own_words(self, ask, commit):
        made = commit(putFiles=[{"filePath": "a", "fileContent": b"a"}], deleteFiles=[{"filePath": "run.sh"}])

        found = ask("GetCommit", repositoryName="shop", commitId=made["commitId"])["commit"]
        assert found["message"] == "Changed 2 files\n\nDeleted run.sh\nAdded a"

    A = {"filePath": "a", "fileContent": b"a"}

    @pytest.mark.parametrize(
        ("wishes", "expected"),
        [
            ({}, "FileEntryRequiredException"),
            ({"putFiles": [{"filePath": "a"}]}, "SourceFileOrContentRequiredException"),
            (
                {"putFiles": [{**A, "sourceFile": {"filePath": "run.sh"}}]},
                "FileContentAndSourceFileSpecifiedException",
            ),
            ({"putFiles": [A, A]}, "SamePathRequestException"),
            ({"putFiles": [A], "deleteFiles": [{"filePath": "a"}]}, "SamePathRequestException"),
            ({"putFiles": [A, {"filePath": "a/b", "fileContent": b"b"}]}, "PutFileEntryConflictException"),
            (
                {"putFiles": [{"filePath": "a", "sourceFile": {"filePath": "no"}}]},
                "FileDoesNotExistException",
            ),
            (
                {"putFiles": [{"filePath": "a", "sourceFile": {"filePath": "b/.gitkeep"}}]},
                "RestrictedSourceFileException",
            ),
            ({"deleteFiles": [{"filePath": "gone"}]}, "FileDoesNotExistException"),
            ({"setFileModes": [{"filePath": "gone", "fileMode": "NORMAL"}]}, "FileDoesNotExistException"),
            ({"setFileModes": [{"filePath": "run.sh", "fileMode": "X"}]}, "InvalidFileModeException"),
            ({"setFileModes": [{"filePath": "run.sh", "fileMode": "EXECUTABLE"}]}, "NoChangeException"),
            (
                {"deleteFiles": [{"filePath": f"f{n}"} for n in range(101)]},
                "MaximumFileEntriesExceededException",
            ),
            (
                {"putFiles": [{"filePath": "big", "fileContent": b"x" * ((6 << 20) + 1)}]},
                "FileContentSizeLimitExceededException",
            ),
        ],
    )
    def test_refuses_what_cannot_be(self, rejected, wishes, expected):
        assert rejected(**wishes) == expected

    def test_leaves_nothing_behind_when_refused(self, ask, shop, rejected):
        before = tip(ask)
        rejected(putFiles=[self.A, self.A])

        assert tip(ask) == before
        assert not Push.objects.filter(status="InProgress").exists()

    def test_does_not_write_into_submodules(self, ask, shop):
        from repos.git.adapters import writing
        from repos.git.engine.edits import Edit

        parent = tip(ask)
        from devopsweb.iam.api import service_principal
        from repos.git.actions import references
        from repos.git.types import RefChange
        from tests.repos.helpers import NOON

        sha = writing.amend(
            shop.directory,
            edits=[Edit("vendor/lib", "160000", parent)],
            parents=[parent],
            message="Add lib",
            author=("Dora", ""),
            at=NOON,
        )
        change = RefChange("refs/heads/main", parent, sha)
        references.move(repository=shop, changes=[change], principal=service_principal("t"), at=NOON)

        found = refused(
            ask,
            "CreateCommit",
            repositoryName="shop",
            branchName="main",
            parentCommitId=sha,
            putFiles=[{"filePath": "vendor/lib/a", "fileContent": b"a"}],
        )

        assert found == "FilePathConflictsWithSubmodulePathException"
        modules = ask("GetFolder", repositoryName="shop", folderPath="vendor")["subModules"]
        assert modules == [{"commitId": parent, "absolutePath": "vendor/lib", "relativePath": "lib"}]
