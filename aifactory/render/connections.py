"""Who in a region may connect to what: the client's half of each connection, from what its targets say of their clients."""

from collections.abc import Iterator

from aifactory.model import NamespaceSpec, ReachSpec, RegionSpec
from aifactory.render.inference.names import SERVING_PORT, ModelNames
from aifactory.render.postgres.traffic import POSTGRES_PORT
from aifactory.render.virtualization.traffic import machine_labels


def connected_namespaces(region: RegionSpec) -> dict[str, NamespaceSpec]:
    """Return the namespaces of a region, each with what it may reach because a block lists it under `clients`.

    A namespace denies all traffic both ways, so a target that lets a client in is not enough: the client's own namespace
    must let it out.
    """
    found: dict[str, dict[str, ReachSpec]] = {name: dict(spec.reaches) for name, spec in region.namespaces.items()}
    for client, name, target in _targets(region):
        if client in found:
            found[client].setdefault(f"{target.namespace}-{name}", target)
    return {name: spec.model_copy(update={"reaches": found[name]}) for name, spec in region.namespaces.items()}


def _targets(region: RegionSpec) -> Iterator[tuple[str, str, ReachSpec]]:
    for name, database in region.databases.items():
        # The pooler's pods have the same label, and listen at the same port.
        labels = {"cnpg.io/cluster": name}
        reach = ReachSpec(namespace=database.namespace, labels=labels, ports=(POSTGRES_PORT,))
        yield from ((client, name, reach) for client in database.clients)
    for name, machine in region.virtual_machines.items():
        if machine.ports:
            ports = tuple(sorted(set(machine.ports.values())))
            reach = ReachSpec(namespace=machine.namespace, labels=machine_labels(name), ports=ports)
            yield from ((client, name, reach) for client in machine.clients)
    for name, model in region.models.items():
        labels = ModelNames(name, model.namespace, "").replica_labels
        reach = ReachSpec(namespace=model.namespace, labels=labels, ports=(SERVING_PORT,))
        yield from ((client, name, reach) for client in model.clients)
