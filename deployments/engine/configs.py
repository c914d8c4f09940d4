"""Deployment configurations: how many hosts must stay healthy."""

from dataclasses import dataclass
from enum import StrEnum

DEFAULT = "CodeDeployDefault.OneAtATime"
RESERVED_PREFIX = "CodeDeployDefault."


class Kind(StrEnum):
    """What a configuration's value counts. ``MOST_CONCURRENCY`` is AWS's own, users cannot set it."""

    HOST_COUNT = "HOST_COUNT"
    FLEET_PERCENT = "FLEET_PERCENT"
    MOST_CONCURRENCY = "MOST_CONCURRENCY"


@dataclass(frozen=True)
class Config:
    """A named minimum of healthy hosts."""

    name: str
    kind: Kind
    value: int

    def min_healthy(self, total: int) -> int:
        """The number of ``total`` hosts that must stay healthy; fractions count as a whole host."""
        if self.kind is Kind.FLEET_PERCENT:
            return -(-total * self.value // 100)
        if self.kind is Kind.MOST_CONCURRENCY:
            return max(total - self.value, 0)
        return self.value

    @property
    def sentence(self) -> str:
        """The configuration in words."""
        if self.kind is Kind.MOST_CONCURRENCY:
            return "one host at a time" if self.value == 1 else f"{self.value} hosts at a time"
        if not self.value:
            return "all hosts at once"
        if self.kind is Kind.FLEET_PERCENT:
            return f"at least {self.value} % of the hosts stay healthy"
        return f"at least {self.value} host{'s' * (self.value > 1)} stay{'s' * (self.value == 1)} healthy"


PREDEFINED = {
    config.name: config
    for config in (
        Config("CodeDeployDefault.OneAtATime", Kind.MOST_CONCURRENCY, 1),
        Config("CodeDeployDefault.HalfAtATime", Kind.FLEET_PERCENT, 50),
        Config("CodeDeployDefault.AllAtOnce", Kind.HOST_COUNT, 0),
    )
}
