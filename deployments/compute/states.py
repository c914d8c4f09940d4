"""States of an instance, and who may follow whom."""

from enum import StrEnum

from devopsweb.kernel.states import StateMachine


class InstanceStatus(StrEnum):
    """``Pending`` has never called; ``Offline`` has not called for a while."""

    PENDING = "Pending"
    ONLINE = "Online"
    OFFLINE = "Offline"
    DEREGISTERED = "Deregistered"


INSTANCE: StateMachine[InstanceStatus] = StateMachine(
    {
        InstanceStatus.PENDING: frozenset({InstanceStatus.ONLINE, InstanceStatus.DEREGISTERED}),
        InstanceStatus.ONLINE: frozenset({InstanceStatus.OFFLINE, InstanceStatus.DEREGISTERED}),
        InstanceStatus.OFFLINE: frozenset({InstanceStatus.ONLINE, InstanceStatus.DEREGISTERED}),
        InstanceStatus.DEREGISTERED: frozenset({InstanceStatus.PENDING, InstanceStatus.ONLINE}),
    }
)
