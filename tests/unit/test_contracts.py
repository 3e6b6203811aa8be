"""Rules of the house that no linter knows."""

import ast
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "aifactory"
PURE = sorted(file for layer in ("model", "catalog", "render") for file in (PACKAGE / layer).rglob("*.py"))
BLOCKS = sorted([*PACKAGE.glob("*.py"), *(PACKAGE / "clusters").glob("*.py")])


def names(file: Path) -> set[str]:
    """Return every imported module and every dotted name that a file uses."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {str(node.module)}
        elif isinstance(node, ast.Attribute):
            found.add(ast.unparse(node))
    return found


class TestPureLayers:
    """Prevents a verdict that differs from day to day or from machine to machine with nothing changed."""

    @pytest.mark.parametrize("file", PURE, ids=lambda file: file.name)
    def test_no_clock_no_environment_no_network(self, file: Path) -> None:
        forbidden = {
            "time",
            "random",
            "socket",
            "subprocess",
            "os.environ",
            "datetime.now",
            "date.today",
            "datetime.datetime.now",
        }
        assert not forbidden & names(file)


class TestComponentModules:
    """Prevents args whose types the component host cannot read: it sees strings where annotations are postponed."""

    @pytest.mark.parametrize("file", BLOCKS, ids=lambda file: file.name)
    def test_annotations_are_not_postponed(self, file: Path) -> None:
        assert "__future__.annotations" not in names(file)


class TestDocumentsAndCode:
    """Prevents a README whose examples stopped being true."""

    def test_the_readmes_region_is_the_shipped_one(self) -> None:
        shipped = yaml.safe_load((ROOT / "stacks" / "factory.yaml").read_text())["regions"]["local"]
        block = re.search(r"    version: 1\n(?:    .*\n)+", (ROOT / "README.md").read_text())
        assert block is not None
        shown = yaml.safe_load(block.group().replace("        ...\n", ""))["regions"]["local"]
        assert shown.items() <= shipped.items()

    def test_every_make_target_that_is_named_is_there(self) -> None:
        targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
        named = {
            word
            for file in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md"))
            for word in re.findall(r"(?:`|    )make ([a-z]+)", file.read_text())
        }
        assert named
        assert named <= targets

    def test_every_link_leads_somewhere(self) -> None:
        for file in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")):
            for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", file.read_text()):
                assert (file.parent / target).exists(), f"{file.name} links to {target}"

    def test_the_changelog_knows_this_version(self) -> None:
        from aifactory import __version__

        assert f"## {__version__} " in (ROOT / "CHANGELOG.md").read_text()
        assert f'version = "{__version__}"' in (ROOT / "pyproject.toml").read_text()
