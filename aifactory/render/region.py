"""All objects of a region, before the engine starts: what `check` looks at, and a test, and a reviewer."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import cast

from aifactory.errors import Problem, SpecError
from aifactory.model import (
    FactorySpec,
    GatewaySpec,
    GpuOperatorSpec,
    InstallMode,
    ModelSpec,
    NamespaceSpec,
    OperatorsSpec,
    RegionSpec,
    TenancySpec,
    VirtualizationSpec,
)
from aifactory.model.operators import namespace_of
from aifactory.model.tenancy import QUEUE_NAME
from aifactory.render.admission import admission_of, protected_namespaces, render_admission
from aifactory.render.check import check_placement
from aifactory.render.connections import connected_namespaces
from aifactory.render.gpu import render_gpu_operator
from aifactory.render.guardrails import render_namespace
from aifactory.render.inference import render_model
from aifactory.render.manifest import Manifest, Scope
from aifactory.render.operators import Brought, plan_operators
from aifactory.render.postgres import render_database
from aifactory.render.registry import through_registry
from aifactory.render.schema import problems_of
from aifactory.render.tenancy import render_tenancy
from aifactory.render.virtualization import render_virtual_machine, render_virtual_machine_platform
from aifactory.sovereignty.profile import statements_of
from aifactory.sovereignty.world import world_of


@dataclass(frozen=True, slots=True)
class BlockObjects:
    """The objects of one block.

    Attributes:
        block: class of the component that makes them.
        name: name of the component.
        manifests: the objects that are ours, in the order in which they are made.
        theirs: objects out of bundles: others' work, applied as it is but for where its images come from.
    """

    block: str
    name: str
    manifests: tuple[Manifest, ...]
    theirs: tuple[Manifest, ...] = ()


def block_name(region: str, part: str) -> str:
    """Return the name of a component that a region has one of, such as ``frankfurt-guardrails``."""
    return f"{region}-{part}"


def is_ours(region: RegionSpec, operator: str) -> bool:
    """Return whether the custom resources of an operator are ours to make: it is there, and not somebody else's."""
    found = region.operators.get(operator)
    return found is not None and found.install is not InstallMode.EXTERNAL


def platform_is_ours(region: RegionSpec, settings: VirtualizationSpec) -> bool:
    """Return whether the platform of virtual machines is ours to make: all its operators are there, none somebody else's."""
    return all(is_ours(region, operator) for operator in settings.distribution.operators)


def tenancy_of(region: RegionSpec) -> TenancySpec | None:
    """Return the tenants of a region with its pools; None when it has none, or Kueue is somebody else's."""
    if not region.tenants or not is_ours(region, "kueue"):
        return None
    return TenancySpec(tenants=region.tenants, pools=region.gpu_pools)


def served(region: RegionSpec, model: ModelSpec) -> ModelSpec:
    """Return a model with its pool, and with the queue that counts it when its namespace is a tenant's."""
    queued = tenancy_of(region) is not None and any(
        model.namespace in tenant.namespaces for tenant in region.tenants.values()
    )
    pool = model.pool or next(iter(region.gpu_pools))
    return model.model_copy(update={"pool": pool, "queue": model.queue or (QUEUE_NAME if queued else None)})


def render_region(
    factory: FactorySpec, name: str, brought: Mapping[str, Brought] | None = None, on: date | None = None
) -> list[BlockObjects]:
    """Return the objects of every block of a region, in the order in which the blocks are made.

    Args:
        factory: the factory.
        name: the region.
        brought: what bundles bring, by operator; None where nobody looked for bundles: operators that need one are taken as
            they are.
        on: the day whose rules the cluster is to hold; None: without the policies that follow from them.

    Raises:
        SpecError: there is no such region, or a block refuses its spec; the first block that does is the one that is named.
    """
    return list(_blocks(factory, name, brought, on))


def _operators(factory: FactorySpec, name: str, brought: Mapping[str, Brought] | None) -> BlockObjects:
    region, component = factory.region(name), block_name(name, "operators")
    scope, spec = Scope(factory.name, name, component), OperatorsSpec(operators=region.operators)
    plan = plan_operators(scope, component, spec, brought, region.registry)
    ours = [manifest for install in plan for manifest in install.ours]
    theirs = [manifest for install in plan for manifest in install.theirs]
    through = (tuple(through_registry(manifests, region.registry)) for manifests in (ours, theirs))
    return BlockObjects("Operators", component, *through)


def _policies(factory: FactorySpec, name: str, scope: Scope, on: date | None) -> list[Manifest]:
    if on is None:
        return []
    region = factory.region(name)
    statements = statements_of(region.profiles, factory.profiles, on)
    return render_admission(scope, statements, world_of(on, factory), admission_of(region, region.admission), region.site)


def region_namespaces(region: RegionSpec) -> dict[str, NamespaceSpec]:
    """Return the namespaces of a region: each lets clients out, and is protected with what is protected in it."""
    kept = protected_namespaces(region)
    return {
        name: spec.model_copy(update={"protect": spec.protect or name in kept})
        for name, spec in connected_namespaces(region).items()
    }


