"""New keys for everything that is encrypted at rest."""

import io
import os
import re
import time
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from devopsweb.iam.api import ensure_access_key, ensure_user, service_principal
from devopsweb.iam.models import AccessKey
from devopsweb.kernel import clock, sealing
from devopsweb.vault import queries
from devopsweb.vault.actions import parameters, rotation, secrets
from devopsweb.vault.models import Parameter, ParameterVersion, Secret
from devopsweb.vault.types import ParameterSpec, Value
from pipelines.builds import api as builds
from pipelines.builds.models import Project

pytestmark = pytest.mark.django_db
HOUSE = service_principal("sample")


@pytest.fixture
def sealed():
    """One of each that is sealed."""
    at = clock.now()
    spec = ParameterSpec(name="/app/key", value="hunter22", type="SecureString")
    parameters.put(spec, by=HOUSE, at=at)
    secrets.create(name="prod/db", by=HOUSE, at=at, value=Value(b"hunter23"))
    ensure_user("ci")
    ensure_access_key("ci", access_key_id="AKIAEXAMPLE", secret="hunter24")
    builds.create_project(
        name="web", principal=HOUSE, at=at, buildspec="version: 0.2\nphases: {}\n",
        environment=[{"name": "KEY", "value": "hunter25", "secret": True}, {"name": "A", "value": "b"}],
    )  # fmt: skip


def everything() -> list[str]:
    row, project = Parameter.objects.get(), Project.objects.get()
    secret = Secret.objects.get()
    held = rotation.check()
    assert held.damaged == []
    return [
        queries.text_of(row, row.versions.get(), decrypt=True),
        secret_text(secret),
        AccessKey.objects.get().secret,
        sealing.unseal(project.environment[0]["value"]),
    ]


def secret_text(row: Secret) -> str:
    from devopsweb.vault import secret_queries

    return secret_queries.value_of(row, secret_queries.version(row)).value.text


ALL = ["hunter22", "hunter23", "hunter24", "hunter25"]


def command(*options: str) -> str:
    out = io.StringIO()
    call_command("rotate_keys", *options, stdout=out, stderr=out)
    return out.getvalue()


class TestRotation:
    def test_seals_everything_anew(self, sealed):
        assert rotation.check().by_key == {"k1": 4}

        report = rotation.rotate()

        assert report.by_key == {"k2": 4}
        assert (report.renewed, report.damaged, report.stale()) == (4, [], 0)
        assert everything() == ALL
        assert sealing.seal("x").startswith("k2:")

    def test_finds_every_field_that_is_named_as_sealed(self):
        found = {(kept.model, kept.field) for kept in rotation.sealed_fields()}

        assert {
            ("iam.AccessKey", "sealed_secret"),
            ("mfa.VirtualDevice", "sealed_seed"),
            ("sso.SignInProvider", "sealed_client_secret"),
            ("vault.ParameterVersion", "sealed_key"),
            ("vault.SecretVersion", "sealed_key"),
            ("builds.Project", "environment"),
            ("builds.Build", "settings"),
            ("trail.SigningKey", "private"),
        } <= found

    def test_knows_every_place_that_seals(self):
        """What is sealed elsewhere than in fields that are found or registered would be lost with its key."""
        root = Path(__file__).parents[2]
        places = {
            str(path.relative_to(root))
            for app in ("devopsweb", "pipelines", "deployments", "repos", "monitoring")
            for path in (root / app).rglob("*.py")
            if re.search(r"sealing\.seal\(|vault\.encrypt\(|api\.encrypt\(", path.read_text())
        }

        assert places == {
            "devopsweb/iam/actions/keys.py",
            "devopsweb/iam/mfa/actions.py",
            "devopsweb/iam/sso/admin.py",
            # Kept nowhere; keys stay longer than session tokens live.
            "devopsweb/iam/sts/tokens.py",
            "devopsweb/vault/actions/rotation.py",
            "devopsweb/vault/envelope.py",
            "monitoring/trail/actions/keys.py",
            "pipelines/builds/actions/projects.py",
        }

    def test_leaves_values_alone_and_wraps_their_keys_anew(self, sealed):
        before = ParameterVersion.objects.get()

        rotation.rotate()

        after = ParameterVersion.objects.get()
        assert after.ciphertext == before.ciphertext
        assert after.sealed_key != before.sealed_key

    def test_renews_more_rows_than_fit_into_one_batch(self, monkeypatch):
        monkeypatch.setattr(rotation, "BATCH", 3)
        for number in range(8):
            spec = ParameterSpec(name=f"p{number}", value=str(number), type="String")
            parameters.put(spec, by=HOUSE, at=clock.now())

        assert rotation.rotate().by_key == {"k2": 8}

    def test_can_be_done_again_and_again(self, sealed):
        rotation.rotate()

        assert rotation.rotate().by_key == {"k3": 4}
        assert everything() == ALL


