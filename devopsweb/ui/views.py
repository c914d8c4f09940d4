"""My work: what waits for me, what is broken, what runs, where is my commit."""

from django.http import HttpResponse

from devopsweb.iam.http import Request
from devopsweb.ui import pages, registry


def home(request: Request) -> HttpResponse:
    """The first page; each app fills its cards."""
    principal = request.principal
    cards = [{"card": c, **c.context(principal)} for c in registry.home_cards]
    tallies = [{"tally": t, "number": t.count(principal)} for t in registry.tallies]
    return pages.render(
        request, "ui/home.html", {"cards": cards, "tallies": tallies}, parts={"tally", "main", "side"}
    )
