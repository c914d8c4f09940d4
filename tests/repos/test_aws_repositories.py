"""CodeCommit's operations on repositories, branches and tags."""

from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from devopsweb.iam.api import service_principal
from repos.git import api
from repos.git.models import Repository
from tests.awsapi.local import aws
from tests.repos.helpers import FILES, NOON, put


@pytest.fixture
def ask(owner):
    """CodeCommit, asked by the owner."""
    call = aws(owner)
    return lambda operation, **params: call("codecommit", operation, **params)


def code(excinfo) -> str:
    return excinfo.value.response["Error"]["Code"]


def refused(ask, operation, **params) -> str:
    with pytest.raises(ClientError) as refusal:
        ask(operation, **params)
    return code(refusal)


def tip(ask, branch="main", repository="shop"):
    return ask("GetBranch", repositoryName=repository, branchName=branch)["branch"]["commitId"]


class TestCreateRepository:
    def test_makes_an_empty_one_with_tags(self, ask):
        made = ask(
            "CreateRepository", repositoryName="web", repositoryDescription="Web", tags={"team": "shop"}
        )["repositoryMetadata"]

        assert made["repositoryName"] == "web"
        assert made["Arn"] == "arn:aws:codecommit:us-east-1:123456789012:web"
        assert made["cloneUrlHttp"].endswith("/v1/repos/web")
        assert "defaultBranch" not in made
        assert ask("GetRepository", repositoryName="web")["repositoryMetadata"] == made
        assert ask("ListTagsForResource", resourceArn=made["Arn"])["tags"] == {"team": "shop"}

    def test_refuses_a_taken_name(self, ask, shop):
        assert refused(ask, "CreateRepository", repositoryName="shop") == "RepositoryNameExistsException"

    def test_refuses_a_name_that_ends_in_git(self, ask):
        assert refused(ask, "CreateRepository", repositoryName="web.git") == "InvalidRepositoryNameException"

    def test_refuses_system_tags(self, ask):
        found = refused(ask, "CreateRepository", repositoryName="web", tags={"aws:x": "1"})

        assert found == "InvalidSystemTagUsageException"
        assert not Repository.objects.exists()

    def test_refuses_a_key_of_its_own(self, ask):
        found = refused(ask, "CreateRepository", repositoryName="web", kmsKeyId="alias/mine")

        assert found == "OperationNotAllowedException"


class TestReading:
    def test_an_unknown_repository_says_so(self, ask):
        assert refused(ask, "GetRepository", repositoryName="gone") == "RepositoryDoesNotExistException"

    def test_a_batch_lists_what_is_missing(self, ask, shop):
        found = ask("BatchGetRepositories", repositoryNames=["gone", "shop", "shop"])

        assert [r["repositoryName"] for r in found["repositories"]] == ["shop"]
        assert found["repositoriesNotFound"] == ["gone"]
        assert found["errors"][0]["errorCode"] == "RepositoryDoesNotExistException"

    def test_a_batch_has_names_but_not_too_many(self, ask):
        assert refused(ask, "BatchGetRepositories", repositoryNames=[]) == "RepositoryNamesRequiredException"
        many = [f"r{n}" for n in range(101)]
        found = refused(ask, "BatchGetRepositories", repositoryNames=many)
        assert found == "MaximumRepositoryNamesExceededException"


class TestListRepositories:
    @pytest.fixture(autouse=True)
    def _three(self, db):
        for n, name in enumerate(["b", "c", "a"]):
            api.create_repository(name=name, principal=service_principal("t"), at=NOON + timedelta(hours=n))

    def names(self, found):
        return [row["repositoryName"] for row in found["repositories"]]

    def test_goes_by_name(self, ask):
        assert self.names(ask("ListRepositories")) == ["a", "b", "c"]
        assert self.names(ask("ListRepositories", order="descending")) == ["c", "b", "a"]

    def test_goes_by_change(self, ask):
        assert self.names(ask("ListRepositories", sortBy="lastModifiedDate")) == ["b", "c", "a"]
        newest_first = ask("ListRepositories", sortBy="lastModifiedDate", order="descending")
        assert self.names(newest_first) == ["a", "c", "b"]

    @pytest.mark.parametrize("by", ["repositoryName", "lastModifiedDate"])
    @pytest.mark.parametrize("order", ["ascending", "descending"])
    def test_pages_hold_while_others_are_added(self, ask, monkeypatch, by, order):
        monkeypatch.setattr("repos.git.aws.repositories.PAGE", 1)
        whole, token = [], ""
        while True:
            found = ask("ListRepositories", sortBy=by, order=order, **({"nextToken": token} if token else {}))
            whole += self.names(found)
            token = found.get("nextToken", "")
            if not token:
                break
            name = f"{'0' if order == 'ascending' else 'z'}{len(whole)}"
            at = NOON + timedelta(hours=-1 if order == "ascending" else 9)
            api.create_repository(name=name, principal=service_principal("t"), at=at)

        assert sorted(whole) == ["a", "b", "c"]

    def test_a_token_of_another_list_is_refused(self, ask, monkeypatch):
        monkeypatch.setattr("repos.git.aws.repositories.PAGE", 1)
        token = ask("ListRepositories")["nextToken"]

        found = refused(ask, "ListRepositories", nextToken=token, order="descending")

        assert found == "InvalidContinuationTokenException"

    def test_unknown_orders_are_refused(self, ask):
        call = {"sortBy": "size"}
        assert refused(ask, "ListRepositories", **call) == "InvalidSortByException"
        assert refused(ask, "ListRepositories", order="up") == "InvalidOrderException"


