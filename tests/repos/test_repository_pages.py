"""Pages of repositories, as browsers see them."""

import re

import pytest
from django.urls import reverse

from repos.git import api, commit_status
from repos.git.models import Repository
from tests.repos.helpers import FILES, NOON, put

NASTY = '<script>alert("x")</script>'


@pytest.fixture
def sha(shop) -> str:
    return api.resolve(repository="shop", ref="main").sha


def pages(sha: str) -> list[str]:
    return [
        "/repositories/",
        "/repositories/+new/",
        "/repositories/shop/",
        "/repositories/shop/tree/main/src",
        "/repositories/shop/blob/main/src/app.py",
        "/repositories/shop/raw/main/src/app.py",
        "/repositories/shop/find/main?q=app",
        "/repositories/shop/commits/main/",
        f"/repositories/shop/commit/{sha}/",
        "/repositories/shop/compare/",
        f"/repositories/shop/compare/{sha}...main/",
        "/repositories/shop/branches/",
        "/repositories/shop/tags/",
        "/repositories/shop/settings/",
        "/repositories/shop/delete/",
    ]


@pytest.mark.django_db
class TestEveryPage:
    def test_is_shown_to_the_owner_within_few_queries(
        self, client_of, owner, shop, sha, django_assert_max_num_queries
    ):
        client = client_of(owner)
        client.get("/repositories/")

        for page in pages(sha):
            with django_assert_max_num_queries(12):
                assert client.get(page).status_code == 200, page

    def test_is_refused_to_an_outsider(self, client_of, outsider, sha):
        client = client_of(outsider)

        for page in pages(sha):
            response = client.get(page)
            assert response.status_code == 403, page
            assert "codecommit:" in response.content.decode(), page

    def test_asks_a_stranger_to_log_in(self, client, sha):
        for page in pages(sha):
            assert client.get(page).status_code == 302, page

    def test_of_an_unknown_repository_is_not_found(self, client_of, owner):
        assert client_of(owner).get("/repositories/nope/").status_code == 404


@pytest.mark.django_db
class TestList:
    def test_shows_only_what_the_caller_may_see(self, client_of, teammate, shop, empty):
        page = client_of(teammate).get("/repositories/").content.decode()

        assert "shop" in page
        assert "New repository" not in page

    def test_costs_the_same_for_many_repositories(
        self, client_of, owner, django_assert_max_num_queries, django_assert_num_queries
    ):
        client = client_of(owner)
        client.get("/repositories/")
        for number in range(12):
            Repository.objects.create(
                name=f"r{number}", created_at="2026-01-01T00:00Z", modified_at="2026-01-01T00:00Z"
            )

        with django_assert_max_num_queries(8):
            client.get("/repositories/")

    def test_goes_on_after_a_page(self, client_of, owner, monkeypatch):
        monkeypatch.setattr("repos.git.access.PAGE", 2)
        for name in "abc":
            Repository.objects.create(
                name=name, created_at="2026-01-01T00:00Z", modified_at="2026-01-01T00:00Z"
            )

        assert "?after=b" in client_of(owner).get("/repositories/").content.decode()
        assert 'href="/repositories/c/"' in client_of(owner).get("/repositories/?after=b").content.decode()

    def test_filters_by_name_and_says_when_nothing_matches(self, client_of, owner, shop):
        assert "No repository matches “zzz”" in client_of(owner).get("/repositories/?q=zzz").content.decode()
        assert 'href="/repositories/shop/"' in client_of(owner).get("/repositories/?q=SHO").content.decode()


@pytest.mark.django_db
class TestCreate:
    def test_leads_to_the_commands_of_the_first_push(self, client_of, owner):
        response = client_of(owner).post(
            "/repositories/+new/", {"name": "web", "description": "Web"}, follow=True
        )

        page = response.content.decode()
        assert "git remote add origin http://testserver/git/web" in page
        assert "git push -u origin main" in page

    @pytest.mark.parametrize(
        ("name", "text"), [("a b", "is not valid"), ("shop", "exists already"), ("", "required")]
    )
    def test_shows_what_is_wrong_at_the_field(self, client_of, owner, shop, name, text):
        response = client_of(owner).post("/repositories/+new/", {"name": name})

        assert response.status_code == 400
        assert text in response.content.decode()

    def test_is_refused_to_a_reader(self, client_of, teammate):
        assert client_of(teammate).post("/repositories/+new/", {"name": "web"}).status_code == 403
        assert not Repository.objects.exists()


