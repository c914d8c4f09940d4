"""Somebody must always be able to administer the installation, and to get in."""

from django.db.models import Q, QuerySet

from devopsweb.iam.errors import LastAdministrator
from devopsweb.iam.models import PolicySet, User

_UNUSABLE = "!"


def keep_one(*, without: User) -> None:
    """Raise ``LastAdministrator`` if ``without`` is the only active administrator who can get in."""
    # Writing first takes the row's lock, under which the count stays true until the commit.
    PolicySet.touch()
    if without.pk and _active().filter(pk=without.pk).exists():
        others = _active().exclude(pk=without.pk)
        if not others.filter(_PASSWORD | _OTHER).exists():
            raise LastAdministrator(_sentence(without, can_others=others.exists()))


def keep_a_way_in(*, without_password_of: User | None = None) -> None:
    """Raise ``LastAdministrator`` if no administrator has a password, a key or a sign-in provider any more.

    Asked within the transaction that has just taken one of these from somebody, so that it is undone;
    or before a password is taken from ``without_password_of``.
    """
    PolicySet.touch()
    spared = _PASSWORD & ~Q(pk=without_password_of.pk) if without_password_of else _PASSWORD
    if _active().exists() and not _active().filter(spared | _OTHER).exists():
        raise LastAdministrator(
            "This is the last way in of the last administrator who can get in. Give an administrator "
            "another password or access key first."
        )


def _active() -> "QuerySet[User]":
    return User.objects.filter(is_superuser=True, is_active=True)


_PASSWORD = ~Q(password="") & ~Q(password__startswith=_UNUSABLE)
_OTHER = Q(access_keys__is_active=True) | Q(external_identities__provider__enabled=True)


def _sentence(last: User, *, can_others: bool) -> str:
    who = "the last active administrator who can get in" if can_others else "the last active administrator"
    return f"{last.username} is {who}. Make somebody else an administrator first."
