"""The shell around every page."""

import re

import pytest
from django.test import Client

from devopsweb.kernel.errors import Conflict, Fault, Invalid, NotFound
from devopsweb.ui import registry
from devopsweb.ui.middleware import ErrorPages


class TestHome:
    def test_shows_what_comes_next_when_nothing_is_there(self, client_of, owner):
        answer = client_of(owner).get("/")

        assert answer.status_code == 200
        assert b"My work" in answer.content

    def test_answers_one_part_and_then_not_modified(self, client_of, owner):
        client = client_of(owner)

        first = client.get("/?part=tally")
        second = client.get("/?part=tally", headers={"HX-PTag": first["HX-PTag"]})

        assert b"<html" not in first.content
        assert second.status_code == 304

    def test_hides_a_card_without_content(self, client_of, owner, monkeypatch):
        card = registry.HomeCard("x", "main", 1, "does/not/exist.html", lambda principal: {})
        monkeypatch.setattr(registry, "home_cards", [card])

        assert client_of(owner).get("/").status_code == 200


class TestNavigation:
    def test_marks_the_present_page_also_in_a_refreshed_sidebar(self, client_of, owner):
        answer = client_of(owner).get("/nav/", headers={"HX-Current-URL": "http://testserver/"})

        assert re.search(rb'aria-current="page"[^>]*title="My work"', answer.content)

    def test_does_not_change_by_its_csrf_token_alone(self, client_of, owner):
        client = client_of(owner)
        tag = client.get("/nav/")["HX-PTag"]

        assert client.get("/nav/", headers={"HX-PTag": tag}).status_code == 304

    def test_offers_only_what_its_user_may_open(self, client_of, owner, outsider):
        def entries(user):
            return re.findall(rb'class="nav-a" href="([^"]+)"', client_of(user).get("/nav/").content)

        assert len(entries(owner)) > 9
        assert entries(outsider) == [b"/"]


class TestPalette:
    def test_finds_pages_by_their_name(self, client_of, owner):
        answer = client_of(owner).get("/palette/?q=sett")

        assert b"Settings" in answer.content
        assert b"My work" not in answer.content

    def test_puts_what_waits_first_and_escapes_names(self, client_of, owner, monkeypatch):
        rows = [
            registry.PaletteRow("Builds", "<b>", "/builds/1/", "hammer"),
            registry.PaletteRow("Waiting for you", "Approve", "/x/", "hand-stop"),
        ]
        monkeypatch.setattr(registry, "palette_providers", [lambda principal, query: rows])

        text = client_of(owner).get("/palette/?q=").content.decode()

        assert text.index("Waiting for you") < text.index("Builds") < text.index("Pages")
        assert "&lt;b&gt;" in text

    def test_says_when_nothing_matches(self, client_of, owner):
        assert "Nothing matches “zzzz”".encode() in client_of(owner).get("/palette/?q=zzzz").content


class TestErrorPages:
    @pytest.mark.parametrize(
        ("error", "status"),
        [(NotFound("no such"), 404), (Conflict("not now"), 409), (Invalid("bad"), 400), (Fault("down"), 503)],
    )
    def test_answer_our_errors_with_their_status_and_text(self, rf, error, status):
        answer = ErrorPages(lambda request: None).process_exception(rf.get("/"), error)

        assert answer.status_code == status
        assert str(error) in answer.content.decode()

    def test_leave_a_live_part_alone(self, rf):
        answer = ErrorPages(lambda request: None).process_exception(
            rf.get("/", headers={"HX-Request": "true"}), NotFound("no such")
        )

        assert answer.content == b"no such"

    @pytest.mark.django_db
    def test_do_not_need_a_session(self):
        assert Client().get("/no/such/page").status_code == 404

    def test_hide_what_broke(self, client_of, owner, monkeypatch):
        def explode(principal):
            raise RuntimeError("secret detail")

        monkeypatch.setattr(registry, "tallies", [registry.Tally(1, "ok", "x", "x", "/", explode)])
        client = client_of(owner)
        client.raise_request_exception = False

        answer = client.get("/")

        assert answer.status_code == 500
        assert b"secret detail" not in answer.content
        assert b"Something broke on our side" in answer.content

    def test_refuse_a_form_without_its_token(self, owner):
        client = Client(enforce_csrf_checks=True)
        client.force_login(owner)

        answer = client.post("/settings/", {"single_keys": "on"})

        assert answer.status_code == 403
        assert b"This form is too old" in answer.content


class TestHeaders:
    def test_allow_scripts_only_from_our_own_files(self, client_of, owner):
        policy = client_of(owner).get("/")["Content-Security-Policy"]

        assert "script-src 'self'" in policy
        assert "unsafe-inline" not in policy.replace("style-src-attr 'unsafe-inline'", "")


class TestStyleGuide:
    def test_shows_the_components(self, client_of, owner):
        answer = client_of(owner).get("/styleguide/")

        assert answer.status_code == 200
        assert b"No deployments yet" in answer.content
        assert b"<c-" not in answer.content


class TestFirstSteps:
    def test_lead_to_the_first_release(self, client_of, owner):
        text = client_of(owner).get("/").content.decode()

        assert "Get the first release out" in text
        assert "0 of 4 done" in text
        assert text.index("Create a repository") < text.index("Create a pipeline")

    def test_go_when_all_are_done(self, client_of, owner, monkeypatch):
        done = [registry.Step(1, "x", "x", "home", lambda principal: True)]
        monkeypatch.setattr(registry, "steps", done)

        assert b"Nothing waits for you" in client_of(owner).get("/").content

    def test_are_no_use_to_whom_no_policy_shows_anything(self, client_of, owner, outsider):
        text = client_of(outsider).get("/").content.decode()

        assert "You may not see anything yet" in text
        assert f"Ask {owner.username}, who can attach policies." in text
        assert "nothing is broken" not in text

    def test_give_way_to_a_card_that_shows_something(self, client_of, owner, monkeypatch):
        cards = [
            registry.HomeCard("blank", "main", 1, "ui/palette_rows.html", lambda principal: {"groups": ()}),
            registry.HomeCard("x", "main", 2, "errors/503.html", lambda principal: {"x": 1}),
        ]
        monkeypatch.setattr(registry, "home_cards", cards)

        text = client_of(owner).get("/").content.decode()

        assert "does not answer" in text
        assert "Get the first release out" not in text


class TestCost:
    def test_of_my_work_is_bounded(self, client_of, owner, django_assert_max_num_queries):
        client = client_of(owner)
        client.get("/")

        with django_assert_max_num_queries(40):
            client.get("/")

    def test_of_a_part_is_only_its_own(self, client_of, owner, monkeypatch):
        monkeypatch.setattr(registry, "home_cards", [registry.HomeCard("x", "main", 1, "x", pytest.fail)])

        assert client_of(owner).get("/?part=tally").status_code == 200
