"""Several writers at one secret and one parameter."""

import pytest

from devopsweb.iam.api import service_principal
from devopsweb.kernel import clock
from devopsweb.vault import secret_queries
from devopsweb.vault.actions import parameters, rotation, secrets
from devopsweb.vault.errors import ParameterAlreadyExists, SecretExists
from devopsweb.vault.models import Parameter, Secret, SecretStage
from devopsweb.vault.types import ParameterSpec, Value
from tests.races import together

pytestmark = pytest.mark.django_db(transaction=True)
HOUSE = service_principal("sample")


class TestRaces:
    def test_of_new_values_leave_one_current_and_one_previous(self):
        row, _ = secrets.create(name="s", by=HOUSE, at=clock.now(), value=Value(b"0"))

        together(
            *[
                lambda n=n: secrets.put_value(row, Value(str(n).encode()), by=HOUSE, at=clock.now())
                for n in range(1, 5)
            ]
        )

        assert row.versions.count() == 5
        assert sorted(SecretStage.objects.values_list("name", flat=True)) == ["AWSCURRENT", "AWSPREVIOUS"]

    def test_of_the_same_call_make_one_version(self):
        row, _ = secrets.create(name="s", by=HOUSE, at=clock.now())

        together(
            *[
                lambda: secrets.put_value(row, Value(b"v"), by=HOUSE, at=clock.now(), token="t" * 32)
            ] * 4
        )  # fmt: skip

        assert row.versions.count() == 1

    def test_of_creations_let_one_win(self):
        def create():
            try:
                secrets.create(name="s", by=HOUSE, at=clock.now(), value=Value(b"v"))
            except SecretExists:
                return
            won.append(1)

        won: list[int] = []
        together(*[create] * 4)

        assert len(won) == Secret.objects.count() == 1

    def test_of_puts_number_the_versions_without_gaps(self):
        spec = ParameterSpec(name="p", value="v", type="String", overwrite=True)

        together(*[lambda: parameters.put(spec, by=HOUSE, at=clock.now())] * 4)

        row = Parameter.objects.get()
        assert row.version == row.versions.count() == 4

    def test_of_first_puts_let_one_win_where_nothing_is_to_be_overwritten(self):
        def put():
            try:
                parameters.put(ParameterSpec(name="p", value="v", type="String"), by=HOUSE, at=clock.now())
            except ParameterAlreadyExists:
                return
            won.append(1)

        won: list[int] = []
        together(*[put] * 4)

        assert len(won) == Parameter.objects.get().versions.count() == 1

    def test_of_rotations_and_writers_lose_nothing(self):
        row, _ = secrets.create(name="s", by=HOUSE, at=clock.now(), value=Value(b"0"))

        together(
            rotation.rotate,
            rotation.rotate,
            *[
                lambda n=n: secrets.put_value(row, Value(b"%d" % n), by=HOUSE, at=clock.now())
                for n in range(3)
            ],
        )

        assert rotation.check().damaged == []
        for version in row.versions.all():
            assert secret_queries.value_of(row, version).value.data
