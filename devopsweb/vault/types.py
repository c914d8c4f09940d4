"""What actions of the vault take and queries give."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from devopsweb.kernel.tags import Given


@dataclass(frozen=True, kw_only=True)
class ParameterSpec:
    """What PutParameter says; None keeps what an existing parameter has."""

    name: str
    value: str = field(repr=False)
    type: str = ""
    overwrite: bool = False
    description: str | None = None
    tier: str = ""
    key_id: str = ""
    allowed_pattern: str | None = None
    data_type: str = ""
    tags: Given = ()
    policies: str | None = None


@dataclass(frozen=True, kw_only=True)
class ParameterValue:
    """A parameter's value in one version; ciphertext unless it was decrypted."""

    name: str
    arn: str
    type: str
    data_type: str
    version: int
    selector: str
    modified_at: datetime
    value: str = field(repr=False)


@dataclass(frozen=True)
class Value:
    """A secret's value: text, or bytes."""

    data: bytes = field(repr=False)
    is_binary: bool = False

    @property
    def text(self) -> str:
        """The value as text."""
        return self.data.decode()

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> "Value | None":
        """The value of ``SecretString`` or ``SecretBinary``."""
        if "SecretBinary" in params:
            return cls(params["SecretBinary"], is_binary=True)
        return cls(params["SecretString"].encode()) if "SecretString" in params else None


@dataclass(frozen=True, kw_only=True)
class SecretValue:
    """A secret's value in one version."""

    arn: str
    name: str
    version_id: str
    stages: list[str]
    created_at: datetime
    value: Value
