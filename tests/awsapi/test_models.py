"""What is read of botocore's models."""

import pytest

from devopsweb.awsapi import models
from tests.awsapi.from_models import SERVICES_OF_NOTE


class TestMetadata:
    @pytest.mark.parametrize("service", SERVICES_OF_NOTE)
    def test_is_found_without_reading_the_model(self, service):
        assert models.metadata(service) == models.load(service).metadata

    def test_of_an_unknown_service_is_an_error(self):
        with pytest.raises(models.UnknownModel):
            models.metadata("../../etc")


class TestModel:
    def test_holds_no_prose(self):
        assert "documentation" not in models.load("iam").operation("GetUser").input.traits

    def test_keeps_a_member_that_is_called_documentation(self):
        assert models._without_prose([("documentation", "prose")]) == {}
        assert models._without_prose([("documentation", {"shape": "Text"})]) == {
            "documentation": {"shape": "Text"}
        }

    def test_knows_the_sensitive_members(self):
        assert models.load("iam").operation("ChangePassword").hidden == {"OldPassword", "NewPassword"}
        assert "SecretString" in models.load("secretsmanager").operation("GetSecretValue").hidden

    def test_finds_errors_by_either_name(self):
        model = models.load("iam")

        assert model.error("NoSuchEntity") is model.error("NoSuchEntityException")
        assert model.error("Nonsense") is None

    def test_knows_streams_of_events(self):
        assert models.load("logs").operation("StartLiveTail").has_event_stream
        assert not models.load("logs").operation("PutLogEvents").has_event_stream
