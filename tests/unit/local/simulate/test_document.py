"""docs/simulation.md tells what the table says."""

from pathlib import Path

import pytest

from aifactory.catalog.document import renew_files
from aifactory.local.simulate import simulated_kinds
from aifactory.local.simulate.document import BEGIN, END, renew, table

DOCUMENT = Path(__file__).parents[4] / "docs" / "simulation.md"


class TestDocument:
    """Prevents documentation that claims another simulation than the one that runs."""

    def test_it_holds_the_table_as_it_is(self) -> None:
        text = DOCUMENT.read_text(encoding="utf-8")
        assert renew(text) == text, "run: python -m aifactory.local.simulate.document docs/simulation.md"

    def test_every_kind_has_a_line(self) -> None:
        text = DOCUMENT.read_text(encoding="utf-8")
        for row in simulated_kinds():
            assert f"| {row.kind} `{row.api_version}`" in text

    def test_no_cell_breaks_its_table(self) -> None:
        for line in table(simulated_kinds()).splitlines():
            assert not line.startswith("|") or line.count("|") == 5, line


class TestRenew:
    """Prevents the rest of the document from being lost when its table is made anew."""

    def test_what_stands_around_the_table_is_kept(self) -> None:
        renewed = renew(f"before\n{BEGIN}\nold\n{END}\nafter\n")
        assert renewed.startswith(f"before\n{BEGIN}\n")
        assert renewed.endswith(f"{END}\nafter\n")
        assert "old" not in renewed

    @pytest.mark.parametrize("text", ["", f"{BEGIN} only", f"only {END}"])
    def test_a_document_without_markers_is_refused(self, text: str) -> None:
        with pytest.raises(ValueError, match="must hold the lines"):
            renew(text)

    def test_the_file_is_rewritten(self, tmp_path: Path) -> None:
        path = tmp_path / "doc.md"
        path.write_text(f"{BEGIN}\n{END}\n", encoding="utf-8")
        renew_files([str(path)], renew)
        assert "### CloudNativePG" in path.read_text(encoding="utf-8")
