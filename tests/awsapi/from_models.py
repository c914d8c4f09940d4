"""Values made at random from the shapes of a model: valid ones, least ones, and wrong ones."""

import random
import re
import string
import warnings
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from devopsweb.awsapi import patterns
from devopsweb.awsapi.models import Shape

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import sre_constants as kinds
    import sre_parse

SERVICES_OF_NOTE = (
    "cloudtrail", "cloudwatch", "codebuild", "codecommit", "codedeploy", "codepipeline", "iam", "logs",
    "secretsmanager", "ssm", "sts",
)  # fmt: skip
_START = datetime(2026, 1, 1, tzinfo=UTC)
_LETTERS = string.ascii_letters + string.digits
_PLAUSIBLE = (
    "a", "abcd", "storefront", "1", "12", "123456789012", "arn:aws:iam::123456789012:role/service/builder",
    "us-east-1", "0a1b2c3d-0a1b-2c3d-4e5f-0a1b2c3d4e5f", "https://example.com/a", "AKIAIOSFODNN7EXAMPLE",
    "refs/heads/main", "/", "/a/", "0123456789abcdef0123456789abcdef01234567", "a@b.example", "12:30", "main",
    "arn:aws:sns:us-east-1:123456789012:topic", "cron(0 12 * * ? *)", "2026-01-01", "key=value",
)  # fmt: skip


@lru_cache(maxsize=4096)
def _parsed(pattern: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # Tags' characters as a class of hundreds of ranges would say nothing more here.
        try:
            return sre_parse.parse(patterns.translated(pattern, categories=False))
        except re.error:
            return ()


class Maker:
    """Makes values; ``full`` fills optional members too."""

    def __init__(self, seed: int, *, full: bool = False) -> None:
        self.random = random.Random(seed)
        self.full = full
        self.longer = 1

    def value(self, shape: Shape, depth: int = 0) -> Any:
        """A valid value."""
        return getattr(self, f"_{shape.type}")(shape, depth)

    def _structure(self, shape: Shape, depth: int) -> Any:
        if shape.is_document:
            return {"any": "thing"}
        members = {name: member for name, member in shape.members.items() if not member.is_event_stream}
        if shape.is_union:
            members = dict([self.random.choice(list(members.items()))])
            wanted = set(members)
        else:
            likely = 0.0 if not self.full or depth > 5 else 0.8 if depth < 2 else 0.3
            wanted = {name for name in members if self.random.random() < likely} | set(shape.required)
            wanted |= {name for name, member in members.items() if member.location == "statusCode"}
        return {name: self.value(member, depth + 1) for name, member in members.items() if name in wanted}

    def _list(self, shape: Shape, depth: int) -> Any:
        many = max(int(shape.minimum or 0), 1 if depth > 2 else self.random.randint(1, 3))
        return [self.value(shape.element, depth + 1) for _ in range(min(many, int(shape.maximum or many)))]

    def _map(self, shape: Shape, depth: int) -> Any:
        many = max(int(shape.minimum or 0), self.random.randint(1, 2))
        return {self.value(shape.key): self.value(shape.value, depth + 1) for _ in range(many)}

    def _string(self, shape: Shape, depth: int) -> str:
        if shape.traits.get("jsonvalue"):
            return "{}"
        if enum := shape.traits.get("enum"):
            return str(self.random.choice(enum))
        low, high = int(shape.minimum or 1), int(shape.maximum or 2**20)
        low = max(low, 1)
        for self.longer in (1, 1, 1, 1, low, low, *range(1, 30)):
            text = self._of_pattern(shape.pattern) if shape.pattern else self._letters(low, high)
            if low <= len(text) <= high and (not shape.pattern or patterns.matches(shape.pattern, text)):
                return text
        fitting = [
            text for text in _PLAUSIBLE if low <= len(text) <= high and patterns.matches(shape.pattern, text)
        ]
        return self.random.choice(fitting) if fitting else self._letters(low, high)

    def _letters(self, low: int, high: int) -> str:
        length = min(high, max(low, self.random.randint(1, 12)))
        return "".join(self.random.choice(_LETTERS) for _ in range(length))

    def _of_pattern(self, pattern: str) -> str:
        return "".join(self._pieces(_parsed(pattern)))

    def _pieces(self, parsed: Any) -> Any:
        for kind, value in parsed:
            if kind is kinds.LITERAL:
                yield chr(value)
            elif kind is kinds.ANY:
                yield self.random.choice(_LETTERS)
            elif kind is kinds.NOT_LITERAL:
                yield "b" if value == ord("a") else "a"
            elif kind is kinds.IN:
                yield self._one_of(value)
            elif kind is kinds.BRANCH:
                yield from self._pieces(self.random.choice(value[1]))
            elif kind is kinds.SUBPATTERN:
                yield from self._pieces(value[3])
            elif kind in (kinds.MAX_REPEAT, kinds.MIN_REPEAT):
                least, most, inner = value
                many = max(least, min(int(most), max(self.longer, self.random.randint(1, 3))))
                for _ in range(many):
                    yield from self._pieces(inner)

    def _one_of(self, items: Any) -> str:
        if items[0][0] is kinds.NEGATE:
            excluded = {chr(value) for kind, value in items[1:] if kind is kinds.LITERAL}
            return next(letter for letter in "aZ09_" if letter not in excluded)
        kind, value = self.random.choice(items)
        if kind is kinds.LITERAL:
            return chr(value)
        if kind is kinds.RANGE:
            first, last = max(value[0], 32), min(value[1], 126)
            return chr(self.random.randint(first, last)) if first <= last else chr(value[0])
        return {kinds.CATEGORY_DIGIT: "7", kinds.CATEGORY_SPACE: " "}.get(value, "w")

    def _integer(self, shape: Shape, depth: int) -> int:
        if shape.location == "statusCode":
            return 200
        low = int(shape.minimum if shape.minimum is not None else 0)
        high = int(shape.maximum if shape.maximum is not None else low + 1000)
        return self.random.randint(low, min(high, low + 1000))

    _long = _integer

    def _double(self, shape: Shape, depth: int) -> float:
        return self._integer(shape, depth) + 0.0

    _float = _double

    def _boolean(self, shape: Shape, depth: int) -> bool:
        return self.random.random() < 0.5

    def _timestamp(self, shape: Shape, depth: int) -> datetime:
        return _START + timedelta(seconds=self.random.randint(0, 10**7))

    def _blob(self, shape: Shape, depth: int) -> bytes:
        length = max(int(shape.minimum or 1), self.random.randint(1, 8))
        return bytes(self.random.randint(0, 255) for _ in range(min(length, int(shape.maximum or length))))
