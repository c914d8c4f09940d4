"""Secrets at rest and their removal from text."""

import base64
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devopsweb.vault import api


class TestEncryption:
    def test_gives_the_text_back(self):
        assert api.decrypt(api.encrypt("s3cret — ünïcode")) == "s3cret — ünïcode"

    def test_never_repeats_itself_and_names_its_key(self):
        first, second = api.encrypt("same"), api.encrypt("same")

        assert first != second
        assert first.startswith("k1:")

    def test_keeps_the_key_from_other_users(self, home):
        api.encrypt("x")

        assert stat.S_IMODE((home / "keys" / "k1").stat().st_mode) == 0o600
        assert stat.S_IMODE((home / "keys").stat().st_mode) == 0o700

    def test_agrees_on_one_key_when_processes_start_together(self, home):
        with ThreadPoolExecutor(8) as pool:
            tokens = list(pool.map(api.encrypt, ["same"] * 16))

        assert {api.decrypt(token) for token in tokens} == {"same"}
        assert [path.name for path in (home / "keys").iterdir()] == ["k1"]

    @pytest.mark.parametrize("damage", ["", "k1", "k1:", "k1:AAAA", "k9:AAAA", "../secret_key:AAAA"])
    def test_refuses_what_it_did_not_seal(self, damage):
        api.encrypt("x")

        with pytest.raises(api.CannotUnseal):
            api.decrypt(damage)

    def test_refuses_an_altered_text(self):
        token = api.encrypt("pay 10")
        altered = token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB")

        with pytest.raises(api.CannotUnseal):
            api.decrypt(altered)


class TestRedactor:
    def test_masks_each_secret(self):
        redact = api.Redactor(["hunter22", "correct horse"])

        assert redact("a hunter22 and correct horse, hunter22") == "a *** and ***, ***"

    def test_leaves_text_without_secrets(self):
        assert api.Redactor([])("plain") == "plain"

    def test_leaves_short_values(self):
        assert api.Redactor(["a", "1", ""])("a1") == "a1"

    def test_masks_the_longer_of_two_overlapping_secrets(self):
        assert api.Redactor(["token", "token-extended"])("token-extended") == "***"

    def test_masks_each_line_of_a_key(self):
        key = "-----BEGIN KEY-----\nAbCdEfGh12345\n-----END KEY-----\n"

        assert api.Redactor([key])("log: AbCdEfGh12345") == "log: ***"

    def test_masks_url_encoding(self):
        assert api.Redactor(["p@ss/word"])("https://u:p%40ss%2Fword@host") == "https://u:***@host"

    @given(st.binary(max_size=7), st.text(min_size=8, max_size=24), st.binary(max_size=7))
    def test_masks_base64_wherever_the_secret_stands(self, before, secret, after):
        encoded = base64.b64encode(before + secret.encode() + after).decode()

        assert api.MASK in api.Redactor([secret])(encoded)
