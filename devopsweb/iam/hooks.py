"""What identity offers to the platform below it: the life of sockets, and the secrets of access keys."""

from django.contrib.sessions.models import Session

from devopsweb.awsapi import calls
from devopsweb.iam import access, credentials_source, directory, resource_tags
from devopsweb.kernel import clock
from devopsweb.kernel.principals import Principal
from devopsweb.live import api as live


def install() -> None:
    """Register with the platform."""
    live.guard_sessions(is_signed_in)
    credentials_source.install()
    calls.surround(directory.one_request)
    resource_tags.offer("iam", access.tags_of)


def is_signed_in(principal: Principal, session_key: str) -> bool:
    """Whether the user is still active and the browser session is still there."""
    grants = directory.grants(principal.user_id) if principal.user_id else None
    if grants is None or not grants.active:
        return False
    return Session.objects.filter(pk=session_key, expire_date__gt=clock.now()).exists()
