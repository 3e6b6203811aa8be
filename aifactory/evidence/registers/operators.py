"""Exposure of operators: everyone who runs something for the region, and whose law may reach them."""

from aifactory.catalog import exposure
from aifactory.catalog.ownership import Link
from aifactory.evidence.case import Case
from aifactory.evidence.table import Register, Row, words
from aifactory.sovereignty.fact import Operated

COLUMNS = {
    "name": "name",
    "roles": "runs",
    "seat": "seat",
    "parent": "ultimate parent",
    "countries": "countries whose law may reach it",
    "unknown": "behind it, with a seat that nobody knows",
    "licensors": "technology of",
    "dated": "facts of",
    "source": "source",
}


def operator_exposure(case: Case) -> Register:
    """Return the register."""
    roles = _roles(case)
    return Register(
        "operator-exposure",
        "Exposure of operators",
        "Who runs machines, holds data or keys, or helps; who stands behind them by ownership or licence; and so whose law "
        "may reach what they hold. What nobody read is unknown, and rules take that for a denial.",
        COLUMNS,
        tuple(_row(name, parts, case) for name, parts in roles.items()),
    )


def _roles(case: Case) -> dict[str, dict[str, str]]:
    """Return who runs what: by operator, the subjects with where each is declared."""
    spec, around = case.spec, case.around
    found: dict[str, dict[str, str]] = {}

    def add(operator: str | None, role: str, part: str) -> None:
        if operator is not None:
            found.setdefault(operator, {})[role] = around.source(part)

    add(spec.site.operator, "machines", "site.operator")
    add(spec.state.operator, "Pulumi state", "state.operator")
    for name, store in spec.object_stores.items():
        add(store.operator, f"object store {name}", f"object_stores.{name}.operator")
    for name, key in spec.keys.items():
        add(key.operator, f"key {name}", f"keys.{name}.operator")
    for name, service in spec.services.items():
        add(service.operator, f"service {name}", f"services.{name}.operator")
    for name, sink in (spec.telemetry.sinks if spec.telemetry else {}).items():
        add(sink.operator, f"sink {name}", f"telemetry.sinks.{name}.operator")
    for name, contract in (spec.support or {}).items():
        add(contract.vendor, f"support {name}", f"support.{name}.vendor")
    if spec.access and spec.access.identity:
        add(spec.access.identity.operator, "identity provider of administrators", "access.identity.operator")
    return found


def _row(name: str, roles: dict[str, str], case: Case) -> Row:
    known = case.world.organizations.get(name)
    behind = exposure(name, case.world.organizations)
    facts = [fact for fact in case.facts if isinstance(fact, Operated) and fact.operator == name]
    parent = known.ultimate_parent if known else None
    cells = {
        "name": known.name if known else None,
        "roles": words(tuple(roles)),
        "seat": known.seat if known else None,
        "parent": None if known is None else case.name(parent) or "itself, as far as anybody read",
        "countries": words([f"{country} ({_through(links)})" for country, links in behind.countries.items()], "none known"),
        "unknown": words([link.organization for link in behind.unknown]),
        "licensors": words([str(case.name(one)) for one in (known.licensors if known else ())]),
        "dated": known.dated.isoformat() if known and known.dated else None,
        "source": known.source if known else "nobody described it; `organizations` of factory.yaml is where to",
    }
    return Row(name, cells, case.origin(next(iter(roles.values()))), case.verdict(facts))


def _through(links: tuple[Link, ...]) -> str:
    first = links[0]
    if first.role == "itself":
        return "its seat"
    share = f", {first.percent} %" if first.percent is not None else ""
    return f"{first.role} {first.organization}{share}"
