"""The bus: ``publish`` in a change's transaction, ``subscribe`` in ``AppConfig.ready()``.

A handler gets the event's typed dataclass, may be called twice for one event (a worker
can die between the call and its receipt), and must therefore be idempotent.
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, ClassVar, TypeVar

from django.db import transaction

from devopsweb.events import jobs, queries
from devopsweb.events.models import Delivery, Event, EventResource
from devopsweb.events.queries import EventInfo, EventNotFound, Filter, event, feed, newer

__all__ = [
    "EventInfo",
    "EventNotFound",
    "EventType",
    "Filter",
    "declared",
    "event",
    "feed",
    "handler",
    "newer",
    "observe",
    "publish",
    "subscribe",
    "type_name",
    "typed",
]


@dataclass(frozen=True, kw_only=True)
class EventType:
    """Base of all events; fields must be JSON values.

    ``source`` and ``detail_type`` are EventBridge's; ``detail()`` is what its rules match.
    """

    source: ClassVar[str]
    detail_type: ClassVar[str]

    def detail(self) -> dict[str, Any]:
        """The EventBridge detail; the plain fields unless a type says otherwise."""
        return asdict(self)

    def resources(self) -> Sequence[str]:
        """ARNs that this event is about; each object's history is found by them."""
        return ()


E = TypeVar("E", bound=EventType)
Handler = Callable[[Any], None]
Observer = Callable[[EventInfo], None]

_observers: list[Observer] = []
_types: dict[str, type[EventType]] = {}
_handlers: dict[str, list[tuple[str, Handler]]] = {}


def type_name(event_type: type[EventType]) -> str:
    """The stored name of an event type."""
    return f"{event_type.__module__}.{event_type.__qualname__}"


def subscribe(event_type: type[E], handler: Callable[[E], None]) -> None:
    """Deliver every event of ``event_type`` to ``handler``, at least once, soon after its commit."""
    key = type_name(event_type)
    _types[key] = event_type
    entry = (f"{handler.__module__}.{handler.__qualname__}", handler)
    if entry not in _handlers.setdefault(key, []):
        _handlers[key].append(entry)


def observe(observer: Observer) -> None:
    """Call ``observer`` with every event inside its transaction; for live pages, so it must be quick."""
    if observer not in _observers:
        _observers.append(observer)


def declared() -> list[type[EventType]]:
    """Every type of event that the product can publish, by source and detail type."""
    return sorted(_subclasses(EventType), key=lambda kind: (kind.source, kind.detail_type))


def _subclasses(kind: type[EventType]) -> list[type[EventType]]:
    below = [found for child in kind.__subclasses__() for found in _subclasses(child)]
    return ([kind] if hasattr(kind, "detail_type") and hasattr(kind, "source") else []) + below


def publish(event: EventType, *, at: datetime, principal_arn: str = "") -> Event:
    """Record ``event`` in the present transaction; its handlers run after the commit."""
    key = type_name(type(event))
    with transaction.atomic():
        row = Event.objects.create(
            uuid=uuid.uuid4(),
            type=key,
            source=event.source,
            detail_type=event.detail_type,
            detail={"fields": asdict(event), "detail": event.detail()},
            resources=list(event.resources()),
            principal_arn=principal_arn,
            at=at,
        )
        EventResource.objects.bulk_create(
            EventResource(event=row, arn=arn) for arn in dict.fromkeys(event.resources())
        )
        deliveries = Delivery.objects.bulk_create(
            Delivery(event=row, handler=name, due_at=at) for name, _ in _handlers.get(key, [])
        )
        if deliveries:
            jobs.DISPATCH.enqueue(event_id=row.pk)
        for observer in _observers:
            observer(queries.told(row))
    return row


def handler(event_type: str, name: str) -> Handler | None:
    """The subscribed handler of that name, or None when the code no longer has it."""
    return dict(_handlers.get(event_type, [])).get(name)


def typed(row: Event) -> EventType:
    """The event as its dataclass."""
    return _types[row.type](**row.detail["fields"])
