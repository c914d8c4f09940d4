"""What is wrong with a request, before any operation sees it; and the answer's own type."""

from dataclasses import dataclass, field

from devopsweb.kernel.errors import Invalid


class Malformed(Invalid):
    """The request cannot be read: not JSON, not CBOR, a number where a text belongs, too deep."""


@dataclass(frozen=True)
class Violation:
    """A value that breaks a constraint of its shape, in AWS's words.

    ``member`` is the parameter of the operation that it lies in; ``kind`` is ``null``, ``length``,
    ``pattern``, ``range`` or ``enum``. ``inner`` is the innermost member, when that is another one.
    """

    member: str
    kind: str
    sentence: str
    inner: str = ""


class Violations(Invalid):
    """A request breaks constraints of the operation's model."""

    def __init__(self, found: list[Violation]) -> None:
        noun = "error" if len(found) == 1 else "errors"
        super().__init__(
            f"{len(found)} validation {noun} detected: {'; '.join(one.sentence for one in found)}"
        )
        self.found = found


@dataclass
class Response:
    """An answer as it goes over the wire."""

    status: int
    body: bytes
    headers: list[tuple[str, str]] = field(default_factory=list)
