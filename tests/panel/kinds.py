"""One row of each kind of thing that the panel shows."""

from devopsweb.kernel.clock import now
from repos.git.models import RefState, Repository

TAGS = {"team": "shop"}


def repository(number: int) -> Repository:
    at = now()
    made = Repository.objects.create(
        name=f"thing-{number}", description="Web shop", default_branch="main", tags=TAGS,
        created_by_arn="arn:aws:iam::000000000000:user/dev", created_at=at, modified_at=at,
    )  # fmt: skip
    RefState.objects.create(repository=made, name="refs/heads/main", sha="a" * 40)
    return made


# (how to make one, what finds it by search, a filter that finds it and one that does not)
KINDS = [
    (repository, "?q=thing-1", "?tag=team", "?tag=stage"),
]
