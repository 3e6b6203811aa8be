"""One region, composed from the blocks as factory.yaml describes it."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NotRequired, TypedDict, cast

import pulumi

from aifactory.bundled_operators import Bundled, read_bundles
from aifactory.catalog import releases
from aifactory.clusters.existing import ExistingCluster
from aifactory.component import in_words
from aifactory.conventions import type_token
from aifactory.enforcement import judged, require_region, today
from aifactory.errors import Problem, SpecError
from aifactory.gpu import GpuOperator
from aifactory.guardrails import Guardrails
from aifactory.inference import InferenceService
from aifactory.model import FactorySpec, GatewaySpec, ModelSpec, RegionSpec, load_factory
from aifactory.model.facts import DatabaseFacts, ModelFacts, PlaceFacts, RegionFacts, facts_file, load_facts, write_facts
from aifactory.model.operators import upgrade_problems
from aifactory.operators import Operators
from aifactory.postgres import Postgres
from aifactory.render.admission import admission_of
from aifactory.render.region import (
    block_name,
    check_region,
    gpu_operator_namespace,
    is_ours,
    platform_is_ours,
    region_namespaces,
    served,
    tenancy_of,
)
from aifactory.sovereignty import Flow
from aifactory.sovereignty.assess import Assessment
from aifactory.sovereignty.finding import Verdict
from aifactory.sovereignty.region import region_flows
from aifactory.sovereignty.words import finding_text
from aifactory.stack_settings import require_agreement
from aifactory.tenancy import Tenancy
from aifactory.virtualization import VirtualMachine, VirtualMachinePlatform


class RegionArgs(TypedDict):
    """A region of a factory."""

    factory_file: str
    """Path of factory.yaml."""
    region: NotRequired[str]
    """Name of the region in it. Default: the Pulumi stack's name, which is the same by design."""
    settings_directory: NotRequired[str]
    """Directory of the stacks' settings (Pulumi.<region>.yaml). A stack whose settings, backend or secrets provider are not
    those that factory.yaml declares is refused. Default: nothing is compared."""
    bundles_directory: NotRequired[str]
    """Directory of the operators' bundles that `aifactory operators fetch` fills. Default: none; charts come from their
    repositories."""
    facts_directory: NotRequired[str]
    """Directory to which an up writes what other regions need of this one. Default: nothing is written."""
    as_of: NotRequired[str]
    """Day of the rules, as 2026-11-22: a preview of what will hold then. Default: today, in UTC."""


