"""A state machine moves a row once, whoever else tries."""

from datetime import UTC, datetime
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devopsweb.kernel.states import StateMachine
from monitoring.notifications.models import Notification

NOON = datetime(2026, 3, 17, 12, 0, tzinfo=UTC)


class Light(StrEnum):
    RED = "Queued"
    GREEN = "Sending"
    OFF = "Sent"


LIGHT = StateMachine(
    {
        Light.RED: frozenset({Light.GREEN}),
        Light.GREEN: frozenset({Light.RED, Light.OFF}),
        Light.OFF: frozenset(),
    }
)


@pytest.fixture
def row(db):
    return Notification.objects.create(recipient="a", subject="b", text="c", due_at=NOON, created_at=NOON)


class TestTable:
    def test_knows_where_a_state_can_be_entered_from(self):
        assert LIGHT.sources(Light.RED) == {Light.GREEN}
        assert LIGHT.sources(Light.OFF) == {Light.GREEN}

    def test_knows_which_states_are_final(self):
        assert [state for state in Light if LIGHT.is_final(state)] == [Light.OFF]


class TestMove:
    def test_changes_the_row_and_the_instance(self, row):
        assert LIGHT.move(row, Light.GREEN, attempts=3)

        assert (row.status, row.attempts) == ("Sending", 3)
        row.refresh_from_db()
        assert (row.status, row.attempts) == ("Sending", 3)

    def test_that_the_table_forbids_changes_nothing(self, row):
        assert not LIGHT.move(row, Light.OFF, attempts=3)

        assert (row.status, row.attempts) == ("Queued", 0)
        row.refresh_from_db()
        assert (row.status, row.attempts) == ("Queued", 0)

    def test_by_two_holders_of_the_row_has_one_winner(self, row):
        other = Notification.objects.get(pk=row.pk)

        assert [LIGHT.move(row, Light.GREEN), LIGHT.move(other, Light.GREEN)] == [True, False]

    def test_out_of_a_final_state_never_happens(self, row):
        LIGHT.move(row, Light.GREEN)
        LIGHT.move(row, Light.OFF)

        assert not any(LIGHT.move(row, state) for state in Light)

    def test_of_a_deleted_row_says_no(self, row):
        Notification.objects.all().delete()

        assert not LIGHT.move(row, Light.GREEN)

    def test_in_another_column(self, row):
        by_channel = StateMachine(LIGHT.moves, field="channel")
        Notification.objects.update(channel=Light.RED)

        assert by_channel.move(row, Light.GREEN)
        assert row.channel == Light.GREEN


class TestAnyPath:
    @given(st.lists(st.sampled_from(list(Light)), max_size=12))
    def test_follows_the_table(self, wishes):
        state = Light.RED
        for wish in wishes:
            if state in LIGHT.sources(wish):
                assert wish in LIGHT.moves[state]
                state = wish
            else:
                assert wish not in LIGHT.moves[state]
