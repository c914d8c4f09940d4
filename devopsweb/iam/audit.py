"""What is asked of us through pages, the admin panel and sockets, told to whoever keeps account of it.

``iam.api.require`` is the choke point that every verb passes; it tells each answer to the recorder of the
present request. When the request has been answered, the recorder says what was done and what was refused.
Questions of the kind "shall I show this button?" (``is_allowed``) are no calls and are not told.
"""

import threading
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied

from devopsweb.awsapi import outcomes, registry
from devopsweb.kernel import clock
from devopsweb.kernel.errors import Denied, DevOpsWebError, Fault
from devopsweb.kernel.principals import ANONYMOUS, Principal

# CloudTrail counts the giving of credentials among the reads.
_READS = (
    "AssumeRole", "BatchGet", "Check", "Describe", "Detect", "Estimate", "Filter", "Get", "Head", "List",
    "Lookup", "Poll", "Preview", "Query", "Read", "Search", "Select", "Simulate", "Test", "Validate", "View",
)  # fmt: skip
# Asked for along with a call; no calls of their own.
PERMISSIONS_ONLY = frozenset({"iam:PassRole", "sts:TagSession", "sts:SetSourceIdentity"})

# In a role's session: the service that assumed it. No condition key of AWS's.
INVOKED_BY = "devopsweb:InvokedBy"
ROLE_ARN = "devopsweb:RoleArn"


def is_read_only(operation: str) -> bool:
    """Whether an operation of that name (``ListPipelines``, ``GitPull``) changes nothing."""
    return operation.startswith(_READS) or operation == "GitPull"


@dataclass(frozen=True, kw_only=True)
class Facts:
    """From where, with what and when something was asked; ``parameters`` may still hold secrets."""

    source_ip: str = ""
    user_agent: str = ""
    host: str = ""
    tls: bool = False
    console: bool = False
    safe: bool = False
    """The request only looks (GET): what it was allowed is not a deed."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass(frozen=True, kw_only=True)
class Deed:
    """One thing that ``principal`` did or was refused; ``action`` is IAM's name (``iam:CreateUser``)."""

    principal: Principal
    action: str
    resources: tuple[str, ...]
    at: datetime
    facts: Facts
    parameters: Mapping[str, Any]
    error_code: str = ""
    error_message: str = ""
    outcome: Mapping[str, Any] | None = None
    """What was answered, where that is worth keeping (a sign-in's result)."""
    more: Mapping[str, Any] = field(default_factory=dict)
    """CloudTrail's additionalEventData."""


Observer = Callable[[Deed], None]
_observers: list[Observer] = []


def observe(observer: Observer) -> None:
    """Have ``observer`` told every deed, in the thread that did it."""
    if observer not in _observers:
        _observers.append(observer)


@dataclass
class _Asked:
    """A permission that was asked for; ``refusal`` is empty when it was given."""

    principal: Principal
    action: str
    resources: tuple[str, ...]
    at: datetime
    refusal: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    done: bool = False


class Recorder:
    """Collects what one request asks for; ``close`` tells what became of it."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.asked: list[_Asked] = []
        self.doubt: _Asked | None = None
        self.error: tuple[str, str] = ("", "")
        self.set_aside = False
        self.immediate = False

    def add(self, asked: _Asked) -> None:
        """Note what was asked for, once; a socket's refusals are told at once."""
        if self.immediate:
            if asked.refusal:
                self._tell(asked, {}, "AccessDenied", asked.refusal)
        elif asked not in self.asked and not any(_same(known, asked) for known in self.asked):
            self.asked.append(asked)

    def close(self, *, failed: bool, denied: bool, parameters: Mapping[str, Any] | None = None) -> None:
        """The request was answered: tell its refusals, or else what it did."""
        if self.set_aside:
            return
        given = {**(parameters or {})}
        if refusals := self._refusals(failed=failed, denied=denied):
            for one in refusals:
                self._tell(one, given, "AccessDenied", one.refusal)
            return
        code, message = self.error if failed else ("", "")
        for one in self._deeds():
            self._tell(one, given, code or ("ValidationException" if failed else ""), message)

    def _refusals(self, *, failed: bool, denied: bool) -> list[_Asked]:
        """What was refused. A refusal that the answer does not show was only a question."""
        found = [one for one in self.asked if one.refusal and (failed or not self.facts.safe)]
        if not found and denied and self.doubt is not None:
            found = [self.doubt]
        return [self._named(one) for one in found]

    def _named(self, refused: _Asked) -> _Asked:
        """A permission that only goes along with a call is refused in that call's name."""
        before = [one for one in self._deeds() if not one.refusal]
        if refused.action not in PERMISSIONS_ONLY or not before:
            return refused
        call = before[-1]
        return _Asked(call.principal, call.action, call.resources, refused.at, refused.refusal)

    def _deeds(self) -> list[_Asked]:
        """What was done: changes that were allowed, and of identities what they say themselves."""
        if self.facts.safe:
            return [one for one in self.asked if one.done]
        told = {_service(one.action) for one in self.asked if one.done}
        return [
            one
            for one in self.asked
            if not one.refusal
            and one.action not in PERMISSIONS_ONLY
            and (one.done or (not is_read_only(_operation(one.action)) and _service(one.action) not in told))
        ]

    def _tell(self, one: _Asked, parameters: Mapping[str, Any], code: str, message: str) -> None:
        _tell(
            Deed(
                principal=one.principal,
                action=one.action,
                resources=one.resources,
                at=one.at,
                facts=self.facts,
                parameters={**self.facts.parameters, **parameters, **one.parameters},
                error_code=code,
                error_message=message,
            )
        )


