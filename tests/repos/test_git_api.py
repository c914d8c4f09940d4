"""What other apps rely on."""

import io
import zipfile

import pytest

from devopsweb.blobs import api as blobs
from devopsweb.events.models import Event
from devopsweb.iam.api import AccessDenied, principal_of, service_principal
from repos.git import api
from repos.git.errors import InvalidRepositoryName, RefNotFound, RepositoryNameExists, RepositoryNotFound
from repos.git.models import Push, RefState, Repository
from tests.repos.helpers import FILES, NOON, put


@pytest.mark.django_db
class TestCreateRepository:
    def test_makes_an_empty_repository_without_a_default_branch(self):
        info = api.create_repository(name="web", principal=service_principal("test"), at=NOON)

        assert info.default_branch == ""
        assert info.arn == "arn:aws:codecommit:us-east-1:123456789012:web"
        assert info.clone_url_http.endswith("/git/web")
        assert Repository.objects.get(name="web").directory.is_dir()

    def test_is_refused_without_the_permission(self, outsider):
        with pytest.raises(AccessDenied, match="codecommit:CreateRepository"):
            api.create_repository(name="web", principal=principal_of(outsider), at=NOON)

    def test_refuses_a_name_that_is_taken(self, shop):
        with pytest.raises(RepositoryNameExists):
            api.create_repository(name="shop", principal=service_principal("test"), at=NOON)

        assert Repository.objects.count() == 1

    @pytest.mark.parametrize("name", ["", "a b", "a/b", "..", ".", "web.git", "x" * 101, "é"])
    def test_refuses_names_outside_the_rule(self, name):
        with pytest.raises(InvalidRepositoryName):
            api.create_repository(name=name, principal=service_principal("test"), at=NOON)


@pytest.mark.django_db
class TestPutTree:
    def test_announces_the_created_branch_and_makes_it_the_default(self, empty):
        sha = put("empty", FILES)

        event = Event.objects.filter(detail_type="CodeCommit Repository State Change").get()
        assert event.detail["detail"] == {
            "event": "referenceCreated",
            "repositoryName": "empty",
            "repositoryId": str(empty.pk),
            "referenceType": "branch",
            "referenceName": "main",
            "referenceFullName": "refs/heads/main",
            "callerUserArn": "arn:aws:iam::123456789012:role/service/codecommit",
            "commitId": sha,
        }
        assert api.repository("empty").default_branch == "main"
        assert RefState.objects.get().sha == sha
        assert Push.objects.get().status == "Settled"

    def test_leaves_no_internal_reference(self, shop):
        assert not list((shop.directory / "refs" / "internal").glob("**/*-*"))

    def test_holds_exactly_the_given_files(self, shop):
        sha = put("shop", {"only.txt": b"x"})

        names = zipfile.ZipFile(blobs.path(api.archive(repository="shop", sha=sha).digest)).namelist()
        assert names == ["only.txt"]


@pytest.mark.django_db
class TestResolve:
    def test_finds_a_branch_and_a_full_and_a_short_id(self, shop):
        by_branch = api.resolve(repository="shop", ref="main")

        assert by_branch.subject == "Answer 43"
        assert by_branch.body == "It was 42."
        assert by_branch.author_name == "Dora"
        assert api.resolve(repository="shop", ref=by_branch.sha) == by_branch
        assert api.resolve(repository="shop", ref=by_branch.sha[:8]) == by_branch
        assert api.resolve(repository="shop", ref="refs/heads/main") == by_branch

    @pytest.mark.parametrize(
        "ref",
        ["", "nope", "main~1", "--all", "main\nmain", "HEAD^{tree}", "0" * 40, "x" * 5000, "refs/internal/x"],
    )
    def test_refuses_anything_else(self, shop, ref):
        with pytest.raises(RefNotFound):
            api.resolve(repository="shop", ref=ref)

    def test_of_an_unknown_repository_says_so(self, db):
        with pytest.raises(RepositoryNotFound, match="'nope'"):
            api.resolve(repository="nope", ref="main")


@pytest.mark.django_db
class TestArchive:
    def test_holds_the_files_with_their_modes_at_its_root(self, shop):
        blob = api.archive(repository="shop", sha="main")

        with zipfile.ZipFile(blobs.path(blob.digest)) as archive:
            assert archive.testzip() is None
            assert archive.read("src/app.py") == b"def answer():\n    return 43\n"
            modes = {i.filename: (i.external_attr >> 16) & 0o777 for i in archive.infolist()}
        assert modes == {"README.md": 0o644, "run.sh": 0o755, "src/app.py": 0o644}

    def test_of_equal_trees_is_one_blob(self, shop):
        first = api.archive(repository="shop", sha="main")
        tree = api.resolve(repository="shop", ref="main").tree
        with zipfile.ZipFile(io.BytesIO(blobs.path(first.digest).read_bytes())) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
        again = put("shop", files, "Same files")

        assert api.resolve(repository="shop", ref=again).tree == tree
        assert api.archive(repository="shop", sha=again) == first

    def test_is_made_again_when_its_blob_is_gone(self, shop):
        first = api.archive(repository="shop", sha="main")
        blobs.path(first.digest).unlink()

        assert api.archive(repository="shop", sha="main") == first
        assert blobs.path(first.digest).is_file()


@pytest.mark.django_db
class TestHistory:
    def test_between_two_commits_is_what_the_base_lacks(self, shop):
        head = api.resolve(repository="shop", ref="main")

        commits = api.commits_between(repository="shop", base=head.parents[0], head="main", limit=10)
        assert [c.subject for c in commits] == ["Answer 43"]
        assert commits[0] == head

        everything = api.commits_between(repository="shop", base=None, head="main", limit=10)
        assert [c.subject for c in everything] == ["Answer 43", "Start shop"]

    def test_diffstat_counts_files_and_lines(self, shop):
        head = api.resolve(repository="shop", ref="main")

        stat = api.diffstat(repository="shop", base=head.parents[0], head=head.sha)
        assert (stat.files, stat.additions, stat.deletions) == (1, 1, 1)