@pytest.mark.django_db
class TestTree:
    def test_shows_folders_first_and_who_changed_what_last(self, client_of, owner, shop):
        page = client_of(owner).get("/repositories/shop/").content.decode()

        names = re.findall(r"<tr data-row>.*?</svg>(.*?)</a>", page)
        assert names == ["src", "README.md", "run.sh"]
        rows = re.findall(r'class="ell"><a href="[^"]*">(.*?)</a></td>', page)
        assert rows == ["Answer 43", "Start shop", "Start shop"]

    def test_renders_the_readme_below_the_heading_of_the_page(self, client_of, owner, shop):
        page = client_of(owner).get("/repositories/shop/").content.decode()

        assert "<h2>Shop</h2>" in page
        assert "<em>web</em>" in page

    def test_understands_branches_with_slashes(self, client_of, owner, shop):
        put("shop", {"deep/er/x.txt": b"x"}, branch="feature/a/b")

        assert client_of(owner).get("/repositories/shop/tree/feature/a/b/deep/er").status_code == 200
        assert client_of(owner).get("/repositories/shop/tree/feature/a").status_code == 404

    def test_of_a_file_leads_to_the_file(self, client_of, owner, shop):
        response = client_of(owner).get("/repositories/shop/tree/main/run.sh")

        assert response["Location"] == "/repositories/shop/blob/main/run.sh"

    @pytest.mark.parametrize("address", ["main/nope", "main/../..", "--all", "-h/x", "main:src", "a" * 3000])
    def test_of_anything_else_is_not_found(self, client_of, owner, shop, address):
        assert client_of(owner).get(f"/repositories/shop/tree/{address}").status_code == 404

    def test_is_refetched_after_a_push_only_when_it_changed(self, client_of, owner, shop):
        client = client_of(owner)
        first = client.get("/repositories/shop/?part=files")
        assert 'id="files"' in first.content.decode()[:200]
        assert (
            client.get("/repositories/shop/?part=files", headers={"HX-PTag": first["HX-PTag"]}).status_code
            == 304
        )

        put("shop", {**FILES, "new.txt": b"x"})
        again = client.get("/repositories/shop/?part=files", headers={"HX-PTag": first["HX-PTag"]})
        assert "new.txt" in again.content.decode()

    def test_shows_what_became_of_each_commit(self, client_of, owner, shop, sha, monkeypatch):
        monkeypatch.setattr(commit_status, "_providers", [])
        commit_status.register(
            lambda principal, repository, shas: {sha: [("Failed in Test", "Failed", "/x/")]}
        )

        assert "Failed in Test" in client_of(owner).get("/repositories/shop/").content.decode()
        assert "Failed in Test" in client_of(owner).get(f"/repositories/shop/commit/{sha}/").content.decode()


