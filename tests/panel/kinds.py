"""One row of each kind of thing that the panel shows."""

import json
from datetime import timedelta
from uuid import uuid4

from deployments.compute.models import Instance, JoinToken
from deployments.models import Application, Deployment, DeploymentConfig, DeploymentGroup
from devopsweb.kernel.clock import now
from monitoring.alarms.models import Alarm
from monitoring.dashboards.models import Dashboard
from monitoring.logs.models import LogGroup, LogStream
from monitoring.metrics.models import Stream
from pipelines.builds.models import Build, Project
from pipelines.models import Pipeline, PipelineExecution, PipelineVersion
from repos.git.models import RefState, Repository

TAGS = {"team": "shop"}
SETTINGS = {
    "environment": [], "buildspec": "", "image": "", "service_role": "", "network": True, "timeout_minutes": 60,
    "queued_timeout_minutes": 480, "memory_mib": 4096, "wire": {}, "source_type": "NO_SOURCE",
}  # fmt: skip


def repository(number: int) -> Repository:
    at = now()
    made = Repository.objects.create(
        name=f"thing-{number}", description="Web shop", default_branch="main", tags=TAGS,
        created_by_arn="arn:aws:iam::000000000000:user/dev", created_at=at, modified_at=at,
    )  # fmt: skip
    RefState.objects.create(repository=made, name="refs/heads/main", sha="a" * 40)
    return made


def pipeline(number: int) -> Pipeline:
    at, name = now(), f"thing-{number}"
    source = {
        "name": "Take", "actionTypeId": {"category": "Source", "owner": "AWS", "provider": "CodeCommit", "version": "1"},
        "configuration": {"RepositoryName": "web", "BranchName": "main"}, "outputArtifacts": [{"name": "code"}],
    }  # fmt: skip
    document = {"name": name, "roleArn": "arn:aws:iam::000000000000:role/p", "version": 1,
                "stages": [{"name": "Source", "actions": [source]}]}  # fmt: skip
    made = Pipeline.objects.create(name=name, tags=TAGS, created_at=at, updated_at=at, last_number=1)
    PipelineVersion.objects.create(pipeline=made, number=1, document=document, created_at=at)
    return made


def execution(number: int, status: str = "InProgress") -> PipelineExecution:
    owner = pipeline(number)
    return PipelineExecution.objects.create(
        pipeline=owner, version=owner.versions.get(), number=1, status=status, trigger_type="StartPipelineExecution",
        started_by="arn:aws:iam::000000000000:user/dev", started_at=now(), updated_at=now(),
    )  # fmt: skip


def project(number: int) -> Project:
    variables = [
        {"name": "MODE", "value": "fast", "secret": False},
        {"name": "KEY", "value": "s3cret", "secret": True},
    ]
    return Project.objects.create(
        name=f"thing-{number}",
        repository="web",
        environment=variables,
        tags=TAGS,
        created_at=now(),
        updated_at=now(),
    )


def build(number: int, status: str = "IN_PROGRESS") -> Build:
    return Build.objects.create(
        uuid=uuid4(), project_name=f"thing-{number}", number=1, status=status, initiator="dev",
        principal_arn="arn:aws:iam::000000000000:user/dev", settings=SETTINGS, source={"kind": "none"}, log_stream_id=str(uuid4()),
        due_at=now(), created_at=now(),
    )  # fmt: skip


def application(number: int) -> Application:
    return Application.objects.create(name=f"thing-{number}", tags=TAGS, created_at=now())


def group(number: int) -> DeploymentGroup:
    return DeploymentGroup.objects.create(
        application=application(number), name="live", config_name="CodeDeployDefault.OneAtATime", tags=TAGS,
        tag_filters=[[{"Key": "role", "Value": "web", "Type": "KEY_AND_VALUE"}]], created_at=now(),
    )  # fmt: skip


