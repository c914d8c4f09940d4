"""CodeCommit's operations that compare and merge branches."""

from base64 import b64decode

import pytest

from repos.git.adapters import process
from tests.awsapi.local import aws
from tests.repos.helpers import put
from tests.repos.test_aws_repositories import ask, refused, tip

__all__ = ["ask"]
TEXT = b"".join(b"%d\n" % n for n in range(1, 10))
BOTH = {"repositoryName": "shop", "sourceCommitSpecifier": "topic", "destinationCommitSpecifier": "main"}


@pytest.fixture
def diverge(ask, shop):
    """Lets topic and main leave a common commit, each with files of its own."""

    def make(topic, main, base=None):
        start = base or {"f.txt": TEXT}
        put("shop", start)
        ask("CreateBranch", repositoryName="shop", branchName="topic", commitId=tip(ask))
        put("shop", {**start, **topic}, branch="topic")
        if main:
            put("shop", {**start, **main})

    return make


def edit(*lines):
    """The text with some lines replaced."""
    return b"".join(b"x\n" if n in lines else b"%d\n" % n for n in range(1, 10))


def content(ask, path, branch="main"):
    found = ask("GetFile", repositoryName="shop", commitSpecifier=branch, filePath=path)
    return found["fileContent"]


class TestGetMergeOptions:
    def test_are_all_when_the_source_is_ahead(self, ask, diverge):
        diverge({"new.txt": b"new\n"}, {})
        found = ask("GetMergeOptions", **BOTH)

        assert found["mergeOptions"] == ["FAST_FORWARD_MERGE", "SQUASH_MERGE", "THREE_WAY_MERGE"]
        assert found["baseCommitId"] == found["destinationCommitId"] == tip(ask)

    def test_depend_on_how_closely_one_looks(self, ask, diverge):
        diverge({"f.txt": edit(1)}, {"f.txt": edit(9)})

        assert ask("GetMergeOptions", **BOTH)["mergeOptions"] == []
        closely = ask("GetMergeOptions", conflictDetailLevel="LINE_LEVEL", **BOTH)
        assert closely["mergeOptions"] == ["SQUASH_MERGE", "THREE_WAY_MERGE"]

    @pytest.mark.parametrize(
        ("changed", "expected"),
        [
            ({"sourceCommitSpecifier": "gone"}, "CommitDoesNotExistException"),
            ({"conflictDetailLevel": "WORD"}, "InvalidConflictDetailLevelException"),
            ({"conflictResolutionStrategy": "DICE"}, "InvalidConflictResolutionStrategyException"),
            ({"repositoryName": "gone"}, "RepositoryDoesNotExistException"),
        ],
    )
    def test_refuse_what_is_not_there(self, ask, diverge, changed, expected):
        diverge({"new.txt": b"new\n"}, {})

        assert refused(ask, "GetMergeOptions", **{**BOTH, **changed}) == expected