_recorder: ContextVar[Recorder | None] = ContextVar("iam_audit", default=None)


@contextmanager
def recording(facts: Facts) -> Iterator[Recorder]:
    """Within this block everything that is required is noted; the caller closes the recorder."""
    recorder = Recorder(facts)
    reset = _recorder.set(recorder)
    try:
        yield recorder
    finally:
        _recorder.reset(reset)


@contextmanager
def apart(parameters: Mapping[str, Any]) -> Iterator[None]:
    """What this block does or fails to do is told by itself: a request may change many things, and one may fail."""
    outer = _recorder.get()
    with recording(outer.facts if outer else Facts()) as recorder:
        try:
            yield
        except Exception as error:  # whatever it was, the trail tells of it; it goes on to the caller
            recorder.error = named(error)
            recorder.close(failed=True, denied=isinstance(error, Denied), parameters=parameters)
            raise
        recorder.close(failed=False, denied=False, parameters=parameters)


def named(error: Exception) -> tuple[str, str]:
    """The error in AWS's form: a code and a sentence."""
    if isinstance(error, Denied | PermissionDenied):
        return "AccessDenied", str(error) or "The request was refused."
    if isinstance(error, Fault):
        return "ServiceUnavailableException", str(error)
    if not isinstance(error, DevOpsWebError):
        return "InternalFailure", "The request failed because of an error of the server."
    for service in registry.services():
        if code := service.code_of(error):
            return code, str(error)
    name = type(error).__name__
    return (name if name.endswith("Exception") else f"{name}Exception"), str(error)


def set_aside() -> None:
    """Somebody else keeps account of the present request (the AWS door does so itself)."""
    if recorder := _recorder.get():
        recorder.set_aside = True


def failed(code: str, message: str) -> None:
    """The present request fails with this error."""
    if recorder := _recorder.get():
        recorder.error = (code, message)


def required(principal: Principal, action: str, resource: str, refusal: str = "") -> None:
    """``principal`` needed ``action`` upon ``resource`` and was given it, or refused with this message.

    Raises ``outcomes.Unaccountable`` when a change could not be told to anybody.
    """
    _remember(principal, resource)
    recorder = _recorder.get()
    if recorder is not None and not acts_for_service(principal):
        recorder.add(_Asked(principal, action, (resource,), clock.now(), refusal))
        if not refusal:
            _before_change(recorder, action)
    elif acts_for_service(principal) and (refusal or not is_read_only(_operation(action))):
        _at_once(principal, action, resource, refusal)


def did(
    principal: Principal, action: str, resources: Iterable[str], parameters: Mapping[str, Any] | None = None
) -> None:
    """``principal`` does this. It takes the place of the permissions of that service that were asked for it.

    Raises ``outcomes.Unaccountable``, which undoes it, when a change could not be told to anybody.
    """
    if recorder := _recorder.get():
        named = tuple(resources)
        recorder.add(_Asked(principal, action, named, clock.now(), "", dict(parameters or {}), done=True))
        _before_change(recorder, action)
    elif acts_for_service(principal) and is_read_only(_operation(action)):
        # A change was told when it was allowed; of what is read only this is (a build reads a secret).
        for resource in resources:
            _at_once(principal, action, resource, "")


