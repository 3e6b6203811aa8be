"""The registers of a region's evidence, one module each, and the table of all of them."""

from collections.abc import Callable
from typing import Final

from aifactory.evidence.case import Case
from aifactory.evidence.registers.data_map import data_map
from aifactory.evidence.registers.differences import differences
from aifactory.evidence.registers.keys import key_custody
from aifactory.evidence.registers.operators import operator_exposure
from aifactory.evidence.registers.services import services
from aifactory.evidence.registers.telemetry import telemetry
from aifactory.evidence.registers.transfers import transfers
from aifactory.evidence.registers.waivers import waivers
from aifactory.evidence.table import Register

REGISTERS: Final[tuple[Callable[[Case], Register], ...]] = (
    data_map,
    transfers,
    operator_exposure,
    key_custody,
    waivers,
    telemetry,
    services,
    differences,
)
"""What makes each register, in the order in which people read them."""


def registers_of(case: Case) -> tuple[Register, ...]:
    """Return every register of a region."""
    return tuple(make(case) for make in REGISTERS)
