"""What apps hang into the shell, each in its ``AppConfig.ready()``.

Navigation entries, home cards and tallies, first steps, palette rows: the shell knows none of the apps.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from devopsweb.kernel.principals import Principal

SECTIONS = ("", "Deliver", "Observe", "Govern")


@dataclass(frozen=True)
class NavItem:
    """An entry of the sidebar.

    ``section`` is "" (top), "Deliver", "Observe" or "Govern"; ``url`` a URL name; ``key`` the
    letter after ``g``; ``tab`` puts it into the phone's bottom bar; ``count`` gives the badge
    ``(number, state family)``; ``visible`` hides it from whom it cannot serve.
    """

    section: str
    order: int
    label: str
    icon: str
    url: str
    key: str = ""
    tab: bool = False
    count: Callable[[Principal], tuple[int, str]] | None = None
    visible: Callable[[Principal], bool] | None = None


@dataclass(frozen=True)
class HomeCard:
    """A card of My work: ``column`` is "main" or "side"; empty context hides it."""

    name: str
    column: str
    order: int
    template: str
    context: Callable[[Principal], Mapping[str, Any]]


@dataclass(frozen=True)
class Tally:
    """One of the counters on top of My work; hidden at zero unless ``always``."""

    order: int
    state: str
    icon: str
    label: str
    href: str
    count: Callable[[Principal], int]
    always: bool = False


@dataclass(frozen=True)
class Step:
    """One step of the first-run list on My work; ``url`` is a URL name."""

    order: int
    title: str
    text: str
    url: str
    is_done: Callable[[Principal], bool]


@dataclass(frozen=True)
class PaletteRow:
    """A row of the command palette; ``group`` is its heading."""

    group: str
    label: str
    href: str
    icon: str
    note: str = ""
    state: str = ""


nav_items: list[NavItem] = []
home_cards: list[HomeCard] = []
tallies: list[Tally] = []
steps: list[Step] = []
palette_providers: list[Callable[[Principal, str], Iterable[PaletteRow]]] = []


def nav(*items: NavItem) -> None:
    """Add entries to the sidebar."""
    nav_items.extend(items)
    nav_items.sort(key=lambda item: (SECTIONS.index(item.section), item.order))


def home(*cards: HomeCard) -> None:
    """Add cards to My work."""
    home_cards.extend(cards)
    home_cards.sort(key=lambda card: card.order)


def tally(*counters: Tally) -> None:
    """Add counters to My work."""
    tallies.extend(counters)
    tallies.sort(key=lambda counter: counter.order)


def step(*first_steps: Step) -> None:
    """Add steps to the first-run list."""
    steps.extend(first_steps)
    steps.sort(key=lambda one: one.order)


def palette(provider: Callable[[Principal, str], Iterable[PaletteRow]]) -> None:
    """Add a source of palette rows: ``provider(principal, query)``, at most ten rows."""
    palette_providers.append(provider)
