"""Pushes: the references are asked for before git starts, and announced before the answer ends."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import structlog

from devopsweb.kernel import clock
from repos.git.actions import pushes
from repos.git.engine import names
from repos.git.engine.pktlines import (
    WITH_OTHERS,
    CommandReader,
    Commands,
    ProtocolError,
    ReportReader,
    refusal,
)
from repos.git.models import Push
from repos.git.smart_http import account, refusals, replies, slots, threads
from repos.git.smart_http.bodies import Body, ClientGone
from repos.git.smart_http.door import Entry, objections
from repos.git.smart_http.processes import GitProcess, serving
from repos.git.smart_http.replies import Refusal
from repos.git.smart_http.requests import GitRequest

log = structlog.get_logger(__name__)

RESULT = "application/x-git-receive-pack-result"
MAX_COMMAND_BYTES = 8 << 20
HEARTBEAT_SECONDS = 15
PATIENCE_SECONDS = 120


async def push(request: GitRequest, entry: Entry, receive: Any, send: Any) -> None:
    """Answer ``git-receive-pack``."""
    body = Body(receive, gzipped=request.gzipped, limit=None)
    rest = body.pieces()
    head, commands = await _commands(rest)
    if not commands.changes:
        # git's probe ("0000") before a large push: asks only whether it would be let in.
        await body.drain()
        await replies.whole(send, 200, RESULT, b"")
        return
    if closed := account.closed():
        reasons, code = {change.name: closed for change in commands.changes}, "ServiceUnavailableException"
    else:
        reasons, code = await threads.call(objections, entry, commands.changes), "AccessDenied"
    if reasons:
        log.info("push refused", repository=entry.repository.name, by=entry.principal.arn, reasons=reasons)
    if _is_lost(commands, reasons):
        stayed = {change.name: reasons.get(change.name, WITH_OTHERS) for change in commands.changes}
        account.pushed(
            request, entry.principal, entry.repository, commands, stayed=stayed, code=code, was_run=False
        )
        await body.drain()
        await replies.whole(send, 200, RESULT, refusal(commands, reasons, sorted(set(reasons.values()))))
        return
    async with slots.of_this_loop().turn():
        await _run(request, entry, commands, head, rest, send, reasons)


def _is_lost(commands: Commands, reasons: Mapping[str, str]) -> bool:
    """Whether nothing of the push may happen: all is refused, or it is all or nothing."""
    if not reasons:
        return False
    broken = not all(names.is_full_reference(name) for name in reasons)
    return broken or "atomic" in commands.capabilities or len(reasons) == len(commands.changes)


async def _commands(rest: AsyncIterator[bytes]) -> tuple[bytes, Commands]:
    """What the push wants, and the bytes that were read to learn it."""
    reader = CommandReader()
    try:
        async for piece in rest:
            if reader.feed(piece):
                break
            if len(reader.raw) > MAX_COMMAND_BYTES:
                raise Refusal(413, "The list of references is too long. Push in several steps.")
        return bytes(reader.raw), reader.commands()
    except ProtocolError as error:
        raise Refusal(400, str(error)) from None


async def _run(
    request: GitRequest,
    entry: Entry,
    commands: Commands,
    head: bytes,
    rest: AsyncIterator[bytes],
    send: Any,
    reasons: Mapping[str, str],
) -> None:
    row = await threads.call(
        pushes.begin,
        repository=entry.repository,
        changes=[change for change in commands.changes if change.name not in reasons],
        principal=entry.principal,
        at=clock.now(),
    )
    report = ReportReader(sideband="side-band-64k" in commands.capabilities)
    try:
        with refusals.hook(reasons) as (options, variables):
            async with (
                _heartbeat(row),
                serving(
                    entry.directory,
                    "receive-pack",
                    advertise=False,
                    protocol=request.protocol,
                    settings=options,
                    variables=variables,
                ) as git,
            ):
                await _converse(git, report, head, rest, send)
    finally:
        # Whatever became of the client, the references that moved are announced.
        stayed = await asyncio.shield(threads.call(_conclude, row, commands, report))
        account.pushed(
            request,
            entry.principal,
            entry.repository,
            commands,
            stayed={**stayed, **reasons},
            code="AccessDenied" if reasons else "",
            was_run=True,
        )
    await replies.body(send, b"")


async def _converse(
    git: GitProcess, report: ReportReader, head: bytes, rest: AsyncIterator[bytes], send: Any
) -> None:
    answering = asyncio.create_task(_answer(git, report, send))
    try:
        await git.feed(head)
        async for piece in rest:
            await git.feed(piece)
        git.end_of_input()
        await answering
        await git.wait()
    except (ClientGone, TimeoutError):
        # Killing git now could leave locks behind: it ends by itself when its input does.
        log.info("client left in the middle of a push")
        git.end_of_input()
        await asyncio.wait([answering], timeout=PATIENCE_SECONDS)
        raise
    finally:
        answering.cancel()
        await asyncio.gather(answering, return_exceptions=True)


async def _answer(git: GitProcess, report: ReportReader, send: Any) -> None:
    started = broken = False
    async for piece in git.output():
        if not broken:
            broken = not _understood(report, piece)
        if not started:
            await replies.start(send, 200, RESULT)
            started = True
        await replies.body(send, piece, more=True)
    if not started:
        await replies.start(send, 200, RESULT)


def _understood(report: ReportReader, piece: bytes) -> bool:
    """Listen in; an answer that cannot be read is no report, and the references tell instead."""
    try:
        report.feed(piece)
    except ProtocolError:
        report.complete = False
        return False
    return True


@asynccontextmanager
async def _heartbeat(row: Push) -> AsyncIterator[None]:
    """While the block runs, the push is known to be alive."""

    async def beat() -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            await threads.call(pushes.touch, push_id=row.pk, at=clock.now())

    beating = asyncio.create_task(beat())
    try:
        yield
    finally:
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)


def _conclude(row: Push, commands: Commands, report: ReportReader) -> dict[str, str]:
    """Announce what moved; the references that did not, and why."""
    at = clock.now()
    if report.complete:
        moved = [change for change in commands.changes if report.results.get(change.name)]
        pushes.finish(push=row, moved=moved, at=at)
        names_moved = {change.name for change in moved}
    else:
        # No report, or half of one: the references themselves tell.
        pushes.examine(push=row, at=at)
        pushes.finish(push=row, moved=[], at=at)
        names_moved = set(row.updates.values_list("name", flat=True))
    return {
        change.name: report.reasons.get(change.name) or "git did not move it"
        for change in commands.changes
        if change.name not in names_moved
    }
