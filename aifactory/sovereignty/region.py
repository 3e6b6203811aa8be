"""Every flow of a region: those of its blocks, and those of the region itself."""

from collections.abc import Iterator, Mapping

from aifactory.model import RegionSpec, TenancySpec
from aifactory.sovereignty.flow import HERE, PASSPHRASE, Flow, FlowKind
from aifactory.sovereignty.gpu import gpu_operator_flows
from aifactory.sovereignty.inference import model_flows
from aifactory.sovereignty.operators import Fetched, operator_flows
from aifactory.sovereignty.postgres import postgres_flows
from aifactory.sovereignty.registry import flows_through_registry
from aifactory.sovereignty.tenancy import tenancy_flows
from aifactory.sovereignty.virtualization import virtual_machine_flows, virtual_machine_platform_flows


def region_flows(name: str, region: RegionSpec, fetched: Mapping[str, Fetched] | None = None) -> tuple[Flow, ...]:
    """Return the flows of a region, in the order of its blocks.

    Args:
        name: name of the region.
        region: what it is.
        fetched: what lies in bundles, by operator; None: nothing does, so that every chart is fetched.
    """
    blocks = tuple(_block_flows(name, region, fetched or {}))
    return (*own_flows(name, region), *flows_through_registry(blocks, region.registry))


def own_flows(name: str, region: RegionSpec) -> tuple[Flow, ...]:
    """Return what the region itself causes: its state, keys, administration, sinks, support."""
    block = f"region {name}"
    return (*_state(block, region), *_administration(block, region), *_sinks(block, region), *_support(block, region))


def _state(block: str, region: RegionSpec) -> Iterator[Flow]:
    state = region.state
    # The state holds every output and, encrypted, every secret of the region.
    yield Flow(
        block,
        FlowKind.STATE,
        # Without its query, which may hold what nobody should read.
        HERE if state.stays else state.backend.partition("?")[0],
        encrypted=True,
        note="Pulumi state",
        country=state.country,
        operator=state.operator,
        key=state.key or (PASSPHRASE if state.secrets_provider == PASSPHRASE else None),
    )
    passphrase = state.secrets_provider == PASSPHRASE
    key = region.keys.get(state.key or "")
    yield Flow(
        block,
        FlowKind.KEY,
        HERE if passphrase else state.secrets_provider,
        note="who can open the secrets in the state",
        encrypted=True,
        country=key.country if key else None,
        operator=key.operator if key else None,
    )


def _administration(block: str, region: RegionSpec) -> Iterator[Flow]:
    if region.access is None:
        yield Flow(block, FlowKind.ADMIN, HERE, encrypted=True, note="from this machine alone")
        return
    where = ", ".join(region.access.cidrs) or region.access.kind.value
    yield Flow(block, FlowKind.ADMIN, where, encrypted=True, note="who reaches the cluster's API")


def _sinks(block: str, region: RegionSpec) -> Iterator[Flow]:
    for name, sink in (region.telemetry.sinks if region.telemetry else {}).items():
        for signal in sink.signals:
            yield Flow(
                block,
                FlowKind(signal.value),
                sink.endpoint,
                sink.data_class,
                encrypted=sink.encrypted,
                note=f"sink {name}",
                part=name,
                country=sink.country,
                operator=sink.operator,
                key=sink.key,
                retention_days=sink.retention_days,
            )


def _support(block: str, region: RegionSpec) -> Iterator[Flow]:
    for name, contract in (region.support or {}).items():
        for country in contract.countries if contract.access != "none" else ():
            note = f"{contract.access} access under the contract {name}"
            yield Flow(
                block,
                FlowKind.SUPPORT,
                contract.vendor,
                note=note,
                encrypted=True,
                country=country,
                operator=contract.vendor,
                part=f"{name} {country}",
            )


def _block_flows(name: str, region: RegionSpec, fetched: Mapping[str, Fetched]) -> Iterator[Flow]:
    yield from operator_flows(name, region.operators, fetched)
    if region.gpu_operator:
        yield from gpu_operator_flows(name, region.gpu_operator)
    if region.tenants:
        yield from tenancy_flows(name, TenancySpec(tenants=region.tenants, pools=region.gpu_pools))
    for key, database in region.databases.items():
        yield from postgres_flows(key, database, region.object_stores[database.backup.store] if database.backup else None)
    if region.virtualization:
        yield from virtual_machine_platform_flows(name, region.virtualization)
    for key, machine in region.virtual_machines.items():
        yield from virtual_machine_flows(key, machine)
    for key, model in region.models.items():
        if region.gateway:
            yield from model_flows(key, model, region.gateway)
