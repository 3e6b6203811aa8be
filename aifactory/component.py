"""What all blocks have in common: their args at the door, and the way from rendered objects to resources.

Blocks take a TypedDict (the one form that Pulumi's component host understands from every language) and turn it into a
frozen spec at once. What the sovereignty rules read is plain, never an `Input`: it is known before the engine starts.
"""

# No `from __future__ import annotations` here or in any block: the component host reads annotations as objects.

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, NotRequired, TypedDict, TypeVar, cast

import pulumi
import pulumi_kubernetes

from aifactory.conventions import type_token
from aifactory.errors import Problem, SpecError
from aifactory.model import RegistrySpec, SiteSpec, known_profiles, nearest, validate
from aifactory.render.manifest import Manifest, Scope
from aifactory.render.registry import through_registry
from aifactory.render.schema import check_objects


class SiteArgs(TypedDict):
    """Where a component's region stands and who runs it; what every sovereignty rule starts from."""

    provider: str
    """Whose infrastructure: local, on-prem, edge, aws or azure."""
    location: str
    """The provider's name of the place, such as eu-central-1, or your own name of a data centre."""
    country: str
    """Country in which the machines stand: ISO 3166-1 alpha-2, upper case."""
    operator: str
    """Who runs the machines and can reach them; self when it is the owner of the factory."""


class RegistryArgs(TypedDict):
    """Where images come from, and by whose leave."""

    mirror: NotRequired[str]
    """host[/path] that everything comes from, with the original host as the first part of the path. Default: none."""
    mirrors: NotRequired[dict[str, str]]
    """Original host to what replaces it, such as ghcr.io to registry.internal/ghcr. Default: none."""
    only: NotRequired[bool]
    """Whether an image of a host that is not mirrored is refused. Default true."""
    pull_secret: NotRequired[str]
    """Name of a dockerconfigjson Secret in every namespace that pulls. Default: none is needed."""


class OwnerArgs(TypedDict):
    """What every component is told about the factory it belongs to, and the place it stands in."""

    factory: NotRequired[str]
    """Name of the factory, part of the owner annotation of every object. Default: the Pulumi project."""
    region: NotRequired[str]
    """Name of the region. Default: the Pulumi stack."""
    site: NotRequired[SiteArgs]
    """Where the region stands. Required: an unknown place is a denial."""
    profiles: NotRequired[list[str]]
    """Sovereignty profiles that hold here. Required: [none] says in so many words that no rules do."""
    registry: NotRequired[RegistryArgs]
    """Registry that every image of the component is taken from. Default: where their makers keep them."""


_Value = TypeVar("_Value")

_DECLARED: ContextVar[frozenset[str]] = ContextVar("declared_profiles", default=frozenset())

_OWNER_KEYS = frozenset({"factory", "region", "site", "profiles", "registry"})

_SITE_EXAMPLE = '{"provider": "on-prem", "location": "NAME", "country": "DE", "operator": "self"}'


class KubernetesObject(pulumi.CustomResource):
    """One Kubernetes object, of any kind, under the type token that pulumi-kubernetes gives it.

    The state is the same as that of pulumi_kubernetes' own classes; this one keeps `status` of custom resources, which
    theirs drop, and needs no class per kind.
    """

    metadata: pulumi.Output[dict[str, Any]]
    status: pulumi.Output[dict[str, Any] | None]

    def __init__(self, name: str, manifest: Manifest, opts: pulumi.ResourceOptions) -> None:
        outputs: dict[str, Any] = {"metadata": None, "status": None}
        version = pulumi.ResourceOptions(version=sdk_version())
        super().__init__(_kubernetes_token(manifest), name, outputs | manifest, pulumi.ResourceOptions.merge(version, opts))


def sdk_version() -> str:
    """Return the version of the installed Kubernetes SDK, which is the version of the plugin it needs."""
    from importlib.metadata import version

    return version(pulumi_kubernetes.__name__.replace("_", "-"))


def _kubernetes_token(manifest: Manifest) -> str:
    group_version = str(manifest["apiVersion"])
    qualified = group_version if "/" in group_version else f"core/{group_version}"
    return f"kubernetes:{qualified}:{manifest['kind']}"


class RefusedError(SpecError, pulumi.RunError):
    """What a component refuses, as Pulumi shows a user's mistake: in words, without a traceback."""


_Init = TypeVar("_Init", bound=Callable[..., None])


