"""Clones and fetches, and the advertisement of references."""

import asyncio
from typing import Any

import structlog

from repos.git.smart_http import account, replies, slots
from repos.git.smart_http.bodies import Body, ClientGone
from repos.git.smart_http.door import Entry
from repos.git.smart_http.processes import GitProcess, serving
from repos.git.smart_http.replies import Refusal
from repos.git.smart_http.requests import GitRequest

log = structlog.get_logger(__name__)

# Wants and haves only: a client with a million references stays far below this.
MAX_REQUEST = 256 << 20
SEND_SECONDS = 600

_capabilities: bytes = b""


async def advertise(request: GitRequest, entry: Entry, send: Any) -> None:
    """Answer ``info/refs``."""
    account.advertised(request, entry.principal, entry.repository)
    content_type = f"application/x-{request.service}-advertisement"
    if request.version == 2 and request.service == "git-upload-pack":
        await replies.whole(send, 200, content_type, await _version_two(entry))
        return
    async with (
        slots.of_this_loop().turn(),
        serving(entry.directory, request.command, advertise=True, protocol=request.protocol) as git,
    ):
        git.end_of_input()
        output = git.output()
        first = await anext(output, b"")
        if not first:
            raise _failed(git, entry, await git.wait())
        await replies.start(send, 200, content_type)
        title = f"# service={request.service}\n".encode()
        await replies.body(send, b"%04x" % (len(title) + 4) + title + b"0000" + first, more=True)
        async for piece in output:
            await replies.body(send, piece, more=True)
        await replies.body(send, b"")


async def _version_two(entry: Entry) -> bytes:
    """Version 2 advertises what the server can do, the same for every repository: asked of git once."""
    global _capabilities
    if not _capabilities:
        async with serving(entry.directory, "upload-pack", advertise=True, protocol="version=2") as git:
            git.end_of_input()
            said = b"".join([piece async for piece in git.output()])
            if await git.wait() or not said.startswith(b"000eversion 2"):
                raise _failed(git, entry, await git.wait())
            _capabilities = said
    return _capabilities


async def fetch(request: GitRequest, entry: Entry, receive: Any, send: Any) -> None:
    """Answer ``git-upload-pack``: feed the request, stream the pack."""
    body = Body(receive, gzipped=request.gzipped, limit=MAX_REQUEST)
    heard = account.Pull()
    with account.pulling(request, entry.principal, entry.repository, heard):
        await _fetch(request, entry, body, send, heard)


async def _fetch(request: GitRequest, entry: Entry, body: Body, send: Any, heard: account.Pull) -> None:
    async with (
        slots.of_this_loop().turn(),
        serving(entry.directory, "upload-pack", advertise=False, protocol=request.protocol) as git,
    ):
        feeding = asyncio.create_task(_feed(body, git, heard))
        try:
            await _stream(git, entry, feeding, send, heard)
        finally:
            feeding.cancel()
            await asyncio.gather(feeding, return_exceptions=True)


async def _feed(body: Body, git: GitProcess, heard: account.Pull) -> None:
    """Hand the request to git, then watch the client; its going kills git."""
    try:
        async for piece in body.pieces():
            heard.asked(piece)
            await git.feed(piece)
        git.end_of_input()
        await body.wait_for_end_of_client()
        git.kill()
    except (ClientGone, Refusal, TimeoutError):
        git.kill()
        raise


async def _stream(
    git: GitProcess, entry: Entry, feeding: "asyncio.Task[None]", send: Any, heard: account.Pull
) -> None:
    started = False
    async for piece in git.output():
        heard.answered(piece)
        if not started:
            await replies.start(send, 200, "application/x-git-upload-pack-result")
            started = True
        async with asyncio.timeout(SEND_SECONDS):
            await replies.body(send, piece, more=True)
    if not started:
        _raise_of(feeding)
        if code := await git.wait():
            raise _failed(git, entry, code)
        await replies.start(send, 200, "application/x-git-upload-pack-result")
    elif await git.wait():
        # The answer has begun: leaving it unended is the only way to say that it is broken.
        log.info("fetch ended early", repository=entry.repository.name, said=git.complaints())
        return
    await replies.body(send, b"")


def _raise_of(feeding: "asyncio.Task[None]") -> None:
    if feeding.done() and not feeding.cancelled() and (error := feeding.exception()):
        raise error


def _failed(git: GitProcess, entry: Entry, code: int) -> Refusal:
    said = git.complaints()
    log.error("git failed", repository=entry.repository.name, code=code, said=said)
    return Refusal(500, f"git failed on the server. Its log has the reason ({code}).")
