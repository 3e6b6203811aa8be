"""The conformance table of the kubernetes stand-in: one row for each behaviour, kept beside the test that proves it.

``python -c "from tests.engine.support import behaviours; behaviours.main()"`` writes the table into
docs/kubernetes-stand-in.md; a unit test compares.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.engine.support.kubernetes_stack import official_plugin

DOCUMENT = Path(__file__).parents[3] / "docs" / "kubernetes-stand-in.md"
BEGIN, END = "<!-- behaviours -->", "<!-- /behaviours -->"
SAME = "the same"


@dataclass(frozen=True)
class Behaviour:
    """One row: what happens, which test proves it, and what the official plugin does."""

    test: str
    sentence: str
    official: str

    @property
    def row(self) -> str:
        return f"| {self.sentence} | {self.official} | `{self.test}` |"


ROWS: list[Behaviour] = []


def behaviour(sentence: str, *, official: str = SAME) -> Callable[[Any], Any]:
    """Mark a test as the proof of a behaviour.

    Args:
        sentence: what the plugin does.
        official: what the official plugin does; when that is not the same, the test is skipped with it.
    """

    def mark(test: Any) -> Any:
        ROWS.append(Behaviour(test.__qualname__.replace(".", "::"), sentence, official))
        skip = pytest.mark.skipif(bool(official_plugin()) and official != SAME, reason=f"official plugin: {official}")
        return skip(test)

    return mark


def table() -> str:
    head = "| What it does | The official plugin | Test |\n|---|---|---|"
    return "\n".join([head, *(row.row for row in ROWS)])


def written(document: str) -> str:
    """Return the table that stands in the document."""
    found = re.search(f"{re.escape(BEGIN)}\n(.*?){re.escape(END)}", document, re.DOTALL)
    assert found, "the document has no place for the table"
    return found[1].strip()


def main() -> None:
    import tests.engine.test_kubernetes_plugin  # noqa: F401 - importing it fills ROWS

    before, _, rest = DOCUMENT.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    DOCUMENT.write_text(f"{before}{BEGIN}\n{table()}\n{END}{after}")
