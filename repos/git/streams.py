"""Git clients: raw ASGI at CodeCommit's addresses (``/v1/repos/<name>``) and at ``/git/<name>``."""

from typing import Any

import structlog

from repos.git.smart_http import door, fetching, pushing, replies, requests, threads
from repos.git.smart_http.bodies import ClientGone

log = structlog.get_logger(__name__)


class _Answer:
    """``send`` that knows whether the answer has begun."""

    def __init__(self, send: Any) -> None:
        self._send = send
        self.begun = False

    async def __call__(self, message: Any) -> None:
        self.begun = True
        await self._send(message)


async def git(scope: Any, receive: Any, send: Any) -> None:
    """Serve one request of a git client."""
    answer = _Answer(send)
    try:
        request = requests.parse(scope)
        door.require_credentials(request)
        entry = await threads.call(door.enter, request)
        if request.advertise:
            await fetching.advertise(request, entry, answer)
        elif request.service == "git-upload-pack":
            await fetching.fetch(request, entry, receive, answer)
        else:
            await pushing.push(request, entry, receive, answer)
    except replies.Refusal as refusal:
        if answer.begun:
            log.warning("git request broken off", path=scope["path"], reason=refusal.text)
            return
        await replies.refuse(answer, refusal)
    except (ClientGone, TimeoutError) as error:
        log.info("git client gone", path=scope["path"], reason=type(error).__name__)


ROUTES = [("/v1/repos/", git), ("/git/", git)]
