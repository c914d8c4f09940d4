"""A sealed text opens with its key and with nothing else."""

import stat
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devopsweb.kernel import sealing


class TestSeal:
    @given(st.text(max_size=200))
    @settings(
        max_examples=25,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    def test_opens_again(self, text):
        assert sealing.unseal(sealing.seal(text)) == text

    def test_never_looks_the_same_twice_and_never_shows_the_text(self):
        first, second = sealing.seal("hunter22"), sealing.seal("hunter22")

        assert first != second
        assert "hunter22" not in first

    def test_keeps_its_key_to_its_owner(self, home):
        sealing.seal("x")

        assert stat.S_IMODE((home / "keys" / "k1").stat().st_mode) == 0o600

    def test_by_many_at_once_agrees_on_one_key(self):
        found = []
        threads = [threading.Thread(target=lambda: found.append(sealing.seal("x"))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert [sealing.unseal(token) for token in found] == ["x"] * 8


class TestUnseal:
    @pytest.mark.parametrize("token", ["", "k1", "k1:", "k1:AAAA", "../k1:AAAA", "k9:AAAA", "k1:!!"])
    def test_refuses_what_was_not_sealed_here(self, token):
        sealing.seal("x")

        with pytest.raises(sealing.CannotUnseal):
            sealing.unseal(token)

    def test_refuses_an_altered_text(self):
        token = sealing.seal("some secret text")
        altered = token[:-6] + ("A" if token[-6] != "A" else "B") + token[-5:]

        with pytest.raises(sealing.CannotUnseal):
            sealing.unseal(altered)
