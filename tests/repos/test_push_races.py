"""Recorders that work at the same time tell each move once, in its order."""

from itertools import pairwise

import pytest

from devopsweb.events.models import Event
from devopsweb.iam.api import principal_of
from repos.git.actions import pushes
from repos.git.adapters import refs, writing
from repos.git.models import RefState, RefUpdate, Repository
from repos.git.types import RefChange
from tests.races import together
from tests.repos.helpers import NOON


@pytest.mark.django_db(transaction=True)
class TestRecordersAtTheSameTime:
    def test_tell_a_chain_of_pushes_once_and_in_order(self, shop, owner):
        ids = [RefState.objects.get(name="refs/heads/main").sha]
        made = []
        for number in range(4):
            sha = writing.commit(
                shop.directory,
                files={"n": str(number).encode()},
                executable=(),
                parent=ids[-1],
                message=f"Step {number}",
                author=("D", "d@example.com"),
                at=NOON,
            )
            change = RefChange("refs/heads/main", ids[-1], sha)
            push = pushes.begin(repository=shop, changes=[change], principal=principal_of(owner), at=NOON)
            refs.apply(shop.directory, [change])
            made.append((push, change))
            ids.append(sha)

        together(
            *(lambda p=p, c=c: pushes.finish(push=p, moved=[c], at=NOON) for p, c in reversed(made)),
            lambda: pushes.examine(push=made[-1][0], at=NOON),
            lambda: pushes.reconcile(repository=Repository.objects.get(pk=shop.pk), at=NOON),
        )

        told = list(RefUpdate.objects.order_by("id").values_list("before", "after"))[2:]
        assert told[0][0] == ids[0]
        assert told[-1][1] == ids[-1]
        assert all(before == after for (_, after), (before, _) in pairwise(told))
        assert len(told) == len(set(told))
        assert Event.objects.filter(detail__fields__after=ids[-1]).count() == 1
        assert RefState.objects.get(name="refs/heads/main").sha == ids[-1]
