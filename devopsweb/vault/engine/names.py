"""Names of parameters and secrets, and what points at them (SSM and Secrets Manager API references)."""

import re
from dataclasses import dataclass

from devopsweb.vault.errors import BadParameter, HierarchyTooDeep, InvalidRequest

_PARAMETER = re.compile(r"[A-Za-z0-9_.\-/]+")
_LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]{0,99}")
_SECRET = re.compile(r"[A-Za-z0-9/_+=.@\-]+")
_SUFFIXED = re.compile(r"(?P<name>.+)-(?P<suffix>[A-Za-z0-9]{6})")
LONGEST = 1011
DEEPEST = 15


@dataclass(frozen=True)
class Pointer:
    """A parameter's name or resource, and which version of it (``selector`` as it was written, ``:3``)."""

    name: str
    resource: str
    is_arn: bool
    selector: str = ""

    @property
    def wanted(self) -> str:
        """The version number or label."""
        return self.selector.removeprefix(":")


def check_parameter(name: str) -> None:
    """Raise ``InvalidRequest``, ``HierarchyTooDeep`` unless a parameter may have this name."""
    if not _PARAMETER.fullmatch(name) or "//" in name or (name != "/" and name.endswith("/")) or name == "/":
        raise InvalidRequest(
            "Parameter name: use letters, digits, the symbols . - _ and slashes between the levels, "
            f"and none at the end. {name!r} has others."
        )
    if len(name) > LONGEST:
        raise InvalidRequest(f"Parameter name: it can't be longer than {LONGEST} characters.")
    if "/" in name and not name.startswith("/"):
        raise InvalidRequest("Parameter name must be a fully qualified name: begin it with a slash.")
    if name.lstrip("/").lower().startswith(("aws", "ssm")):
        raise InvalidRequest(
            'Parameter name: can\'t be prefixed with "aws" or "ssm" (case-insensitive). '
            "Put another level before it."
        )
    if name.count("/") > DEEPEST:
        raise HierarchyTooDeep(f"A parameter's hierarchy has at most {DEEPEST} levels.")


def is_label(text: str) -> bool:
    """Whether ``text`` may be a parameter's label."""
    return bool(_LABEL.fullmatch(text)) and not text.lower().startswith(("aws", "ssm"))


def path_of(name: str) -> str:
    """The level on which the parameter ``name`` stands: ``/a/b`` of ``/a/b/c``, ``/`` of ``c``."""
    return name.rpartition("/")[0] or "/"


def pointer(text: str, *, prefix: str) -> Pointer:
    """What ``text`` (name or ARN, with ``:version`` or ``:label``) points at; ``prefix`` begins our ARNs."""
    is_arn = text.startswith("arn:")
    rest = text.strip()
    if is_arn:
        if not text.startswith(prefix):
            raise InvalidRequest(f"{text} is no ARN of a parameter of this account and region.")
        rest = text.removeprefix(prefix)
    name, colon, wanted = rest.partition(":")
    if not _PARAMETER.fullmatch(name):
        raise InvalidRequest(f"{name!r} is no parameter name.")
    return Pointer(name, name.removeprefix("/"), is_arn, colon + wanted)


def check_secret(name: str) -> None:
    """Raise ``BadParameter`` unless a secret may have this name."""
    if not _SECRET.fullmatch(name):
        raise BadParameter(
            "Invalid name. Must be a valid name containing alphanumeric characters, "
            "or any of the following: -/_+=.@!"
        )


def split_suffix(resource: str) -> tuple[str, str]:
    """Name and suffix of the end of a secret's ARN; no suffix when it has none."""
    found = _SUFFIXED.fullmatch(resource)
    return (found["name"], found["suffix"]) if found else (resource, "")


@dataclass(frozen=True)
class SecretReference:
    """``secret-id:json-key:version-stage:version-id`` of a buildspec."""

    secret_id: str
    json_key: str = ""
    stage: str = ""
    version_id: str = ""


def secret_reference(text: str) -> SecretReference:
    """The parts of a build's reference to a secret, whose id may be an ARN. Raises ``BadParameter``."""
    parts = text.strip().split(":")
    count = 7 if text.startswith("arn:") else 1
    secret_id, rest = ":".join(parts[:count]), parts[count:]
    if not secret_id or len(rest) > 3:
        raise BadParameter(f"{text!r} is not secret-id:json-key:version-stage:version-id.")
    json_key, stage, version_id = rest + [""] * (3 - len(rest))
    if stage and version_id:
        raise BadParameter(f"{text!r} names a version stage and a version id; name one of them.")
    return SecretReference(secret_id, json_key, stage, version_id)
