"""Services of others that the region uses, in columns of the register of information of DORA (template B_02.02)."""

from aifactory.evidence.case import Case
from aifactory.evidence.table import Register, Row, yes
from aifactory.sovereignty.copies import OWN

COLUMNS = {
    "service": "service",
    "reference": "0010 contractual arrangement",
    "provider": "0030 provider",
    "provider_seat": "seat of provider",
    "service_type": "0060 type of service",
    "provision": "0130 country of provision",
    "stores": "0140 stores data",
    "storage": "0150 location of the data at rest",
    "processing": "0160 location of management of the data",
    "sensitiveness": "0170 sensitiveness of the data",
    "exit_target": "exit target",
    "exit_tested": "exit last tried",
}


def services(case: Case) -> Register:
    """Return a row for each service that somebody else than the owner of the factory runs."""
    return Register(
        "dora-services",
        "Services of third parties (like DORA B_02.02)",
        "Columns of template B_02.02 of Implementing Regulation (EU) 2024/2956 that infrastructure can answer, one row a "
        "service. Entities, functions, dates, notice and reliance are for the register's owner to add.",
        COLUMNS,
        tuple(_rows(case)),
    )


def _rows(case: Case) -> list[Row]:
    spec, around = case.spec, case.around
    rows: list[Row] = []

    def add(subject: str, part: str, operator: str | None, kind: str, country: str | None, **cells: str | None) -> None:
        if operator == OWN:
            return
        tested = spec.exit.tested if spec.exit else None
        base: dict[str, str | None] = {
            "service": subject,
            "reference": None,
            "provider": case.name(operator),
            "provider_seat": case.seat(operator),
            "service_type": kind,
            "provision": country,
            "stores": "no",
            "storage": "-",
            "processing": country,
            "sensitiveness": None,
            "exit_target": spec.exit.target if spec.exit else None,
            "exit_tested": tested.isoformat() if tested else None,
        }
        facts = [fact for fact in case.facts if fact.subject == f"{case.region}/{subject}"]
        rows.append(Row(f"{case.region}/{subject}", base | cells, case.origin(around.source(part)), case.verdict(facts)))

    site = spec.site
    if not spec.is_local:
        add("site", "site", site.operator, "machines and cluster", site.country, stores="yes", storage=site.country)
    for name, store in spec.object_stores.items():
        part = f"object_stores.{name}"
        add(f"object store {name}", part, store.operator, "object store", store.country, stores="yes", storage=store.country)
    if not spec.state.stays:
        where = spec.state.country
        add("state", "state", spec.state.operator, "state of Pulumi", where, stores="yes", storage=where)
    for name, key in spec.keys.items():
        add(f"key {name}", f"keys.{name}", key.operator, "key management", key.country)
    for name, sink in (spec.telemetry.sinks if spec.telemetry else {}).items():
        part, kept = f"telemetry.sinks.{name}", sink.country
        add(
            f"sink {name}",
            part,
            sink.operator,
            "monitoring",
            kept,
            stores="yes",
            storage=kept,
            sensitiveness=sink.data_class,
        )
    for name, service in spec.services.items():
        part = f"services.{name}"
        stores = {"stores": yes(value=True) if service.data_class else None, "storage": service.country}
        add(
            f"service {name}",
            part,
            service.operator,
            service.kind,
            service.country,
            exit_target=service.exit_target,
            sensitiveness=service.data_class,
            **stores,
        )
    for name, contract in (spec.support or {}).items():
        where = ", ".join(contract.countries)
        add(f"support {name}", f"support.{name}", contract.vendor, "support", where, reference=contract.reference)
    return rows