class TestChanging:
    def test_renames(self, ask, shop):
        ask("UpdateRepositoryName", oldName="shop", newName="store")

        kept = ask("GetRepository", repositoryName="store")["repositoryMetadata"]
        assert kept["repositoryId"] == str(shop.id)

    def test_refuses_a_taken_name(self, ask, shop, empty):
        found = refused(ask, "UpdateRepositoryName", oldName="shop", newName="empty")

        assert found == "RepositoryNameExistsException"

    def test_clears_the_description_when_none_is_given(self, ask, shop):
        ask("UpdateRepositoryDescription", repositoryName="shop")

        assert (
            "repositoryDescription" not in ask("GetRepository", repositoryName="shop")["repositoryMetadata"]
        )

    def test_deletes_and_is_calm_about_what_is_gone(self, ask, shop):
        assert ask("DeleteRepository", repositoryName="shop") == {"repositoryId": str(shop.id)}
        assert ask("DeleteRepository", repositoryName="shop") == {}

    def test_moves_the_default_branch(self, ask, shop):
        put("shop", FILES, branch="next")
        ask("UpdateDefaultBranch", repositoryName="shop", defaultBranchName="next")

        assert ask("GetRepository", repositoryName="shop")["repositoryMetadata"]["defaultBranch"] == "next"
        found = refused(ask, "UpdateDefaultBranch", repositoryName="shop", defaultBranchName="gone")
        assert found == "BranchDoesNotExistException"


class TestBranches:
    def test_are_made_at_a_commit_and_deleted(self, ask, shop):
        sha = tip(ask)
        ask("CreateBranch", repositoryName="shop", branchName="next", commitId=sha)

        assert ask("ListBranches", repositoryName="shop")["branches"] == ["main", "next"]
        assert tip(ask, "next") == sha
        gone = ask("DeleteBranch", repositoryName="shop", branchName="next")
        assert gone == {"deletedBranch": {"branchName": "next", "commitId": sha}}
        assert ask("DeleteBranch", repositoryName="shop", branchName="next") == {}

    @pytest.mark.parametrize(
        ("branch", "commit", "expected"),
        [
            ("main", "tip", "BranchNameExistsException"),
            ("a..b", "tip", "InvalidBranchNameException"),
            ("next", "main", "InvalidCommitIdException"),
            ("next", "0" * 40, "CommitDoesNotExistException"),
        ],
    )
    def test_are_not_made_wrongly(self, ask, shop, branch, commit, expected):
        sha = tip(ask) if commit == "tip" else commit

        assert (
            refused(ask, "CreateBranch", repositoryName="shop", branchName=branch, commitId=sha) == expected
        )

    def test_the_default_one_stays(self, ask, shop):
        found = refused(ask, "DeleteBranch", repositoryName="shop", branchName="main")

        assert found == "DefaultBranchCannotBeDeletedException"

    def test_an_unknown_or_unnamed_one_says_so(self, ask, shop):
        found = refused(ask, "GetBranch", repositoryName="shop", branchName="gone")
        assert found == "BranchDoesNotExistException"
        assert refused(ask, "GetBranch", repositoryName="shop") == "BranchNameRequiredException"

    def test_pages_of_them_hold_while_others_are_made(self, ask, shop, monkeypatch):
        monkeypatch.setattr("repos.git.aws.branches.PAGE", 1)
        sha = tip(ask)
        ask("CreateBranch", repositoryName="shop", branchName="next", commitId=sha)
        first = ask("ListBranches", repositoryName="shop")
        ask("CreateBranch", repositoryName="shop", branchName="aaa", commitId=sha)

        second = ask("ListBranches", repositoryName="shop", nextToken=first["nextToken"])

        assert (first["branches"], second["branches"]) == (["main"], ["next"])
        assert "nextToken" not in second