class Killed(BaseException):
    """The process is gone."""


class TestAnInterruptedRotation:
    @pytest.mark.parametrize("steps", range(7))
    def test_loses_nothing_and_goes_on(self, sealed, monkeypatch, steps):
        left = iter(range(steps))

        def mortal(function):
            def run(*args, **options):
                if next(left, None) is None:
                    raise Killed
                return function(*args, **options)

            return run

        with monkeypatch.context() as patched:
            for module, name in (
                (sealing, "take_up"),
                (sealing, "write_mark"),
                (rotation, "_renew_row"),
                (rotation, "check"),
            ):
                patched.setattr(module, name, mortal(getattr(module, name)))
            with pytest.raises(Killed):
                rotation.rotate()

        assert everything() == ALL
        report = rotation.rotate()
        assert report.stale() == 0
        assert everything() == ALL
        assert not rotation.is_under_way()
        assert sealing.current_key() in ("k2", "k3")

    def test_takes_up_the_key_that_it_had_begun_with(self, sealed, home):
        sealing.write_mark(home / "keys" / "rotating", "k2")
        sealing.take_up("k2")

        assert rotation.rotate().by_key == {"k2": 4}


class TestDamage:
    def test_is_named_and_stops_nothing_else(self, sealed):
        AccessKey.objects.update(sealed_secret="k1:" + "A" * 60)

        report = rotation.rotate()

        assert report.damaged == ["iam.AccessKey.sealed_secret AKIAEXAMPLE"]
        assert report.by_key == {"k1": 1, "k2": 3}


class TestForgetting:
    def test_waits_two_days_and_until_nothing_names_the_key(self, sealed, home):
        rotation.rotate()
        assert rotation.forget_unused() == []
        long_ago = time.time() - 3 * 86400
        os.utime(home / "keys" / "current", (long_ago, long_ago))

        assert rotation.forget_unused() == ["k1"]
        assert sealing.key_ids() == ["k2"]
        assert everything() == ALL

    def test_keeps_a_key_that_is_in_use(self, sealed, home):
        old = AccessKey.objects.get().sealed_secret
        rotation.rotate()
        AccessKey.objects.update(sealed_secret=old)
        long_ago = time.time() - 3 * 86400
        os.utime(home / "keys" / "current", (long_ago, long_ago))

        assert rotation.forget_unused() == []


class TestTheCommand:
    def test_rotates_and_says_what_it_did(self, sealed):
        said = command()

        assert "Key in use: k2" in said
        assert "Sealed anew: 4" in said

    def test_checks(self, sealed):
        assert "Everything opens" in command("--check")
        AccessKey.objects.update(sealed_secret="k1:" + "A" * 60)
        with pytest.raises(CommandError, match="do not open"):
            command("--check")

    def test_says_when_older_keys_are_in_use(self, sealed):
        old = AccessKey.objects.get().sealed_secret
        command()
        AccessKey.objects.update(sealed_secret=old)

        with pytest.raises(CommandError, match="still in use"):
            command("--check")
        assert "Everything opens" in command()

    def test_forgets(self, sealed):
        command()

        assert "Older keys that stay: k1" in command("--forget")
