"""What follows from a TLS certificate in Django's settings."""

import json
import os
import subprocess
import sys

import pytest

PROGRAM = """
import json
from devopsweb import settings as s
print(json.dumps([s.DEVOPSWEB_BASE_URL, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_HSTS_SECONDS]))
"""
CERTIFICATE = {"DEVOPSWEB_TLS_CERTIFICATE": "/etc/devopsweb/certificate.pem"}
PUBLIC = {"DEVOPSWEB_BASE_URL": "https://devops.example"}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, ["http://localhost:9000", False, False, 0]),
        (PUBLIC, ["https://devops.example", True, True, 0]),
        (CERTIFICATE, ["https://localhost:9000", True, True, 0]),
        ({**CERTIFICATE, **PUBLIC}, ["https://devops.example", True, True, 30 * 24 * 3600]),
    ],
    ids=["none", "a proxy's", "our own on this machine", "our own"],
)
def test_a_certificate_makes_addresses_cookies_and_promises_secure(given, expected, tmp_path):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DEVOPSWEB_")}
    environment = {**kept, "DEVOPSWEB_HOME": str(tmp_path), "PORT": "9000", **given}

    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True
    )

    assert json.loads(done.stdout) == expected
