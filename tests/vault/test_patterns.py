"""Somebody's regular expression may take for ever; nobody else waits for it."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from devopsweb.vault.adapters import patterns
from devopsweb.vault.errors import BadPattern, TooManyPatterns

ENDLESS = ("(a+)+", "a" * 40 + "!")


class TestMatching:
    def test_takes_the_whole_value(self):
        assert patterns.matches(r"^\d+$", "12")
        assert patterns.matches("(?!aws)[a-z]+", "shop")
        assert not patterns.matches("[a-z]", "ab")

    @pytest.mark.parametrize("pattern", ["(", "(?P<a"])
    def test_refuses_what_is_no_pattern(self, pattern):
        with pytest.raises(BadPattern):
            patterns.matches(pattern, "a")

    def test_ends_an_endless_one(self):
        with pytest.raises(BadPattern, match="takes too long"):
            patterns.matches(*ENDLESS)


class TestManyAtOnce:
    def test_are_few_and_the_rest_are_refused_at_once(self):
        """Eight threads of the door bring endless patterns: half of them are free again immediately."""
        refused, all_there = threading.Semaphore(0), threading.Barrier(8)
        few = patterns.RUNNING + patterns.WAITING

        def put(_: int) -> str:
            all_there.wait(30)
            try:
                patterns.matches(*ENDLESS)
            except TooManyPatterns as error:
                refused.release()
                return error.code
            except BadPattern:
                return "late" if refused.acquire(timeout=0) else "early"
            return "matched"

        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(put, range(8)))

        assert found.count("ThrottlingException") == 8 - few
        assert found.count("late") == few

    def test_leave_room_again_afterwards(self):
        for _ in range(2 * (patterns.RUNNING + patterns.WAITING)):
            assert patterns.matches("a", "a")
