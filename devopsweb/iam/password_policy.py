"""The account's rules of passwords, asked wherever a password is set (IAM User Guide, "Password policy").

Without a policy of the account the product's own rules hold: ten characters, not a common password,
not the user's name. ``AccountRules`` hangs them into Django, so that no form can forget them.
"""

import string
from collections.abc import Callable
from datetime import datetime, timedelta

from django.contrib.auth import password_validation
from django.contrib.auth.hashers import check_password
from django.core.exceptions import ValidationError

from devopsweb.iam.errors import WeakPassword
from devopsweb.iam.models import FormerPassword, PasswordPolicy, User
from devopsweb.kernel import clock

SYMBOLS = frozenset("!@#$%^&*()_+-=[]{}|'")
MOST_REMEMBERED = 24
_PRODUCT = (
    password_validation.UserAttributeSimilarityValidator(),
    password_validation.MinimumLengthValidator(10),
    password_validation.CommonPasswordValidator(),
)
_CLASSES: tuple[tuple[str, str, Callable[[str], bool]], ...] = (
    ("require_uppercase", "uppercase letter", lambda one: one in string.ascii_uppercase),
    ("require_lowercase", "lowercase letter", lambda one: one in string.ascii_lowercase),
    ("require_numbers", "number", lambda one: one in string.digits),
    ("require_symbols", "symbol", lambda one: one in SYMBOLS),
)


def current() -> PasswordPolicy | None:
    """The account's policy, or None."""
    return PasswordPolicy.objects.filter(pk=1).first()


def check(password: str, user: User) -> None:
    """Raise ``WeakPassword``, which names every rule that ``password`` breaks."""
    try:
        password_validation.validate_password(password, user)
    except ValidationError as error:
        raise WeakPassword(" ".join(error.messages)) from None


def hint() -> str:
    """The rules in a sentence, for forms."""
    policy = current()
    if policy is None:
        return "At least 10 characters, not a common one."
    classes = [
        f"{'an' if name[0] == 'u' else 'a'} {name}" for field, name, _ in _CLASSES if getattr(policy, field)
    ]
    more = f", with {', '.join(classes)}" if classes else ""
    return f"At least {policy.minimum_length} characters{more}."


def is_expired(user: User, *, at: datetime) -> bool:
    """Whether the password is older than the account allows; it must be changed at sign-in."""
    policy = current()
    if policy is None or not policy.max_age_days or not user.has_usable_password():
        return False
    return at >= (user.password_set_at or user.date_joined) + timedelta(days=policy.max_age_days)


def must_change(user: User, *, at: datetime) -> bool:
    """Whether the user has to choose a new password before going on."""
    return user.password_reset_required or is_expired(user, at=at)


def is_locked(user: User, *, at: datetime) -> bool:
    """Whether only an administrator can mend the user's expired password."""
    policy = current()
    return policy is not None and policy.hard_expiry and is_expired(user, at=at)


class AccountRules:
    """Django's password validator that asks the account's policy, else the product's rules."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Raise ``ValidationError`` with every rule that is broken."""
        policy = current()
        broken = _broken_of_product(password, user) if policy is None else _broken(password, user, policy)
        if broken:
            raise ValidationError([ValidationError(one) for one in broken])

    def password_changed(self, password: str, user: User | None = None) -> None:
        """Note the password's age, and its hash so that it does not come back."""
        if user is None or not user.pk:
            return
        at = clock.now()
        User.objects.filter(pk=user.pk).update(password_set_at=at)
        user.password_set_at = at
        FormerPassword.objects.create(user=user, password=user.password, set_at=at)
        kept = user.former_passwords.order_by("-pk").values_list("pk", flat=True)[:MOST_REMEMBERED]
        user.former_passwords.exclude(pk__in=list(kept)).delete()

    def get_help_text(self) -> str:
        """The rules in a sentence."""
        return hint()


def _broken_of_product(password: str, user: User | None) -> list[str]:
    broken: list[str] = []
    for rule in _PRODUCT:
        try:
            rule.validate(password, user)
        except ValidationError as error:
            broken += error.messages
    return broken


def _broken(password: str, user: User | None, policy: PasswordPolicy) -> list[str]:
    broken = []
    if len(password) < policy.minimum_length:
        broken.append(f"Password should have a minimum length of {policy.minimum_length}.")
    broken += [
        f"Password should have at least one {name}."
        for field, name, is_one in _CLASSES
        if getattr(policy, field) and not any(is_one(character) for character in password)
    ]
    if user and password.casefold() == user.username.casefold():
        broken.append("Password should not be the user name.")
    if not broken and user and policy.reuse_prevention and _was_used(password, user, policy.reuse_prevention):
        broken.append(f"Password should not be one of the last {policy.reuse_prevention} passwords.")
    return broken


def _was_used(password: str, user: User, last: int) -> bool:
    if not user.pk:
        return False
    former = user.former_passwords.order_by("-pk").values_list("password", flat=True)[:last]
    return any(check_password(password, one) for one in former)
