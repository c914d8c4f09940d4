"""Clones, fetches and pushes in the audit trail, as CodeCommit tells CloudTrail of them.

A pull is several requests: the advertisement, and then the pack unless nothing is new. It becomes one
record: that of the pack, or a moment after the last of the others one that says that nothing was sent.
A push becomes two: that of the advertisement (which only reads) and that of the references.
"""

import asyncio
import contextlib
import json
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from devopsweb.kernel import clock
from devopsweb.kernel.errors import Fault
from devopsweb.kernel.principals import Principal
from monitoring.trail import api as trail
from repos.git.engine.names import ZERO
from repos.git.engine.pktlines import Commands, ProtocolError, take
from repos.git.models import Repository
from repos.git.smart_http.requests import GitRequest
from repos.git.types import RefChange

# A client that wants a pack asks for it at once, but its way here may be long.
PAUSE_SECONDS = 5.0
_HEAD = 1 << 14
_MOST_UPDATES = 20 << 10
_PACK_V2, _PACK = b"000dpackfile\n", b"PACK"
_CAPABILITIES = frozenset(
    {
        "allow-tip-sha1-in-want", "deepen-not", "deepen-relative", "deepen-since", "filter", "include-tag",
        "multi_ack", "multi_ack_detailed", "no-done", "no-progress", "ofs-delta", "shallow", "side-band",
        "side-band-64k", "sideband-all", "thin-pack", "wait-for-done",
    }
)  # fmt: skip


@dataclass
class Pull:
    """What is overheard of one request to ``git-upload-pack``."""

    head: bytearray = field(default_factory=bytearray)
    has_pack: bool = False
    _tail: bytes = b""

    def asked(self, data: bytes) -> None:
        """A piece of the request; its begin says what the client can do."""
        if len(self.head) < _HEAD:
            self.head += data[: _HEAD - len(self.head)]

    def answered(self, data: bytes) -> None:
        """A piece of the answer; a pack comes after a few lines, if it comes."""
        if not self.has_pack:
            near = self._tail + data
            self.has_pack = _PACK_V2 in near or _PACK in near
            self._tail = near[-len(_PACK_V2) :]

    def capabilities(self) -> tuple[list[str], bool]:
        """What was negotiated, and whether the client keeps a shallow history."""
        words: list[str] = []
        shallow = False
        for payload in _payloads(self.head):
            line = payload.decode(errors="replace").split()
            shallow = shallow or bool(line and line[0] in ("deepen", "shallow", "deepen-since", "deepen-not"))
            words += line[2:] if line[:1] == ["want"] else line[:1]
        return sorted({word for word in words if word in _CAPABILITIES}), shallow


def _payloads(head: bytearray) -> Iterable[bytes]:
    rest = bytes(head)
    while rest:
        try:
            if rest[:4] == b"0001":  # version 2: the arguments follow
                payload, length = b"", 4
            else:
                found, length = take(rest)
                payload = found or b""
        except ProtocolError:
            return
        if not length:
            return
        rest = rest[length:]
        yield payload


Key = tuple[str, str, str]
Tell = Callable[[], None]
_waiting: dict[Key, deque[tuple[asyncio.TimerHandle, Tell]]] = defaultdict(deque)


def advertised(request: GitRequest, principal: Principal, repository: Repository) -> None:
    """References were advertised: the first half of a push, or perhaps a pull that finds nothing new."""
    if request.service == "git-receive-pack":
        _record(request, principal, repository, "GitPush", read_only=True, more=_more(repository))
        return

    def nothing_new() -> None:
        _record(request, principal, repository, "GitPull", read_only=True, more=_more(repository))

    _wait(_key(request, principal), nothing_new)


@contextlib.contextmanager
def pulling(request: GitRequest, principal: Principal, repository: Repository, heard: Pull) -> Iterator[None]:
    """Around a request of ``git-upload-pack``: while it lasts, nobody says that nothing was sent."""
    key = _key(request, principal)
    nothing_new = _take(key)
    try:
        yield
    finally:
        if heard.has_pack:
            _pulled(request, principal, repository, heard)
        elif nothing_new:
            _wait(key, nothing_new)


def _wait(key: Key, nothing_new: Tell) -> None:
    def over() -> None:
        _take(key)
        nothing_new()

    _waiting[key].append((asyncio.get_running_loop().call_later(PAUSE_SECONDS, over), nothing_new))


def _take(key: Key) -> Tell | None:
    """What has waited the longest, if anything does; it waits no more."""
    if key not in _waiting:
        return None
    handle, nothing_new = _waiting[key].popleft()
    handle.cancel()
    if not _waiting[key]:
        del _waiting[key]
    return nothing_new


