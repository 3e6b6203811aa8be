"""What a region's own description says to its admission policies."""

from collections.abc import Iterator

from aifactory.model import RegionSpec
from aifactory.model.namespace import AdmissionSpec, EnforcementSpec


def admission_of(region: RegionSpec, enforcement: EnforcementSpec | None = None) -> AdmissionSpec:
    """Return what policies are told of a region: what it declares of storage classes, keys, makers and address ranges.

    Args:
        region: the region.
        enforcement: how strictly it is held, and what is excepted; None: refused, and nothing is.
    """
    return AdmissionSpec(
        **dict(enforcement or EnforcementSpec()),
        storage_classes=region.storage_classes,
        keys=region.keys,
        reporting=region.telemetry.reporting if region.telemetry else (),
        egress_cidrs=tuple(sorted(set(_opened(region)))),
    )


def _opened(region: RegionSpec) -> Iterator[str]:
    """Yield the address ranges that network policies of our own blocks open because the region says so."""
    for store in region.object_stores.values():
        yield from store.egress_cidrs
    for machine in region.virtual_machines.values():
        yield from machine.import_cidrs


def protected_namespaces(region: RegionSpec) -> frozenset[str]:
    """Return the namespaces in which something is protected: deleting one would take it along."""
    databases = {database.namespace for database in region.databases.values() if database.protect}
    machines = {machine.namespace for machine in region.virtual_machines.values() if machine.protect}
    weights = {model.namespace for model in region.models.values() if model.protect and model.claim_gib is not None}
    return frozenset(databases | machines | weights)
