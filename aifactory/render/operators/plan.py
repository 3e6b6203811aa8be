"""What installs the operators of a region, each after those that it needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from aifactory.catalog import Release, releases
from aifactory.errors import Problem, SpecError
from aifactory.model import InstallMode, OperatorSpec, OperatorsSpec, RegistrySpec
from aifactory.model.chart_values import given_values
from aifactory.model.operators import OlmSpec, install_order, installed_before, namespace_of, operator_problems
from aifactory.render.guardrails import pod_security_labels
from aifactory.render.manifest import Manifest, Scope
from aifactory.render.operators.bundled import Brought, definitions, stages
from aifactory.render.operators.helm import HelmRelease, bundled_release, helm_release
from aifactory.render.operators.olm import subscribe

_LEVELS = ("restricted", "baseline", "privileged")
"""Pod Security Standards, strictest first."""


@dataclass(frozen=True, slots=True)
class OperatorInstall:
    """All that installs one operator.

    Attributes:
        operator: its name in the catalog.
        namespace: the Namespace that it runs in; None when another operator's install makes it, or it is there already.
        extra: further Namespaces that its objects go into and that nobody else makes.
        definitions: its CustomResourceDefinitions, established before anything else of it; from its bundle.
        stages: its objects from its bundle, in groups, each after those before it.
        objects: objects that follow, each after those before it.
        releases: its charts, each once the one before it is complete; empty for other modes.
        after: operators whose install must be complete before.
        protect: whether a plan that takes it away is refused.
        protect_namespace: the same of the Namespace, in which others may run whose loss is refused.
    """

    operator: str
    namespace: Manifest | None
    objects: tuple[Manifest, ...]
    releases: tuple[HelmRelease, ...]
    after: tuple[str, ...]
    protect: bool
    protect_namespace: bool
    extra: tuple[Manifest, ...] = ()
    definitions: tuple[Manifest, ...] = ()
    stages: tuple[tuple[Manifest, ...], ...] = ()

    @property
    def manifests(self) -> list[Manifest]:
        """Every object, in order of creation."""
        namespaces = [self.namespace] if self.namespace else []
        return [*namespaces, *self.extra, *self.theirs, *self.objects]

    @property
    def ours(self) -> list[Manifest]:
        """Its objects without what its bundle brings."""
        return [*([self.namespace] if self.namespace else []), *self.extra, *self.objects]

    @property
    def theirs(self) -> list[Manifest]:
        """What its bundle brings, in order of creation: others' work, applied as it is."""
        return [*self.definitions, *(manifest for stage in self.stages for manifest in stage)]


def render_operators(scope: Scope, name: str, spec: OperatorsSpec, registry: RegistrySpec | None = None) -> list[Manifest]:
    """Return the Kubernetes objects that install operators; charts are no objects, `plan_operators` has them too.

    What bundles bring is others' work and left out: it is applied as it is.

    Raises:
        SpecError: as `plan_operators`.
    """
    plan = plan_operators(scope, name, spec, registry=registry)
    return [manifest for install in plan for manifest in install.manifests]


def plan_operators(
    scope: Scope,
    name: str,
    spec: OperatorsSpec,
    brought: Mapping[str, Brought] | None = None,
    registry: RegistrySpec | None = None,
) -> list[OperatorInstall]:
    """Return what installs each operator that is ours to install, in the order in which they come.

    Args:
        scope: whose the objects are.
        name: name of the component.
        spec: the operators.
        brought: what bundles bring, by operator; None where none were looked for: those that need one are taken as they are.
        registry: where the charts' images come from; None: from where they are.

    Raises:
        SpecError: a mode that cannot be carried out, another version than the pinned one, something required that is not
            there, or two that may not stand beside each other.
    """
    operators = spec.operators
    problems = operator_problems(operators)
    if not problems and brought is not None:
        problems = bundle_problems(operators, brought)
    if problems:
        raise SpecError(f"Operators {name}", problems)
    given = brought or {}
    # Who makes each namespace; None is there already, and so is that of an operator which we do not install.
    makers: dict[str | None, str | None] = {None: None}
    makers |= {namespace_of(key, found): None for key, found in operators.items() if not found.install.installs}
    plan: list[OperatorInstall] = []
    for key in install_order(operators):
        if operators[key].install.installs:
            found = given.get(key, Brought())
            maker = makers.setdefault(namespace_of(key, operators[key]), key)
            others = {namespace: makers.setdefault(namespace, key) for namespace in _made_besides(key, operators, found)}
            install = _install(scope, key, operators, maker, registry)
            plan.append(_with_bundle(scope, install, operators, found, others))
    return plan


