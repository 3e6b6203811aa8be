"""A region on one machine, from nothing to running and back: what `aifactory local up` and `make up` do."""

import shlex
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

from aifactory.bundled_operators import read_factory_bundles
from aifactory.catalog import Accelerator, accelerators
from aifactory.enforcement import require_region, today
from aifactory.errors import Problem, SpecError
from aifactory.kube.api import connect
from aifactory.local import controlplane, crds, engine, simulate, tools
from aifactory.local.context import extract_context
from aifactory.local.paths import Instance, Paths
from aifactory.local.preflight import look_for_gpus, look_for_operators, require
from aifactory.local.progress import Reporter
from aifactory.local.summary import Part, Summary
from aifactory.model import FactorySpec, RegionSpec, load_factory
from aifactory.render.admission import COUNTRY_LABEL
from aifactory.render.region import check_region, operator_namespaces
from aifactory.stack_settings import require_settings
from aifactory.status.commands import DEFAULT_REGION
from aifactory.status.nodes import look_at_nodes
from aifactory.status.observe import observe_region

FACTORY_FILE: Final = Path("stacks/factory.yaml")

OPERATORS: Final = "operators"
"""Directory beside the factory that holds the operators' bundles."""

TOOLS: Final[tuple[tools.ToolName, ...]] = (*tools.CONTROL_PLANE, "pulumi", "kubectl", "helm")
"""What a local region needs."""

Official = Literal["auto", "never", "require"]


@dataclass(frozen=True, slots=True)
class Request:
    """What to bring up.

    Attributes:
        project: directory that holds Pulumi.yaml and stacks/factory.yaml.
        region: region of the factory; None for the one of the instance's name, else the only one whose cluster is local.
        name: name of the instance, of which several stand beside each other; None for the region's own name.
        kube_context: context of a cluster that is there already, to use instead of a local control plane.
        official: whether the official Pulumi plugins are used: where they can be had, never, or nothing else.
        retry: try to fetch an official plugin again though that failed before.
    """

    project: Path
    region: str | None = None
    name: str | None = None
    kube_context: str | None = None
    official: Official = "auto"
    retry: bool = False


def choose_region(factory: FactorySpec, wanted: str | None, instance: str | None = None) -> tuple[str, RegionSpec]:
    """Return the region to bring up: the named one, the one of the instance's name, ``local``, or the only local one.

    Raises:
        SpecError: there is no such region, none is local, or several are and none was named.
    """
    local = sorted(name for name, region in factory.regions.items() if region.is_local)
    if wanted is None:
        wanted = next((name for name in (instance, DEFAULT_REGION) if name in local), None)
    if wanted is None:
        if len(local) != 1:
            rule = f"{len(local)} regions have cluster kind `local`; name the one to bring up"
            raise SpecError(str(FACTORY_FILE), [Problem("--region", "", rule, " or ".join(local))])
        wanted = local[0]
    region = factory.region(wanted)
    if not region.is_local:
        rule = "its cluster is not local, and the parts of a local region are refused for it"
        raise SpecError(str(FACTORY_FILE), [Problem(f"regions.{wanted}.cluster.kind", region.cluster.kind, rule, "local")])
    return wanted, region


def up(request: Request, paths: Paths, reporter: Reporter) -> tuple[Summary, RegionSpec]:
    """Bring a region up; run again, it finds what is there and changes only what differs.

    Returns:
        The summary, and the spec of the region it is about.

    Raises:
        AifactoryError: the file is wrong, a tool is missing, a part did not start, the cluster lacks something, or
            the engine failed. What was made stays; the same command goes on from there.
    """
    started = time.monotonic()
    factory = load_factory(request.project / FACTORY_FILE)
    name, region = choose_region(factory, request.region, request.name)
    # Before minutes of building: what is wrong with a file is said at once.
    require_settings(factory, name, request.project / FACTORY_FILE.parent)
    bundles = read_factory_bundles(request.project / FACTORY_FILE.parent / OPERATORS, factory)
    check_region(factory, name, bundles.brought)
    assessment = require_region(factory, name, today(), bundles.fetched)
    toolset = tools.ensure(TOOLS, paths, reporter)
    request = replace(request, name=request.name or name)
    instance, server = _cluster(request, region, paths, toolset, reporter)

    pulumi = engine.prepare(
        instance,
        toolset,
        reporter,
        official=request.official,
        kube_context=request.kube_context,
        retry=request.retry,
    )
    with reporter.step(f"Bringing up region {name}", estimate_seconds=45) as news:
        result = engine.up(pulumi, request.project, stack=name, news=news)
    with connect(pulumi.kubeconfig) as api:
        status = observe_region(api, name, region, factory.name)
    summary = Summary(
        instance=str(request.name),
        server=server,
        kubeconfig=str(pulumi.kubeconfig),
        changes=result.changes,
        seconds=time.monotonic() - started,
        outputs=result.outputs,
        status=status,
        parts=_parts(toolset, pulumi),
        findings=assessment.counts() if assessment.findings else {},
    )
    return summary, region