def _before_change(recorder: Recorder, action: str) -> None:
    if recorder.facts.safe or recorder.set_aside or is_read_only(_operation(action)):
        return
    outcomes.before_change(_service(action), _operation(action))


def doubted(principal: Principal, action: str, resource: str) -> None:
    """``principal`` lacks ``action``; if the answer is a refusal, this is why (Django's panel asks so)."""
    # The last one before the refusal is its reason; the page that tells of it asks on.
    if (recorder := _recorder.get()) and not recorder.error[0]:
        message = f"User: {principal.arn} is not authorized to perform: {action} on resource: {resource}"
        recorder.doubt = _Asked(principal, action, (resource,), clock.now(), message)


def signed_in(
    *, name: str, principal: Principal | None, at: datetime, reason: str = "", mfa: bool = False
) -> None:
    """Somebody signed in as ``principal``, or failed to as ``name`` for that reason."""
    recorder = _recorder.get()
    facts = recorder.facts if recorder else Facts()
    _tell(
        Deed(
            principal=principal or Principal(arn="", name=name, kind=ANONYMOUS.kind),
            action="signin:ConsoleLogin",
            resources=(),
            at=at,
            facts=facts,
            parameters={},
            error_message=reason,
            outcome={"ConsoleLogin": "Success" if principal else "Failure"},
            more={"MobileVersion": "No", "MFAUsed": "Yes" if mfa else "No"},
        )
    )


class _Lately(threading.local):
    """The resources that this thread asked for last; an AWS call has no list of them otherwise."""

    def __init__(self) -> None:
        self.asked: deque[tuple[Principal, str]] = deque(maxlen=32)
        self.speaker: Principal | None = None


_lately = _Lately()


def _remember(principal: Principal, resource: str) -> None:
    if resource != "*":
        _lately.asked.append((principal, resource))


def touched(principal: Principal, resource: str) -> None:
    """The present call is about this as well, though permission for it was asked upon something else."""
    _lately.asked.append((principal, resource))


def speaks(principal: Principal) -> None:
    """The present call, which nobody signed, comes from ``principal``: a token said so."""
    _lately.speaker = principal


def take_speaker() -> Principal | None:
    """Who turned out to make the present call, if ``speaks`` said so."""
    found, _lately.speaker = _lately.speaker, None
    return found


def take_resources(principal: Principal) -> tuple[str, ...]:
    """The resources that were asked for in the name of this very ``principal`` object, each once."""
    found = [resource for whom, resource in _lately.asked if whom is principal]
    _lately.asked.clear()
    return tuple(dict.fromkeys(found))


def acts_for_service(principal: Principal) -> bool:
    """Whether a service acts here: under its own name, or in the session of a role that it was given."""
    return principal.kind == "Service" or bool(principal.session.get(INVOKED_BY))


def assumed(actor: Principal, role_arn: str, session: Principal, *, at: datetime) -> None:
    """``actor``, a service or what acts for one, took the role on as ``session``."""
    name = session.arn.rpartition("/")[2]
    _tell(
        Deed(
            principal=actor,
            action="sts:AssumeRole",
            resources=(role_arn,),
            at=at,
            facts=Facts(),
            parameters={"RoleArn": role_arn, "RoleSessionName": name},
            outcome={"AssumedRoleUser": {"AssumedRoleId": session.unique_id, "Arn": session.arn}},
        )
    )


def _at_once(principal: Principal, action: str, resource: str, refusal: str) -> None:
    _tell(
        Deed(
            principal=principal,
            action=action,
            resources=(resource,),
            at=clock.now(),
            facts=Facts(),
            parameters={},
            error_code="AccessDenied" if refusal else "",
            error_message=refusal,
        )
    )


def _tell(deed: Deed) -> None:
    for observer in _observers:
        observer(deed)


def _same(known: _Asked, asked: _Asked) -> bool:
    return (known.action, known.resources, known.refusal, known.done) == (
        asked.action,
        asked.resources,
        asked.refusal,
        asked.done,
    )


def _service(action: str) -> str:
    return action.partition(":")[0]


def _operation(action: str) -> str:
    return action.partition(":")[2]
