"""An error on its way out: what every protocol needs to write it."""

from dataclasses import dataclass, field
from typing import Any

from devopsweb.awsapi.models import Shape


@dataclass(frozen=True, kw_only=True)
class Fault:
    """An error as clients see it.

    ``name`` is the name of its shape, ``query_code`` what the query protocol calls it; they differ for
    few. ``by_server`` says whose fault it is.
    """

    name: str
    query_code: str
    message: str
    status: int
    by_server: bool = False
    shape: Shape | None = None
    members: dict[str, Any] = field(default_factory=dict)

    @property
    def type(self) -> str:
        """``Sender`` or ``Receiver``."""
        return "Receiver" if self.by_server else "Sender"

    def members_of_shape(self) -> dict[str, Any]:
        """Every member of the error's shape that we can fill; its message, if it has one, among them."""
        if self.shape is None:
            return {}
        found = {name: value for name, value in self.members.items() if name in self.shape.members}
        for name in ("message", "Message"):
            if name in self.shape.members:
                return {name: self.message, **found}
        return found
