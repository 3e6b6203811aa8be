"""The rules: one module each, and the table of all of them."""

from typing import Any, Final

from aifactory.sovereignty.rules.admin_locality import ADMIN_LOCALITY
from aifactory.sovereignty.rules.gpu_export import GPU_EXPORT
from aifactory.sovereignty.rules.in_transit import IN_TRANSIT
from aifactory.sovereignty.rules.key_custody import KEY_CUSTODY
from aifactory.sovereignty.rules.managed_service import MANAGED_SERVICE
from aifactory.sovereignty.rules.operator import OPERATOR
from aifactory.sovereignty.rules.portability import PORTABILITY
from aifactory.sovereignty.rules.registry import REGISTRY
from aifactory.sovereignty.rules.residency import RESIDENCY
from aifactory.sovereignty.rules.retention import RETENTION
from aifactory.sovereignty.rules.rule import Rule, Stage
from aifactory.sovereignty.rules.support import SUPPORT
from aifactory.sovereignty.rules.telemetry import TELEMETRY
from aifactory.sovereignty.rules.transfer import TRANSFER

RULES: Final[tuple[Rule[Any, Any], ...]] = (
    RESIDENCY,
    TRANSFER,
    OPERATOR,
    KEY_CUSTODY,
    MANAGED_SERVICE,
    PORTABILITY,
    IN_TRANSIT,
    ADMIN_LOCALITY,
    TELEMETRY,
    REGISTRY,
    GPU_EXPORT,
    SUPPORT,
    RETENTION,
)
"""Every rule, in the order in which findings are shown."""

BY_NAME: Final = {rule.name: rule for rule in RULES}

__all__ = ["BY_NAME", "RULES", "Rule", "Stage"]
