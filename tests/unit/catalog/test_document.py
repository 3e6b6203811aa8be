"""docs/operators.md tells what the catalog tells."""

from pathlib import Path

import pytest

from aifactory.catalog import releases
from aifactory.catalog.document import BEGIN, END, main, renew, table

DOCUMENT = Path(__file__).parents[3] / "docs" / "operators.md"


class TestDocument:
    """Prevents documentation that names another version, or a mode that is refused."""

    def test_it_holds_the_table_as_it_is(self) -> None:
        text = DOCUMENT.read_text(encoding="utf-8")
        assert renew(text) == text, "run: python -m aifactory.catalog.document docs/operators.md"

    def test_every_release_has_a_line_with_its_version_and_modes(self) -> None:
        lines = DOCUMENT.read_text(encoding="utf-8").splitlines()
        for name, release in releases().items():
            (line,) = [line for line in lines if line.startswith(f"| `{name}` |")]
            assert f"| {release.version} |" in line
            assert f"| {', '.join(release.install)} |" in line

    def test_no_cell_breaks_its_table(self) -> None:
        for line in table(releases()).splitlines():
            assert line.count("|") == 9, line

    def test_what_nobody_has_read_is_a_dash(self) -> None:
        nothing_read = releases()["kubevirt"].model_copy(update={"kubernetes": None, "namespace": None, "chart": None})
        assert table({"x": nothing_read}).splitlines()[2].startswith("| `x` | 1.9.0 | - | adopt, external | - | - | - |")


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
        main([str(path)])
        assert "| `cloudnative-pg` | 1.30.0 |" in path.read_text(encoding="utf-8")