class TestTags:
    ARN = "arn:aws:codecommit:us-east-1:123456789012:shop"

    def test_are_added_replaced_and_taken_away(self, ask, shop):
        ask("TagResource", resourceArn=self.ARN, tags={"a": "1", "b": "2"})
        ask("TagResource", resourceArn=self.ARN, tags={"b": "3", "c": ""})
        ask("UntagResource", resourceArn=self.ARN, tagKeys=["a", "unknown"])

        assert ask("ListTagsForResource", resourceArn=self.ARN)["tags"] == {"b": "3", "c": ""}

    def test_are_fifty_at_most(self, ask, shop):
        ask("TagResource", resourceArn=self.ARN, tags={f"k{n}": "" for n in range(50)})

        found = refused(ask, "TagResource", resourceArn=self.ARN, tags={"more": ""})

        assert found == "TooManyTagsException"

    def test_need_the_arn_of_a_repository(self, ask, shop):
        found = refused(ask, "ListTagsForResource", resourceArn="arn:aws:s3:::shop")
        assert found == "InvalidResourceArnException"
        found = refused(ask, "ListTagsForResource", resourceArn=self.ARN + "x")
        assert found == "RepositoryDoesNotExistException"


MISSING = [
    ("CreateRepository", {}, "RepositoryNameRequiredException"),
    ("CreateRepository", {"repositoryName": "a b"}, "InvalidRepositoryNameException"),
    ("UpdateRepositoryName", {"newName": "x"}, "RepositoryNameRequiredException"),
    ("UpdateRepositoryName", {"oldName": "shop", "newName": "a/b"}, "InvalidRepositoryNameException"),
    ("CreateBranch", {"repositoryName": "shop", "branchName": "x"}, "CommitIdRequiredException"),
    ("GetFile", {"repositoryName": "shop"}, "PathRequiredException"),
    ("GetDifferences", {"repositoryName": "shop"}, "CommitRequiredException"),
    ("GetBlob", {"repositoryName": "shop"}, "BlobIdRequiredException"),
    ("TagResource", {"resourceArn": "x"}, "TagsMapRequiredException"),
    ("ListTagsForResource", {}, "ResourceArnRequiredException"),
]


class TestParameters:
    @pytest.mark.parametrize(("operation", "params", "expected"), MISSING)
    def test_that_are_missing_or_malformed_are_named(self, ask, shop, operation, params, expected):
        assert refused(ask, operation, **params) == expected


SHA = "0" * 40
EVERY = {
    "CreateRepository": {"repositoryName": "new"},
    "GetRepository": {"repositoryName": "shop"},
    "BatchGetRepositories": {"repositoryNames": ["shop"]},
    "ListRepositories": {},
    "DeleteRepository": {"repositoryName": "shop"},
    "UpdateRepositoryName": {"oldName": "shop", "newName": "store"},
    "UpdateRepositoryDescription": {"repositoryName": "shop"},
    "UpdateDefaultBranch": {"repositoryName": "shop", "defaultBranchName": "main"},
    "CreateBranch": {"repositoryName": "shop", "branchName": "next", "commitId": SHA},
    "DeleteBranch": {"repositoryName": "shop", "branchName": "main"},
    "GetBranch": {"repositoryName": "shop", "branchName": "main"},
    "ListBranches": {"repositoryName": "shop"},
    "GetCommit": {"repositoryName": "shop", "commitId": SHA},
    "BatchGetCommits": {"repositoryName": "shop", "commitIds": [SHA]},
    "GetDifferences": {"repositoryName": "shop", "afterCommitSpecifier": "main"},
    "ListFileCommitHistory": {"repositoryName": "shop", "filePath": "README.md"},
    "GetFile": {"repositoryName": "shop", "filePath": "README.md"},
    "GetFolder": {"repositoryName": "shop", "folderPath": "/"},
    "GetBlob": {"repositoryName": "shop", "blobId": SHA},
    "GetBlobDifferences": {"repositoryName": "shop", "afterBlobId": SHA},
    "PutFile": {"repositoryName": "shop", "branchName": "main", "filePath": "a", "fileContent": b"a"},
    "DeleteFile": {"repositoryName": "shop", "branchName": "main", "filePath": "a", "parentCommitId": SHA},
    "CreateCommit": {"repositoryName": "shop", "branchName": "main"},
    "TagResource": {"resourceArn": TestTags.ARN, "tags": {"a": "b"}},
    "UntagResource": {"resourceArn": TestTags.ARN, "tagKeys": ["a"]},
    "ListTagsForResource": {"resourceArn": TestTags.ARN},
}


class TestOutsiders:
    def test_are_refused_everything(self, outsider, shop):
        call = aws(outsider)

        def attempt(operation, **params):
            call("codecommit", operation, **params)

        answers = {name: refused(attempt, name, **params) for name, params in EVERY.items()}
        assert answers == dict.fromkeys(EVERY, "AccessDeniedException")

    def test_learn_nothing_of_what_exists(self, outsider, db):
        call = aws(outsider)

        with pytest.raises(ClientError) as refusal:
            call("codecommit", "GetRepository", repositoryName="gone")

        assert code(refusal) == "AccessDeniedException"
