"""Answers: plain texts that git shows behind ``remote:``, and the headers that all share."""

from collections.abc import Sequence
from typing import Any

Headers = Sequence[tuple[bytes, bytes]]

NO_CACHE: Headers = (
    (b"cache-control", b"no-cache, max-age=0, must-revalidate"),
    (b"expires", b"Fri, 01 Jan 1980 00:00:00 GMT"),
    (b"pragma", b"no-cache"),
)
CHALLENGE: Headers = ((b"www-authenticate", b'Basic realm="DevOpsWeb", charset="UTF-8"'),)


class Refusal(Exception):
    """The request ends here with ``status`` and a text that the user reads."""

    def __init__(self, status: int, text: str, headers: Headers = ()) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.headers = headers


async def start(send: Any, status: int, content_type: str, headers: Headers = ()) -> None:
    """The status and the headers."""
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(b"content-type", content_type.encode()), *NO_CACHE, *headers],
        }
    )


async def body(send: Any, data: bytes, *, more: bool = False) -> None:
    """A piece of the body."""
    await send({"type": "http.response.body", "body": data, "more_body": more})


async def whole(send: Any, status: int, content_type: str, data: bytes, headers: Headers = ()) -> None:
    """A complete answer."""
    length = (b"content-length", str(len(data)).encode())
    await start(send, status, content_type, [*headers, length])
    await body(send, data)


async def refuse(send: Any, refusal: Refusal) -> None:
    """The answer of a ``Refusal``; git shows texts of this type."""
    text = refusal.text.rstrip("\n") + "\n"
    await whole(send, refusal.status, "text/plain; charset=utf-8", text.encode(), refusal.headers)