def _pulled(request: GitRequest, principal: Principal, repository: Repository, heard: Pull) -> None:
    capabilities, shallow = heard.capabilities()
    more = _more(repository, capabilities=capabilities, dataTransferred=True, shallow=shallow)
    _record(request, principal, repository, "GitPull", read_only=True, more=more)


def pushed(
    request: GitRequest,
    principal: Principal,
    repository: Repository,
    commands: Commands,
    *,
    stayed: Mapping[str, str],
    code: str = "",
    was_run: bool,
) -> None:
    """References were asked to move: all did but those in ``stayed``, for these reasons."""
    told = {"capabilities": sorted(commands.capabilities), "dataTransferred": was_run}
    more = _more(repository, **told, **_updates(commands.changes, stayed))
    _record(
        request,
        principal,
        repository,
        "GitPush",
        read_only=False,
        more=more,
        parameters={"references": [_reference(change) for change in commands.changes]},
        error_code=(code or "ReferenceNotUpdated") if stayed else "",
        error_message="; ".join(f"{name}: {why}" for name, why in stayed.items()),
    )


def closed() -> str:
    """Why nothing may be pushed at present: it could not be recorded; empty when it can."""
    try:
        trail.before_change("codecommit", "GitPush")
    except Fault as error:
        return str(error)
    return ""


def refused(request: GitRequest, principal: Principal, resource: str, why: str) -> None:
    """The caller may not read or write the repository, or it is not there."""
    trail.record(
        principal=principal,
        service="codecommit",
        name=request.action.partition(":")[2],
        at=clock.now(),
        read_only=True,
        arns=[resource],
        more={"protocol": "HTTP", "dataTransferred": False, "repositoryName": request.repository},
        error_code="AccessDenied",
        error_message=why,
        **_from(request),
    )


def turned_away(request: GitRequest, username: str, access_key_id: str) -> None:
    """The caller could not prove who they are. A flood of these is counted, not written down one by one."""
    trail.turned_away(
        door="git",
        username=username,
        service="codecommit",
        name=request.action.partition(":")[2],
        at=clock.now(),
        read_only=True,
        access_key_id=access_key_id,
        more={"protocol": "HTTP", "dataTransferred": False, "repositoryName": request.repository},
        error_code="AuthFailure",
        error_message="Failed authentication",
        **_from(request),
    )


def _record(
    request: GitRequest,
    principal: Principal,
    repository: Repository,
    name: str,
    *,
    read_only: bool,
    more: Mapping[str, Any],
    parameters: Mapping[str, Any] | None = None,
    error_code: str = "",
    error_message: str = "",
) -> None:
    trail.record(
        principal=principal,
        service="codecommit",
        name=name,
        at=clock.now(),
        read_only=read_only,
        arns=[repository.arn],
        parameters=parameters,
        more=more,
        error_code=error_code,
        error_message=error_message,
        **_from(request),
    )


def _from(request: GitRequest) -> dict[str, Any]:
    return {
        "source_ip": request.source_ip,
        "user_agent": request.user_agent,
        "host": request.host,
        "tls": request.tls,
    }


def _more(repository: Repository, **found: Any) -> dict[str, Any]:
    told = {"protocol": "HTTP", "dataTransferred": False, "repositoryName": repository.name}
    return {**told, "repositoryId": str(repository.pk), **found}


def _reference(change: RefChange) -> dict[str, str]:
    return {"commit": change.after or ZERO, "ref": change.name}


def _updates(changes: Iterable[RefChange], stayed: Mapping[str, str]) -> dict[str, Any]:
    """What became of each reference, those that stayed first, as many as a record can hold."""
    told = [_update(change, stayed) for change in sorted(changes, key=lambda one: one.name not in stayed)]
    sizes = accumulate(len(json.dumps(one)) for one in told)
    fits = sum(size <= _MOST_UPDATES for size in sizes)
    more = {"referenceUpdatesOmitted": len(told) - fits} if fits < len(told) else {}
    return {"referenceUpdates": told[:fits], **more}


def _update(change: RefChange, stayed: Mapping[str, str]) -> dict[str, str]:
    """What became of one reference; CloudTrail only says which were asked for."""
    told = {"ref": change.name, "before": change.before or ZERO, "after": change.after or ZERO}
    if change.name in stayed:
        return told | {"outcome": "refused", "reason": stayed[change.name]}
    return told | {"outcome": "moved"}


def _key(request: GitRequest, principal: Principal) -> Key:
    return principal.arn, request.repository, request.source_ip
