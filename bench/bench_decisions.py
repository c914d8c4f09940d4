"""IAM decisions per second on one core: the engine on typical policies, and the whole question of a page.

"Typical" is what the installation ships: a developer with two groups, five policies of together some thirty
statements, conditions on the caller's address and name, a boundary, a session policy, and a resource policy.
Nothing is asked of the database within a request but the token of the policies.
"""

import logging
import os
import tempfile
import time
from collections.abc import Callable
from typing import Any

from bench.figures import Figure, middle

ROUNDS = 9
QUESTIONS = 2_000
AIM = 20_000


def main() -> list[Figure]:
    """Decisions per second, for the engine and for ``iam.api.authorize``."""
    with tempfile.TemporaryDirectory(prefix="dw-bench-") as folder:
        os.environ["DEVOPSWEB_HOME"] = folder
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "devopsweb.settings")
        import django

        django.setup()
        # No Redis runs here, and nobody looks at the pages that would hear of the policies.
        logging.disable(logging.WARNING)
        return [*_engine(), *_front_door()]


def _engine() -> list[Figure]:
    from devopsweb.iam.engine.evaluate import Policies, PolicySource, decide, normalise
    from devopsweb.iam.engine.policy import parse
    from devopsweb.iam.engine.principals import Caller

    account = "123456789012"
    own = [PolicySource(name, parse(document), "bench") for name, document in _documents().items()]
    limit = [PolicySource("limit", parse(_document(_allow(["code*:*", "logs:*", "cloudwatch:*"]))), "bench")]
    open_to = {"Principal": {"AWS": account}, **_allow("codeartifact:*")}
    resource = [PolicySource("resource", parse(_document(open_to), kind="resource"), "bench")]
    user = Caller(f"arn:aws:iam::{account}:user/ann", account)
    plain = Policies(identity=own)
    full = Policies(identity=own, boundary=limit, session=limit, resource=resource, caller=user)
    facts = normalise(
        {"aws:username": "ann", "aws:SourceIp": "10.1.2.3", "codecommit:References": "refs/heads/x"}
    )
    kinds = {"identity policies alone": plain, "with boundary, session and resource policy": full}
    return [
        _figure(f"IAM decisions, {what}", lambda a, r, p=policies: decide(p, a, r, facts))
        for what, policies in kinds.items()
    ]


def _front_door() -> list[Figure]:
    """``authorize`` as a page asks it, against a database of its own."""
    from django.core.management import call_command

    from devopsweb.iam import api, directory

    call_command("migrate", verbosity=0)
    for name, document in _documents().items():
        api.ensure_policy(name, document)
    api.ensure_group("bench", policies=list(_documents()))
    ann = api.ensure_user("ann", groups=["bench"])
    with directory.one_request():
        return [_figure("iam.api.authorize within a request", lambda a, r: api.authorize(ann, a, r))]


def _figure(what: str, ask: Callable[[str, str], Any]) -> Figure:
    rates = []
    questions = [_question(number) for number in range(QUESTIONS)]
    for _ in range(ROUNDS):
        began = time.perf_counter()
        for action, resource in questions:
            ask(action, resource)
        rates.append(QUESTIONS / (time.perf_counter() - began))
    return middle(what, rates, "/s", aim=f"≥ {AIM:,} /s")


def _question(number: int) -> tuple[str, str]:
    place = "us-east-1:123456789012"
    return (
        ("codecommit:GitPull", f"arn:aws:codecommit:{place}:repository-{number}"),
        ("codebuild:StartBuild", f"arn:aws:codebuild:{place}:project/project-{number}"),
        ("codepipeline:PutApprovalResult", f"arn:aws:codepipeline:{place}:web-{number}/Production/approve"),
        (
            "codedeploy:CreateDeployment",
            f"arn:aws:codedeploy:{place}:deploymentgroup:web-{number}/production",
        ),
        ("iam:CreateUser", f"arn:aws:iam::123456789012:user/user-{number}"),
    )[number % 5]


def _allow(actions: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resource, **more}


def _document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _documents() -> dict[str, dict[str, Any]]:
    from devopsweb.iam import builtin

    office = {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "192.0.2.0/24"]}}
    protected = {
        "StringEqualsIfExists": {"codecommit:References": ["refs/heads/main", "refs/heads/production"]},
        "Null": {"codecommit:References": "false"},
    }
    many = [
        _allow([f"codebuild:{verb}*"], f"arn:aws:codebuild:*:*:project/team-{n}-*")
        for n, verb in enumerate(("Get", "Start", "Stop", "BatchGet", "List") * 4)
    ]
    return {
        "bench-developer": builtin.POLICIES["DeveloperAccess"].document,
        "bench-reader": builtin.POLICIES["ReadOnlyAccess"].document,
        "bench-office": _document(_allow("codepipeline:PutApprovalResult", Condition=office)),
        "bench-branches": _document({**_allow("codecommit:GitPush", Condition=protected), "Effect": "Deny"}),
        "bench-own": _document(_allow("codecommit:*", "arn:aws:codecommit:*:*:${aws:username}-*")),
        "bench-teams": _document(*many),
    }