def bundle_problems(operators: Mapping[str, OperatorSpec], brought: Mapping[str, Brought]) -> list[Problem]:
    """Return what is wrong with operators that are installed from a bundle's manifests; places begin with their names."""
    problems: list[Problem] = []
    for key, spec in operators.items():
        if spec.install is InstallMode.MANIFESTS:
            found, release = brought.get(key, Brought()), releases()[key]
            remedy = f"`aifactory operators fetch {key} --manifests FILE`"
            if not found.manifests and (release.namespace or not found.crds):
                rule = f"needs a bundle with the manifests of {release.title} {release.version}, and there is none"
                problems.append(Problem(f"{key}.install", spec.install.value, rule, remedy))
            elif (where := namespace_of(key, spec)) is not None and where not in _places(found):
                rule = f"its bundle's objects go into {', '.join(sorted(_places(found)))}, and none into this one"
                problems.append(Problem(f"{key}.namespace", where, rule, remedy))
    return problems


def _places(found: Brought) -> set[str]:
    return {thing["metadata"]["namespace"] for thing in found.manifests if thing["metadata"].get("namespace")}


def _made_besides(key: str, operators: Mapping[str, OperatorSpec], found: Brought) -> list[str]:
    """Return the Namespaces among the objects of a bundle, but for the one that the operator itself runs in."""
    if operators[key].install is not InstallMode.MANIFESTS:
        return []
    return [namespace for namespace in found.namespaces if namespace != namespace_of(key, operators[key])]


def _with_bundle(
    scope: Scope,
    install: OperatorInstall,
    operators: Mapping[str, OperatorSpec],
    found: Brought,
    others: Mapping[str, str | None],
) -> OperatorInstall:
    """Return an installation that takes from a bundle what the bundle has."""
    key = install.operator
    mode = operators[key].install
    if mode not in {InstallMode.HELM, InstallMode.MANIFESTS}:
        return install
    makers = [maker for maker in others.values() if maker is not None and maker != key]
    install = replace(
        install,
        definitions=definitions(scope, key, found.crds),
        after=tuple(dict.fromkeys([*install.after, *makers])),
    )
    if mode is InstallMode.HELM:
        return replace(install, releases=_bundled_releases(key, install.releases, found))
    namespace = install.namespace
    if namespace is not None:
        theirs = found.labels_of(namespace["metadata"]["name"])
        metadata = namespace["metadata"] | {"labels": theirs | namespace["metadata"]["labels"]}
        namespace = namespace | {"metadata": metadata}
    extra = [
        _namespace_at(scope, name, [releases()[key]], found.labels_of(name)) for name, by in others.items() if by == key
    ]
    return replace(install, namespace=namespace, extra=tuple(extra), stages=stages(scope, key, found.manifests))


def _bundled_releases(key: str, ours: Sequence[HelmRelease], found: Brought) -> tuple[HelmRelease, ...]:
    """Return releases whose charts come from a bundle; several lie in it each under its name."""
    several = len(releases()[key].charts) > 1 and found.chart
    return tuple(
        bundled_release(release, f"{found.chart}/{chart.name}" if several else found.chart, has_crds=bool(found.crds))
        for release, chart in zip(ours, releases()[key].charts, strict=True)
    )


def _install(
    scope: Scope,
    key: str,
    operators: Mapping[str, OperatorSpec],
    maker: str | None,
    registry: RegistrySpec | None,
) -> OperatorInstall:
    spec, release = operators[key], releases()[key]
    where = namespace_of(key, spec) or ""
    charts = release.charts if spec.install is InstallMode.HELM else ()
    package = release.olm if spec.install is InstallMode.OLM else None
    before = [*installed_before(key, operators), *([maker] if maker and maker != key else [])]
    return OperatorInstall(
        operator=key,
        namespace=_namespace(scope, where, operators) if maker == key else None,
        objects=subscribe(scope, where, package, spec.olm or OlmSpec()) if package else (),
        releases=tuple(
            helm_release(key, where, chart, given_values(release, chart, spec.values), registry) for chart in charts
        ),
        after=tuple(dict.fromkeys(before)),
        protect=spec.protect,
        protect_namespace=any(other.protect for name, other in operators.items() if namespace_of(name, other) == where),
    )


def _namespace(scope: Scope, name: str, operators: Mapping[str, OperatorSpec]) -> Manifest:
    """Return a Namespace that enforces the level which the least strict of its operators needs, and no less."""
    return _namespace_at(
        scope, name, [releases()[key] for key, spec in operators.items() if namespace_of(key, spec) == name], {}
    )


def _namespace_at(scope: Scope, name: str, inside: Sequence[Release], theirs: Mapping[str, str]) -> Manifest:
    level = max((release.pod_security for release in inside), key=_LEVELS.index)
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": scope.metadata(name, labels=dict(theirs) | pod_security_labels(level)),
    }
