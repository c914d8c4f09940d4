"""What higher apps can add to a record's page: what the person had before them when they did it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from devopsweb.kernel.principals import Principal


@dataclass(frozen=True)
class Fact:
    """One line: a label, what it says, where it leads."""

    label: str
    text: str
    href: str = ""
    note: str = ""


@dataclass(frozen=True)
class Story:
    """A card on a record's page."""

    title: str
    facts: tuple[Fact, ...] = field(default=())
    href: str = ""
    link: str = ""


Teller = Callable[[Principal, Mapping[str, Any]], Story | None]
_tellers: dict[tuple[str, str], Teller] = {}


def explain(source: str, name: str, teller: Teller) -> None:
    """``teller(reader, record)`` tells more of the event ``name`` of ``source``, if the reader may know it."""
    _tellers[source, name] = teller


def of(principal: Principal, record: Mapping[str, Any]) -> Story | None:
    """What is known of ``record`` beyond itself."""
    teller = _tellers.get((str(record.get("eventSource")), str(record.get("eventName"))))
    return teller(principal, record) if teller else None
