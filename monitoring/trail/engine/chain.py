"""The chain: each record's hash covers the one before it, its place, its body and what it is found by."""

import hashlib
from collections.abc import Iterable, Iterator

GENESIS = "0" * 64


def link(previous: str, sequence: int, body: str, index: str) -> str:
    """The hash of the record ``body``, found by ``index``, at place ``sequence`` behind the hash ``previous``."""
    return hashlib.sha256(f"{previous}\n{sequence}\n{body}\n{index}".encode()).hexdigest()


def lengthen(
    previous: str, sequence: int, found: Iterable[tuple[str, str]]
) -> Iterator[tuple[int, str, str, str]]:
    """(sequence, body, previous hash, hash) for each (body, index) behind the end of the chain."""
    for body, index in found:
        sequence += 1
        own = link(previous, sequence, body, index)
        yield sequence, body, previous, own
        previous = own