def deployment(number: int, status: str = "InProgress") -> Deployment:
    where = group(number)
    made = Deployment.objects.create(
        code=f"d-THING{number}", group=where, status=status, revision_digest="b" * 64, creator="user",
        creator_arn="arn:aws:iam::000000000000:user/dev", config_name=where.config_name, created_at=now(),
    )  # fmt: skip
    DeploymentGroup.objects.filter(pk=where.pk).update(last_attempted=made)
    return made


def config(number: int) -> DeploymentConfig:
    return DeploymentConfig.objects.create(
        name=f"thing-{number}", kind="HOST_COUNT", value=number, created_at=now()
    )


def instance(number: int) -> Instance:
    return Instance.objects.create(
        name=f"thing-{number}", tags=TAGS, status="Online", facts={"os": "Linux"}, created_at=now()
    )


def join_token(number: int) -> JoinToken:
    return JoinToken.objects.create(
        token_hash=f"{number:064}", creator_arn=f"arn:aws:iam::000000000000:user/thing-{number}", tags=TAGS,
        created_at=now(), expires_at=now() + timedelta(hours=1),
    )  # fmt: skip


def alarm(number: int) -> Alarm:
    at = now()
    return Alarm.objects.create(
        name=f"thing-{number}", namespace="Shop", metric_name="Latency", dimensions={"Page": "cart"}, statistic="Average",
        period=60, evaluation_periods=3, threshold=800, comparison_operator="GreaterThanThreshold",
        treat_missing_data="missing", recipients={"ALARM": ["dev@example.com"]}, tags=TAGS, state_value="ALARM",
        state_reason="Too slow.", state_updated_at=at, state_transitioned_at=at, configuration_updated_at=at,
        created_at=at, due_at=at,
    )  # fmt: skip


def dashboard(number: int) -> Dashboard:
    widget = {"type": "text", "width": 12, "height": 2, "properties": {"markdown": "# Shop"}}
    body = json.dumps({"widgets": [widget]})
    return Dashboard.objects.create(name=f"thing-{number}", body=body, updated_at=now(), updated_by="dev")


def log_group(number: int) -> LogGroup:
    made = LogGroup.objects.create(name=f"/thing-{number}", retention_days=30, tags=TAGS, created_at=now())
    LogStream.objects.create(group=made, name="one", created_at=now(), ended_at=now(), stored_bytes=2048)
    return made


def metric(number: int) -> Stream:
    return Stream.objects.create(
        key=f"{number}", metric_key=f"{number}", namespace="Shop", name=f"thing-{number}", dimensions={"Page": "cart"},
        unit="Milliseconds", last_at=now(),
    )  # fmt: skip


# (how to make one, what finds it by search, a filter that finds it and one that does not)
KINDS = [
    (repository, "?q=thing-1", "?tag=team", "?tag=stage"),
    (pipeline, "?q=thing-1", "?tag=team", "?tag=stage"),
    (execution, "?q=thing-1", "?status=InProgress", "?status=Failed"),
    (project, "?q=thing-1", "?tag=team", "?tag=stage"),
    (build, "?q=thing-1", "?status=IN_PROGRESS", "?status=FAILED"),
    (application, "?q=thing-1", "?tag=team", "?tag=stage"),
    (group, "?q=thing-1", "?tag=team", "?auto_rollback__exact=1"),
    (deployment, "?q=THING1", "?status=InProgress", "?status=Failed"),
    (config, "?q=thing-1", "?kind=HOST_COUNT", "?kind=FLEET_PERCENT"),
    (instance, "?q=thing-1", "?status=Online", "?status=Offline"),
    (join_token, "?q=thing-1", "?usable=yes", "?usable=no"),
    (alarm, "?q=thing-1", "?status=ALARM", "?status=OK"),
    (dashboard, "?q=thing-1", "?q=thing", "?updated_at__lt=2000-01-01%2000:00:00%2B00:00"),
    (log_group, "?q=thing-1", "?tag=team", "?is_protected__exact=1"),
    (metric, "?q=thing-1", "?namespace=Shop", "?namespace=Other"),
]
