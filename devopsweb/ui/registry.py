"""What apps hang into the shell, each in its ``AppConfig.ready()``.

Navigation entries, home cards and tallies, palette rows: the shell knows none of the apps.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from devopsweb.kernel.principals import Principal


@dataclass(frozen=True)
class NavItem:
    """An entry of the sidebar.

    ``section`` is "" (top), "Deliver", "Observe" or "Govern"; ``url`` a URL name; ``key`` the
    letter after ``g``; ``action`` hides the entry from whoever may not do it anywhere;
    ``count`` gives the badge ``(number, state family)``.
    """

    section: str
    order: int
    label: str
    icon: str
    url: str
    key: str = ""
    tab: bool = False
    count: Callable[[Principal], tuple[int, str]] | None = None


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
palette_providers: list[Callable[[Principal, str], Iterable[PaletteRow]]] = []


def nav(*items: NavItem) -> None:
    """Add entries to the sidebar."""
    nav_items.extend(items)
    nav_items.sort(key=lambda item: item.order)


def home(*cards: HomeCard) -> None:
    """Add cards to My work."""
    home_cards.extend(cards)
    home_cards.sort(key=lambda card: card.order)


def tally(*counters: Tally) -> None:
    """Add counters to My work."""
    tallies.extend(counters)
    tallies.sort(key=lambda counter: counter.order)


def palette(provider: Callable[[Principal, str], Iterable[PaletteRow]]) -> None:
    """Add a source of palette rows: ``provider(principal, query)``, at most ten rows."""
    palette_providers.append(provider)
