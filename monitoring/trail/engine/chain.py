"""The chain: each record's hash covers the one before it, its place and its body."""

import hashlib
from collections.abc import Iterable, Iterator

GENESIS = "0" * 64


def link(previous: str, sequence: int, body: str) -> str:
    """The hash of the record ``body`` at place ``sequence`` behind the hash ``previous``."""
    return hashlib.sha256(f"{previous}\n{sequence}\n{body}".encode()).hexdigest()


def lengthen(previous: str, sequence: int, bodies: Iterable[str]) -> Iterator[tuple[int, str, str, str]]:
    """(sequence, body, previous hash, hash) for each of ``bodies`` behind the end of the chain."""
    for body in bodies:
        sequence += 1
        own = link(previous, sequence, body)
        yield sequence, body, previous, own
        previous = own
