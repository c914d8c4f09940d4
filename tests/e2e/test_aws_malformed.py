"""What a model forbids, sent to a running installation for every operation in every protocol it speaks.

Each request is signed by the administrator, who may do anything: only the door can refuse it.
"""

from collections.abc import Iterator

import pytest
from botocore.credentials import Credentials

from bench.house import House
from devopsweb.awsapi import models, registry
from devopsweb.awsapi.problems import Response
from tests.awsapi import absent, malformed, raw
from tests.awsapi.malformed import Case
from tests.awsapi.test_every_operation import SERVICES
from tests.e2e.callers import KEYS, answer, client
from tests.e2e.conftest import installation
from tests.e2e.wire import Wire

# What goes on by itself while nobody asks for anything, and the records of the refusals. Of alarms it is what their
# evaluation finds, of repositories when they were looked after.
MOVING = (
    "trail",
    "events",
    "metrics",
    "django_rq",
    "sessions.session",
    "compute.sweepmark",
    "alarms.alarmhistory",
)
MOVING_FIELDS = ("last_", "state_", "due_at", "claimed_by", "reconciled_at", "kept_at")
COUNT = f"""
import hashlib
from django.apps import apps
def told(model):
    fields = [f.attname for f in model._meta.concrete_fields if not f.attname.startswith({MOVING_FIELDS!r})]
    rows = sorted(map(repr, model._base_manager.values_list(*fields)))
    return hashlib.sha256("".join(rows).encode()).hexdigest()
result = {{
    model._meta.label_lower: told(model)
    for model in apps.get_models()
    if not model._meta.label_lower.startswith({MOVING!r}) and not model._meta.proxy
}}
"""


@pytest.fixture(scope="module")
def served() -> Iterator[House]:
    """An installation of this file's own: what other journeys began may still go on in theirs."""
    with installation() as house:
        yield house


@pytest.fixture(scope="module")
def admin(served) -> Wire:
    """The administrator's connections."""
    return Wire(served, Credentials(*KEYS["admin"]))


class TestEveryOperation:
    def test_refuses_what_its_model_forbids_and_changes_nothing(self, served, admin):
        every = [
            case
            for service in SERVICES
            for protocol in models.load(service).protocols
            for name in registry.find(service).operations
            for case in malformed.cases(service, name, protocol)
        ]
        before = served.shell(COUNT)

        surprising = [told for told in admin.map(lambda case: complaint(admin, case), every) if told]

        assert not surprising, "\n".join([f"{len(surprising)} of {len(every)}:", *surprising])
        assert served.shell(COUNT) == before


def complaint(admin: Wire, case: Case) -> str:
    """What is wrong with the answer, or nothing."""
    answer = admin.send(case.service, case.body, **case.address)
    found = (answer.status, raw.code(answer), has_id(answer))
    said = raw.message(answer)
    if found == (400, case.code, True) and any(sentence in said for sentence in case.sentences):
        return ""
    return f"{case.what}: {found} {said[:200]!r}, not {case.code} {case.sentences[0][:120]!r}"


def has_id(answer: Response) -> bool:
    """Whether the answer names the request."""
    return bool(dict(answer.headers).get("x-amzn-requestid"))


class TestWhatIsNotThere:
    def test_is_named_by_the_operations_own_error(self, admin):
        surprising = [told for told in admin.map(lambda one: miss(admin, *one), absent.operations()) if told]

        assert not surprising, "\n".join(surprising)

    def test_is_named_too_where_only_the_inner_thing_is_missing(self, served):
        client(served, "codecommit").create_repository(repositoryName="there")
        client(served, "codedeploy").create_application(applicationName="there")
        told = {
            name: answer(client(served, service), name, params)[1]
            for service, name, params in (
                ("codecommit", "GetBranch", {"repositoryName": "there", "branchName": "nothing"}),
                ("codecommit", "GetCommit", {"repositoryName": "there", "commitId": "0" * 40}),
                (
                    "codedeploy", "GetDeploymentGroup",
                    {"applicationName": "there", "deploymentGroupName": "nothing"},
                ),
                ("iam", "GetUserPolicy", {"UserName": "admin", "PolicyName": "nothing"}),
                ("iam", "DeleteAccessKey", {"UserName": "admin", "AccessKeyId": "AKIANOTHINGNOTHING00"}),
            )
        }  # fmt: skip

        assert told == {
            "GetBranch": "BranchDoesNotExistException",
            "GetCommit": "CommitIdDoesNotExistException",
            "GetDeploymentGroup": "DeploymentGroupDoesNotExistException",
            "GetUserPolicy": "NoSuchEntity",
            "DeleteAccessKey": "NoSuchEntity",
        }


def miss(admin: Wire, service: str, name: str) -> str:
    """What is wrong with the answer to a call for what isn't there, or nothing."""
    protocol = models.load(service).protocols[0]
    body = malformed.written(service, name, absent.params(service, name), protocol)
    found = admin.send(service, body, **raw.address(service, name, protocol))
    code = raw.code(found) if found.status >= 400 else ""
    if code in absent.expected(service, name) and found.status in {400, 404} and has_id(found):
        return ""
    return f"{service} {name}: {found.status} {code}, not {sorted(absent.expected(service, name))}"
