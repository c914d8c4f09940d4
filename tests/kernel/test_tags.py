"""The rules of tags, the same in every service."""

import pytest

from devopsweb.kernel import tags


class TestTags:
    @pytest.mark.parametrize(
        ("given", "error"),
        [
            ([("", "v")], tags.InvalidTags),
            ([("k" * 129, "v")], tags.InvalidTags),
            ([("k", "v" * 257)], tags.InvalidTags),
            ([("AWS:k", "v")], tags.ReservedTag),
            ([("k", "1"), ("k", "2")], tags.DuplicateTag),
            ([(str(number), "") for number in range(51)], tags.TooManyTags),
        ],
    )
    def test_that_break_a_rule_are_refused(self, given, error):
        with pytest.raises(error):
            tags.checked(given)

    def test_at_the_limits_are_taken(self):
        given = [("k" * 128, "v" * 256), *((str(number), "") for number in range(49))]

        assert len(tags.checked(given)) == 50

    def test_differ_by_case_except_where_it_is_folded(self):
        given = [("Team", "a"), ("team", "b")]

        assert tags.checked(given) == dict(given)
        with pytest.raises(tags.DuplicateTag):
            tags.checked(given, fold=True)

    def test_are_laid_over_others_and_taken_away(self):
        present = {"Team": "a", "stage": "test"}

        assert tags.merged(present, {"team": "b"}) == {"Team": "a", "stage": "test", "team": "b"}
        assert tags.merged(present, {"team": "b"}, fold=True) == {"stage": "test", "team": "b"}
        assert tags.without(present, ["TEAM", "other"], fold=True) == {"stage": "test"}
        with pytest.raises(tags.TooManyTags):
            tags.merged({str(number): "" for number in range(50)}, {"one": "more"})

    def test_of_requests_are_condition_keys(self):
        assert tags.of_request({"a": "1"}) == {"aws:TagKeys": ["a"], "aws:RequestTag/a": "1"}
        assert tags.of_request(["a"]) == {"aws:TagKeys": ["a"]}
        assert tags.of_request({}) == {}

    def test_are_read_from_lists_of_either_spelling(self):
        assert tags.pairs([{"Key": "a", "Value": "1"}, {"key": "b"}]) == [("a", "1"), ("b", "")]
