"""Reading YAML so that a message can point at what was written."""

import pytest

from aifactory.errors import SpecError
from aifactory.model import document


class TestLines:
    """Prevents messages that name a field and leave the user to search a file of 2,000 lines for it."""

    def test_every_value_has_the_line_of_its_key(self) -> None:
        parsed = document.parse("a: 1\nb:\n  - x\n  - y: 2\n", "f")
        assert parsed.lines["a",] == 1
        assert parsed.lines["b", 1] == 4
        assert parsed.line(("b", 1, "y")) == 4

    def test_a_missing_value_has_the_line_of_what_it_is_missing_from(self) -> None:
        parsed = document.parse("a:\n  b: 1\n", "f")
        assert parsed.line(("a", "missing")) == 1

    def test_places_are_written_as_people_do(self) -> None:
        assert document.dotted(("regions", "x", "databases", 0, "name")) == "regions.x.databases[0].name"


class TestNothingIsLost:
    """Prevents YAML's quiet surprises: a key that wins over its twin, a country code that becomes False."""

    def test_a_key_that_stands_twice_is_a_problem_and_the_first_value_is_kept(self) -> None:
        parsed = document.parse("a: 1\na: 2\n", "f")
        assert [(p.where, p.line) for p in parsed.problems] == [("a", 2)]
        assert parsed.data == {"a": 1}

    def test_the_bare_word_no_stays_a_key(self) -> None:
        assert document.parse("no: 1\n", "f").data == {"no": 1}

    def test_a_key_that_is_no_word_is_a_problem(self) -> None:
        assert document.parse("? [a]\n: 1\n", "f").problems[0].rule == "a key must be a plain word"

    def test_a_value_with_a_tag_of_some_program_is_a_problem_and_is_not_made(self) -> None:
        parsed = document.parse("a: !!python/object/apply:os.system [exit]\n", "f")
        assert parsed.data == {"a": ["exit"]}
        assert document.parse("a: !!python/name:os.system x\n", "f").problems[0].where == "a"


class TestHostileFiles:
    """Prevents a file that a stranger sent from eating the memory of CI."""

    def test_aliases_are_refused_before_they_expand(self) -> None:
        bomb = "a: &a [x, x]\n" + "".join(f"b{i}: &b{i} [*a, *a]\n" for i in range(3))
        with pytest.raises(SpecError, match="aliases are not taken"):
            document.parse(bomb, "f")

    def test_deep_nesting_is_refused(self) -> None:
        with pytest.raises(SpecError, match="nested deeper than 40"):
            document.parse("a: " + "[" * 60 + "]" * 60, "f")

    def test_a_huge_file_is_refused(self) -> None:
        with pytest.raises(SpecError, match="at most 2000000 characters"):
            document.parse("a: " + "x" * 2_000_001, "f")

    @pytest.mark.parametrize("text", ["", "- a\n", "just words", "a: [", "a: b: c", "\t- x", "%"])
    def test_what_is_no_mapping_or_no_yaml_is_a_problem_in_words(self, text: str) -> None:
        with pytest.raises(SpecError, match=r"is not YAML|must be a mapping"):
            document.parse(text, "f")
