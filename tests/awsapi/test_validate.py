"""Constraints in AWS's words."""

import pytest

from devopsweb.awsapi import models, patterns, validate
from devopsweb.awsapi.problems import Violations
from tests.awsapi.from_models import SERVICES_OF_NOTE


def complaint(service: str, operation: str, params: dict) -> str:
    with pytest.raises(Violations) as error:
        validate.check(models.load(service).operation(operation).input, params)
    return str(error.value)


class TestTheSentence:
    @pytest.mark.parametrize(
        ("service", "operation", "params", "sentence"),
        [
            (
                "codecommit", "GetRepository", {},
                "Value null at 'repositoryName' failed to satisfy constraint: Member must not be null",
            ),
            (
                "codecommit", "GetRepository", {"repositoryName": "x" * 101},
                f"Value '{'x' * 101}' at 'repositoryName' failed to satisfy constraint: "
                "Member must have length less than or equal to 100",
            ),
            (
                "codecommit", "GetRepository", {"repositoryName": "a b"},
                r"Value 'a b' at 'repositoryName' failed to satisfy constraint: "
                r"Member must satisfy regular expression pattern: [\w\.-]+",
            ),
            (
                "iam", "ListUsers", {"MaxItems": 1001},
                "Value '1001' at 'maxItems' failed to satisfy constraint: Member must have value less than or equal to 1000",
            ),
            (
                "iam", "UpdateAccessKey", {"AccessKeyId": "AKIADEVOPSWEB0000001", "Status": "Nope"},
                "Value 'Nope' at 'status' failed to satisfy constraint: "
                "Member must satisfy enum value set: [Active, Inactive, Expired]",
            ),
            (
                "iam", "TagUser", {"UserName": "ana", "Tags": [{"Key": "team", "Value": "a"}, {"Value": "b"}]},
                "Value null at 'tags.2.member.key' failed to satisfy constraint: Member must not be null",
            ),
            (
                "logs", "TagLogGroup", {"logGroupName": "a", "tags": {"k" * 129: "v"}},
                "Map keys must satisfy constraint: [Member must have length less than or equal to 128",
            ),
        ],
    )  # fmt: skip
    def test_names_value_place_and_constraint(self, service, operation, params, sentence):
        assert sentence in complaint(service, operation, params)

    def test_counts_and_joins_several(self):
        said = complaint("iam", "CreateUser", {"UserName": "", "Path": "nowhere"})

        assert said.startswith("3 validation errors detected: ")
        assert said.count("; ") == 2

    def test_does_not_repeat_a_secret(self):
        said = complaint("iam", "CreateLoginProfile", {"UserName": "ana", "Password": "x" * 129})

        assert "at 'password'" in said
        assert "xxx" not in said


class TestPatterns:
    def test_understand_java(self):
        assert patterns.matches(r"^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$", "Größe 5: é/ñ=1")
        assert not patterns.matches(r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*", "a;b")
        assert patterns.matches(r"[\w-_]*", "a-b_c")
        assert patterns.matches(r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\t]*", "a😀")

    def test_bind_the_whole_text_unless_anchored_at_one_end(self):
        assert not patterns.matches(r"[a-z]+", "abc\n")
        assert patterns.matches(r"^(range|count|sum)", "summary")

    @pytest.mark.parametrize("service", SERVICES_OF_NOTE)
    def test_can_all_be_checked_and_soon(self, service):
        """No text makes a pattern of a service that we have run away."""
        hostile = [
            "a" * 2000 + "!",
            "arn:aws:" + "a:" * 500 + "!",
            "/" * 2000 + " ",
            "a-" * 1000 + "!",
            "a.b/" * 500 + "\n",
        ]

        for pattern in {
            shape["pattern"] for shape in models.load(service)._shapes.values() if "pattern" in shape
        }:
            assert patterns._compiled(pattern)[0] is not None, pattern
            for text in hostile:
                patterns.matches(pattern, text)
