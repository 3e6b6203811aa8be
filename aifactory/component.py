"""What all blocks have in common: their args at the door, and the way from rendered objects to resources.

Blocks take a TypedDict (the one form that Pulumi's component host understands from every language) and turn it into a
frozen spec at once. What the sovereignty rules read is plain, never an `Input`: it is known before the engine starts.
"""

# No `from __future__ import annotations` here or in any block: the component host reads annotations as objects.

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from typing import Any, TypeVar, cast

import pulumi
import pulumi_kubernetes

from aifactory.conventions import type_token
from aifactory.enforcement import Rules, require_block, rules_alone, rules_of_region
from aifactory.errors import DeniedError, Problem, SpecError
from aifactory.model import DeclaredSpec, RegistrySpec, SiteSpec, known_profiles, nearest, validate
from aifactory.render.admission import protected
from aifactory.render.manifest import Manifest, Scope
from aifactory.render.registry import through_registry
from aifactory.render.schema import check_objects
from aifactory.sovereignty import Flow
from aifactory.sovereignty.registry import flows_through_registry

_Value = TypeVar("_Value")

_OWNER_KEYS = frozenset({"factory", "region", "site", "profiles", "registry", "declared"})

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


class RefusedByRulesError(DeniedError, pulumi.RunError):
    """What sovereignty rules deny, as Pulumi shows a user's mistake."""


_Init = TypeVar("_Init", bound=Callable[..., None])


def in_words(init: _Init) -> _Init:
    """Make a component's constructor refuse wrong args in words alone."""

    @wraps(init)
    def constructor(*args: object, **kwargs: object) -> None:
        try:
            init(*args, **kwargs)
        except SpecError as error:
            raise RefusedError(error.source, list(error.problems)) from None
        except DeniedError as error:
            raise RefusedByRulesError(error.message) from None

    return cast("_Init", constructor)


class Component(pulumi.ComponentResource):
    """Base of all blocks."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.__init__ = in_words(cls.__init__)

    def __init__(self, name: str, args: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(type_token(type(self).__name__), name, None, opts)
        self._title = f"{type(self).__name__} {name}"
        self._rules = check_owner(self._title, args)
        self._site = validate(SiteSpec, dict(args["site"]), f"{self._title}: site")
        self._judged = False
        self._scope = Scope(
            factory=str(args.get("factory") or pulumi.get_project()),
            region=str(args.get("region") or pulumi.get_stack()),
            component=name,
        )
        registry = cast("Mapping[str, Any] | None", args.get("registry"))
        source = f"{self._title}: registry"
        self._registry = None if registry is None else validate(RegistrySpec, dict(registry), source)

    @property
    def flows(self) -> tuple[Flow, ...]:
        """Where data goes because of this component."""
        raise NotImplementedError

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
        self.require_allowed()
        name, objects = self._scope.component, through_registry(manifests, self._registry)
        if protect and checked:
            objects = [protected(manifest) for manifest in objects]
        if checked:
            check_objects(self._title, objects)
        return [
            KubernetesObject(
                _child_name(name, manifest),
                manifest,
                pulumi.ResourceOptions(parent=self, depends_on=list(depends_on), protect=protect, retain_on_delete=retain),
            )
            for manifest in objects
        ]

    def require_allowed(self) -> None:
        """Refuse what rules deny, once, before the first object; a region has been judged as a whole before its blocks.

        Raises:
            DeniedError: with every finding that blocks.
        """
        if not self._judged:
            self._judged = True
            flows = flows_through_registry(self.flows, self._registry)
            require_block(self._title, self._scope.region, self._site, self._rules, flows)


def once_made(resources: Sequence[pulumi.Resource], value: _Value) -> pulumi.Output[_Value]:
    """Return an output that has its value when these resources are there: an address is given out once it answers."""
    return pulumi.Output.all(*[resource.urn for resource in resources]).apply(lambda _: value)


def _child_name(component: str, manifest: Manifest) -> str:
    metadata = cast("dict[str, str]", manifest["metadata"])
    namespace = metadata.get("namespace")
    place = f"{namespace}-" if namespace else ""
    return f"{component}-{str(manifest['kind']).lower()}-{place}{metadata['name']}"


def check_owner(source: str, args: Mapping[str, Any]) -> Rules:
    """Refuse a component that does not say where it stands and which rules hold there; return the rules.

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
    region = rules_of_region()
    declared = validate(DeclaredSpec, dict(cast("Mapping[str, Any]", args.get("declared") or {})), f"{source}: declared")
    known = {*known_profiles(), *(region.own if region else declared.profiles)}
    for profile in profiles:
        if profile not in known:
            rule = f"no such profile; there are {', '.join(sorted(known))}"
            problems.append(Problem("profiles", profile, rule, nearest(profile, known)))
    if problems:
        raise SpecError(source, problems)
    return region or rules_alone(profiles, declared)


def spec_values(args: Mapping[str, Any]) -> dict[str, Any]:
    """Return the args that describe the component itself, without those that say whose it is."""
    return {key: value for key, value in args.items() if key not in _OWNER_KEYS and value is not None}
