"""The register of transfers: data that leave the region, to whom, to which country, by which mechanism."""

from aifactory.catalog import members
from aifactory.evidence.case import Case, personal
from aifactory.evidence.table import Register, Row, yes
from aifactory.model import FlowKind, TransferSpec
from aifactory.sovereignty.fact import Moved
from aifactory.sovereignty.flow import HERE, Flow

COLUMNS = {
    "recipient": "recipient",
    "seat": "seat of recipient",
    "country": "country",
    "third_country": "third country (outside of the EEA)",
    "data_class": "categories of data",
    "personal": "personal data",
    "purpose": "purpose of the flow",
    "mechanism": "mechanism",
    "safeguards": "documentation of safeguards",
    "until": "holds until",
    "protection": "protection of the data",
    "erasure": "time limit for erasure",
}

_CARRIES_NO_DATA = frozenset({FlowKind.IMAGE_PULL, FlowKind.MODEL_PULL, FlowKind.ADMIN, FlowKind.KEY})


def transfers(case: Case) -> Register:
    """Return the register."""
    outside = members("eea", case.on)
    rows = [
        _row(flow, case, outside) for flow in case.flows if flow.destination != HERE and flow.kind not in _CARRIES_NO_DATA
    ]
    return Register(
        "transfer-register",
        "Register of transfers",
        "What leaves the region's cluster, with what Article 30(1)(e) of Regulation (EU) 2016/679 asks of the record: the "
        "third country, and the documentation of suitable safeguards; and the mechanism of Chapter V that was declared.",
        COLUMNS,
        tuple(rows),
        ("Purposes and categories of data subjects are the controller's to say; this is what the infrastructure shows.",),
    )


def _row(flow: Flow, case: Case, inside: frozenset[str]) -> Row:
    facts = case.facts_of(flow)
    moved = [fact for fact in facts if isinstance(fact, Moved)]
    found = _declared(flow, case)
    third = None if flow.country is None else flow.country not in inside
    name, spec = found or ("", None)
    otherwise = "none needed inside of the EEA" if third is False else _decision(flow.country, case)
    cells = {
        "recipient": case.name(flow.operator),
        "seat": case.seat(flow.operator),
        "country": flow.country,
        "third_country": yes(third),
        "data_class": _described(flow.data_class, case),
        "personal": yes(personal(case, flow.data_class)),
        "purpose": f"{flow.kind.value} {flow.part}".strip() + (f" ({flow.note})" if flow.note else ""),
        "mechanism": f"{spec.mechanism} (transfer {name})" if spec else otherwise,
        "safeguards": spec.reference if spec else otherwise,
        "until": spec.until.isoformat() if spec else "-",
        "protection": _protection(flow, spec),
        "erasure": None if flow.retention_days is None else f"{flow.retention_days} days",
    }
    subject = facts[0].subject if facts else flow.block
    source = facts[0].source if facts else case.around.source("state")
    return Row(subject, cells, case.origin(source, flow.block), case.verdict(moved))


def _decision(country: str | None, case: Case) -> str | None:
    """Return the decision by which data may go to a country without more; None when there is none."""
    return "adequacy decision (Article 45)" if country in members("eu-adequacy", case.on) else None


def _declared(flow: Flow, case: Case) -> tuple[str, TransferSpec] | None:
    """Return the declared transfer that a flow goes by on the day."""
    for name, spec in sorted(case.factory.transfers.items()):
        fits = flow.country in spec.countries and flow.data_class in spec.data_classes and flow.operator == spec.recipient
        if fits and spec.since <= case.on <= spec.until:
            return name, spec
    return None


def _described(data_class: str | None, case: Case) -> str | None:
    known = case.factory.data_classes.get(data_class or "")
    return f"{data_class}: {known.description}" if known else data_class


def _protection(flow: Flow, spec: TransferSpec | None) -> str | None:
    on_its_way = {True: "encrypted on its way", False: "not encrypted on its way", None: None}[flow.encrypted]
    if spec and spec.protection:
        return f"{on_its_way or 'nobody said whether encrypted on its way'}; key custody {spec.protection.value}"
    return on_its_way
