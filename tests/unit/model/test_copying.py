"""A region copied within factory.yaml keeps every line of what it copies, and of what stands around it."""

from pathlib import Path

import pytest
import yaml

from aifactory.errors import SpecError
from aifactory.model.copying import copied_text, copy_region
from tests.unit.factories import factory_text

TEXT = """\
version: 1
regions:
  # the first
  one: # where it began
    site: {a: 1}

    # inside
    list:
      - x
  # about the second
  two:
    site: {a: 2}
# the end
after: 1
"""


class TestCopiedText:
    """Prevents a copy that loses comments, takes in the neighbour's, or lands in another section."""

    def test_the_block_stands_behind_its_original(self) -> None:
        text = copied_text(TEXT, "one", "three")
        assert list(yaml.safe_load(text)["regions"]) == ["one", "three", "two"]
        assert yaml.safe_load(text)["regions"]["three"] == {"site": {"a": 1}, "list": ["x"]}
        assert "      - x\n\n  three: # where it began\n    site: {a: 1}\n\n    # inside\n" in text
        assert text.count("# about the second") == 1

    def test_the_last_region_of_the_file_can_be_copied(self) -> None:
        text = copied_text(TEXT, "two", "three")
        assert text.endswith("  two:\n    site: {a: 2}\n\n  three:\n    site: {a: 2}\n# the end\nafter: 1\n")

    def test_a_file_without_a_last_line_end(self) -> None:
        text = copied_text("regions:\n  one:\n    a: 1", "one", "two")
        assert yaml.safe_load(text)["regions"] == {"one": {"a": 1}, "two": {"a": 1}}

    @pytest.mark.parametrize(("source", "name", "words"), [("on", "three", "use one"), ("one", "two", "is there already")])
    def test_wrong_names(self, source: str, name: str, words: str) -> None:
        with pytest.raises(SpecError, match=words):
            copied_text(TEXT, source, name)

    def test_a_region_on_one_line_is_refused(self) -> None:
        with pytest.raises(SpecError, match="write it as a block"):
            copied_text("regions:\n  one: {a: 1}\n", "one", "two")

    def test_a_wrong_file_stays_as_it_is(self, tmp_path: Path) -> None:
        file = tmp_path / "factory.yaml"
        file.write_text(factory_text(profiles=["nome"]))
        with pytest.raises(SpecError):
            copy_region(file, "here", "there")
        assert file.read_text() == factory_text(profiles=["nome"])
