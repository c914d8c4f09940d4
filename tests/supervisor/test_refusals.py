"""Each obstacle to a start is one clear sentence."""

import os
import socket

import pytest

from devopsweb import env
from devopsweb.supervisor import private_redis, refusals
from devopsweb.supervisor.refusals import Refusal
from tests import certificates


class TestPort:
    @pytest.mark.parametrize("text", ["", "http", "-1", "0", "65536", "80.5"])
    def test_that_is_no_port_number_is_refused(self, text):
        with pytest.raises(Refusal, match=r"PORT is .*; it must be a number from 1 to 65535"):
            refusals.port_of(text)

    def test_that_is_taken_is_refused_with_another_one(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]

            with pytest.raises(Refusal, match=f"Port {port} on 127.0.0.1 cannot be opened .* PORT="):
                refusals.listen("127.0.0.1", port)

    def test_on_an_address_of_another_machine_is_refused(self):
        with pytest.raises(Refusal, match=r"cannot be opened|no address of this machine"):
            refusals.listen("192.0.2.1", 8100)


class TestTls:
    HTTPS = "https://devops.example"

    @pytest.fixture
    def pair(self, tmp_path):
        return certificates.make(tmp_path / "tls")

    def test_may_be_off_or_sound(self, pair):
        refusals.check_tls("", "", "http://localhost:8000")
        refusals.check_tls(str(pair.certificate), str(pair.key), self.HTTPS)

    def test_needs_both_files(self, pair):
        with pytest.raises(Refusal, match="go together"):
            refusals.check_tls(str(pair.certificate), "", self.HTTPS)

    def test_file_that_is_missing_is_named(self, pair):
        with pytest.raises(Refusal, match=r"DEVOPSWEB_TLS_KEY names /nowhere.*No such file"):
            refusals.check_tls(str(pair.certificate), "/nowhere", self.HTTPS)

    def test_key_of_another_certificate_is_refused(self, pair, tmp_path):
        other = certificates.make(tmp_path / "other")

        with pytest.raises(Refusal, match="the key belongs to another certificate"):
            refusals.check_tls(str(pair.certificate), str(other.key), self.HTTPS)

    def test_key_with_a_password_is_refused_and_not_asked_for(self, tmp_path):
        locked = certificates.make(tmp_path / "locked", password=b"secret")

        with pytest.raises(Refusal, match="the key is encrypted"):
            refusals.check_tls(str(locked.certificate), str(locked.key), self.HTTPS)

    def test_that_is_no_certificate_is_refused(self, pair):
        with pytest.raises(Refusal, match="not PEM"):
            refusals.check_tls(__file__, str(pair.key), self.HTTPS)

    def test_does_not_go_with_an_address_without_it(self, pair):
        with pytest.raises(Refusal, match="must begin with https"):
            refusals.check_tls(str(pair.certificate), str(pair.key), "http://devops.example")


class TestHome:
    def test_is_made_private(self, tmp_path):
        refusals.prepare_home(tmp_path / "new")

        assert (tmp_path / "new").stat().st_mode & 0o077 == 0

    def test_that_cannot_be_written_is_refused(self, tmp_path):
        (tmp_path / "file").touch()

        with pytest.raises(Refusal, match=r"is not writable .* DEVOPSWEB_HOME"):
            refusals.prepare_home(tmp_path / "file" / "home")

    def test_serves_one_supervisor_at_a_time(self, tmp_path):
        refusals.prepare_home(tmp_path)
        owned = rf"already runs in .* \(process {os.getpid()}\)"

        with refusals.lock_home(tmp_path), pytest.raises(Refusal, match=owned):
            refusals.lock_home(tmp_path)

        refusals.lock_home(tmp_path).close()


class TestRedisSocket:
    def test_lies_in_the_home_folder(self, monkeypatch):
        monkeypatch.setenv("DEVOPSWEB_HOME", "/srv/devopsweb")

        assert str(env.redis_socket()) == "/srv/devopsweb/run/redis.sock"

    def test_moves_to_a_short_private_folder_when_the_path_is_too_long(self, monkeypatch):
        monkeypatch.setenv("DEVOPSWEB_HOME", "/srv/" + "deep/" * 30)

        assert len(str(env.redis_socket())) < 100
        assert env.redis_socket() == env.redis_socket()

    def test_folder_that_others_may_write_is_refused(self, tmp_path):
        shared = tmp_path / "shared"
        shared.mkdir()
        shared.chmod(0o777)

        with pytest.raises(Refusal, match="belongs to someone else"):
            private_redis.prepare_socket(shared / "redis.sock")

    def test_left_by_a_kill_is_cleared(self, tmp_path):
        left = tmp_path / "run" / "redis.sock"
        private_redis.prepare_socket(left)
        left.touch()

        private_redis.prepare_socket(left)

        assert not left.exists()


class TestRedisServer:
    def test_named_by_a_setting_must_exist(self, monkeypatch):
        monkeypatch.setenv("DEVOPSWEB_REDIS_SERVER", "/no/such/server")

        with pytest.raises(Refusal, match="DEVOPSWEB_REDIS_SERVER names /no/such/server"):
            private_redis.binary()
