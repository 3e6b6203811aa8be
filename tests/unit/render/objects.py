"""Finding one object among those that were rendered."""

from typing import Any

from aifactory.model import FactorySpec
from aifactory.render import Manifest, Scope, render_database, render_model, render_namespace
from tests.unit.factories import factory

SCOPE = Scope("demo", "here", "test")


def pick(manifests: Any, kind: str, name: str | None = None) -> Manifest:
    found = [m for m in manifests if m["kind"] == kind and name in {None, m["metadata"]["name"]}]
    assert len(found) == 1, f"{len(found)} objects of kind {kind} and name {name}"
    return found[0]


def model_objects(spec: FactorySpec | None = None, name: str = "assistant") -> list[Manifest]:
    region = (spec or factory()).region("here")
    model = region.models[name]
    assert region.gateway is not None
    pool = model.pool or "h100"
    objects = render_model(SCOPE, name, model, pool, region.gpu_pools[pool], region.gateway)
    return [*objects.weights, *objects.serving, *objects.route]


def database_objects(spec: FactorySpec | None = None, name: str = "billing") -> list[Manifest]:
    return render_database(SCOPE, name, (spec or factory()).region("here").databases[name])


def region_objects(spec: FactorySpec | None = None) -> list[Manifest]:
    region = (spec or factory()).region("here")
    namespaces = [m for name, rules in region.namespaces.items() for m in render_namespace(SCOPE, name, rules)]
    databases = [m for name in region.databases for m in database_objects(spec, name)]
    return [*namespaces, *databases, *(m for name in region.models for m in model_objects(spec, name))]
