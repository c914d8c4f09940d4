"""Pipelines of the tests, carried out by fake action types."""

import pytest

from devopsweb.iam.api import pass_role, service_principal
from devopsweb.iam.models import Role
from pipelines.actions import definitions
from pipelines.providers import registry
from tests.pipelines.helpers import NOON, ROLE, Driver, FakeSource, FakeWork, standard


@pytest.fixture
def providers():
    """The fake action types, registered for the test; gives the working one."""
    states = {}
    work = FakeWork("Build", states)
    extra = [FakeSource(), work, FakeWork("Test", states), FakeWork("Deploy", states)]
    for provider in extra:
        registry.register(provider)
    yield work
    for provider in extra:
        registry.unregister(provider.type)


@pytest.fixture
def pipeline_role(db):
    """The role under which the pipelines of the tests act."""
    pass_role(service_principal("test"), ROLE, "codepipeline.amazonaws.com")
    return Role.objects.get(name="DevOpsWebPipelineRole")


@pytest.fixture
def make(pipeline_role, providers):
    """Creates a pipeline of a definition; its first execution has not begun."""

    def create(document=None):
        made = definitions.create(document=document or standard(), by="arn:aws:iam::1:user/owner", at=NOON)
        return Driver(made)

    return create


@pytest.fixture
def web(make):
    """The standard pipeline, its first execution in Build."""
    driver = make()
    driver.advance()
    return driver
