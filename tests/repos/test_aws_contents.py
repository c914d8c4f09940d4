"""CodeCommit's operations that read commits, files, folders and differences."""

import pytest

from repos.git.adapters import process
from tests.repos.helpers import FILES, NOON, put
from tests.repos.test_aws_repositories import ask, refused, tip

__all__ = ["ask"]


class TestGetCommit:
    def test_shows_it_with_dates_as_git_writes_them(self, ask, shop):
        sha = tip(ask)
        found = ask("GetCommit", repositoryName="shop", commitId=sha)["commit"]

        assert found["commitId"] == sha
        assert found["message"] == "Answer 43\n\nIt was 42."
        assert found["author"] == {
            "name": "Dora",
            "email": "dora@example.com",
            "date": f"{int(NOON.timestamp())} +0000",
        }
        assert len(found["parents"]) == 1
        assert found["additionalData"] == ""

    def test_shows_a_signature(self, ask, shop):
        raw = process.run(shop.directory, "cat-file", "commit", tip(ask))
        signed = raw.replace(b"\n\n", b"\ngpgsig -----BEGIN\n  x\n -----END\n\n", 1)
        sha = process.run(shop.directory, "hash-object", "-t", "commit", "-w", "--stdin", stdin=signed)

        found = ask("GetCommit", repositoryName="shop", commitId=sha.decode().strip())["commit"]

        assert found["additionalData"] == "gpgsig -----BEGIN\n  x\n -----END"

    def test_takes_full_ids_only(self, ask, shop):
        for name in ("main", tip(ask)[:10]):
            assert (
                refused(ask, "GetCommit", repositoryName="shop", commitId=name) == "InvalidCommitIdException"
            )
        found = refused(ask, "GetCommit", repositoryName="shop", commitId="0" * 40)
        assert found == "CommitIdDoesNotExistException"

    def test_a_batch_lists_problems(self, ask, shop):
        sha = tip(ask)
        found = ask("BatchGetCommits", repositoryName="shop", commitIds=[sha, "0" * 40, "x"])

        assert [c["commitId"] for c in found["commits"]] == [sha]
        codes = {e["commitId"]: e["errorCode"] for e in found["errors"]}
        assert codes == {"0" * 40: "CommitIdDoesNotExistException", "x": "InvalidCommitIdException"}
        assert refused(ask, "BatchGetCommits", repositoryName="shop", commitIds=[]) == (
            "CommitIdsListRequiredException"
        )
        many = [f"{n:040x}" for n in range(101)]
        assert refused(ask, "BatchGetCommits", repositoryName="shop", commitIds=many) == (
            "CommitIdsLimitExceededException"
        )


class TestGetFile:
    def test_takes_the_default_branch_or_any_specifier(self, ask, shop):
        sha = tip(ask)
        wanted = {"repositoryName": "shop", "filePath": "/src/app.py"}
        found = ask("GetFile", **wanted)

        assert found["fileContent"] == b"def answer():\n    return 43\n"
        assert (found["commitId"], found["filePath"], found["fileMode"]) == (sha, "src/app.py", "NORMAL")
        assert found["fileSize"] == len(found["fileContent"])
        for specifier in ("main", "HEAD", "refs/heads/main", sha):
            assert ask("GetFile", commitSpecifier=specifier, **wanted) == found

    def test_knows_programs(self, ask, shop):
        assert ask("GetFile", repositoryName="shop", filePath="run.sh")["fileMode"] == "EXECUTABLE"

    @pytest.mark.parametrize(
        ("path", "specifier", "expected"),
        [
            ("gone.py", "main", "FileDoesNotExistException"),
            ("src", "main", "FileDoesNotExistException"),
            ("README.md/x", "main", "FileDoesNotExistException"),
            ("", "main", "PathRequiredException"),
            ("a//b", "main", "InvalidPathException"),
            ("../a", "main", "InvalidPathException"),
            ("README.md", "gone", "CommitDoesNotExistException"),
            ("README.md", "main~1", "CommitDoesNotExistException"),
        ],
    )
    def test_says_what_is_not_there(self, ask, shop, path, specifier, expected):
        found = refused(ask, "GetFile", repositoryName="shop", filePath=path, commitSpecifier=specifier)

        assert found == expected

    def test_hands_out_no_file_beyond_the_limit(self, ask, shop, monkeypatch):
        monkeypatch.setattr("repos.git.aws.contents.MAX_FILE", 5)
        found = ask("GetFolder", repositoryName="shop", folderPath="/")["files"][0]

        assert refused(ask, "GetFile", repositoryName="shop", filePath="README.md") == "FileTooLargeException"
        assert (
            refused(ask, "GetBlob", repositoryName="shop", blobId=found["blobId"]) == "FileTooLargeException"
        )

    def test_of_an_empty_repository_says_that_there_is_no_commit(self, ask, empty):
        found = refused(ask, "GetFile", repositoryName="empty", filePath="a")

        assert found == "CommitDoesNotExistException"


