"""The ledger of waivers: every exception that names something of the region, and whether it holds on the day."""

from aifactory.evidence.case import Case
from aifactory.evidence.table import Register, Row
from aifactory.model import WaiverSpec
from aifactory.model.load import WAIVERS_FILE
from aifactory.sovereignty.finding import Finding, Verdict

COLUMNS = {
    "waiver": "waiver",
    "rule": "rule",
    "status": "on the day",
    "reason": "reason",
    "approver": "approved by",
    "approved": "approved on",
    "expires": "last day",
    "days_left": "days left",
    "controls": "compensating controls",
    "finding": "finding",
}


def waivers(case: Case) -> Register:
    """Return the ledger."""
    head = f"{case.region}/"
    rows = [_row(name, spec, case) for name, spec in sorted(case.factory.waivers.items()) if spec.subject.startswith(head)]
    return Register(
        "waiver-ledger",
        "Ledger of waivers",
        "Exceptions: exact, reasoned, approved, and ending. What is waived is not a pass: it counts and shows.",
        COLUMNS,
        tuple(rows),
    )


def _row(name: str, spec: WaiverSpec, case: Case) -> Row:
    found = next((one for one in case.findings if (one.rule, one.subject) == (spec.rule, spec.subject)), None)
    left = (spec.expires - case.on).days
    cells = {
        "waiver": name,
        "rule": spec.rule,
        "status": _status(spec, found, case),
        "reason": spec.reason,
        "approver": spec.approver,
        "approved": spec.approved.isoformat(),
        "expires": spec.expires.isoformat(),
        "days_left": str(left) if left >= 0 else "none",
        "controls": "; ".join(spec.controls),
        "finding": found.id if found else "-",
    }
    origin = case.origin(f"{WAIVERS_FILE}: waivers.{name}")
    return Row(spec.subject, cells, origin, found.verdict.value if found else "")


def _status(spec: WaiverSpec, found: Finding | None, case: Case) -> str:
    if case.on > spec.expires:
        return "expired"
    if case.on < spec.approved:
        return "not yet"
    if found is None:
        return "fits no finding"
    return "holds" if found.verdict is Verdict.WAIVED else f"does not help: {found.note or found.verdict.value}"
