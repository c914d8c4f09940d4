"""One row of each kind of thing that the panel shows."""

from uuid import uuid4

from devopsweb.kernel.clock import now
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


# (how to make one, what finds it by search, a filter that finds it and one that does not)
KINDS = [
    (repository, "?q=thing-1", "?tag=team", "?tag=stage"),
    (pipeline, "?q=thing-1", "?tag=team", "?tag=stage"),
    (execution, "?q=thing-1", "?status=InProgress", "?status=Failed"),
    (project, "?q=thing-1", "?tag=team", "?tag=stage"),
    (build, "?q=thing-1", "?status=IN_PROGRESS", "?status=FAILED"),
]
