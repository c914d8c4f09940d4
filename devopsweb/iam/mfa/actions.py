"""Second factors: begin, enable, check, remove."""

from datetime import datetime

from django.db import transaction

from devopsweb.iam.actions.news import tell
from devopsweb.iam.errors import DeleteConflict, EntityAlreadyExists, LimitExceeded
from devopsweb.iam.mfa import codes
from devopsweb.iam.mfa.models import RecoveryCode, VirtualDevice
from devopsweb.iam.models import User
from devopsweb.kernel import sealing
from devopsweb.kernel.errors import Invalid
from devopsweb.kernel.principals import Principal

MOST_DEVICES = 8


class InvalidAuthenticationCode(Invalid):
    """The code is not that of the device at this time, or was used before."""


def is_enabled(user: User) -> bool:
    """Whether the user signs in with a second factor."""
    return user.mfa_devices.filter(enabled_at__isnull=False).exists()


def create(*, name: str, by: Principal, at: datetime) -> VirtualDevice:
    """A device that belongs to nobody yet. Raises ``EntityAlreadyExists``."""
    with transaction.atomic():
        if VirtualDevice.objects.filter(name__iexact=name).exists():
            raise EntityAlreadyExists("MFADevice entity at the same path and name already exists.")
        seed = sealing.seal(codes.new_seed())
        device = VirtualDevice.objects.create(name=name, sealed_seed=seed, created_at=at)
        tell("CreateVirtualMFADevice", arns=[device.arn], by=by, at=at, virtualMFADeviceName=name)
    return device


def name_for(user: User, *, at: datetime) -> str:
    """The name of the user's next device.

    That of the user, so that the usual self-service policy (``mfa/${aws:username}``) fits the first one.
    """
    taken = VirtualDevice.objects.filter(name__iexact=user.username).exists()
    return f"{user.username}-{codes.step_of(at)}" if taken else user.username


def own(*, user: User, by: Principal, at: datetime) -> VirtualDevice:
    """A device that waits for the user's first code."""
    return create(name=name_for(user, at=at), by=by, at=at)


def enable(
    *, device: VirtualDevice, user: User, given: list[str], by: Principal, at: datetime
) -> VirtualDevice:
    """Give the device to ``user`` once it shows right codes, in order.

    Raises ``InvalidAuthenticationCode``, ``LimitExceeded``.
    """
    with transaction.atomic():
        if user.mfa_devices.count() >= MOST_DEVICES:
            raise LimitExceeded(f"Cannot exceed quota for MFADevicesPerUser: {MOST_DEVICES}")
        step = 0
        for code in given:
            step = _expect(device, code, after=step, at=at)
        won = VirtualDevice.objects.filter(pk=device.pk, user=None).update(
            user=user, last_step=step, enabled_at=at
        )
        if not won:
            raise EntityAlreadyExists("MFA device already in use.")
        tell(
            "EnableMFADevice", arns=[device.arn, user.arn], by=by, at=at,
            userName=user.username, serialNumber=device.arn,
        )  # fmt: skip
    device.refresh_from_db()
    return device


def resync(*, device: VirtualDevice, given: list[str], at: datetime) -> None:
    """Show codes in order to a device whose clock went astray. Raises ``InvalidAuthenticationCode``."""
    step = device.last_step
    for code in given:
        step = _expect(device, code, after=step, at=at)
    VirtualDevice.objects.filter(pk=device.pk, last_step__lt=step).update(last_step=step)


def _expect(device: VirtualDevice, code: str, *, after: int, at: datetime) -> int:
    step = codes.matching_step(device.seed, code, at=at, after=after)
    if step is None:
        raise InvalidAuthenticationCode(
            "The code is not right. Check that the clock of your phone is, and try the next code."
        )
    return step


def accept(*, user: User, code: str, at: datetime) -> bool:
    """Whether ``code`` is one of the user's devices' or an unused recovery code; it is used up thereby."""
    if any(_take(device, code, at=at) for device in user.mfa_devices.filter(enabled_at__isnull=False)):
        return True
    unused = RecoveryCode.objects.filter(user=user, used_at=None, digest=codes.digest_of(user.pk, code))
    return bool(unused.update(used_at=at))


def accept_of(*, device_arn: str, user: User, code: str, at: datetime) -> bool:
    """Whether ``code`` is that of this very device of the user (STS's ``SerialNumber``, ``TokenCode``)."""
    enabled = user.mfa_devices.filter(enabled_at__isnull=False)
    return any(_take(device, code, at=at) for device in enabled if device.arn == device_arn)


def _take(device: VirtualDevice, code: str, *, at: datetime) -> bool:
    """Use the code up; of two sign-ins with the same code one loses."""
    step = codes.matching_step(device.seed, code, at=at, after=device.last_step)
    if step is None:
        return False
    return bool(VirtualDevice.objects.filter(pk=device.pk, last_step__lt=step).update(last_step=step))


def new_recovery_codes(*, user: User, by: Principal, at: datetime) -> list[str]:
    """Ten fresh codes; the old ones are void. Shown once, kept as digests."""
    fresh = [codes.new_recovery_code() for _ in range(codes.RECOVERY_CODES)]
    with transaction.atomic():
        RecoveryCode.objects.filter(user=user).delete()
        RecoveryCode.objects.bulk_create(
            [RecoveryCode(user=user, digest=codes.digest_of(user.pk, code)) for code in fresh]
        )
        tell("CreateRecoveryCodes", arns=[user.arn], by=by, at=at, userName=user.username)
    return fresh


def first_recovery_codes(*, user: User, by: Principal, at: datetime) -> list[str]:
    """Fresh codes for whoever has none that are good; a further device leaves those that are written down."""
    if RecoveryCode.objects.filter(user=user, used_at=None).exists():
        return []
    return new_recovery_codes(user=user, by=by, at=at)


def deactivate(*, device: VirtualDevice, by: Principal, at: datetime) -> None:
    """Take the device from its user; the recovery codes go with the last one."""
    with transaction.atomic():
        user = device.user
        if user is None:
            return
        VirtualDevice.objects.filter(pk=device.pk).update(user=None, enabled_at=None, last_step=0)
        if not is_enabled(user):
            RecoveryCode.objects.filter(user=user).delete()
        tell(
            "DeactivateMFADevice", arns=[device.arn, user.arn], by=by, at=at,
            userName=user.username, serialNumber=device.arn,
        )  # fmt: skip


def delete(*, device: VirtualDevice, by: Principal, at: datetime) -> None:
    """Forget a device that nobody uses. Raises ``DeleteConflict``."""
    with transaction.atomic():
        gone, _ = VirtualDevice.objects.filter(pk=device.pk, user=None).delete()
        if not gone:
            raise DeleteConflict("MFA device is in use: deactivate it first.")
        tell("DeleteVirtualMFADevice", arns=[device.arn], by=by, at=at, serialNumber=device.arn)


def remove_own(*, device: VirtualDevice, by: Principal, at: datetime) -> None:
    """Deactivate and delete."""
    with transaction.atomic():
        deactivate(device=device, by=by, at=at)
        delete(device=device, by=by, at=at)
