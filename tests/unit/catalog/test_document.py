"""docs/operators.md tells what the catalog tells."""

from pathlib import Path

import pytest

from aifactory.catalog import releases, upgrades
from aifactory.catalog.document import BEGIN, BEGIN_UPGRADES, END, END_UPGRADES, renew, renew_files, table, upgrade_sections

DOCS = Path(__file__).parents[3] / "docs"
DOCUMENT = DOCS / "operators.md"
UPGRADES = DOCS / "upgrades.md"


class TestDocument:
    """Prevents documentation that names another version, or a mode that is refused."""

    @pytest.mark.parametrize("document", [DOCUMENT, UPGRADES], ids=lambda path: path.stem)
    def test_it_holds_what_is_made_as_it_is(self, document: Path) -> None:
        text = document.read_text(encoding="utf-8")
        assert renew(text) == text, "run: python -m aifactory.catalog.document docs/operators.md docs/upgrades.md"

    @pytest.mark.parametrize("document", [DOCUMENT, UPGRADES], ids=lambda path: path.stem)
    def test_it_says_how_it_is_made(self, document: Path) -> None:
        text = document.read_text(encoding="utf-8")
        assert "`python -m aifactory.catalog.document docs/operators.md docs/upgrades.md`" in text

    def test_every_release_has_a_line_with_its_version_and_modes(self) -> None:
        lines = DOCUMENT.read_text(encoding="utf-8").splitlines()
        for name, release in releases().items():
            (line,) = [line for line in lines if line.startswith(f"| `{name}` |")]
            assert f"| {release.version} |" in line
            assert f"| {', '.join(release.install)} |" in line

    def test_no_cell_breaks_its_table(self) -> None:
        for line in table(releases()).splitlines():
            assert line.count("|") == 11, line

    def test_what_nobody_has_read_is_a_dash(self) -> None:
        nothing = {"kubernetes": None, "namespace": None, "chart": None, "platforms": None, "olm": None}
        nothing_read = releases()["kubevirt"].model_copy(update=nothing)
        line = table({"x": nothing_read}).splitlines()[2]
        assert line.startswith("| `x` | 1.9.0 | - | - | adopt, external | - | - | - | - |")

    def test_platforms_and_channels_are_told(self) -> None:
        (line,) = [line for line in table(releases()).splitlines() if line.startswith("| `hyperconverged` |")]
        assert "| OpenShift |" in line
        assert "| `kubevirt-hyperconverged` of redhat-operators, channel `stable`, in `openshift-cnv` |" in line
        (line,) = [line for line in table(releases()).splitlines() if line.startswith("| `kubevirt` |")]
        assert "| any but OpenShift |" in line

    def test_several_charts_in_their_order_and_a_channel_to_choose(self) -> None:
        lines = {line.split("`")[1]: line for line in table(releases()).splitlines()[2:]}
        repo = "https://istio-release.storage.googleapis.com/charts"
        assert f"| `{repo}/base` 1.29.0, then `{repo}/istiod` 1.29.0 |" in lines["istio"]
        assert "`rhods-operator` of redhat-operators, a channel of the installer's choice" in lines["openshift-ai"]


class TestUpgrades:
    """Prevents a page that leaves out a step, or calls safe what is not."""

    def test_every_row_and_every_step_is_told(self) -> None:
        text = UPGRADES.read_text(encoding="utf-8")
        for name, ways in upgrades().items():
            _, _, section = text.partition(f"## `{name}` to {ways.to}\n")
            section = section.partition("\n## ")[0]
            for row in ways.rows:
                assert f"| `{row.versions}` | {row.verdict}" in section
                assert all(f". {step}\n" in section for step in row.steps)

    def test_the_version_between_is_told(self) -> None:
        assert "| `>=0.17 <1.8` | blocked, first to 1.8 |" in upgrade_sections(upgrades())

    def test_tables_keep_their_columns(self) -> None:
        for line in upgrade_sections(upgrades()).splitlines():
            assert line.count("|") in {0, 5}, line

    def test_only_its_own_part_is_made_anew(self) -> None:
        renewed = renew(f"before\n{BEGIN_UPGRADES}\nold\n{END_UPGRADES}\nafter\n")
        assert renewed.startswith(f"before\n{BEGIN_UPGRADES}\n")
        assert renewed.endswith(f"{END_UPGRADES}\nafter\n")
        assert "## `kueue` to 0.19.2" in renewed
        assert "\nold\n" not in renewed

    def test_a_page_without_its_end_is_refused(self) -> None:
        with pytest.raises(ValueError, match="must hold the lines"):
            renew(BEGIN_UPGRADES)


class TestRenew:
    """Prevents the rest of the document from being lost when its table is made anew."""

    def test_what_stands_around_the_table_is_kept(self) -> None:
        renewed = renew(f"before\n{BEGIN}\nold\n{END}\nafter\n")
        assert renewed.startswith(f"before\n{BEGIN}\n")
        assert renewed.endswith(f"{END}\nafter\n")
        assert "\nold\n" not in renewed

    @pytest.mark.parametrize("text", ["", f"{BEGIN} only", f"only {END}"])
    def test_a_document_without_markers_is_refused(self, text: str) -> None:
        with pytest.raises(ValueError, match="must hold the lines"):
            renew(text)

    def test_the_file_is_rewritten(self, tmp_path: Path) -> None:
        path = tmp_path / "doc.md"
        path.write_text(f"{BEGIN}\n{END}\n", encoding="utf-8")
        renew_files([str(path)], renew)
        assert "| `cloudnative-pg` | 1.30.0 |" in path.read_text(encoding="utf-8")
