"""The secrets behind access keys, for the door and for git: long-term keys and temporary ones."""

import json
import re
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from devopsweb.awsapi import credentials
from devopsweb.awsapi.credentials import Credential
from devopsweb.iam import audit, directory, lifelines
from devopsweb.iam.models import AccessKey, Policy, Role, User
from devopsweb.iam.sts import tokens
from devopsweb.iam.sts.tokens import Session
from devopsweb.kernel import clock
from devopsweb.kernel.arn import arn
from devopsweb.kernel.principals import Principal

NOTE_USE_EVERY = timedelta(minutes=1)
TRANSITIVE_TAGS = "devopsweb:TransitiveTagKeys"
STARTED_BY = "devopsweb:StartedBy"
LIVES_WITH = "devopsweb:LivesWith"
STARTED_WITH = "devopsweb:StartedWith"
# What no key is called is not looked for: databases refuse some characters.
_KEY_ID = re.compile(r"[\w.+=@/-]{1,128}", re.ASCII)
_DENY_ALL = (
    '{"Version":"2012-10-17","Statement":{"Sid":"PolicyGone","Effect":"Deny","Action":"*","Resource":"*"}}'
)


@dataclass(frozen=True)
class _Standing:
    """A user or role, as far as credentials of theirs need it."""

    pk: int
    name: str
    arn: str
    active: bool = True
    revoked_before: datetime | None = None


@dataclass(frozen=True)
class _Key:
    user_id: int
    secret: str
    unique_id: str


def install() -> None:
    """Be the door's source."""
    credentials.use(find)


def find(access_key_id: str, session_token: str) -> Credential | None:
    """The credential of that key, or None when it is unknown or inactive, or the token is not its own."""
    if session_token:
        return _temporary(access_key_id, session_token)
    return _long_term(access_key_id)


def _long_term(access_key_id: str) -> Credential | None:
    if not _KEY_ID.fullmatch(access_key_id):
        return None
    key = directory.kept(("access key", access_key_id), lambda: _load_key(access_key_id))
    if key is None:
        return None
    found = key

    def principal(context: Mapping[str, str]) -> Principal | None:
        user = _user(found.unique_id)
        if user is None or not user.active:
            return None
        return Principal(
            arn=user.arn, name=user.name, user_id=user.pk, session=dict(context),
            unique_id=found.unique_id, access_key_id=access_key_id,
        )  # fmt: skip

    def used(service: str, region: str, at: datetime) -> None:
        if _uses.is_due(access_key_id, at):
            AccessKey.objects.filter(_older(at), pk=access_key_id).update(
                last_used_at=at, last_used_service=service[:64], last_used_region=region[:32]
            )

    return Credential(access_key_id, found.secret, "", None, principal, used)


def _temporary(access_key_id: str, session_token: str) -> Credential | None:
    session = tokens.unseal(session_token)
    if session is None or session.access_key_id != access_key_id:
        return None
    found = session

    def principal(context: Mapping[str, str]) -> Principal | None:
        return principal_of(found, context)

    def used(service: str, region: str, at: datetime) -> None:
        if found.kind == "AssumedRole" and _uses.is_due(found.identity, at):
            Role.objects.filter(_older(at), unique_id=found.identity).update(
                last_used_at=at, last_used_region=region[:32]
            )

    return Credential(access_key_id, found.secret, session_token, found.expires_at, principal, used)


def principal_of(session: Session, context: Mapping[str, str]) -> Principal | None:
    """Whoever holds the session; None when its identity is no longer there.

    Neither is it good any more when the user who started it or the key that signed for it are off or gone.
    """
    is_role = session.kind == "AssumedRole"
    identity = _role(session.identity) if is_role else _user(session.identity)
    if identity is None or not identity.active:
        return None
    if identity.revoked_before and session.issued_at < identity.revoked_before:
        return None
    if session.lives_with and not lifelines.is_alive(session.lives_with):
        return None
    starter = _user(session.started_by) if session.started_by else None
    if session.started_by and (starter is None or not starter.active):
        return None
    if session.started_with and _long_term(session.started_with) is None:
        return None
    return Principal(
        arn=_arn(session, identity),
        name=_name(session, identity),
        kind=session.kind,
        user_id=None if is_role else identity.pk,
        role_id=identity.pk if is_role else None,
        session={**context, **_facts(session), **({audit.ROLE_ARN: identity.arn} if is_role else {})},
        session_policies=(*session.policies, *(_document(one) for one in session.policy_arns)),
        unique_id=_unique_id(session),
        access_key_id=session.access_key_id,
    )


