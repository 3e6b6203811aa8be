"""The matrix of key custody: what is encrypted, with whose key, and who could use it."""

from aifactory.evidence.case import Case
from aifactory.evidence.table import Register, Row, yes
from aifactory.sovereignty.fact import Kept

COLUMNS = {
    "data_class": "class of data",
    "encrypted": "encrypted where it lies",
    "custody": "custody of the key",
    "country": "country of the key",
    "holder": "holder of the key",
    "keeper": "keeper of the data",
    "apart": "holder and keeper apart",
}


def key_custody(case: Case) -> Register:
    """Return the matrix: one row for each place where data lie."""
    facts = ((flow.block, fact) for flow in case.flows for fact in case.facts_of(flow))
    rows = [_row(fact, block, case) for block, fact in facts if isinstance(fact, Kept)]
    order = "provider < customer < hsm < external < client"
    return Register(
        "key-custody",
        "Key custody",
        f"Who could open what lies somewhere. Custody from least to most control: {order}.",
        COLUMNS,
        tuple(rows),
    )


def _row(fact: Kept, block: str, case: Case) -> Row:
    apart = None if fact.holder is None or fact.keeper is None else fact.holder != fact.keeper
    cells = {
        "data_class": "all" if fact.data_class == "*" else fact.data_class,
        "encrypted": yes(fact.encrypted),
        "custody": fact.custody.value if fact.custody else None,
        "country": fact.country,
        "holder": case.name(fact.holder),
        "keeper": case.name(fact.keeper),
        "apart": yes(apart),
    }
    return Row(fact.subject, cells, case.origin(fact.source, block), case.verdict([fact]))
