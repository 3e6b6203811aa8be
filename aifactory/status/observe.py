"""Reading a region's cluster, block by block: what `aifactory status` and the summary of `local up` show."""

from aifactory.kube.api import Api
from aifactory.model import RegionSpec
from aifactory.status import databases, gpu, machines, models, namespaces, nodes, operators, tenants, virtualization
from aifactory.status.findings import Place
from aifactory.status.kinds import Kind
from aifactory.status.report import RegionFacts, RegionStatus
from aifactory.status.rows import BlockStatus
from aifactory.status.snapshot import Snapshot, read

_BLOCKS = (nodes, operators, namespaces, gpu, tenants, databases, virtualization, machines, models)


def observe_region(api: Api, region_name: str, region_spec: RegionSpec, factory_name: str) -> RegionStatus:
    """Read what became of a region; each kind of objects is listed once, and no Secret is read.

    Args:
        api: its cluster.
        region_name: its name.
        region_spec: what it should be.
        factory_name: name of the factory that it belongs to.

    Raises:
        ControlPlaneError: the API server gives no answer, or does not know who asks.
    """
    snapshot = read(api, kinds_of(region_spec), operators.definitions(region_spec))
    return judge(snapshot, region_name, region_spec, factory_name)


def kinds_of(region: RegionSpec) -> list[Kind]:
    """Return every kind that tells something of a region; what it does not have is not asked for."""
    return list(dict.fromkeys(kind for block in _BLOCKS for kind in block.kinds(region)))


def judge(snapshot: Snapshot, region_name: str, region_spec: RegionSpec, factory_name: str) -> RegionStatus:
    """Return the status of a region from what was read of its cluster; pure."""
    place, found = Place(factory_name, region_name), nodes.node_facts(snapshot)
    nothing_runs = bool(found) and all(node.simulated for node in found)
    rows: list[BlockStatus] = [
        *nodes.rows(snapshot, region_spec, found),
        *operators.rows(snapshot, region_spec, nothing_runs=nothing_runs),
        *namespaces.rows(snapshot, region_spec, place),
        *gpu.rows(snapshot, region_spec, place, found),
        *tenants.rows(snapshot, region_spec, place),
        *databases.rows(snapshot, region_spec, place),
        *virtualization.rows(snapshot, region_spec, place),
        *machines.rows(snapshot, region_spec, place),
        *models.rows(snapshot, region_spec, place, found),
    ]
    facts = RegionFacts(
        kubernetes=snapshot.kubernetes,
        nodes=found,
        quotas=namespaces.quota_facts(snapshot, region_spec),
        databases=databases.database_facts(snapshot, region_spec),
        models=models.model_facts(snapshot, region_spec),
    )
    return RegionStatus(factory_name, region_name, tuple(rows), facts, snapshot.requests)
