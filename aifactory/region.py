"""One region, composed from the blocks as factory.yaml describes it."""

from pathlib import Path
from typing import Any, NotRequired, TypedDict, cast

import pulumi

from aifactory.clusters.existing import ExistingCluster
from aifactory.conventions import type_token
from aifactory.guardrails import Guardrails
from aifactory.inference import InferenceService
from aifactory.model import FactorySpec, GatewaySpec, ModelSpec, RegionSpec, load_factory
from aifactory.postgres import Postgres


class RegionArgs(TypedDict):
    """A region of a factory."""

    factory_file: str
    """Path of factory.yaml."""
    region: NotRequired[str]
    """Name of the region in it. Default: the Pulumi stack's name, which is the same by design."""


class Region(pulumi.ComponentResource):
    """Everything that factory.yaml describes for one region, in the order in which it can stand."""

    endpoints: pulumi.Output[dict[str, str]]
    """Where each model answers, by its name."""
    databases: pulumi.Output[dict[str, str]]
    """Host of each database's primary, by its name."""
    namespaces: pulumi.Output[list[str]]
    """Namespaces of the region."""

    def __init__(self, name: str, args: RegionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(type_token("Region"), name, None, opts)
        self._factory = load_factory(Path(args["factory_file"]))
        self._name = args.get("region") or pulumi.get_stack()
        spec = self._factory.region(self._name)

        cluster = ExistingCluster(f"{name}-cluster", self._args(spec.cluster.model_dump(mode="json")), self._child())
        inside = pulumi.ResourceOptions(parent=self, provider=cluster.provider)
        guardrails = Guardrails(
            f"{name}-guardrails", self._args(spec.model_dump(mode="json", include={"namespaces"})), inside
        )
        after = pulumi.ResourceOptions.merge(inside, pulumi.ResourceOptions(depends_on=[guardrails]))
        self.databases = self._make_databases(spec, after)
        self.endpoints = self._make_models(spec, after)
        self.namespaces = guardrails.names
        self.register_outputs({"endpoints": self.endpoints, "databases": self.databases, "namespaces": self.namespaces})

    @property
    def factory(self) -> FactorySpec:
        """The factory that the region belongs to."""
        return self._factory

    def _child(self) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self)

    def _args(self, values: dict[str, Any]) -> Any:  # noqa: ANN401 - the TypedDict of whichever block it is for
        spec = self._factory.region(self._name)
        owner = {
            "factory": self._factory.name,
            "region": self._name,
            "site": spec.site.model_dump(mode="json"),
            "profiles": list(spec.profiles),
        }
        return owner | {key: value for key, value in values.items() if value is not None}

    def _make_databases(self, spec: RegionSpec, opts: pulumi.ResourceOptions) -> pulumi.Output[dict[str, str]]:
        made = {
            name: Postgres(name, self._args(database.model_dump(mode="json")), opts)
            for name, database in spec.databases.items()
        }
        return _by_name({name: database.host for name, database in made.items()})

    def _make_models(self, spec: RegionSpec, opts: pulumi.ResourceOptions) -> pulumi.Output[dict[str, str]]:
        made = {
            name: InferenceService(name, self._args(_model_args(spec, model)), opts) for name, model in spec.models.items()
        }
        return _by_name({name: model.url for name, model in made.items()})


def _by_name(outputs: dict[str, pulumi.Output[str]]) -> pulumi.Output[dict[str, str]]:
    # Without a single name `Output.all` could not tell a mapping from a list, and would give a list.
    return pulumi.Output.all(**outputs) if outputs else pulumi.Output.from_input({})


def _model_args(spec: RegionSpec, model: ModelSpec) -> dict[str, Any]:
    pool = model.pool or next(iter(spec.gpu_pools))
    found = spec.gpu_pools[pool].model_dump(mode="json")
    gateway = cast("GatewaySpec", spec.gateway).model_dump(mode="json")
    return model.model_dump(mode="json") | {"pool": {"name": pool} | found, "gateway": gateway}