@pytest.mark.django_db
class TestHostileContent:
    @pytest.fixture
    def hostile(self, shop) -> str:
        files = {
            f"{NASTY.replace('/', '_')}.txt": b"x",
            "README.md": f"{NASTY}\n\n[a](javascript:alert(1)) ![i](../../x.png) <img src=x onerror=alert(1)>\n\n"
            "<style>*{}</style><iframe src=//e></iframe>[up](../../../admin/)".encode(),
            "page.html": NASTY.encode(),
            "pic.svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        }
        return put("shop", files, f"{NASTY}\n\n{NASTY}")

    def test_is_escaped_on_every_page(self, client_of, owner, hostile):
        client = client_of(owner)

        for page in [
            *pages(hostile),
            "/repositories/shop/blob/main/page.html",
            "/repositories/shop/blob/main/README.md",
        ]:
            if "/raw/" in page or "app.py" in page or "/src" in page:
                continue
            text = client.get(page).content.decode()
            assert "<script>alert" not in text, page
            assert "onerror" not in text.replace("&lt;img src=x onerror", ""), page
            assert 'href="javascript' not in text, page
            assert "<iframe" not in text, page

    def test_is_served_raw_as_a_type_that_cannot_run(self, client_of, owner, hostile):
        page = client_of(owner).get("/repositories/shop/raw/main/page.html")
        picture = client_of(owner).get("/repositories/shop/raw/main/pic.svg")

        assert page["Content-Type"] == "text/plain; charset=utf-8"
        assert "sandbox" in picture["Content-Security-Policy"]
        assert page["X-Content-Type-Options"] == "nosniff"

    def test_with_names_outside_of_utf8_is_reachable(self, client_of, owner, shop, home):
        import subprocess

        odd = b"caf\xe9.txt"
        git = ["git", f"--git-dir={shop.directory}"]
        blob = subprocess.run(
            [*git, "hash-object", "-w", "--stdin"], input=b"hot", capture_output=True
        ).stdout.strip()
        row = b"100644 blob " + blob + b"\t" + odd + b"\0"
        tree = subprocess.run([*git, "mktree", "-z"], input=row, capture_output=True).stdout.strip().decode()
        commit = subprocess.run(
            [*git, "-c", "user.name=x", "-c", "user.email=x", "commit-tree", tree], input=b"m", capture_output=True
        ).stdout.strip().decode()  # fmt: skip

        page = client_of(owner).get(f"/repositories/shop/tree/{commit}").content.decode()
        address = re.search(r'href="(/repositories/shop/blob/[^"]*caf[^"]*)"', page)[1]
        assert "hot" in client_of(owner).get(address).content.decode()


@pytest.mark.django_db
class TestBlob:
    def test_colours_the_lines_and_numbers_them(self, client_of, owner, shop):
        page = client_of(owner).get("/repositories/shop/blob/main/src/app.py").content.decode()

        assert '<tr id="L1">' in page
        assert '<span class="kw">def</span>' in page
        assert '<span class="fn">answer</span>' in page

    def test_has_a_permalink_that_names_the_commit(self, client_of, owner, shop, sha):
        page = client_of(owner).get("/repositories/shop/blob/main/src/app.py").content.decode()

        assert f'data-permalink href="/repositories/shop/blob/{sha}/src/app.py"' in page

    def test_says_when_it_is_binary_or_empty_or_too_large(self, client_of, owner, shop, monkeypatch):
        put("shop", {"b.bin": b"\0\1", "e.txt": b"", "l.txt": b"x" * 5000})
        monkeypatch.setattr("repos.git.queries.trees.MAX_SHOWN", 4000)
        client = client_of(owner)

        assert "is no text" in client.get("/repositories/shop/blob/main/b.bin").content.decode()
        assert "is empty" in client.get("/repositories/shop/blob/main/e.txt").content.decode()
        assert "too large to show" in client.get("/repositories/shop/blob/main/l.txt").content.decode()

    def test_shows_images_and_rendered_markdown(self, client_of, owner, shop):
        put("shop", {"i.png": b"\x89PNG", "d/x.md": b"[other](../i.png) ![i](../i.png)"})
        client = client_of(owner)

        assert "/raw/main/i.png" in client.get("/repositories/shop/blob/main/i.png").content.decode()
        page = client.get("/repositories/shop/blob/main/d/x.md").content.decode()
        assert 'src="/repositories/shop/raw/main/i.png"' in page
        assert 'href="/repositories/shop/tree/main/i.png"' in page
        assert 'id="L1"' in client.get("/repositories/shop/blob/main/d/x.md?plain=1").content.decode()

    def test_is_downloaded_under_its_name(self, client_of, owner, shop):
        response = client_of(owner).get("/repositories/shop/raw/main/run.sh?download=1")

        assert response["Content-Disposition"] == "attachment; filename*=UTF-8''run.sh"
        assert b"".join(response) == FILES["run.sh"]


@pytest.mark.django_db
class TestHistoryPages:
    def test_pages_stay_put_while_commits_arrive(self, client_of, owner, shop, monkeypatch):
        monkeypatch.setattr("repos.git.views.commits.PAGE", 1)
        client = client_of(owner)
        first = client.get("/repositories/shop/commits/main/").content.decode()
        older = re.search(r'href="(\?page=[^"]*)"', first)[1]
        put("shop", {"x": b"x"}, "Newest")

        page = client.get("/repositories/shop/commits/main/" + older).content.decode()
        assert "Start shop" in page
        assert "Answer 43" not in page

    def test_refuses_a_forged_page_token(self, client_of, owner, shop):
        assert client_of(owner).get("/repositories/shop/commits/main/?page=x").status_code == 400

    def test_of_a_path_holds_only_its_commits(self, client_of, owner, shop):
        page = client_of(owner).get("/repositories/shop/commits/main/run.sh/").content.decode()

        assert "Start shop" in page
        assert "Answer 43" not in page

    def test_commit_shows_lines_with_their_numbers(self, client_of, owner, shop, sha):
        page = client_of(owner).get(f"/repositories/shop/commit/{sha}/").content.decode()

        assert "It was 42." in page
        assert re.search(r'<tr class="d"><td>2</td><td></td><td data-g="−">.*42', page)
        assert re.search(r'<tr class="a"><td></td><td>2</td><td data-g="\+">.*43', page)

    def test_short_id_leads_to_the_whole(self, client_of, owner, shop, sha):
        assert client_of(owner).get(f"/repositories/shop/commit/{sha[:7]}/")["Location"] == reverse(
            "commit", kwargs={"repository": "shop", "sha": sha}
        )

    def test_large_differences_are_cut_with_a_notice(self, client_of, owner, shop):
        sha = put("shop", {"long.txt": b"x\n" * 3000, "src/app.py": b"1\n"}, "Long")

        page = client_of(owner).get(f"/repositories/shop/commit/{sha}/").content.decode()
        assert "This change is too large to show: 3000 lines added, 0 deleted." in page

    def test_compare_shows_what_the_branch_has_more(self, client_of, owner, shop):
        api.put_tree(
            repository="shop", branch="topic/x", files={"t.txt": b"t\n"}, message="Topic",
            author_name="T", author_email="t@e", at=NOON,
        )  # fmt: skip
        client = client_of(owner)
        form = client.get("/repositories/shop/compare/?base=main&head=topic/x")
        assert form["Location"] == "/repositories/shop/compare/main...topic/x/"

        page = client.get(form["Location"]).content.decode()
        assert "share no history" in page
        assert "t.txt" in page
        assert client.get("/repositories/shop/compare/main...nope/").status_code == 404


@pytest.mark.django_db
class TestReferencePages:
    def test_create_and_delete_a_branch(self, client_of, owner, shop):
        client = client_of(owner)
        client.post("/repositories/shop/branches/", {"name": "fix/a", "source": "main"})
        page = client.get("/repositories/shop/branches/").content.decode()
        assert "fix/a" in page
        assert "0 ahead, 0 behind" in page

        confirm = client.get("/repositories/shop/branches/delete/fix/a/").content.decode()
        assert "All its commits are in main too." in confirm
        client.post("/repositories/shop/branches/delete/fix/a/")
        assert "refs/heads/fix/a" not in shop.ref_states.values_list("name", flat=True)

    def test_create_a_tag_at_a_commit(self, client_of, owner, shop, sha):
        client_of(owner).post("/repositories/shop/tags/", {"name": "v1", "source": sha[:8]})

        assert shop.ref_states.get(name="refs/tags/v1").sha == sha

    @pytest.mark.parametrize(
        ("data", "text"),
        [
            ({"name": "main", "source": "main"}, "exists already"),
            ({"name": "a..b", "source": "main"}, "is not a valid name"),
            ({"name": "x", "source": "nope"}, "no branch, tag or commit"),
        ],
    )
    def test_show_what_is_wrong(self, client_of, owner, shop, data, text):
        response = client_of(owner).post("/repositories/shop/branches/", data)

        assert response.status_code == 400
        assert text in response.content.decode()

    def test_keep_the_default_branch(self, client_of, owner, shop):
        assert client_of(owner).post("/repositories/shop/branches/delete/main/").status_code == 409

    def test_are_read_only_for_a_reader(self, client_of, teammate, shop):
        client = client_of(teammate)
        assert "codecommit:CreateBranch on" in client.get("/repositories/shop/branches/").content.decode()

        assert client.post("/repositories/shop/branches/", {"name": "x", "source": "main"}).status_code == 403
        assert client.post("/repositories/shop/tags/", {"name": "x", "source": "main"}).status_code == 403
        assert client.post("/repositories/shop/branches/delete/main/").status_code == 403


@pytest.mark.django_db
class TestSettings:
    def test_rename_moves_the_address(self, client_of, owner, shop):
        response = client_of(owner).post("/repositories/shop/settings/name/", {"name": "store"})

        assert response["Location"] == "/repositories/store/settings/"
        assert client_of(owner).get("/repositories/store/").status_code == 200
        assert client_of(owner).get("/repositories/shop/").status_code == 404

    def test_describe_and_default_branch_are_saved(self, client_of, owner, shop):
        put("shop", {"x": b"x"}, branch="next")
        client_of(owner).post("/repositories/shop/settings/description/", {"description": "New"})
        client_of(owner).post("/repositories/shop/settings/default-branch/", {"branch": "next"})

        shop.refresh_from_db()
        assert (shop.description, shop.default_branch) == ("New", "next")
        assert (shop.directory / "HEAD").read_text() == "ref: refs/heads/next\n"

    def test_delete_asks_for_the_name_and_removes_the_folder(
        self, client_of, owner, shop, django_capture_on_commit_callbacks
    ):
        client = client_of(owner)
        assert client.post("/repositories/shop/delete/", {"name": "no"}).status_code == 400
        assert shop.directory.is_dir()

        with django_capture_on_commit_callbacks(execute=True):
            client.post("/repositories/shop/delete/", {"name": "shop"})
        assert not Repository.objects.exists()
        assert not shop.directory.exists()

    def test_change_nothing_for_a_reader(self, client_of, teammate, shop):
        client = client_of(teammate)
        for address in ("settings/name/", "settings/description/", "settings/default-branch/", "delete/"):
            assert (
                client.post(f"/repositories/shop/{address}", {"name": "x", "branch": "main"}).status_code
                == 403
            )
