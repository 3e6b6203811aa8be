"""The data map: every flow of a region, from where to where, who is there, and what the rules say of it."""

from aifactory.evidence.case import Case, personal
from aifactory.evidence.table import Register, Row, yes
from aifactory.sovereignty.fact import Kept
from aifactory.sovereignty.flow import HERE, Flow

COLUMNS = {
    "block": "block",
    "kind": "flow",
    "data_class": "class of data",
    "personal": "personal data",
    "origin": "from",
    "destination": "to",
    "country": "country",
    "operator": "operator",
    "seat": "seat of operator",
    "encrypted": "encrypted on its way",
    "custody": "key custody",
    "retention": "kept",
}


def data_map(case: Case) -> Register:
    """Return the data map."""
    site = case.spec.site
    machines = Row(
        f"{case.region}/site",
        {
            "block": f"region {case.region}",
            "kind": "compute",
            "data_class": "all",
            "personal": None,
            "origin": site.country,
            "destination": f"{site.provider} {site.location}",
            "country": site.country,
            "operator": case.name(site.operator),
            "seat": case.seat(site.operator),
            "encrypted": "-",
            "custody": "-",
            "retention": "-",
        },
        case.site_origin(),
        case.verdict(fact for fact in case.facts if fact.subject == f"{case.region}/site"),
    )
    return Register(
        "data-map",
        "Data map",
        "Every flow that follows from what is declared: where data lie, where they go, who is there. Flows are derived from "
        "the specs, not written down beside them.",
        COLUMNS,
        (machines, *(_row(flow, case) for flow in case.flows)),
    )


def _row(flow: Flow, case: Case) -> Row:
    facts = case.facts_of(flow)
    kept = next((fact for fact in facts if isinstance(fact, Kept)), None)
    inside, code = flow.destination == HERE, flow.kind.is_code
    site = case.spec.site
    custody = "-" if kept is None else kept.custody.value if kept.custody else None
    operator = site.operator if inside else flow.operator
    # Images and weights come in: what their country means for data is nothing.
    unknown = "-" if code else None
    cells = {
        "block": flow.block,
        "kind": f"{flow.kind.value} {flow.part}".strip(),
        "data_class": "-" if code else flow.data_class,
        "personal": "-" if code else yes(personal(case, flow.data_class)),
        "origin": flow.destination if code else site.country,
        "destination": "the region's cluster" if inside or code else flow.destination,
        "country": site.country if inside else flow.country or unknown,
        "operator": case.name(operator) or unknown,
        "seat": case.seat(operator) or unknown,
        "encrypted": yes(flow.encrypted),
        "custody": custody,
        "retention": "-" if flow.retention_days is None else f"{flow.retention_days} days",
    }
    subject = facts[0].subject if facts else f"{case.region}/{flow.kind.value} {flow.part}".strip()
    source = facts[0].source if facts else case.around.source("access" if flow.kind.value == "admin" else "state")
    return Row(subject, cells, case.origin(source, flow.block), case.verdict(facts))
