"""Secrets go out of texts that are no JSON, and all else stays as it was written."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.trail.engine import masking, texts

BUILDSPEC = """version: 0.2
env:
  variables:
    DATABASE_PASSWORD: "S3CRET"
    MODE: fast
  parameter-store:
    DB_PASSWORD: /shop/production/database-url
  secrets-manager:
    API_TOKEN: production/api:token
phases:
  build:
    commands:
      - export API_KEY=S3CRET && make
      - make test  # the token is checked here
"""


class TestABuildspec:
    def test_keeps_all_but_the_values_of_secrets(self):
        cleaned = masking.clean({"buildspec": BUILDSPEC})["buildspec"]

        assert "S3CRET" not in cleaned
        for line in ("    MODE: fast", "    DB_PASSWORD: /shop/production/database-url",
                     "    API_TOKEN: production/api:token", "      - make test  # the token is checked here"):  # fmt: skip
            assert line in cleaned.splitlines()
        assert f"    DATABASE_PASSWORD: {texts.HIDDEN}" in cleaned.splitlines()

    def test_in_json_keeps_the_names_of_secrets_too(self):
        spec = {
            "env": {
                "variables": {"DB_PASSWORD": "S3CRET"},
                "secrets-manager": {"TOKEN": "production/api:token"},
            }
        }

        cleaned = masking.clean({"Buildspec": spec})

        assert "S3CRET" not in str(cleaned)
        assert cleaned["buildspec"]["env"]["secrets-manager"] == {"TOKEN": "production/api:token"}


class TestASecret:
    @pytest.mark.parametrize(
        "text",
        [
            "DB_PASSWORD=S3CRET",
            "MODE=fast\nexport DB_PASSWORD=S3CRET with S3CRET\nOTHER=1",
            "db_password = S3CRET",
            "aws_secret_access_key=S3CRET\r\nregion=x\r\n",
            "env: {variables: {MODE: fast, DB_PASSWORD: S3CRET, OTHER: 1}}",
            "PASSWORD: |\n  S3CRET\n  S3CRET\nMODE: fast",
            "- PASSWORDS:\n  - S3CRET\n  - S3CRET\n- MODE: fast",
            "PASSWORDS:\n- S3CRET\n",
            "PASSWORD: >-\n  S3CRET",
            "- name: DB_PASSWORD\n  value: S3CRET",
            '"Password": "S3CRET"',
            "{not json, password: S3CRET}",
            "run: mysql --password=S3CRET --host=db",
            "run: tool --api-key S3CRET --host db",
            "curl -H 'Authorization: Bearer S3CRET' https://x.example",
            "git clone https://dev:S3CRET@git.example/shop",
            "curl https://x.example/?a=1&access_token=S3CRET&b=2",
            "note: x\n-----BEGIN RSA PRIVATE KEY-----\nS3CRET\nS3CRET\n-----END RSA PRIVATE KEY-----\nmore: y",
            "-----BEGIN PRIVATE KEY-----\nS3CRET",
        ],
    )
    def test_is_hidden_wherever_a_text_has_it(self, text):
        cleaned = masking.clean({"text": text})["text"]

        assert "S3CRET" not in cleaned
        assert texts.HIDDEN in cleaned

    def test_far_into_a_long_text_is_hidden_as_well(self):
        text = "x\n" * 9_990 + "DB_PASSWORD: |\n" + "  S3CRET\n" * 30_000

        assert "S3CRET" not in masking.clean({"text": text})["text"]


class TestWhatIsNoSecret:
    @pytest.mark.parametrize(
        "text",
        [
            "arn:aws:secretsmanager:us-east-1:123456789012:secret:production/database-8uaYxy",
            "Rotate the password on Mondays",
            "https://git.example:8443/shop",
            "aws secretsmanager get-secret-value --secret-id production/database",
            "docker login --password-stdin registry.example",
            "NextToken: abc",
            "secrets-manager:\n  TOKEN: production/api:token\nMODE: fast",
            "",
        ],
    )
    def test_stays(self, text):
        assert masking.clean({"text": text})["text"] == text

    @given(st.text(alphabet="ab: =\n-{}\"'|>#@/password", max_size=200))
    def test_is_never_stumbled_over(self, text):
        texts.clean(text, masking.is_secret)

    @pytest.mark.parametrize(
        "piece", ["a.", "password", "--a", '"', "://", "- ", "password= ", "-----BEGIN "]
    )
    def test_takes_no_long_time(self, piece):
        begun = time.process_time()
        texts.clean("password " + piece * 20_000, masking.is_secret)

        assert time.process_time() - begun < 2
