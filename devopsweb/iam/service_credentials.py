"""Checks service-specific credentials: the user name and password that git sends over HTTPS."""

import hmac
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.crypto import salted_hmac

from devopsweb.iam.models import ServiceCredential, User

GIT = "codecommit.amazonaws.com"
SERVICES = (GIT,)
_NOTE_USE_EVERY = timedelta(minutes=1)


def digest(password: str) -> str:
    """What is kept of a password; it is long and random, so a quick hash is enough."""
    return salted_hmac("iam.service_credential", password, algorithm="sha256").hexdigest()


def is_name(user_name: str) -> bool:
    """Whether ``user_name`` has the form that such credentials have (``ana-at-123456789012``)."""
    return f"-at-{settings.DEVOPSWEB_ACCOUNT_ID}" in user_name


def verify(user_name: str, password: str, *, service: str, at: datetime) -> User | None:
    """The active user whose credential for ``service`` this is, or None."""
    found = (
        ServiceCredential.objects.filter(user_name=user_name, service=service, is_active=True)
        .select_related("user")
        .first()
    )
    # Compared also when nobody has the name: the answer takes as long.
    matches = hmac.compare_digest(found.digest if found else digest(""), digest(password))
    if found is None or not matches or not found.user.is_active:
        return None
    if found.last_used_at is None or at - found.last_used_at > _NOTE_USE_EVERY:
        ServiceCredential.objects.filter(pk=found.pk).update(last_used_at=at)
    return found.user
