"""Where a socket's caller is: what conditions and the audit trail are told."""

import pytest

from devopsweb.iam.middleware import source_of_socket

SCOPE = {
    "client": ("127.0.0.1", 40000),
    "scheme": "ws",
    "headers": [(b"x-forwarded-for", b"203.0.113.9, 198.51.100.7"), (b"x-forwarded-proto", b"https")],
}


class TestTheSourceOfASocket:
    def test_is_the_caller_as_the_proxy_saw_it(self, settings):
        settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

        assert source_of_socket(SCOPE) == ("198.51.100.7", True)

    def test_is_never_what_a_caller_claims_without_a_proxy(self, settings):
        settings.SECURE_PROXY_SSL_HEADER = None

        assert source_of_socket(SCOPE) == ("127.0.0.1", False)

    @pytest.mark.parametrize(("scheme", "secure"), [("ws", False), ("wss", True)])
    def test_says_whether_it_came_over_tls(self, scheme, secure):
        assert source_of_socket({**SCOPE, "scheme": scheme})[1] is secure
