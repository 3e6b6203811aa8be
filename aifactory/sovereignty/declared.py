"""Facts that people declare of a region and that no flow shows: administration, services, licences, exit, support."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from aifactory.catalog.supply import supplies
from aifactory.model import AccessKind, ClusterKind, RegionSpec
from aifactory.sovereignty.copies import OWN
from aifactory.sovereignty.fact import (
    NO_CODE,
    Administered,
    Exported,
    Fact,
    Located,
    Managed,
    Operated,
    Place,
    Portable,
    Reported,
    Supported,
)
from aifactory.sovereignty.surroundings import Surroundings

POSTGRES_EXPORT: Final = "dump of pg_dump, or a base backup with its write-ahead log"
DISK_EXPORT: Final = "raw or qcow2 image of the disk"


def declared_facts(around: Surroundings, region: RegionSpec, on: date) -> Iterator[Fact]:
    """Yield them.

    Args:
        around: where the region is.
        region: what it is.
        on: the day, for how long ago an exit was tried.
    """
    yield _administered(around, region)
    yield from _managed(around, region)
    yield from _code(around, region)
    yield from _stateful(around, region, on)
    yield from _services(around, region, on)
    yield from _exported(around, region)
    yield from _supported(around, region)
    if region.telemetry is None:
        # Nobody said what leaves the cluster; a sink of nowhere is what rules take for unknown.
        yield Reported(subject=f"{around.region}/telemetry", source=around.source("telemetry"), declared=True)


def _administered(around: Surroundings, region: RegionSpec) -> Administered:
    access, subject, source = region.access, f"{around.region}/access", around.source("access")
    if access is None:
        # A local region: nobody reaches it but whoever sits at the machine.
        here = (region.site.country,)
        return Administered(
            subject=subject, source=source, public=False, countries=here, identity_country=region.site.country
        )
    identity = access.identity.country if access.identity else None
    countries = access.countries
    if access.kind is AccessKind.IN_CLUSTER and countries is None:
        countries = (region.site.country,)
    # An allow-list is still an address on the internet, but one that answers those it names and nobody else.
    return Administered(
        subject=subject,
        source=source,
        public=False,
        countries=countries,
        identity_country=identity,
    )


def _managed(around: Surroundings, region: RegionSpec) -> Iterator[Fact]:
    cluster = False if region.cluster.kind is ClusterKind.LOCAL else region.cluster.managed
    yield Managed(
        subject=f"{around.region}/cluster",
        source=around.source("cluster"),
        service="kubernetes",
        managed=cluster,
        operator=region.site.operator,
    )
    for name, store in region.object_stores.items():
        yield Managed(
            subject=f"{around.region}/object store {name}",
            source=around.source(f"object_stores.{name}"),
            service="object-store",
            managed=store.operator != OWN,
            operator=store.operator,
        )
    if not region.state.stays:
        operator = region.state.operator
        yield Managed(
            subject=f"{around.region}/state",
            source=around.source("state"),
            service="state",
            managed=None if operator is None else operator != OWN,
            operator=operator,
        )
    for name, key in region.keys.items():
        yield Managed(
            subject=f"{around.region}/key {name}",
            source=around.source(f"keys.{name}"),
            service="key-management",
            managed=key.operator != OWN,
            operator=key.operator,
        )
        yield Operated(subject=f"{around.region}/key {name}", source=around.source(f"keys.{name}"), operator=key.operator)


def _code(around: Surroundings, region: RegionSpec) -> Iterator[Portable]:
    for name in region.operators:
        known = supplies().get(name)
        yield Portable(
            subject=f"{around.region}/operator {name}",
            source=around.source(f"operators.{name}"),
            licence=known.licence if known else None,
        )
    for name, model in region.models.items():
        yield Portable(
            subject=f"{around.region}/model {name}",
            source=around.source(f"models.{name}.licence"),
            licence=model.licence,
            data_class=model.data_class,
        )


def _stateful(around: Surroundings, region: RegionSpec, on: date) -> Iterator[Portable]:
    """Yield what holds data and must be left with them one day."""
    target = region.exit.target if region.exit else None
    tested = (on - region.exit.tested).days if region.exit and region.exit.tested else None
    for name, database in region.databases.items():
        yield Portable(
            subject=f"{around.region}/database {name}",
            source=around.source(f"databases.{name}"),
            data_class=database.data_class,
            licence="PostgreSQL",
            needs_exit=True,
            exit_target=target,
            export_format=POSTGRES_EXPORT,
            tested_days_ago=tested,
        )
    for name, machine in region.virtual_machines.items():
        yield Portable(
            subject=f"{around.region}/virtual machine {name}",
            source=around.source(f"virtual_machines.{name}"),
            data_class=machine.data_class,
            licence=NO_CODE,
            needs_exit=True,
            exit_target=target,
            export_format=DISK_EXPORT,
            tested_days_ago=tested,
        )


def _services(around: Surroundings, region: RegionSpec, on: date) -> Iterator[Fact]:
    tested = (on - region.exit.tested).days if region.exit and region.exit.tested else None
    for name, service in region.services.items():
        subject, source = f"{around.region}/service {name}", around.source(f"services.{name}")
        data_class = service.data_class
        yield Managed(
            subject=subject,
            source=source,
            data_class=data_class,
            service=service.kind,
            managed=service.managed,
            operator=service.operator,
        )
        yield Operated(subject=subject, source=source, data_class=data_class, operator=service.operator)
        place = Place(country=service.country)
        yield Located(subject=subject, source=source, data_class=data_class, kind="compute", place=place)
        yield Portable(
            subject=subject,
            source=source,
            data_class=data_class,
            licence=service.licence,
            needs_exit=True,
            exit_target=service.exit_target,
            export_format=service.export_format,
            tested_days_ago=tested,
        )


def _exported(around: Surroundings, region: RegionSpec) -> Iterator[Exported]:
    users = region.export.end_users if region.export else (None,)
    reference = region.export.reference if region.export else None
    for name, pool in region.gpu_pools.items():
        for user in users:
            yield Exported(
                subject=f"{around.region}/gpu pool {name}/{user or 'end user'}",
                source=around.source("export"),
                accelerator=pool.accelerator,
                end_user=user,
                reference=reference,
            )


def _supported(around: Surroundings, region: RegionSpec) -> Iterator[Supported]:
    if region.support is None:
        yield Supported(subject=f"{around.region}/support", source=around.source("support"), countries=None)
    for name, contract in (region.support or {}).items():
        yield Supported(
            subject=f"{around.region}/support {name}",
            source=f"{around.source(f'support.{name}')}, attested by {contract.reference}",
            countries=contract.countries,
            access=contract.access,
        )