class TestGetBlob:
    def test_hands_out_the_bytes(self, ask, shop):
        blob = ask("GetFile", repositoryName="shop", filePath="README.md")["blobId"]

        assert ask("GetBlob", repositoryName="shop", blobId=blob)["content"] == FILES["README.md"]

    def test_knows_blobs_only(self, ask, shop):
        assert refused(ask, "GetBlob", repositoryName="shop", blobId="x") == "InvalidBlobIdException"
        for sha in ("0" * 40, tip(ask)):
            assert refused(ask, "GetBlob", repositoryName="shop", blobId=sha) == "BlobIdDoesNotExistException"


class TestGetFolder:
    def test_lists_one_level_by_kind(self, ask, shop):
        found = ask("GetFolder", repositoryName="shop", folderPath="/")

        assert [f["relativePath"] for f in found["subFolders"]] == ["src"]
        assert {f["absolutePath"]: f["fileMode"] for f in found["files"]} == {
            "README.md": "NORMAL",
            "run.sh": "EXECUTABLE",
        }
        inner = ask("GetFolder", repositoryName="shop", folderPath="src/")
        assert inner["treeId"] == found["subFolders"][0]["treeId"]
        assert inner["files"][0]["absolutePath"] == "src/app.py"

    def test_says_what_is_no_folder(self, ask, shop):
        for path in ("gone", "README.md"):
            found = refused(ask, "GetFolder", repositoryName="shop", folderPath=path)
            assert found == "FolderDoesNotExistException"


class TestGetDifferences:
    def test_of_one_commit_are_all_its_files(self, ask, shop):
        found = ask("GetDifferences", repositoryName="shop", afterCommitSpecifier="main")["differences"]

        assert {d["afterBlob"]["path"]: d["changeType"] for d in found} == {
            "README.md": "A",
            "run.sh": "A",
            "src/app.py": "A",
        }
        assert {d["afterBlob"]["mode"] for d in found} == {"100644", "100755"}

    def test_show_a_rename_as_two(self, ask, shop):
        before = tip(ask)
        put("shop", {"read.md": FILES["README.md"], "src/app.py": b"x\n", "run.sh": FILES["run.sh"]})

        found = ask(
            "GetDifferences",
            repositoryName="shop",
            beforeCommitSpecifier=before,
            afterCommitSpecifier="main",
        )["differences"]

        assert [d["changeType"] for d in found] == ["D", "A", "M"]
        assert found[0]["beforeBlob"]["path"] == "README.md"
        assert "afterBlob" not in found[0]

    def test_can_be_limited_to_a_folder_or_a_file(self, ask, shop):
        wanted = {"repositoryName": "shop", "afterCommitSpecifier": "main"}

        folder = ask("GetDifferences", afterPath="src", **wanted)["differences"]
        file = ask("GetDifferences", beforePath="run.sh", afterPath="run.sh", **wanted)["differences"]

        assert [d["afterBlob"]["path"] for d in folder] == ["src/app.py"]
        assert [d["afterBlob"]["path"] for d in file] == ["run.sh"]
        assert refused(ask, "GetDifferences", afterPath="gone", **wanted) == "PathDoesNotExistException"

    def test_compare_a_renamed_folder_with_itself(self, ask, shop):
        before = tip(ask)
        put("shop", {"lib/app.py": b"def answer():\n    return 43\n", "lib/new.py": b"1\n"})

        found = ask(
            "GetDifferences",
            repositoryName="shop",
            beforeCommitSpecifier=before,
            afterCommitSpecifier="main",
            beforePath="src",
            afterPath="lib",
        )["differences"]

        assert [(d["changeType"], d["afterBlob"]["path"]) for d in found] == [("A", "lib/new.py")]

    def test_show_a_file_that_became_a_folder(self, ask, shop):
        before = tip(ask)
        put("shop", {"README.md/inner.md": b"x\n"})

        found = ask(
            "GetDifferences",
            repositoryName="shop",
            beforeCommitSpecifier=before,
            afterCommitSpecifier="main",
            beforePath="README.md",
        )["differences"]

        assert [d["changeType"] for d in found] == ["D", "A"]

    def test_pages_stay_with_the_commits_of_the_first(self, ask, shop):
        wanted = {"repositoryName": "shop", "afterCommitSpecifier": "main", "MaxResults": 2}
        first = ask("GetDifferences", **wanted)
        put("shop", {"zzz": b"later\n"})

        second = ask("GetDifferences", NextToken=first["NextToken"], **wanted)

        paths = [d["afterBlob"]["path"] for d in first["differences"] + second["differences"]]
        assert paths == ["README.md", "run.sh", "src/app.py"]
        assert "NextToken" not in second

    def test_want_a_sound_size_and_token(self, ask, shop):
        wanted = {"repositoryName": "shop", "afterCommitSpecifier": "main"}
        assert refused(ask, "GetDifferences", MaxResults=0, **wanted) == "InvalidMaxResultsException"
        assert refused(ask, "GetDifferences", NextToken="x", **wanted) == "InvalidContinuationTokenException"


