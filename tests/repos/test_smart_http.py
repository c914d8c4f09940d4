"""Real git clients against the running server."""

import base64
import http.client
import os
import re
import signal
import socket
import subprocess
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from devopsweb.events.models import Event
from devopsweb.iam.models import Policy, PolicyAttachment
from repos.git import api
from repos.git.models import Push, RefState, RefUpdate
from tests.repos.helpers import put


def moves() -> list[tuple[str, str]]:
    rows = Event.objects.filter(detail_type="CodeCommit Repository State Change").order_by("id")
    return [(r.detail["fields"]["event"], r.detail["fields"]["reference_full_name"]) for r in rows]


def git_children() -> list[str]:
    """Command lines of git servers that our process started and that still run."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            command = Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
            stat = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if "--stateless-rpc" in command and stat[0] != "Z" and int(stat[1]) == os.getpid():
            found.append(command)
    return found


def eventually(check, seconds: float = 30):
    limit = time.monotonic() + seconds
    while not (value := check()):
        assert time.monotonic() < limit, f"still {value!r} after {seconds} s"
        os.sched_yield()
    return value


class TestClone:
    @pytest.mark.parametrize("prefix", ["/git/", "/v1/repos/"])
    @pytest.mark.parametrize("suffix", ["", ".git", "/"])
    def test_works_at_both_addresses(self, git, shop, prefix, suffix):
        git.run("clone", "-q", git.url("shop", prefix) + suffix, "work")

        assert (git.folder / "work/src/app.py").read_text().endswith("43\n")

    @pytest.mark.parametrize("version", ["0", "1", "2"])
    def test_works_in_every_protocol_version(self, git, shop, version):
        git.run("-c", f"protocol.version={version}", "clone", "-q", git.url("shop"), "work")

        assert git.run("log", "--format=%s", cwd="work").stdout == "Answer 43\nStart shop\n"

    def test_of_version_two_is_spoken_as_such(self, git, shop):
        trace = git.run("ls-remote", git.url("shop"), trace=True).stderr

        assert "version 2" in trace
        assert "command=ls-refs" in trace

    def test_may_be_shallow_and_deepened(self, git, shop):
        git.clone("shop", "work", "--depth=1")
        assert git.run("rev-list", "--count", "HEAD", cwd="work").stdout == "1\n"

        git.run("fetch", "-q", "--unshallow", cwd="work")
        assert git.run("rev-list", "--count", "HEAD", cwd="work").stdout == "2\n"

    def test_may_be_partial_and_fetches_what_is_missing_later(self, git, shop):
        git.clone("shop", "work", "--filter=blob:none", "--no-checkout")
        missing = git.run("rev-list", "--objects", "--all", "--missing=print", cwd="work").stdout
        assert "?" in missing

        git.run("checkout", "-q", "main", cwd="work")
        assert (git.folder / "work/src/app.py").is_file()

    def test_of_an_empty_repository_takes_its_branch_name(self, git, empty):
        done = git.run("clone", git.url("empty"), "work")

        assert "empty repository" in done.stderr
        assert git.run("symbolic-ref", "HEAD", cwd="work").stdout == "refs/heads/main\n"

    def test_by_many_at_once_serves_all(self, git, shop):
        with ThreadPoolExecutor(6) as pool:
            list(pool.map(lambda n: git.clone("shop", f"work{n}"), range(6)))

        assert all((git.folder / f"work{n}/README.md").is_file() for n in range(6))

    def test_that_is_broken_off_leaves_no_process(self, git, shop):
        put("shop", {"big.bin": os.urandom(30_000_000)}, "Grow")
        client = subprocess.Popen(
            ["git", "clone", "-q", git.url("shop"), "work"],
            cwd=git.folder, env=git.environment(), start_new_session=True, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        eventually(git_children)
        os.killpg(client.pid, signal.SIGSTOP)
        os.killpg(client.pid, signal.SIGKILL)
        client.wait()

        eventually(lambda: not git_children())


class TestFetch:
    def test_understands_gzipped_requests(self, git, shop, transactional_db):
        git.clone("shop")
        for number in range(60):
            put("shop", {"n": str(number).encode()}, f"Theirs {number}")
        git.run("checkout", "-q", "-b", "mine", cwd="work")
        for number in range(120):
            git.run("commit", "-q", "--allow-empty", "-m", f"Mine {number}", cwd="work")

        trace = git.run("-c", "protocol.version=0", "fetch", "origin", cwd="work", trace=True).stderr

        assert re.search("content-encoding: gzip", trace, re.IGNORECASE)
        assert git.run("log", "-1", "--format=%s", "origin/main", cwd="work").stdout == "Theirs 59\n"

    def test_refuses_a_body_that_is_no_gzip(self, server, git, shop):
        status, text = post(server, "/git/shop/git-upload-pack", b"not gzip", encoding="gzip")

        assert (status, text) == (400, "The gzip'd body is damaged.\n")

    def test_of_a_bomb_is_refused_in_bounded_memory(self, server, git, shop, monkeypatch):
        monkeypatch.setattr("repos.git.smart_http.fetching.MAX_REQUEST", 1 << 20)
        squeezer = zlib.compressobj(9, zlib.DEFLATED, 31)
        want = f"0032want {api.resolve(repository='shop', ref='main').sha}\n".encode()
        bomb = squeezer.compress(want * 300_000) + squeezer.flush()

        status, _ = post(server, "/git/shop/git-upload-pack", bomb, encoding="gzip")

        assert status == 413


def post(
    server, path: str, body: bytes, *, encoding: str = "", headers: dict | None = None
) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    login = base64.b64encode(b"owner:correct horse battery").decode()
    sent = {"Authorization": f"Basic {login}", **(headers or {})}
    sent.setdefault("Content-Type", f"application/x-{path.rsplit('/', 1)[1]}-request")
    if encoding:
        sent["Content-Encoding"] = encoding
    connection.request("POST", path, body, sent)
    response = connection.getresponse()
    text = response.read().decode(errors="replace")
    connection.close()
    return response.status, text


class TestPush:
    def test_of_a_first_branch_makes_it_the_default_and_announces_it(self, git, empty):
        git.clone("empty")
        sha = git.commit("work", "a.txt", "one")
        git.run("push", "-q", "origin", "main", cwd="work")

        event = Event.objects.get(detail_type="CodeCommit Repository State Change")
        assert event.detail["fields"] == {
            "repository": "empty",
            "repository_id": str(empty.pk),
            "reference_type": "branch",
            "reference_name": "main",
            "reference_full_name": "refs/heads/main",
            "before": "",
            "after": sha,
            "event": "referenceCreated",
            "pusher_arn": "arn:aws:iam::123456789012:user/owner",
        }
        assert api.repository("empty").default_branch == "main"
        assert Push.objects.get().status == "Settled"

    def test_of_another_name_makes_that_the_default(self, git, empty):
        git.run("init", "-q", "-b", "trunk", "work")
        git.commit("work", "a.txt", "one")
        git.run("push", "-q", git.url("empty"), "trunk", cwd="work")

        assert api.repository("empty").default_branch == "trunk"
        assert git.clone("empty", "again").joinpath("a.txt").is_file()

    def test_moves_the_branch_and_names_before_and_after(self, git, shop):
        before = api.resolve(repository="shop", ref="main").sha
        git.clone("shop")
        after = git.commit("work", "b.txt", "two")
        git.run("push", "-q", cwd="work")

        update = RefUpdate.objects.latest("id")
        assert (update.before, update.after, update.pusher_name) == (before, after, "owner")

    def test_may_force_and_delete_and_tag(self, git, shop):
        git.clone("shop")
        git.run("tag", "-a", "v1", "-m", "One", cwd="work")
        git.run("push", "-q", "origin", "HEAD:refs/heads/feature/a", "v1", cwd="work")
        git.run("reset", "-q", "--hard", "HEAD~1", cwd="work")
        refused = git.run("push", "origin", "main", cwd="work", check=False)
        git.run("push", "-q", "--force", "origin", "main", cwd="work")
        git.run("push", "-q", "origin", ":feature/a", ":v1", cwd="work")

        assert "non-fast-forward" in refused.stderr
        assert moves()[2:] == [
            ("referenceCreated", "refs/heads/feature/a"),
            ("referenceCreated", "refs/tags/v1"),
            ("referenceUpdated", "refs/heads/main"),
            ("referenceDeleted", "refs/heads/feature/a"),
            ("referenceDeleted", "refs/tags/v1"),
        ]
        assert list(RefState.objects.values_list("name", flat=True)) == ["refs/heads/main"]

    def test_that_is_atomic_moves_all_or_nothing(self, git, shop):
        git.clone("shop")
        git.run("branch", "other", cwd="work")
        git.run("reset", "-q", "--hard", "HEAD~1", cwd="work")
        done = git.run("push", "--atomic", "origin", "other", "main", cwd="work", check=False)
        assert done.returncode

        assert [s.name for s in RefState.objects.all()] == ["refs/heads/main"]
        git.run("push", "-q", "--atomic", "--force", "origin", "other", "main", cwd="work")
        assert RefState.objects.count() == 2

    def test_of_a_large_pack_streams_in_chunks(self, git, empty):
        git.clone("empty")
        git.commit("work", "big.bin", os.urandom(30_000_000))
        trace = git.run("push", "origin", "main", cwd="work", trace=True).stderr

        assert re.search("transfer-encoding: chunked", trace, re.IGNORECASE)
        assert "POST /git/empty/git-receive-pack" in trace
        assert git.clone("empty", "again").joinpath("big.bin").stat().st_size == 30_000_000

    def test_by_two_to_the_same_branch_lets_one_win(self, git, shop):
        def attempt(number: int) -> int:
            git.clone("shop", f"work{number}")
            git.commit(f"work{number}", f"{number}.txt", "x")
            return git.run("push", "-q", cwd=f"work{number}", check=False).returncode

        with ThreadPoolExecutor(3) as pool:
            codes = list(pool.map(attempt, range(3)))

        updates = list(RefUpdate.objects.order_by("id"))
        assert codes.count(0) == len(updates) - 2
        assert [u.before for u in updates[1:]] == [u.after for u in updates[:-1]]
        assert api.resolve(repository="shop", ref="main").sha == updates[-1].after

    def test_of_broken_objects_moves_nothing(self, git, empty):
        git.clone("empty")
        git.commit("work", "a.txt", "one")
        commit = git.run("cat-file", "commit", "HEAD", cwd="work").stdout.replace("Dora <", "Dora ", 1)
        done = subprocess.run(
            ["git", "hash-object", "-t", "commit", "-w", "--stdin", "--literally"],
            input=commit, text=True, capture_output=True, cwd=git.folder / "work",
        )  # fmt: skip
        refused = git.run("push", "origin", f"{done.stdout.strip()}:refs/heads/bad", cwd="work", check=False)

        assert refused.returncode
        assert "fsck error" in refused.stderr
        assert RefState.objects.count() == 0
        assert Push.objects.get().status == "Settled"

    def test_that_is_broken_off_moves_nothing_and_leaves_no_process(self, server, git, empty):
        head = b"00a0" + b"0" * 40 + b" " + b"1" * 40 + b" refs/heads/main\0 report-status side-band-64k"
        head = head.ljust(0xA0, b" ") + b"0000PACK"
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        login = base64.b64encode(b"owner:correct horse battery").decode()
        connection.putrequest("POST", "/git/empty/git-receive-pack")
        connection.putheader("Authorization", f"Basic {login}")
        connection.putheader("Content-Type", "application/x-git-receive-pack-request")
        connection.putheader("Transfer-Encoding", "chunked")
        connection.endheaders()
        connection.send(b"%x\r\n" % len(head) + head + b"\r\n")
        eventually(git_children)
        connection.close()

        eventually(lambda: not git_children())
        eventually(lambda: Push.objects.filter(status="Settled").exists())
        assert RefState.objects.count() == 0

    def test_refuses_nonsense_instead_of_commands(self, server, git, empty):
        status, _ = post(server, "/git/empty/git-receive-pack", b"zzzz")

        assert status == 400
        assert Push.objects.count() == 0


class TestRefusals:
    def test_without_credentials_ask_for_them(self, git, shop):
        git.user = ""

        assert "could not read Username" in git.run("ls-remote", git.url("shop"), check=False).stderr

    def test_of_a_wrong_password_say_that_authentication_failed(self, git, shop):
        git.password = "wrong"
        done = git.run("clone", git.url("shop"), "work", check=False)

        assert "Authentication failed" in done.stderr
        assert "remote: The user name or the password is wrong." in done.stderr

    def test_of_a_changed_password_are_immediate(self, git, shop, owner):
        git.run("ls-remote", git.url("shop"))
        owner.set_password("another one here")
        owner.save()

        assert "Authentication failed" in git.run("ls-remote", git.url("shop"), check=False).stderr

    def test_of_an_unknown_repository_say_not_found(self, git, shop):
        done = git.run("clone", git.url("nope"), "work", check=False)

        assert "remote: There is no repository 'nope' here." in done.stderr
        assert re.search("fatal: repository '.*/git/nope/' not found", done.stderr)

    @pytest.mark.parametrize("repository", ["shop", "nope"])
    def test_of_an_outsider_name_action_and_arn_and_tell_nothing_else(self, git, shop, outsider, repository):
        git.user = "outsider"
        done = git.run("clone", git.url(repository), "work", check=False)

        assert (
            "remote: User: arn:aws:iam::123456789012:user/outsider is not authorized to perform: "
            f"codecommit:GitPull on resource: arn:aws:codecommit:us-east-1:123456789012:{repository}"
        ) in done.stderr
        assert "403" in done.stderr

    def test_of_a_reader_let_them_clone_but_not_push(self, git, shop, teammate):
        git.user = "teammate"
        git.clone("shop")
        git.commit("work", "c.txt", "three")
        done = git.run("push", cwd="work", check=False)

        assert "codecommit:GitPush" in done.stderr
        assert "403" in done.stderr
        assert Push.objects.count() == 2

    def test_of_the_default_branch_deletion_names_the_branch(self, git, shop):
        git.clone("shop")
        done = git.run("push", "origin", ":main", "HEAD:refs/heads/other", cwd="work", check=False)

        assert "refusing to delete the current branch: refs/heads/main" in done.stderr
        assert "! [remote rejected] main (deletion of the current branch prohibited)" in done.stderr
        assert set(RefState.objects.values_list("name", flat=True)) == {"refs/heads/main", "refs/heads/other"}

    def test_of_the_default_branch_deletion_alone_names_the_branch(self, git, shop):
        git.clone("shop")

        done = git.run("push", "origin", ":main", cwd="work", check=False)

        assert "main is the default branch and cannot be deleted" in done.stderr

    def test_of_one_reference_by_policy_refuse_that_one(self, git, shop, owner):
        """The pattern that AWS documents: refs are unknown when the push begins, and then each is asked for."""
        statement = {
            "Sid": "NoRelease",
            "Effect": "Deny",
            "Action": "codecommit:GitPush",
            "Resource": "*",
            "Condition": {
                "StringLike": {"codecommit:References": ["refs/heads/release*"]},
                "Null": {"codecommit:References": "false"},
            },
        }
        guard = Policy.objects.create(
            name="guard", document={"Version": "2012-10-17", "Statement": [statement]}
        )
        PolicyAttachment.objects.create(policy=guard, user=owner)
        git.clone("shop")
        git.run("branch", "release", cwd="work")
        git.run("branch", "fine", cwd="work")
        done = git.run("push", "origin", "fine", "release", cwd="work", check=False)

        assert "owner may not do codecommit:GitPush on arn:aws:codecommit" in done.stderr
        assert "for refs/heads/release (policy guard, NoRelease)" in done.stderr
        assert "! [remote rejected] release -> release (hook declined)" in done.stderr
        assert set(RefState.objects.values_list("name", flat=True)) == {"refs/heads/main", "refs/heads/fine"}
        assert Push.objects.order_by("pk").last().commands[0][0] == "refs/heads/fine"

        git.run("branch", "also-fine", cwd="work")
        atomic = git.run("push", "--atomic", "origin", "also-fine", "release", cwd="work", check=False)

        assert "also-fine (not moved" in atomic.stderr
        assert RefState.objects.count() == 2

    @pytest.mark.parametrize("name", ["refs/internal/x", "refs/heads/" + "a" * 40])
    def test_of_names_that_are_not_allowed(self, git, shop, name):
        git.clone("shop")
        done = git.run("push", "origin", f"HEAD:{name}", cwd="work", check=False)

        assert done.returncode
        assert RefState.objects.count() == 1

    def test_of_too_many_processes_answer_503_with_a_time(self, git, server, shop, monkeypatch):
        from repos.git.smart_http import slots

        monkeypatch.setattr(slots, "PATIENCE_SECONDS", 0.01)
        monkeypatch.setattr(slots, "of_this_loop", lambda: slots.Slots(0))
        status, text = post(server, "/git/shop/git-upload-pack", b"0000")

        assert status == 503
        assert "busy" in text

    @pytest.mark.parametrize(
        ("path", "content_type", "status"),
        [
            ("/git/shop/git-upload-pack", "text/plain", 415),
            ("/git/shop/HEAD", "application/x-git-upload-pack-request", 404),
            ("/git/../secret_key/info/refs", "x", 404),
            ("/git/shop/info/refs", "x", 405),
        ],
    )
    def test_of_other_requests_are_plain(self, git, server, shop, path, content_type, status):
        assert post(server, path, b"", headers={"Content-Type": content_type})[0] == status


class TestExpectContinue:
    def test_is_answered_before_the_body_comes(self, server, git, empty):
        login = base64.b64encode(b"owner:correct horse battery")
        head = (
            b"POST /git/empty/git-receive-pack HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n"
            b"Content-Type: application/x-git-receive-pack-request\r\nExpect: 100-continue\r\n"
            b"Authorization: Basic " + login + b"\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
            connection.sendall(head)

            assert connection.recv(1000).startswith(b"HTTP/1.1 100 Continue\r\n")
        eventually(lambda: not git_children())

    def test_lets_a_push_in_pieces_through(self, git, empty):
        git.clone("empty")
        git.commit("work", "a.txt", os.urandom(3_000_000))

        git.run(
            *("-c", "http.postBuffer=65536", "-c", "http.expectContinue=true"),
            *("push", "-q", "origin", "main"),
            cwd="work",
        )

        assert RefState.objects.count() == 1
