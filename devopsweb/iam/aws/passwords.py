"""Login profiles, the change of one's own password, and the account's rules of passwords."""

from django.conf import settings

from devopsweb.awsapi.registry import Call, Params, Result
from devopsweb.iam import access, password_policy
from devopsweb.iam.actions import account, passwords
from devopsweb.iam.aws.shapes import iam
from devopsweb.iam.callers import own_name, own_user
from devopsweb.iam.errors import InvalidInput, NoSuchEntity
from devopsweb.iam.models import User

_RULES = {
    "MinimumPasswordLength": "minimum_length",
    "RequireSymbols": "require_symbols",
    "RequireNumbers": "require_numbers",
    "RequireUppercaseCharacters": "require_uppercase",
    "RequireLowercaseCharacters": "require_lowercase",
    "AllowUsersToChangePassword": "users_may_change",
    "MaxPasswordAge": "max_age_days",
    "PasswordReusePrevention": "reuse_prevention",
    "HardExpiry": "hard_expiry",
}


def _profile(user: User) -> dict[str, object]:
    return {
        "UserName": user.username,
        "CreateDate": user.password_set_at or user.date_joined,
        "PasswordResetRequired": user.password_reset_required,
    }


@iam.operation("CreateLoginProfile")
def create_login_profile(call: Call, params: Params) -> Result:
    """Let a user sign in with a password."""
    name = params.get("UserName") or own_name(call.principal)
    user = access.changeable_user(call.principal, name, "iam:CreateLoginProfile")
    if "Password" not in params:
        raise InvalidInput("Give a password.")
    passwords.create_profile(
        user=user, password=params["Password"], reset_required=params.get("PasswordResetRequired", False),
        by=call.principal, at=call.at,
    )  # fmt: skip
    return {"LoginProfile": _profile(user)}


@iam.operation("GetLoginProfile")
def get_login_profile(call: Call, params: Params) -> Result:
    """Whether a user can sign in, and since when."""
    name = params.get("UserName") or own_name(call.principal)
    user = access.user(call.principal, name, "iam:GetLoginProfile")
    passwords.require_profile(user)
    return {"LoginProfile": _profile(user)}


@iam.operation("UpdateLoginProfile")
def update_login_profile(call: Call, params: Params) -> Result:
    """Another password, or whether it must be changed."""
    user = access.changeable_user(call.principal, params["UserName"], "iam:UpdateLoginProfile")
    passwords.update_profile(
        user=user, password=params.get("Password"), reset_required=params.get("PasswordResetRequired"),
        by=call.principal, at=call.at,
    )  # fmt: skip
    return None


@iam.operation("DeleteLoginProfile")
def delete_login_profile(call: Call, params: Params) -> Result:
    """Take the password away."""
    name = params.get("UserName") or own_name(call.principal)
    user = access.changeable_user(call.principal, name, "iam:DeleteLoginProfile")
    passwords.delete_profile(user=user, by=call.principal, at=call.at)
    return None


@iam.operation("ChangePassword")
def change_password(call: Call, params: Params) -> Result:
    """Change one's own password; the account's rules can allow it to everybody."""
    user = own_user(call.principal)
    rules = password_policy.current()
    if (
        rules is None
        or not rules.users_may_change
        or access.is_denied(call.principal, "iam:ChangePassword", user.arn)
    ):
        access.user(call.principal, user.username, "iam:ChangePassword")
    passwords.change_own(
        user=user,
        old=params["OldPassword"],
        new=params["NewPassword"],
        by=call.principal,
        at=call.at,
        source_ip=call.source_ip,
    )
    return None


@iam.operation("UpdateAccountPasswordPolicy")
def update_account_password_policy(call: Call, params: Params) -> Result:
    """Replace the rules; what is not named gets its default."""
    access.account(call.principal, "iam:UpdateAccountPasswordPolicy")
    rules = {_RULES[name]: value for name, value in params.items()}
    account.set_password_policy(by=call.principal, at=call.at, **rules)
    return None


@iam.operation("GetAccountPasswordPolicy")
def get_account_password_policy(call: Call, params: Params) -> Result:
    """The rules of the account, if it has any of its own."""
    access.account(call.principal, "iam:GetAccountPasswordPolicy")
    rules = password_policy.current()
    if rules is None:
        raise NoSuchEntity(account.NO_RULES.format(settings.DEVOPSWEB_ACCOUNT_ID))
    shape = {name: getattr(rules, field) for name, field in _RULES.items()}
    shape = {name: value for name, value in shape.items() if value is not None}
    return {"PasswordPolicy": shape | {"ExpirePasswords": bool(rules.max_age_days)}}


@iam.operation("DeleteAccountPasswordPolicy")
def delete_account_password_policy(call: Call, params: Params) -> Result:
    """Go back to the product's own rules."""
    access.account(call.principal, "iam:DeleteAccountPasswordPolicy")
    account.delete_password_policy(by=call.principal, at=call.at)
    return None
