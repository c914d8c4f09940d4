"""Which operations of each model we answer, as pages for people."""

from dataclasses import dataclass

from devopsweb.awsapi import models, registry
from devopsweb.awsapi.registry import Service

_NOTE = "Written by `manage.py aws_docs`; `make check` tells when it is out of date."


@dataclass(frozen=True)
class Count:
    """How many operations of a service are done, partial and absent."""

    service: str
    title: str
    done: int
    partial: int
    absent: int


def pages() -> dict[str, str]:
    """The text of each page by its file name."""
    services = [service for service in registry.services() if service.operations]
    found = {f"{service.name}.md": _page(service) for service in services}
    return {"README.md": _index([_count(service) for service in services]), **found}


def _count(service: Service) -> Count:
    model = models.load(service.name)
    partial = sum(1 for operation in service.operations.values() if operation.partial)
    done = len(service.operations) - partial
    title = str(model.metadata.get("serviceFullName", service.name))
    return Count(service.name, title, done, partial, len(model.names) - len(service.operations))


def _index(counts: list[Count]) -> str:
    lines = [
        "# What is behind the AWS door",
        "",
        "Each page lists every operation of a service's API and whether DevOpsWeb has it. Done: every member of",
        "the request and of the answer that makes sense here. Partial: what is missing is said beside it. What",
        "is absent answers `UnknownOperationException` or `InvalidAction`. How the door works is told in",
        "[the AWS door](../subsystems/aws-door.md).",
        "",
        "| service | | done | partial | absent |",
        "|---|---|--:|--:|--:|",
    ]
    lines += [
        f"| [{one.service}]({one.service}.md) | {one.title} | {one.done} | {one.partial} | {one.absent} |"
        for one in counts
    ]
    return "\n".join([*lines, "", _NOTE, ""])


def _page(service: Service) -> str:
    model, count = models.load(service.name), _count(service)
    lines = [
        f"# {service.name}",
        "",
        f"{count.title}, API version {model.metadata['apiVersion']}; {', '.join(model.protocols)}. Of "
        f"{len(model.names)} operations {count.done} are done, {count.partial} partial and {count.absent} absent.",
        "",
        "| operation | state | what is missing |",
        "|---|---|---|",
    ]
    for name in model.names:
        operation = service.operations.get(name)
        state = "absent" if operation is None else "partial" if operation.partial else "done"
        missing = operation.partial.replace("|", "\\|") if operation else ""
        lines.append(f"| {name} | {state} | {missing} |".replace("|  |", "| |"))
    return "\n".join([*lines, "", _NOTE, ""])
