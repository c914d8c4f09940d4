"""What repositories add to the shell: topics, palette, navigation."""

import pytest

from devopsweb.iam.api import principal_of
from devopsweb.live import api as live
from repos.git import api, shell


@pytest.mark.django_db
class TestTopics:
    def test_are_heard_by_those_who_may_see_the_repository(self, teammate, outsider, shop):
        assert live.may_watch(principal_of(teammate), "repo:shop")
        assert live.may_watch(principal_of(teammate), "repo:all")
        assert not live.may_watch(principal_of(outsider), "repo:shop")
        assert not live.may_watch(principal_of(outsider), "repo:all")


@pytest.mark.django_db
class TestPalette:
    def test_finds_repositories_and_commits(self, owner, shop, empty):
        sha = api.resolve(repository="shop", ref="main").sha

        assert [row.label for row in shell.palette(principal_of(owner), "sho")] == ["shop"]
        assert [row.href for row in shell.palette(principal_of(owner), sha[:9])] == [
            f"/repositories/shop/commit/{sha}/"
        ]

    def test_shows_an_outsider_nothing(self, outsider, shop):
        sha = api.resolve(repository="shop", ref="main").sha

        assert list(shell.palette(principal_of(outsider), "shop")) == []
        assert list(shell.palette(principal_of(outsider), sha[:9])) == []


@pytest.mark.django_db
class TestNavigation:
    def test_leads_to_the_repositories(self, client_of, owner):
        assert 'href="/repositories/"' in client_of(owner).get("/repositories/").content.decode()