class Region(pulumi.ComponentResource):
    """Everything that factory.yaml describes for one region, in the order in which it can stand."""

    endpoints: pulumi.Output[dict[str, str]]
    """Where each model answers, by its name."""
    databases: pulumi.Output[dict[str, str]]
    """Host of each database's primary, by its name."""
    poolers: pulumi.Output[dict[str, str]]
    """Host of each database's connection pooler, by its name; databases without one are left out."""
    virtual_machines: pulumi.Output[dict[str, str]]
    """Host of each virtual machine that has ports, by its name."""
    namespaces: pulumi.Output[list[str]]
    """Namespaces of the region."""
    queues: pulumi.Output[dict[str, str]]
    """Queue for the GPU work of each tenant's namespace, by the namespace."""

    @in_words
    def __init__(self, name: str, args: RegionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        # All of it before the first resource: a region of which half is refused would be half a region.
        self._factory = load_factory(Path(args["factory_file"]))
        self._name = args.get("region") or pulumi.get_stack()
        spec = self._spec = self._factory.region(self._name)
        if "settings_directory" in args:
            require_agreement(self._factory, self._name, stacks=Path(args["settings_directory"]))
        self._bundles = args.get("bundles_directory")
        if "facts_directory" in args:
            require_upgrades(spec, Path(args["facts_directory"]), self._name)
        self._bundled = Bundled()
        if self._bundles is not None:
            self._bundled = read_bundles(Path(self._bundles), spec.operators, f"region {self._name}")
        check_region(self._factory, self._name, self._bundled.brought if self._bundles is not None else None)
        on = _day(args.get("as_of"))
        found = require_region(self._factory, self._name, on, self._bundled.fetched)
        super().__init__(type_token("Region"), name, None, opts)
        self._warn(found)
        with judged(self._factory, self._name, on):
            made = self._make(name, spec)
        self.register_outputs(
            {
                "endpoints": self.endpoints,
                "databases": self.databases,
                "poolers": self.poolers,
                "virtual_machines": self.virtual_machines,
                "namespaces": self.namespaces,
                "queues": self.queues,
            }
        )
        if "facts_directory" in args and not pulumi.runtime.is_dry_run():
            self._tell(Path(args["facts_directory"]), made)

    @property
    def factory(self) -> FactorySpec:
        """The factory that the region belongs to."""
        return self._factory

    @property
    def flows(self) -> tuple[Flow, ...]:
        """Every flow of the region: those of its blocks, its state, its keys, and who reaches its API."""
        return region_flows(self._name, self._spec, self._bundled.fetched)

    def _warn(self, found: Assessment) -> None:
        """Say what is waived, and what blocks nothing and should be looked at: a waiver is never silent."""
        for finding in found.findings:
            if finding.verdict is Verdict.WAIVED:
                pulumi.log.warn(finding_text(finding), self)
        for warning in found.warnings:
            pulumi.log.warn(warning, self)

    def _make(self, name: str, spec: RegionSpec) -> list[pulumi.Resource]:
        cluster = ExistingCluster(f"{name}-cluster", self._args(spec.cluster.model_dump(mode="json")), self._opts())
        inside = pulumi.ResourceOptions(parent=self, provider=cluster.provider)
        operators = self._operators(name, spec, inside)
        guardrails = Guardrails(
            block_name(name, "guardrails"),
            self._args({"namespaces": _namespaces(spec), "admission": _admission(spec)}),
            _after(inside, operators),
        )
        self.namespaces = guardrails.names
        base = _after(inside, [*operators, guardrails])
        gpus = self._gpus(name, spec, base)
        platform = self._platform(name, spec, base)
        databases = self._databases(spec, base)
        machines = self._machines(spec, _after(base, platform))
        models = self._models(spec, _after(base, gpus))
        return [*operators, guardrails, *gpus, *platform, *databases.values(), *machines.values(), *models.values()]

    def _opts(self) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self)

    def _args(self, values: dict[str, Any]) -> Any:  # noqa: ANN401 - the TypedDict of whichever block it is for
        owner = {
            "factory": self._factory.name,
            "region": self._name,
            "site": self._spec.site.model_dump(mode="json"),
            "profiles": list(self._spec.profiles),
        }
        if self._spec.registry is not None:
            owner["registry"] = self._spec.registry.model_dump(mode="json", exclude_none=True)
        return owner | {key: value for key, value in values.items() if value is not None}

    def _operators(self, name: str, spec: RegionSpec, opts: pulumi.ResourceOptions) -> list[pulumi.Resource]:
        if not spec.operators:
            return []
        values = spec.model_dump(mode="json", include={"operators"})
        return [Operators(block_name(name, "operators"), self._args(values | {"bundles": self._bundles}), opts)]

    def _gpus(self, name: str, spec: RegionSpec, opts: pulumi.ResourceOptions) -> list[pulumi.Resource]:
        made: list[pulumi.Resource] = []
        if spec.gpu_operator and is_ours(spec, "gpu-operator"):
            pools = spec.model_dump(mode="json", include={"gpu_pools"})["gpu_pools"]
            values = spec.gpu_operator.model_dump(mode="json")
            args = self._args(values | {"pools": pools, "namespace": gpu_operator_namespace(spec, spec.gpu_operator)})
            made.append(GpuOperator(block_name(name, "gpus"), args, opts))
        self.queues = pulumi.Output.from_input({})
        if (tenancy := tenancy_of(spec)) is not None:
            component = Tenancy(block_name(name, "tenancy"), self._args(tenancy.model_dump(mode="json")), _after(opts, made))
            self.queues = component.queues
            made.append(component)
        return made

    def _platform(self, name: str, spec: RegionSpec, opts: pulumi.ResourceOptions) -> list[pulumi.Resource]:
        if spec.virtualization is None or not platform_is_ours(spec, spec.virtualization):
            return []
        args = self._args(spec.virtualization.model_dump(mode="json"))
        return [VirtualMachinePlatform(block_name(name, "virtualization"), args, opts)]

    def _databases(self, spec: RegionSpec, opts: pulumi.ResourceOptions) -> dict[str, Postgres]:
        made: dict[str, Postgres] = {}
        for name, database in spec.databases.items():
            store = spec.object_stores[database.backup.store].model_dump(mode="json") if database.backup else None
            made[name] = Postgres(name, self._args(database.model_dump(mode="json") | {"store": store}), opts)
        self.databases = _by_name({name: database.host for name, database in made.items()})
        self.poolers = _by_name({name: made[name].pooler_host for name, item in spec.databases.items() if item.pooler})
        self._servers = _by_name(
            {name: made[name].backup_server_name for name, item in spec.databases.items() if item.backup}
        )
        return made

    def _machines(self, spec: RegionSpec, opts: pulumi.ResourceOptions) -> dict[str, VirtualMachine]:
        made = {
            name: VirtualMachine(name, self._args(machine.model_dump(mode="json")), opts)
            for name, machine in spec.virtual_machines.items()
        }
        self.virtual_machines = _by_name(
            {name: made[name].host for name, item in spec.virtual_machines.items() if item.ports}
        )
        return made

    def _models(self, spec: RegionSpec, opts: pulumi.ResourceOptions) -> dict[str, InferenceService]:
        made = {
            name: InferenceService(name, self._args(_model_args(spec, served(spec, model))), opts)
            for name, model in spec.models.items()
        }
        self.endpoints = _by_name({name: model.url for name, model in made.items()})
        return made

    def _tell(self, directory: Path, made: Sequence[pulumi.Resource]) -> None:
        """Write the region's facts once everything in it is there."""
        everything = pulumi.Output.all(
            endpoints=self.endpoints,
            databases=self.databases,
            servers=self._servers,
            done=[resource.urn for resource in made],
        )

        async def write(values: Mapping[str, Any]) -> None:
            if await everything.is_secret():
                rule = "is a secret, and facts lie in git in clear; nothing was written"
                raise SpecError("facts", [Problem(self._name, "[hidden]", rule, "an address without credentials")])
            write_facts(directory, self._facts(values["endpoints"], values["databases"], values["servers"]))

        everything.apply(write)

    def _facts(self, endpoints: Mapping[str, str], hosts: Mapping[str, str], servers: Mapping[str, str]) -> RegionFacts:
        spec = self._spec
        return RegionFacts(
            factory=self._factory.name,
            region=self._name,
            simulated=spec.is_local,
            site=PlaceFacts.model_validate(spec.site.model_dump()),
            profiles=spec.profiles,
            operators={name: operator.version or releases()[name].version for name, operator in spec.operators.items()},
            databases={name: self._database_facts(name, host, servers.get(name)) for name, host in hosts.items()},
            models={name: ModelFacts(url=url, source=spec.models[name].source) for name, url in endpoints.items()},
        )

    def _database_facts(self, name: str, host: str, server: str | None) -> DatabaseFacts:
        backup = self._spec.databases[name].backup
        store = self._spec.object_stores[backup.store].destination if backup else None
        return DatabaseFacts(host=host, store=store, server_name=server)


