"""The table of docs/rules.md, made of the rules themselves.

``python -m aifactory.sovereignty.rules.document docs/rules.md`` writes it anew between its two markers; a test holds that
nobody forgot.
"""

import sys
from typing import Any, Final

from aifactory.catalog.document import between, renew_files
from aifactory.sovereignty.rules import RULES, Rule, Stage

COMMAND: Final = "python -m aifactory.sovereignty.rules.document"
BEGIN: Final = f"<!-- rules: made by {COMMAND} -->"
END: Final = "<!-- end of rules -->"

_HEAD: Final = ("| rule | what it judges | bounds | stages | denies | does not know |", "|---|---|---|---|---|---|")


def common_fields() -> frozenset[str]:
    """Return the fields that all statements have, which bound nothing by themselves."""
    named = [set(rule.statement.model_fields) for rule in RULES]
    return frozenset(named[0].intersection(*named[1:]))


def table() -> str:
    """Return one Markdown table with a line for each rule, in the order in which findings are shown."""
    return "\n".join([*_HEAD, *(_line(rule) for rule in RULES), ""])


def _line(rule: Rule[Any, Any]) -> str:
    bounds = [f"`{name}`" for name in rule.statement.model_fields if name not in common_fields()]
    stages = [stage.value for stage in Stage if stage in rule.stages]
    cells = (f"`{rule.name}`", rule.title, ", ".join(bounds) or "-", ", ".join(stages), rule.denies, rule.unsure)
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def renew(text: str) -> str:
    """Return the document with its table made anew.

    Raises:
        ValueError: it does not hold both markers.
    """
    return between(text, BEGIN, END, table())


if __name__ == "__main__":
    renew_files(sys.argv[1:], renew)