def in_words(init: _Init) -> _Init:
    """Make a component's constructor refuse wrong args in words alone."""

    @wraps(init)
    def constructor(*args: object, **kwargs: object) -> None:
        try:
            init(*args, **kwargs)
        except SpecError as error:
            raise RefusedError(error.source, list(error.problems)) from None

    return cast("_Init", constructor)


class Component(pulumi.ComponentResource):
    """Base of all blocks."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.__init__ = in_words(cls.__init__)

    def __init__(self, name: str, args: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(type_token(type(self).__name__), name, None, opts)
        check_owner(f"{type(self).__name__} {name}", args)
        self._scope = Scope(
            factory=str(args.get("factory") or pulumi.get_project()),
            region=str(args.get("region") or pulumi.get_stack()),
            component=name,
        )
        registry = cast("Mapping[str, Any] | None", args.get("registry"))
        source = f"{type(self).__name__} {name}: registry"
        self._registry = None if registry is None else validate(RegistrySpec, dict(registry), source)

    def make(
        self,
        manifests: Iterable[Manifest],
        *,
        depends_on: Sequence[pulumi.Resource] = (),
        protect: bool = False,
        retain: bool = False,
        checked: bool = True,
    ) -> list[pulumi.Resource]:
        """Make objects as children of this component.

        Their images come through the component's registry. Each is checked against the schema of its kind: the API
        server and the official plugin only warn about a field that they do not know, and drop it.

        Args:
            manifests: the objects.
            depends_on: resources that must be there before.
            protect: refuse plans that delete or replace them.
            retain: leave them in the cluster when they leave the program.
            checked: false for what others wrote, such as an operator's own definitions: it is applied as it is.

        Raises:
            SpecError: objects have fields that their kinds do not have, or values that these do not take.
        """
        name, objects = self._scope.component, through_registry(manifests, self._registry)
        if checked:
            check_objects(f"{type(self).__name__} {name}", objects)
        return [
            KubernetesObject(
                _child_name(name, manifest),
                manifest,
                pulumi.ResourceOptions(parent=self, depends_on=list(depends_on), protect=protect, retain_on_delete=retain),
            )
            for manifest in objects
        ]


def once_made(resources: Sequence[pulumi.Resource], value: _Value) -> pulumi.Output[_Value]:
    """Return an output that has its value when these resources are there: an address is given out once it answers."""
    return pulumi.Output.all(*[resource.urn for resource in resources]).apply(lambda _: value)


def _child_name(component: str, manifest: Manifest) -> str:
    metadata = cast("dict[str, str]", manifest["metadata"])
    namespace = metadata.get("namespace")
    place = f"{namespace}-" if namespace else ""
    return f"{component}-{str(manifest['kind']).lower()}-{place}{metadata['name']}"


@contextmanager
def declaring(profiles: Iterable[str]) -> Generator[None]:
    """Make profiles of a factory's own known to the components that are made inside of this block."""
    token = _DECLARED.set(frozenset(profiles))
    try:
        yield
    finally:
        _DECLARED.reset(token)


def check_owner(source: str, args: Mapping[str, Any]) -> None:
    """Refuse a component that does not say where it stands and which rules hold there.

    Args:
        source: whose args these are, such as ``Postgres billing``.
        args: the args of the component.

    Raises:
        SpecError: `site` or `profiles` is missing or wrong; an unknown is a denial.
    """
    problems: list[Problem] = []
    site = cast("Mapping[str, Any] | None", args.get("site"))
    if site is None:
        rule = "is required: an unknown place is a denial, whatever runs there"
        problems.append(Problem("site", "", rule, _SITE_EXAMPLE))
    profiles = cast("Sequence[str]", args.get("profiles") or ())
    if not profiles:
        rule = "is required: rules that nobody named are a denial; [none] says that there are none"
        problems.append(Problem("profiles", "", rule, '["none"]'))
    known = {*known_profiles(), *_DECLARED.get()}
    for profile in profiles:
        if profile not in known:
            rule = f"no such profile; there are {', '.join(sorted(known))}"
            problems.append(Problem("profiles", profile, rule, nearest(profile, known)))
    if problems:
        raise SpecError(source, problems)
    validate(SiteSpec, dict(site or {}), f"{source}: site")


def spec_values(args: Mapping[str, Any]) -> dict[str, Any]:
    """Return the args that describe the component itself, without those that say whose it is."""
    return {key: value for key, value in args.items() if key not in _OWNER_KEYS and value is not None}