def _cluster(
    request: Request, region: RegionSpec, paths: Paths, toolset: tools.Toolset, reporter: Reporter
) -> tuple[Instance, str]:
    if request.kube_context is not None:
        return _given_cluster(request.kube_context, region, paths, reporter)
    instance = paths.instance(str(request.name))
    plane = controlplane.start(instance, toolset, reporter)
    # Before the simulation: KWOK ends at start when a kind whose statuses it sets is not served.
    crds.install(plane.kubeconfig, paths.crds, reporter, crds.reference_from_environment())
    controlplane.start_simulation(instance, toolset, reporter)
    # Without its country a node could not join: admission refuses one that nobody says the place of.
    country = {COUNTRY_LABEL: region.site.country}
    system = replace(simulate.SYSTEM_POOL, labels=country)
    simulate.apply_nodes(plane.kubeconfig, _pools(region, country), reporter, system=system)
    simulate.apply_namespaces(plane.kubeconfig, operator_namespaces(region), reporter)
    return instance, plane.server


def _given_cluster(context: str, region: RegionSpec, paths: Paths, reporter: Reporter) -> tuple[Instance, str]:
    """Look at a cluster that is there already, and refuse it when the region could not come up on it."""
    instance, server = extract_context(context, paths)
    with reporter.step(f"Looking at cluster {context}"), connect(instance.kubeconfig) as api:
        operators = look_for_operators(api, region)
        nodes = look_at_nodes(api)
    for finding in operators:
        reporter.note(f"  {finding}")
    require(operators, look_for_gpus(nodes, region), f"cluster {context}")
    return instance, server


def _pools(region: RegionSpec, labels: Mapping[str, str]) -> list[simulate.Pool]:
    return [
        simulate.Pool(
            name=name,
            nodes=pool.nodes,
            gpus_per_node=pool.gpus_per_node,
            accelerator=_facts(accelerators()[pool.accelerator]),
            cpu=pool.cpus_per_node,
            memory_gib=pool.memory_gib_per_node,
            labels=labels,
        )
        for name, pool in region.gpu_pools.items()
    ]


def _facts(accelerator: Accelerator) -> simulate.AcceleratorFacts:
    return simulate.AcceleratorFacts(
        product=accelerator.product,
        memory_mib=accelerator.memory_mib,
        family=accelerator.family,
        compute_capability=accelerator.compute_capability,
        mig_capable=accelerator.mig_capable,
    )


def _parts(toolset: tools.Toolset, pulumi: engine.Engine) -> tuple[Part, ...]:
    shown: tuple[tools.ToolName, ...] = ("pulumi", "kube-apiserver", "kwok")
    found = [Part(name, toolset.entries[name].version, toolset.entries[name].origin) for name in shown]
    titles = {"python": "Python language host", "kubernetes": "Kubernetes plugin"}
    plugins = (
        Part(titles.get(plugin.name, plugin.name), plugin.version, plugin.origin, plugin.reason) for plugin in pulumi.plugins
    )
    return (*found, *plugins)


def exports(request: Request, paths: Paths, reporter: Reporter) -> str:
    """Return the lines of `aifactory local env`: after them plain `pulumi` commands work on the region's stack.

    Raises:
        AifactoryError: factory.yaml is wrong, or a tool is missing.
    """
    name, _ = choose_region(load_factory(request.project / FACTORY_FILE), request.region, request.name)
    toolset = tools.ensure(TOOLS, paths, reporter)
    pulumi = engine.prepare(paths.instance(request.name or name), toolset, reporter, official=request.official)
    stack = engine.stack_init(pulumi, request.project, name)
    selection = {"PULUMI_STACK": name, "PULUMI_OPTION_CONFIG_FILE": str(stack.config_file)}
    lines = [f"export {variable}={shlex.quote(value)}" for variable, value in selection.items()]
    return "\n".join([engine.shell_exports(pulumi), *lines])
