"""What the REST protocols share: routes by method and path, members outside the body."""

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl, unquote

from devopsweb.awsapi.models import Model

_LABEL = re.compile(r"\{([^{}+]+)(\+?)\}")


@dataclass(frozen=True)
class Route:
    """How one operation is addressed; ``fixed`` are the query parameters that name it."""

    method: str
    path: re.Pattern[str]
    labels: tuple[str, ...]
    fixed: frozenset[tuple[str, str]]
    operation: str
    weight: tuple[int, int]


@lru_cache(maxsize=64)
def routes(model: Model) -> tuple[Route, ...]:
    """Every operation's route, the most particular first."""
    found = [_route(model, name) for name in model.names]
    return tuple(sorted(found, key=lambda route: route.weight, reverse=True))


def route(model: Model, method: str, raw_path: str, raw_query: str) -> str:
    """The name of the operation that is addressed; empty when there is none."""
    given = set(parse_qsl(raw_query, keep_blank_values=True, max_num_fields=1000)) if raw_query else set()
    names = {name for name, _ in given}
    for candidate in routes(model):
        if candidate.method != method or not candidate.path.fullmatch(raw_path):
            continue
        if all((name, value) in given or (not value and name in names) for name, value in candidate.fixed):
            return candidate.operation
    return ""


def labels(model: Model, operation: str, raw_path: str) -> dict[str, str]:
    """The parts of the path that are parameters, by their names on the wire."""
    one = next(one for one in routes(model) if one.operation == operation)
    found = one.path.fullmatch(raw_path)
    return {name: unquote(found[number]) for number, name in enumerate(one.labels, 1)} if found else {}


def _route(model: Model, name: str) -> Route:
    http = model.http(name)
    path, _, query = http.get("requestUri", "/").partition("?")
    pattern, wire, position = "", [], 0
    for label in _LABEL.finditer(path):
        pattern += re.escape(path[position : label.start()]) + (r"(.+)" if label[2] else r"([^/]+)")
        wire.append(label[1])
        position = label.end()
    pattern += re.escape(path[position:])
    fixed = frozenset(parse_qsl(query, keep_blank_values=True))
    literal = len(_LABEL.sub("", path))
    method = http.get("method", "POST")
    return Route(method, re.compile(pattern), tuple(wire), fixed, name, (literal, len(fixed)))
