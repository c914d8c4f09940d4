"""Devices for a principal, or a refusal that names the missing action and ARN."""

from devopsweb.iam import access as identities
from devopsweb.iam import api as iam
from devopsweb.iam.errors import NoSuchEntity
from devopsweb.iam.mfa.models import VirtualDevice
from devopsweb.iam.models import User
from devopsweb.kernel.arn import arn
from devopsweb.kernel.principals import Principal


def may_create(principal: Principal, name: str) -> None:
    """Raise ``AccessDenied`` unless the principal may create a device of that name."""
    iam.require(principal, "iam:CreateVirtualMFADevice", arn("iam", f"mfa/{name}"))


def own(principal: Principal, owner: User, *actions: str, name: str = "") -> None:
    """Raise ``AccessDenied`` if a policy denies ``owner`` one of ``actions`` with their own second factor.

    Without a deny everybody may: a second factor only makes an account safer, and who has no permission yet
    must be able to begin with one. What is about a device is asked upon the device ``name``.
    """
    for action in actions:
        resource = arn("iam", f"mfa/{name}") if action.endswith("VirtualMFADevice") else owner.arn
        iam.require_own(principal, f"iam:{action}", resource)


def may_list(principal: Principal) -> None:
    """Raise ``AccessDenied`` unless the principal may see all devices."""
    iam.require(principal, "iam:ListVirtualMFADevices", arn("iam", "mfa/"))


def user(principal: Principal, name: str, action: str) -> User:
    """The user ``name``, the caller when empty. Raises ``AccessDenied``, ``NoSuchEntity``."""
    return identities.user(principal, name or principal.name, action)


def changeable_user(principal: Principal, name: str, action: str) -> User:
    """Like ``user``; an administrator's second factor is touched by administrators only."""
    return identities.changeable_user(principal, name or principal.name, action)


def device(serial: str) -> VirtualDevice:
    """The device of that serial number. Raises ``NoSuchEntity``; ask for permission first."""
    # A bare name is no serial number: permissions are asked upon the ARN.
    prefix = arn("iam", "mfa/")
    name = serial.removeprefix(prefix) if serial.startswith(prefix) else ""
    found = VirtualDevice.objects.filter(name=name).select_related("user").first()
    if found is None:
        raise NoSuchEntity(f"VirtualMFADevice with serial number {serial} does not exist.")
    return found


def unused_device(principal: Principal, serial: str, action: str) -> VirtualDevice:
    """The device, if the principal may do ``action`` with it. Raises ``AccessDenied``, ``NoSuchEntity``."""
    iam.require(principal, action, serial)
    return device(serial)


def device_of(owner: User, serial: str) -> VirtualDevice:
    """The user's device. Raises ``NoSuchEntity``."""
    found = device(serial)
    if found.user_id != owner.pk:
        raise NoSuchEntity(f"MFA device {serial} does not belong to user {owner.username}.")
    return found
