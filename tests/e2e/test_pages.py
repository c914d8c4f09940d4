"""Every page that can be reached: loads, fits a phone, is accessible in both themes, logs no error."""

import re
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest

from tests import axe
from tests.e2e.conftest import Person

pytestmark = pytest.mark.asyncio(loop_scope="session")
NOT_PAGES = re.compile(
    r"/(artifacts|logout|static|admin|v1|git|raw|download|agent|healthz)\b|/raw/?$|\.(zip|pyz|json|txt|csv)$"
)
SAME_KIND = [
    (re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27,}"), "<uuid>"),
    (re.compile(r"\b[0-9a-f]{40}\b"), "<sha>"),
    (re.compile(r"/d-[A-Z0-9]{9}\b"), "/<deployment>"),
    (re.compile(r"/\d+(?=/|$)"), "/<n>"),
    (re.compile(r"/(tree|blob|commits|history|blame)/.*"), r"/\1/<path>"),
    (re.compile(r"storefront-(\d|test|build)"), "storefront-x"),
]
# Each page in one light and one dark form, wide and narrow; neighbours take the other pair.
FORMS = [
    [("wide, light", 1440, "light"), ("phone, dark", 390, "dark")],
    [("wide, dark", 1440, "dark"), ("phone, light", 390, "light")],
]


def kind(path: str) -> str:
    """Pages that differ only by the object they show, or by its filters, are one kind."""
    path = path.partition("?")[0]
    for pattern, replacement in SAME_KIND:
        path = pattern.sub(replacement, path)
    return path


async def links(person: Person) -> list[str]:
    """The paths that the present page links to."""
    found = await person.page.eval_on_selector_all("a[href]", "all => all.map(a => a.href)")
    pages = [urlsplit(href) for href in found if href.startswith(person.house.url)]
    return [
        page.path + (page.query and f"?{page.query}") for page in pages if not NOT_PAGES.search(page.path)
    ]


async def visit(person: Person, path: str, forms: list[tuple[str, int, str]]) -> AsyncIterator[str]:
    """Look at the present page in these forms: what is wrong with it."""
    # Before axe: it copies style sheets into the page, which the page's policy forbids and reports.
    for complaint in person.complaints:
        yield f"{path}: {complaint}"
    for name, width, scheme in forms:
        await person.page.set_viewport_size({"width": width, "height": 900})
        await person.page.emulate_media(color_scheme=scheme)
        for found in await axe.violations(person.page):
            yield f"{path} ({name}): {found}"
        if not await person.page.evaluate("() => document.scrollingElement.scrollWidth <= innerWidth + 1"):
            yield f"{path} ({name}): wider than the window"


async def crawl(person: Person) -> AsyncIterator[str]:
    """Open one page of each kind that can be reached from the first page; the addresses."""
    seen: set[str] = set()
    waiting = ["/"]
    while waiting and len(seen) < 80:
        path = waiting.pop(0)
        if kind(path) in seen:
            continue
        person.complaints.clear()
        await person.page.set_viewport_size({"width": 1440, "height": 900})
        answer = await person.page.goto(path)
        assert answer is not None
        if "text/html" not in answer.headers.get("content-type", ""):
            continue
        seen.add(kind(path))
        assert answer.status == 200, f"{path} answered {answer.status}"
        waiting += await links(person)
        yield path


class TestEveryPage:
    async def test_is_accessible_fits_and_logs_no_error(self, desk: Person):
        problems, number = [], 0
        async for path in crawl(desk):
            problems += [problem async for problem in visit(desk, path, FORMS[number % 2])]
            number += 1

        assert number > 20
        assert not problems, f"{len(problems)} problems:\n" + "\n".join(problems)