def _blocks(
    factory: FactorySpec, name: str, brought: Mapping[str, Brought] | None, on: date | None
) -> Iterator[BlockObjects]:
    region = factory.region(name)

    def block(kind: str, component: str, manifests: list[Manifest]) -> BlockObjects:
        return BlockObjects(kind, component, tuple(through_registry(manifests, region.registry)))

    def scope(component: str) -> Scope:
        return Scope(factory.name, name, component)

    if region.operators:
        yield _operators(factory, name, brought)
    guardrails = block_name(name, "guardrails")
    namespaces = [
        m for key, spec in region_namespaces(region).items() for m in render_namespace(scope(guardrails), key, spec)
    ]
    yield block("Guardrails", guardrails, [*_policies(factory, name, scope(guardrails), on), *namespaces])
    if region.gpu_operator and is_ours(region, "gpu-operator"):
        component = block_name(name, "gpus")
        where = gpu_operator_namespace(region, region.gpu_operator)
        yield block("GpuOperator", component, render_gpu_operator(scope(component), component, region.gpu_operator, where))
    if (tenancy := tenancy_of(region)) is not None:
        component = block_name(name, "tenancy")
        yield block("Tenancy", component, render_tenancy(scope(component), component, tenancy))
    for key, spec in region.databases.items():
        store = region.object_stores[spec.backup.store] if spec.backup else None
        yield block("Postgres", key, render_database(scope(key), key, spec, store))
    if region.virtualization and platform_is_ours(region, region.virtualization):
        component = block_name(name, "virtualization")
        yield block(
            "VirtualMachinePlatform", component, render_virtual_machine_platform(scope(component), region.virtualization)
        )
    for key, machine in region.virtual_machines.items():
        yield block("VirtualMachine", key, render_virtual_machine(scope(key), key, machine))
    for key, model in region.models.items():
        yield block("InferenceService", key, _model(region, scope(key), key, served(region, model)))


def gpu_operator_namespace(region: RegionSpec, settings: GpuOperatorSpec) -> str:
    """Return where the GPU Operator of a region runs: where we install it, or where it usually is on that platform."""
    operator = region.operators.get("gpu-operator")
    if operator and operator.install.installs and (installed := namespace_of("gpu-operator", operator)):
        return installed
    return (operator.namespace if operator else None) or settings.platform.operator_namespace


def _model(region: RegionSpec, scope: Scope, name: str, model: ModelSpec) -> list[Manifest]:
    pool = str(model.pool)
    # A region that has models and no gateway is refused with its file.
    gateway = cast("GatewaySpec", region.gateway)
    objects = render_model(scope, name, model, pool, region.gpu_pools[pool], gateway)
    return [*objects.weights, *objects.serving, *objects.route]


def check_factory(factory: FactorySpec, source: str, brought: Mapping[str, Brought] | None = None) -> None:
    """Refuse a factory of which a region could not come up as it is written.

    Args:
        factory: the factory.
        source: its file, for errors.
        brought: what bundles bring, by operator; None where nobody looked for bundles.

    Raises:
        SpecError: every problem of every object of all regions.
    """
    problems: list[Problem] = []
    for name in factory.regions:
        try:
            check_region(factory, name, brought)
        except SpecError as error:
            problems += [replace(problem, where=f"{error.source}: {problem.where}") for problem in error.problems]
    if problems:
        raise SpecError(source, problems)


def check_region(factory: FactorySpec, name: str, brought: Mapping[str, Brought] | None = None) -> None:
    """Refuse a region whose objects its cluster would refuse, ignore in part, or never place.

    Args:
        factory: the factory.
        name: the region.
        brought: what bundles bring, by operator; None where nobody looked for bundles.

    Raises:
        SpecError: every problem of every object of the region.
    """
    region = factory.region(name)
    manifests = [manifest for block in render_region(factory, name, brought) for manifest in block.manifests]
    problems: list[Problem] = [
        *_externals(region),
        *(problem for manifest in manifests for problem in problems_of(manifest)),
    ]
    known = {*region.namespaces, *operator_namespaces(region)}
    source = f"region {name}"
    placed = check_placement(source, manifests, known, region.gpu_pools)
    problems += [replace(problem, where=problem.where.removeprefix(f"{source}: ")) for problem in placed]
    if problems:
        raise SpecError(source, problems)


def _externals(region: RegionSpec) -> Iterator[Problem]:
    """Find what only custom resources of ours can be, of an operator whose custom resources are none of ours.

    Settings of a whole cluster (ClusterPolicy, queues, KubeVirt) can be somebody else's and are left out; a database or a
    model that were left out would be missing.
    """
    backed = [name for name, database in region.databases.items() if database.backup]
    needs = (
        ("databases", [*region.databases], "cloudnative-pg"),
        ("backups of databases", backed, "barman-cloud"),
        ("models", [*region.models], "llm-d"),
        ("models", [*region.models], "cert-manager"),
    )
    for what, names, key in needs:
        operator = region.operators.get(key)
        if names and operator and operator.install is InstallMode.EXTERNAL:
            rule = f"its custom resources are none of ours, and {what} ({', '.join(names)}) are made of them"
            yield Problem(f"operators.{key}.install", operator.install.value, rule, InstallMode.ADOPT.value)


def operator_namespaces(region: RegionSpec) -> set[str]:
    """Return the namespaces that the operators of a region run in; they are the operators' own."""
    found = {namespace_of(name, spec) for name, spec in region.operators.items()}
    return {namespace for namespace in found if namespace}