def _arn(session: Session, identity: _Standing) -> str:
    if session.kind == "AssumedRole":
        return arn("sts", f"assumed-role/{identity.name}/{session.name}")
    if session.kind == "FederatedUser":
        return arn("sts", f"federated-user/{session.name}")
    return identity.arn


def _name(session: Session, identity: _Standing) -> str:
    if session.kind == "AssumedRole":
        return f"{identity.name}/{session.name}"
    return session.name if session.kind == "FederatedUser" else identity.name


def _unique_id(session: Session) -> str:
    if session.kind == "AssumedRole":
        return f"{session.identity}:{session.name}"
    if session.kind == "FederatedUser":
        return f"{settings.DEVOPSWEB_ACCOUNT_ID}:{session.name}"
    return session.identity


def _facts(session: Session) -> dict[str, str]:
    """The condition keys that the session brings to each of its requests."""
    facts = {
        "aws:TokenIssueTime": session.issued_at.isoformat(),
        "aws:MultiFactorAuthPresent": "true" if session.mfa else "false",
        **{f"aws:PrincipalTag/{key}": value for key, value in session.tags.items()},
        **session.facts,
    }
    if session.mfa:
        facts["aws:MultiFactorAuthAge"] = str(max(0, int(clock.now().timestamp()) - session.mfa))
    if session.source_identity:
        facts["aws:SourceIdentity"] = session.source_identity
    if session.transitive:
        facts[TRANSITIVE_TAGS] = ",".join(session.transitive)
    if session.started_by:
        facts[STARTED_BY] = session.started_by
    if session.lives_with:
        facts[LIVES_WITH] = session.lives_with
    if session.started_with:
        facts[STARTED_WITH] = session.started_with
    return facts


def _document(policy_arn: str) -> str:
    """The managed policy of that ARN; one that is gone denies everything."""
    return directory.kept(("policy", policy_arn), lambda: _load_document(policy_arn)) or _DENY_ALL


def _load_document(policy_arn: str) -> str | None:
    name = policy_arn.rsplit("/", 1)[-1]
    found = [policy for policy in Policy.objects.filter(name=name) if policy.arn == policy_arn]
    return json.dumps(found[0].document) if found else None


def _load_key(access_key_id: str) -> _Key | None:
    key = AccessKey.objects.filter(pk=access_key_id, is_active=True).select_related("user").first()
    return _Key(key.user_id, key.secret, key.user.unique_id) if key else None


def _user(unique_id: str) -> _Standing | None:
    return directory.kept(("standing", unique_id), lambda: _load_user(unique_id))


def _load_user(unique_id: str) -> _Standing | None:
    user = User.objects.filter(unique_id=unique_id).first()
    return _Standing(user.pk, user.username, user.arn, user.is_active) if user else None


def _role(unique_id: str) -> _Standing | None:
    return directory.kept(("standing", unique_id), lambda: _load_role(unique_id))


def _load_role(unique_id: str) -> _Standing | None:
    role = Role.objects.filter(unique_id=unique_id).first()
    if role is None:
        return None
    return _Standing(role.pk, role.name, role.arn, revoked_before=role.sessions_revoked_before)


def _older(at: datetime) -> Q:
    return Q(last_used_at=None) | Q(last_used_at__lte=at - NOTE_USE_EVERY)


class _Uses:
    """When this process last wrote down the use of a key: once a minute is enough."""

    def __init__(self) -> None:
        self._noted: OrderedDict[str, datetime] = OrderedDict()
        self._lock = threading.Lock()

    def is_due(self, name: str, at: datetime) -> bool:
        """Whether the use should be written down now."""
        with self._lock:
            last = self._noted.get(name)
            if last is not None and timedelta() <= at - last < NOTE_USE_EVERY:
                return False
            self._noted[name] = at
            self._noted.move_to_end(name)
            while len(self._noted) > 4096:
                self._noted.popitem(last=False)
            return True

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._noted.clear()


_uses = _Uses()
