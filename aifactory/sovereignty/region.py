"""Every flow of a region: those of its blocks, and those of the region itself."""

from collections.abc import Iterator, Mapping

from aifactory.model import LOCAL_BACKEND, RegionSpec, TenancySpec
from aifactory.sovereignty.flow import HERE, Flow, FlowKind
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
    """Return what the region itself causes: its state, the key to the secrets in it, and who reaches its API."""
    block = f"region {name}"
    state, backend = region.state, region.state.backend
    stays = backend == LOCAL_BACKEND or backend.startswith("file://")
    flows = [
        # The state holds every output and, encrypted, every secret of the region.
        Flow(block, FlowKind.STATE, HERE if stays else backend, encrypted=True, note="Pulumi state"),
        Flow(block, FlowKind.KEY, _key(state.secrets_provider), note="who can open the secrets in the state"),
    ]
    if region.access is None:
        flows.append(Flow(block, FlowKind.ADMIN, HERE, encrypted=True, note="from this machine alone"))
    else:
        where = ", ".join(region.access.cidrs) or region.access.kind.value
        flows.append(Flow(block, FlowKind.ADMIN, where, encrypted=True, note="who reaches the cluster's API"))
    return tuple(flows)


def _key(secrets_provider: str) -> str:
    return HERE if secrets_provider == "passphrase" else secrets_provider


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
