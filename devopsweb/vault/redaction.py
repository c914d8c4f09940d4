"""Takes secrets out of text before it is stored or shown."""

import base64
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote

MASK = "***"
SHORTEST = 4


class Redactor:
    """``redactor(text)`` is ``text`` with every known secret replaced by ``***``.

    Shorter secrets than four characters are left alone: masking them would shred the text.
    Of a secret of several lines each line is masked, since logs arrive line by line.
    """

    def __init__(self, values: Iterable[str]) -> None:
        self._known: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self.learn(values)

    def learn(self, values: Iterable[str]) -> None:
        """Mask these from now on as well."""
        self._known |= {form for value in values for form in _forms(value)}
        # Longest first: a secret that contains another one is masked whole.
        ordered = sorted(self._known, key=lambda form: (-len(form), form))
        self._pattern = re.compile("|".join(map(re.escape, ordered))) if ordered else None

    def __call__(self, text: str) -> str:
        """``text`` without secrets."""
        return self._pattern.sub(MASK, text) if self._pattern else text


def _forms(value: str) -> Iterator[str]:
    lines = [line.strip() for line in value.splitlines()]
    for piece in {value, value.strip(), *lines}:
        if len(piece) >= SHORTEST:
            yield piece
            yield quote(piece, safe="")
            yield from _base64_forms(piece.encode())


def _base64_forms(data: bytes) -> Iterator[str]:
    """How ``data`` looks in Base64, alone and in the middle of longer data.

    The characters at the edges depend on the neighbours, so the three possible
    alignments are cut to what depends on the secret alone.
    """
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for shift in range(3):
            text = encode(b"\0" * shift + data).decode()
            start = (shift * 8 + 5) // 6
            end = (shift + len(data)) * 8 // 6
            if end - start >= 2 * SHORTEST - 2:
                yield text[start:end]
