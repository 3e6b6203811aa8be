"""Programs that documents show, run as they stand: what a reader copies must work."""

import re
from pathlib import Path

import pulumi
import pytest

import aifactory
from tests.unit.pulumi_program import run
from tests.unit.test_components import ARGS

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs" / "blocks").glob("*.md"))]
BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)
PROGRAMS = [(page.name, text) for page in PAGES for text in BLOCK.findall(page.read_text())]


class TestPrograms:
    """Prevents documents whose programs stopped working: a renamed arg, an output that is gone."""

    def test_every_page_has_a_program(self) -> None:
        assert {page.name for page in PAGES} == {name for name, _ in PROGRAMS}

    @pytest.mark.parametrize("block", [*ARGS, aifactory.Region], ids=lambda block: block.__name__)
    def test_every_block_has_a_page(self, block: type) -> None:
        name = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", block.__name__).lower()
        assert (ROOT / "docs" / "blocks" / f"{name}.md").is_file()

    @pytest.mark.parametrize("preview", [False, True], ids=["up", "preview"])
    @pytest.mark.parametrize(("page", "text"), PROGRAMS, ids=[name for name, _ in PROGRAMS])
    def test_it_runs(self, page: str, text: str, preview: bool, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(ROOT)

        def program() -> dict[str, pulumi.Output]:
            exec(compile(text, page, "exec"), {"__name__": "__main__"})  # noqa: S102 - our own documents
            return {}

        ran = run(program, preview=preview)
        assert any(resource.type.startswith("aifactory:") for resource in ran.registered)
