"""The register of telemetry: signals that leave the cluster, and programs that report to their makers."""

from aifactory.evidence.case import Case
from aifactory.evidence.table import Register, Row, yes
from aifactory.model import FlowKind
from aifactory.sovereignty.fact import Reported
from aifactory.sovereignty.flow import HERE, Flow

COLUMNS = {
    "signal": "what",
    "block": "of",
    "destination": "to",
    "country": "country",
    "operator": "operator",
    "seat": "seat of operator",
    "data_class": "class of data",
    "encrypted": "encrypted on its way",
    "silenced": "switched off",
    "retention": "kept",
}

_KINDS = frozenset({FlowKind.LOGS, FlowKind.METRICS, FlowKind.TRACES, FlowKind.TELEMETRY})


def telemetry(case: Case) -> Register:
    """Return the register."""
    found = [flow for flow in case.flows if flow.kind in _KINDS and flow.destination != HERE]
    said = (
        "Nobody said what leaves the cluster (`telemetry` of the region is not there); rules take that for unknown."
        if case.spec.telemetry is None
        else "What leaves the cluster is declared; whoever is not in this list gets nothing by the rules."
    )
    return Register(
        "telemetry-register",
        "Register of telemetry",
        "Logs, metrics and traces that go to sinks, and programs that report to their makers unless that is switched off.",
        COLUMNS,
        tuple(_row(flow, case) for flow in found),
        (said,),
    )


def _row(flow: Flow, case: Case) -> Row:
    facts = case.facts_of(flow)
    reported = [fact for fact in facts if isinstance(fact, Reported)]
    cells = {
        "signal": f"{flow.kind.value} {flow.part}".strip(),
        "block": flow.block,
        "destination": flow.destination,
        "country": flow.country,
        "operator": case.name(flow.operator),
        "seat": case.seat(flow.operator),
        "data_class": flow.data_class,
        "encrypted": yes(flow.encrypted),
        "silenced": yes(flow.silenced) if flow.kind is FlowKind.TELEMETRY else "-",
        "retention": None if flow.retention_days is None else f"{flow.retention_days} days",
    }
    subject = facts[0].subject if facts else flow.block
    source = facts[0].source if facts else case.around.source("telemetry")
    return Row(subject, cells, case.origin(source, flow.block), case.verdict(reported))