class TestMergeBranches:
    def test_forward_moves_the_branch(self, ask, diverge):
        diverge({"new.txt": b"new\n"}, {})
        made = ask("MergeBranchesByFastForward", **BOTH)

        assert made["commitId"] == tip(ask) == tip(ask, "topic")

    def test_forward_is_refused_when_the_branch_has_its_own(self, ask, diverge):
        diverge({"new.txt": b"new\n"}, {"other.txt": b"o\n"})

        assert refused(ask, "MergeBranchesByFastForward", **BOTH) == "ManualMergeRequiredException"

    def test_three_way_has_two_parents(self, ask, diverge):
        diverge({"new.txt": b"new\n", "f.txt": TEXT}, {"other.txt": b"o\n"})
        main, topic = tip(ask), tip(ask, "topic")
        made = ask("MergeBranchesByThreeWay", authorName="Ada", commitMessage="Merge topic", **BOTH)

        found = ask("GetCommit", repositoryName="shop", commitId=made["commitId"])["commit"]
        assert found["parents"] == [main, topic]
        assert (found["message"], found["treeId"]) == ("Merge topic", made["treeId"])
        assert content(ask, "new.txt") == b"new\n"
        assert content(ask, "other.txt") == b"o\n"
        asked = {**BOTH, "sourceCommitSpecifier": topic, "destinationCommitSpecifier": main}
        assert ask("GetMergeCommit", **asked)["mergedCommitId"] == made["commitId"]

    def test_squash_has_one_parent(self, ask, diverge):
        diverge({"new.txt": b"new\n"}, {"other.txt": b"o\n"})
        main = tip(ask)
        made = ask("MergeBranchesBySquash", **BOTH)

        assert ask("GetCommit", repositoryName="shop", commitId=made["commitId"])["commit"]["parents"] == [
            main
        ]
        assert tip(ask) == made["commitId"]
        assert "mergedCommitId" not in ask("GetMergeCommit", **BOTH)

    def test_takes_deletions_and_modes_along(self, ask, diverge, shop):
        diverge({}, {"other.txt": b"o\n"}, base={"f.txt": TEXT, "run.sh": b"x\n"})
        ask(
            "CreateCommit",
            repositoryName="shop",
            branchName="topic",
            parentCommitId=tip(ask, "topic"),
            deleteFiles=[{"filePath": "f.txt"}],
            setFileModes=[{"filePath": "run.sh", "fileMode": "NORMAL"}],
        )
        ask("MergeBranchesByThreeWay", **BOTH)

        found = ask("GetFolder", repositoryName="shop", folderPath="/")["files"]
        assert {f["relativePath"]: f["fileMode"] for f in found} == {
            "run.sh": "NORMAL",
            "other.txt": "NORMAL",
        }

    def test_lines_merge_when_asked(self, ask, diverge, shop):
        diverge({"f.txt": edit(1)}, {"f.txt": edit(9)})
        assert refused(ask, "MergeBranchesByThreeWay", **BOTH) == "ManualMergeRequiredException"

        expected = process.run(shop.directory, "merge-tree", "--write-tree", "main", "topic").decode().strip()
        made = ask("MergeBranchesByThreeWay", conflictDetailLevel="LINE_LEVEL", **BOTH)

        assert content(ask, "f.txt") == edit(1, 9)
        assert made["treeId"] == expected

    @pytest.mark.parametrize(
        ("strategy", "level", "expected"),
        [
            ("ACCEPT_SOURCE", "FILE_LEVEL", b"s\n2\n3\n4\n5\n6\n7\n8\n9\n"),
            ("ACCEPT_DESTINATION", "FILE_LEVEL", b"d\n2\n3\n4\n5\n6\n7\n8\nd\n"),
            ("ACCEPT_SOURCE", "LINE_LEVEL", b"s\n2\n3\n4\n5\n6\n7\n8\nd\n"),
        ],
    )
    def test_conflicts_may_be_decided_by_side(self, ask, diverge, strategy, level, expected):
        source, destination = TEXT.replace(b"1", b"s"), TEXT.replace(b"1", b"d").replace(b"9", b"d")
        diverge({"f.txt": source}, {"f.txt": destination})
        ask(
            "MergeBranchesBySquash",
            conflictResolutionStrategy=strategy,
            conflictDetailLevel=level,
            **BOTH,
        )

        assert content(ask, "f.txt") == expected

    def test_conflicts_may_be_resolved_file_by_file(self, ask, diverge):
        diverge(
            {"f.txt": edit(5), "a": b"topic\n", "b": b"topic\n", "c": b"topic\n"},
            {"f.txt": b"main\n", "a": b"main\n", "b": b"main\n", "c": b"main\n"},
        )
        resolution = {
            "replaceContents": [
                {"filePath": "f.txt", "replacementType": "USE_NEW_CONTENT", "content": b"both\n"},
                {"filePath": "a", "replacementType": "KEEP_SOURCE", "fileMode": "EXECUTABLE"},
                {"filePath": "b", "replacementType": "KEEP_DESTINATION"},
            ],
            "deleteFiles": [{"filePath": "c"}],
        }
        merge = {"conflictResolutionStrategy": "AUTOMERGE", **BOTH}
        assert refused(ask, "MergeBranchesBySquash", **merge) == "ManualMergeRequiredException"

        ask("MergeBranchesBySquash", conflictResolution=resolution, **merge)

        assert [content(ask, path) for path in ("f.txt", "a", "b")] == [b"both\n", b"topic\n", b"main\n"]
        assert refused(ask, "GetFile", repositoryName="shop", filePath="c") == "FileDoesNotExistException"

    A = {"filePath": "f.txt", "replacementType": "KEEP_SOURCE"}

    @pytest.mark.parametrize(
        ("strategy", "resolution", "expected"),
        [
            ("NONE", {"deleteFiles": [{"filePath": "f.txt"}]}, "InvalidConflictResolutionException"),
            ("AUTOMERGE", {"replaceContents": [A, A]}, "MultipleConflictResolutionEntriesException"),
            (
                "AUTOMERGE",
                {"replaceContents": [A], "deleteFiles": [{"filePath": "f.txt"}]},
                "MultipleConflictResolutionEntriesException",
            ),
            (
                "AUTOMERGE",
                {"replaceContents": [{**A, "replacementType": "USE_NEW_CONTENT"}]},
                "ReplacementContentRequiredException",
            ),
            (
                "AUTOMERGE",
                {"replaceContents": [{**A, "replacementType": "KEEP_CALM"}]},
                "InvalidReplacementTypeException",
            ),
            (
                "AUTOMERGE",
                {"deleteFiles": [{"filePath": f"f{n}"} for n in range(101)]},
                "MaximumConflictResolutionEntriesExceededException",
            ),
        ],
    )
    def test_unsound_resolutions_are_refused(self, ask, diverge, strategy, resolution, expected):
        diverge({"f.txt": edit(5)}, {"f.txt": b"main\n"})

        found = refused(
            ask,
            "MergeBranchesBySquash",
            conflictResolutionStrategy=strategy,
            conflictResolution=resolution,
            **BOTH,
        )

        assert found == expected

    def test_that_is_done_already_changes_nothing(self, ask, diverge):
        diverge({"new.txt": b"new\n"}, {})
        asked = {**BOTH, "sourceCommitSpecifier": "main", "destinationCommitSpecifier": "topic"}
        before = tip(ask, "topic")

        assert ask("MergeBranchesByThreeWay", **asked)["commitId"] == before

    def test_moves_the_branch_that_is_named(self, ask, diverge):
        diverge({"new.txt": b"new\n"}, {"other.txt": b"o\n"})
        main = tip(ask)
        ask("CreateBranch", repositoryName="shop", branchName="next", commitId=main)
        asked = {**BOTH, "destinationCommitSpecifier": main}
        made = ask("MergeBranchesBySquash", targetBranch="next", **asked)

        assert tip(ask, "next") == made["commitId"]
        assert tip(ask) == main
        assert refused(ask, "MergeBranchesBySquash", **asked) == "InvalidBranchNameException"
        found = refused(ask, "MergeBranchesBySquash", targetBranch="gone", **BOTH)
        assert found == "BranchDoesNotExistException"
        # The topic has what main has not: the result would throw it away.
        found = refused(ask, "MergeBranchesBySquash", targetBranch="topic", **BOTH)
        assert found == "ManualMergeRequiredException"

    def test_loses_the_race_against_a_push(self, ask, diverge, monkeypatch):
        from repos.git.adapters import writing

        diverge({"new.txt": b"new\n"}, {"other.txt": b"o\n"})
        honest = writing.amend

        def slow(*arguments, **named):
            made = honest(*arguments, **named)
            monkeypatch.setattr(writing, "amend", honest)
            put("shop", {"late": b"late\n"})
            return made

        monkeypatch.setattr(writing, "amend", slow)

        found = refused(ask, "MergeBranchesBySquash", **BOTH)

        assert found == "ConcurrentReferenceUpdateException"
        assert content(ask, "late") == b"late\n"


