"""What a git client's request says about itself."""

import pytest

from repos.git.smart_http import requests


def scope(*headers: tuple[bytes, bytes], path: str = "/v1/repos/shop/info/refs") -> dict:
    return {
        "method": "GET",
        "path": path,
        "query_string": b"service=git-upload-pack",
        "headers": [(b"host", b"localhost:8000"), *headers],
        "client": ("127.0.0.1", 40000),
    }


class TestAddress:
    @pytest.mark.parametrize(
        ("path", "address"),
        [
            ("/v1/repos/shop/info/refs", "/v1/repos/shop"),
            ("/git/shop.git/info/refs", "/git/shop.git"),
        ],
    )
    def test_is_what_the_client_wrote(self, path, address):
        request = requests.parse(scope(path=path))

        assert (request.address, request.host, request.repository) == (address, "localhost:8000", "shop")


class TestSource:
    def test_is_the_other_side(self):
        assert requests.parse(scope((b"x-forwarded-for", b"192.0.2.7"))).source_ip == "127.0.0.1"

    def test_is_what_a_trusted_proxy_saw(self, settings):
        settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

        assert requests.parse(scope((b"x-forwarded-for", b"10.0.0.1, 192.0.2.7"))).source_ip == "192.0.2.7"
        assert requests.parse(scope()).source_ip == "127.0.0.1"