class TestGetBlobDifferences:
    @pytest.fixture
    def blobs(self, ask, shop):
        """The ids of two texts, of bytes, and of the old text with other spaces."""
        lines = [b"%d\n" % n for n in range(1, 31)]
        changed = [*lines[:4], b"five\n", *lines[5:28], b"new\n", *lines[28:]]
        texts = {"old": lines, "new": changed, "bytes": [b"\0x"], "spaced": [b" " + x for x in lines]}
        put("shop", {name: b"".join(text) for name, text in texts.items()})
        return {name: ask("GetFile", repositoryName="shop", filePath=name)["blobId"] for name in texts}

    def differences(self, ask, blobs, before, after, **more):
        old = {"beforeBlobId": blobs[before]} if before else {}
        return ask("GetBlobDifferences", repositoryName="shop", afterBlobId=blobs[after], **old, **more)

    def test_are_hunks_of_lines(self, ask, blobs):
        found = self.differences(ask, blobs, "old", "new", contextLines=1)

        first, second = found["hunks"]
        assert (first["beforeStartLine"], first["beforeLineCount"]) == (4, 3)
        assert [(c["type"], c["content"]) for c in first["changes"]] == [
            ("CONTEXT", "4"),
            ("DELETE", "5"),
            ("ADD", "five"),
            ("CONTEXT", "6"),
        ]
        assert first["changes"][1] == {"type": "DELETE", "content": "5", "beforeLineNumber": 5}
        assert second["changes"][1] == {"type": "ADD", "content": "new", "afterLineNumber": 29}

    def test_of_one_text_are_all_its_lines(self, ask, blobs):
        found = self.differences(ask, blobs, "", "old")

        assert found["beforeBlobSize"] == 0
        assert {c["type"] for c in found["hunks"][0]["changes"]} == {"ADD"}
        assert found["hunks"][0]["afterLineCount"] == 30

    def test_may_leave_spaces_out(self, ask, blobs):
        assert self.differences(ask, blobs, "old", "spaced")["hunks"]
        assert self.differences(ask, blobs, "old", "spaced", ignoreWhitespace=True)["hunks"] == []

    def test_of_bytes_have_no_lines(self, ask, blobs):
        found = self.differences(ask, blobs, "old", "bytes")

        assert (found["isBinary"], found["hunks"]) == (True, [])

    def test_come_in_pages(self, ask, blobs):
        first = self.differences(ask, blobs, "old", "new", MaxResults=1)
        second = self.differences(ask, blobs, "old", "new", MaxResults=1, NextToken=first["NextToken"])

        assert (len(first["hunks"]), len(second["hunks"])) == (1, 1)
        assert "NextToken" not in second

    def test_refuse_unsound_questions(self, ask, blobs):
        asked = {"repositoryName": "shop", "afterBlobId": blobs["new"]}
        assert refused(ask, "GetBlobDifferences", contextLines=21, **asked) == "ValidationException"
        assert refused(ask, "GetBlobDifferences", MaxResults=0, **asked) == "InvalidMaxResultsException"
        assert refused(ask, "GetBlobDifferences", beforeBlobId="x", **asked) == "InvalidBlobIdException"
        found = refused(ask, "GetBlobDifferences", beforeBlobId="0" * 40, **asked)
        assert found == "BlobIdDoesNotExistException"


class TestListFileCommitHistory:
    def test_follows_a_file_through_its_rename(self, ask, shop):
        long = b"".join(b"line %d\n" % n for n in range(40))
        shas = [
            put("shop", {"a.txt": long}),
            put("shop", {"a.txt": long + b"more\n"}),
            put("shop", {"b.txt": long + b"more\n"}),
            put("shop", {"b.txt": long + b"most\n"}),
        ]

        found = ask("ListFileCommitHistory", repositoryName="shop", filePath="b.txt")["revisionDag"]

        assert [r["commit"]["commitId"] for r in found] == shas[::-1]
        assert [r["path"] for r in found] == ["b.txt", "b.txt", "a.txt", "a.txt"]
        assert [r["revisionChildren"] for r in found] == [[], [shas[3]], [shas[2]], [shas[1]]]
        assert len({r["blobId"] for r in found}) == 3

    def test_comes_in_pages(self, ask, shop):
        wanted = {"repositoryName": "shop", "filePath": "src/app.py", "maxResults": 1}
        first = ask("ListFileCommitHistory", **wanted)
        put("shop", {"src/app.py": b"later\n"})

        second = ask("ListFileCommitHistory", nextToken=first["nextToken"], **wanted)

        messages = [r["commit"]["message"] for r in first["revisionDag"] + second["revisionDag"]]
        assert messages == ["Answer 43\n\nIt was 42.", "Start shop"]
        assert "nextToken" not in second

    def test_of_an_unknown_file_is_empty(self, ask, shop):
        assert ask("ListFileCommitHistory", repositoryName="shop", filePath="gone") == {"revisionDag": []}
