"""Push accepted → first line of the build's log in a browser's socket (aim: under 300 ms, warm)."""

import os
import time

from websockets.sync.client import connect

from bench.figures import Figure, middle
from bench.house import Browser, House, checkout, commit_and_push

PUSHES = 12
WARM_UP = 2


def main() -> list[Figure]:
    """Measure on a fresh house with the sample."""
    with House(sample=True) as house:
        os.environ.update(house.environment)
        import django

        os.environ["DJANGO_SETTINGS_MODULE"] = "devopsweb.settings"
        django.setup()
        browser = house.browser("admin")
        with checkout(house, "storefront") as path:
            samples = [one(house, browser, path, number) for number in range(PUSHES)]
    return [middle("push accepted → first log line in the socket", samples[WARM_UP:], "ms", aim="< 300 ms")]


def one(house: House, browser: Browser, path, number: int) -> float:
    """Milliseconds for one push."""
    from devopsweb.events.models import Event
    from monitoring.logs.models import LogStream

    known = set(LogStream.objects.values_list("pk", flat=True))
    (path / "note.txt").write_text(f"{number}\n")
    commit_and_push(path, f"Note {number}")
    stream = None
    while stream is None:
        stream = (
            LogStream.objects.filter(group__name__startswith="/aws/codebuild/").exclude(pk__in=known).first()
        )
    headers = {"Cookie": browser.cookie_header(), "Origin": house.url}
    address = f"{house.url.replace('http', 'ws')}/ws/logs/{stream.uuid}/?from=0"
    with connect(address, additional_headers=headers) as socket:
        while '"lines":[[' not in socket.recv(30):
            pass
    arrived = time.time()
    accepted = Event.objects.filter(type__endswith="ReferenceUpdated").latest("pk").at.timestamp()
    settle(house)
    return (arrived - accepted) * 1000


def settle(house: House) -> None:
    """Wait until the builds of this push are over, so that the next one starts on an idle machine."""
    from pipelines.builds.models import Build

    while Build.objects.filter(status="IN_PROGRESS").exists():
        time.sleep(0.2)
    time.sleep(0.5)
