"""Which lines of output tell of a failure."""

import pytest

from monitoring.logs.engine.failures import tells_failure


class TestFailures:
    @pytest.mark.parametrize(
        "text",
        [
            "FAILED tests/test_a.py::test_b - assert 1 == 2",
            "[gw1] \x1b[2m[ 62%]\x1b[0m \x1b[1;31mFAILED\x1b[0m tests/e2e/test_double.py::test_x",
            "E       AssertionError: no",
            "Traceback (most recent call last):",
            "ModuleNotFoundError: No module named 'x'",
            "main.c:10:5: error: expected ';'",
            "error[E0308]: mismatched types",
            "fatal: not a git repository",
            "npm ERR! code 1",
            "make: *** [Makefile:2: all] Error 2",
            "/bin/sh: 1: foo: not found",
            "--- FAIL: TestX (0.00s)",
        ],
    )
    def test_are_recognised(self, text):
        assert tells_failure(text)

    @pytest.mark.parametrize(
        "text",
        [
            "0 errors, 0 failures",
            "tests/test_errors.py::test_error PASSED",
            "Collecting error-handling==1.0",
            "ERROR_LOG=/tmp/x",
            "no fatal problems",
            "",
        ],
    )
    def test_are_not_seen_where_none_is(self, text):
        assert not tells_failure(text)
