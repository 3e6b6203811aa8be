"""The rules: one module each, and the table of all of them."""

from typing import Any, Final

from aifactory.sovereignty.rules.residency import RESIDENCY
from aifactory.sovereignty.rules.rule import Rule, Stage

RULES: Final[tuple[Rule[Any, Any], ...]] = (RESIDENCY,)
"""Every rule, in the order in which findings are shown."""

BY_NAME: Final = {rule.name: rule for rule in RULES}

__all__ = ["BY_NAME", "RULES", "Rule", "Stage"]
