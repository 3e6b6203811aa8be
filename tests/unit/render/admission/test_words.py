"""Values in CEL, and in messages."""

import pytest

from aifactory.render.admission.words import shown, text, texts


class TestText:
    """Prevents a name with a quote from becoming an expression of its own."""

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            ("a", "'a'"),
            ("it's", r"'it\'s'"),
            ("a\\b", r"'a\\b'"),
            ("x' || true || '", r"'x\' || true || \''"),
            ("a\nb", r"'a\nb'"),
        ],
    )
    def test_it_stays_a_string(self, value: str, expected: str) -> None:
        assert text(value) == expected

    def test_a_set_is_always_written_in_one_way(self) -> None:
        assert texts(["b", "a", "b"]) == "['a', 'b']"
        assert texts([]) == "[]"


class TestShown:
    """Prevents a message that is longer than the API server takes, and an empty offer."""

    def test_few(self) -> None:
        assert shown(["FR", "DE"]) == "DE, FR"

    def test_many_are_counted(self) -> None:
        assert shown(f"{number:02}" for number in range(30)).endswith("10, 11 and 18 more")

    def test_none(self) -> None:
        assert shown([]) == "nothing"