def _day(text: str | None) -> date:
    try:
        return date.fromisoformat(text) if text else today()
    except ValueError:
        raise SpecError("Region", [Problem("as_of", str(text), "is no day", "2026-11-22")]) from None


def require_upgrades(spec: RegionSpec, facts: Path, name: str) -> None:
    """Refuse operators that cannot come to their pinned version from the one that the last up left, or not by themselves.

    Raises:
        SpecError: an upgrade is blocked, or takes steps by hand that nobody says are done; or the facts cannot be read.
    """
    if not facts_file(facts, name).exists():
        return
    problems = list(upgrade_problems(spec.operators, load_facts(facts, name).operators))
    if problems:
        raise SpecError(f"regions.{name}.operators", problems)


def _after(opts: pulumi.ResourceOptions, resources: Sequence[pulumi.Resource]) -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=list(resources)))


def _by_name(outputs: Mapping[str, pulumi.Output[str]]) -> pulumi.Output[dict[str, str]]:
    # Without a single name `Output.all` could not tell a mapping from a list, and would give a list.
    return pulumi.Output.all(**outputs) if outputs else pulumi.Output.from_input({})


def _namespaces(spec: RegionSpec) -> dict[str, Any]:
    return {name: found.model_dump(mode="json") for name, found in region_namespaces(spec).items()}


def _admission(spec: RegionSpec) -> dict[str, Any]:
    return admission_of(spec, spec.admission).model_dump(mode="json", exclude_none=True)


def _model_args(spec: RegionSpec, model: ModelSpec) -> dict[str, Any]:
    pool = str(model.pool)
    found = spec.gpu_pools[pool].model_dump(mode="json")
    gateway = cast("GatewaySpec", spec.gateway).model_dump(mode="json")
    return model.model_dump(mode="json") | {"pool": {"name": pool} | found, "gateway": gateway}