class TestCreateUnreferencedMergeCommit:
    def test_moves_no_branch_and_is_kept(self, ask, diverge, shop):
        diverge({"new.txt": b"new\n"}, {"other.txt": b"o\n"})
        before = tip(ask), tip(ask, "topic")
        made = ask("CreateUnreferencedMergeCommit", mergeOption="THREE_WAY_MERGE", **BOTH)
        process.run(shop.directory, "prune", "--expire=now")

        found = ask("GetCommit", repositoryName="shop", commitId=made["commitId"])["commit"]
        assert found["parents"] == [*before]
        assert (tip(ask), tip(ask, "topic")) == before
        assert ask("ListBranches", repositoryName="shop")["branches"] == ["main", "topic"]

    def test_knows_no_merge_without_a_commit(self, ask, diverge):
        diverge({"new.txt": b"new\n"}, {})
        found = refused(ask, "CreateUnreferencedMergeCommit", mergeOption="FAST_FORWARD_MERGE", **BOTH)

        assert found == "InvalidMergeOptionException"


class TestConflicts:
    def conflicts(self, ask, option="THREE_WAY_MERGE", **more):
        return ask("GetMergeConflicts", mergeOption=option, **{**BOTH, **more})

    def test_say_in_which_way(self, ask, diverge):
        diverge({"f.txt": edit(5)}, {"f.txt": b"main\n"})
        found = self.conflicts(ask, conflictDetailLevel="LINE_LEVEL")
        conflict = found["conflictMetadataList"][0]

        assert not found["mergeable"]
        assert conflict["filePath"] == "f.txt"
        assert conflict["contentConflict"]
        assert not conflict["fileModeConflict"]
        assert conflict["numberOfConflicts"] == 1
        assert conflict["mergeOperations"] == {"source": "M", "destination": "M"}
        assert conflict["fileSizes"] == {"base": len(TEXT), "source": len(TEXT), "destination": 5}
        assert conflict["isBinaryFile"] == {"base": False, "source": False, "destination": False}

    def test_are_none_for_a_move_forward(self, ask, diverge):
        diverge({"f.txt": edit(5)}, {"f.txt": b"main\n"})
        found = self.conflicts(ask, "FAST_FORWARD_MERGE")

        assert (found["mergeable"], found["conflictMetadataList"]) == (False, [])

    def test_are_there_when_one_side_deleted_or_bytes_differ(self, ask, shop):
        put("shop", {"gone.txt": TEXT, "x.bin": b"\0base", "keep": b"k"})
        ask("CreateBranch", repositoryName="shop", branchName="topic", commitId=tip(ask))
        put("shop", {"gone.txt": edit(1), "x.bin": b"\0topic", "keep": b"k"}, branch="topic")
        put("shop", {"x.bin": b"\0main", "keep": b"k"})

        found = self.conflicts(ask, conflictDetailLevel="LINE_LEVEL")["conflictMetadataList"]

        assert [one["filePath"] for one in found] == ["gone.txt", "x.bin"]
        assert found[0]["mergeOperations"] == {"source": "M", "destination": "D"}
        assert found[1]["isBinaryFile"]["source"]

    def test_are_there_when_a_file_stands_in_the_way_of_a_folder(self, ask, diverge):
        diverge({"new/inner.txt": b"x\n"}, {"new": b"file\n"})

        found = self.conflicts(ask)["conflictMetadataList"]

        assert [(one["filePath"], one["objectTypeConflict"]) for one in found] == [("new/inner.txt", True)]

    def test_come_in_pages(self, ask, diverge):
        diverge({"a": b"t\n", "b": b"t\n"}, {"a": b"m\n", "b": b"m\n"})
        first = self.conflicts(ask, maxConflictFiles=1)
        second = self.conflicts(ask, maxConflictFiles=1, nextToken=first["nextToken"])

        both = first["conflictMetadataList"] + second["conflictMetadataList"]
        assert [one["filePath"] for one in both] == ["a", "b"]
        assert "nextToken" not in second

    def test_are_described_part_by_part(self, ask, diverge):
        diverge({"f.txt": edit(2, 5)}, {"f.txt": TEXT.replace(b"5", b"y")})
        asked = {"mergeOption": "SQUASH_MERGE", "conflictDetailLevel": "LINE_LEVEL", **BOTH}
        found = ask("DescribeMergeConflicts", filePath="f.txt", **asked)

        parts = found["mergeHunks"]
        assert [part["isConflict"] for part in parts] == [False, False, False, True, False]
        conflict = parts[3]
        assert b64decode(conflict["source"]["hunkContent"]) == b"x\n"
        assert b64decode(conflict["destination"]["hunkContent"]) == b"y\n"
        assert (conflict["base"]["startLine"], conflict["base"]["endLine"]) == (5, 5)
        assert found["conflictMetadata"]["numberOfConflicts"] == 1

        first = ask("DescribeMergeConflicts", filePath="f.txt", maxMergeHunks=3, **asked)
        rest = ask("DescribeMergeConflicts", filePath="f.txt", nextToken=first["nextToken"], **asked)
        assert first["mergeHunks"] + rest["mergeHunks"] == parts

    def test_of_a_file_without_any_are_none(self, ask, diverge):
        diverge({"new.txt": b"new\n"}, {"other.txt": b"o\n"})
        asked = {"mergeOption": "SQUASH_MERGE", **BOTH}
        found = ask("DescribeMergeConflicts", filePath="f.txt", **asked)

        assert found["mergeHunks"] == []
        assert found["conflictMetadata"]["numberOfConflicts"] == 0
        assert refused(ask, "DescribeMergeConflicts", filePath="gone", **asked) == "FileDoesNotExistException"

    def test_of_several_files_are_told_at_once(self, ask, diverge):
        diverge({"a": b"t\n", "b": b"t\n"}, {"a": b"m\n", "b": b"m\n"})
        asked = {"mergeOption": "SQUASH_MERGE", **BOTH}

        everything = ask("BatchDescribeMergeConflicts", **asked)
        some = ask("BatchDescribeMergeConflicts", filePaths=["b", "gone"], **asked)

        assert [one["conflictMetadata"]["filePath"] for one in everything["conflicts"]] == ["a", "b"]
        assert [one["conflictMetadata"]["filePath"] for one in some["conflicts"]] == ["b"]
        assert some["errors"][0]["exceptionName"] == "FileDoesNotExistException"

    @pytest.mark.parametrize(
        ("changed", "expected"),
        [
            ({"mergeOption": "GUESS"}, "InvalidMergeOptionException"),
            ({"maxConflictFiles": 0}, "InvalidMaxConflictFilesException"),
            ({"nextToken": "x"}, "InvalidContinuationTokenException"),
        ],
    )
    def test_refuse_unsound_questions(self, ask, diverge, changed, expected):
        diverge({"a": b"t\n"}, {"a": b"m\n"})

        assert (
            refused(ask, "GetMergeConflicts", **{"mergeOption": "SQUASH_MERGE", **BOTH, **changed})
            == expected
        )


OPTION = {"mergeOption": "SQUASH_MERGE", **BOTH}
EVERY = {
    "GetMergeOptions": BOTH,
    "GetMergeCommit": BOTH,
    "GetMergeConflicts": OPTION,
    "DescribeMergeConflicts": {"filePath": "f.txt", **OPTION},
    "BatchDescribeMergeConflicts": OPTION,
    "MergeBranchesByFastForward": BOTH,
    "MergeBranchesBySquash": BOTH,
    "MergeBranchesByThreeWay": BOTH,
    "CreateUnreferencedMergeCommit": OPTION,
}


class TestOutsiders:
    def test_are_refused_everything(self, outsider, shop):
        call = aws(outsider)

        def attempt(operation, **params):
            call("codecommit", operation, **params)

        answers = {name: refused(attempt, name, **params) for name, params in EVERY.items()}
        assert answers == dict.fromkeys(EVERY, "AccessDeniedException")
