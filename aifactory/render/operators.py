"""What installs operators: namespaces, Helm releases at pinned versions, subscriptions of the Operator Lifecycle Manager."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

from aifactory.catalog import Chart, OlmPackage, releases
from aifactory.errors import SpecError
from aifactory.model import InstallMode, OperatorSpec, OperatorsSpec
from aifactory.model.operators import install_order, installed_before, namespace_of, operator_problems
from aifactory.render.guardrails import POD_SECURITY_VERSION
from aifactory.render.manifest import Manifest, Scope

TIMEOUT_SECONDS: Final = 600
"""How long an operator may take to come up; its images are large, and a mirror may be cold."""

_LEVELS = ("restricted", "baseline", "privileged")
"""Pod Security Standards, strictest first."""


@dataclass(frozen=True, slots=True)
class HelmRelease:
    """One installation of a chart.

    Attributes:
        name: of the release; fixed, as objects that the chart makes are named after it.
        namespace: that it goes into.
        chart: as Helm takes it: its name in a repository, or in full from a registry.
        repo: repository with an index; empty for a registry.
        version: of the chart.
        values: ours, with the user's over them.
        timeout_seconds: how long Helm waits for what the chart makes.
    """

    name: str
    namespace: str
    chart: str
    repo: str
    version: str
    values: dict[str, Any] = field(default_factory=dict[str, Any])
    timeout_seconds: int = TIMEOUT_SECONDS


@dataclass(frozen=True, slots=True)
class OperatorInstall:
    """All that installs one operator.

    Attributes:
        operator: its name in the catalog.
        namespace: the Namespace that it runs in; None when another operator's install makes it, or it is there already.
        objects: objects that follow, each after those before it.
        release: the chart; None for other modes.
        after: operators whose install must be complete before.
        protect: whether a plan that takes it away is refused.
        protect_namespace: the same of the Namespace, in which others may run whose loss is refused.
    """

    operator: str
    namespace: Manifest | None
    objects: tuple[Manifest, ...]
    release: HelmRelease | None
    after: tuple[str, ...]
    protect: bool
    protect_namespace: bool


def render_operators(scope: Scope, name: str, spec: OperatorsSpec) -> list[Manifest]:
    """Return the Kubernetes objects that install operators; charts are no objects, `plan_operators` has them too.

    Raises:
        SpecError: as `plan_operators`.
    """
    plan = plan_operators(scope, name, spec)
    return [
        manifest for install in plan for manifest in ([install.namespace] if install.namespace else []) + [*install.objects]
    ]


def plan_operators(scope: Scope, name: str, spec: OperatorsSpec) -> list[OperatorInstall]:
    """Return what installs each operator that is ours to install, in the order in which they come.

    Args:
        scope: whose the objects are.
        name: name of the component.
        spec: the operators.

    Raises:
        SpecError: a mode that cannot be carried out, another version than the pinned one, something required that is not
            there, or two that may not stand beside each other.
    """
    if problems := operator_problems(spec.operators):
        raise SpecError(f"Operators {name}", problems)
    operators = spec.operators
    # Who makes each namespace; None is there already, and so is that of an operator which we do not install.
    makers: dict[str | None, str | None] = {None: None}
    makers |= {namespace_of(key, found): None for key, found in operators.items() if not found.install.installs}
    plan: list[OperatorInstall] = []
    for key in install_order(operators):
        if operators[key].install.installs:
            maker = makers.setdefault(namespace_of(key, operators[key]), key)
            plan.append(_install(scope, key, operators, maker))
    return plan


def _install(scope: Scope, key: str, operators: Mapping[str, OperatorSpec], maker: str | None) -> OperatorInstall:
    spec, release = operators[key], releases()[key]
    where = namespace_of(key, spec) or ""
    chart = release.chart if spec.install is InstallMode.HELM else None
    package = release.olm if spec.install is InstallMode.OLM else None
    before = [*installed_before(key, operators), *([maker] if maker and maker != key else [])]
    return OperatorInstall(
        operator=key,
        namespace=_namespace(scope, where, operators) if maker == key else None,
        objects=_subscribe(scope, where, package) if package else (),
        release=_release(where, chart, spec.values) if chart else None,
        after=tuple(dict.fromkeys(before)),
        protect=spec.protect,
        protect_namespace=any(other.protect for name, other in operators.items() if namespace_of(name, other) == where),
    )


def _namespace(scope: Scope, name: str, operators: Mapping[str, OperatorSpec]) -> Manifest:
    """Return a Namespace that enforces the level which the least strict of its operators needs, and no less."""
    needed = [releases()[key].pod_security for key, spec in operators.items() if namespace_of(key, spec) == name]
    level = max(needed, key=_LEVELS.index)
    modes = ("enforce", "audit", "warn")
    labels = {f"pod-security.kubernetes.io/{mode}": level for mode in modes}
    versions = {f"pod-security.kubernetes.io/{mode}-version": POD_SECURITY_VERSION for mode in modes}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": scope.metadata(name, labels=labels | versions)}


def _release(namespace: str, chart: Chart, values: Mapping[str, Any]) -> HelmRelease:
    return HelmRelease(
        # The chart's own name: it is what operators' documents use, and clients look for objects named after it.
        name=chart.name,
        namespace=namespace,
        chart=chart.reference,
        repo="" if chart.is_oci else chart.repo,
        version=chart.version,
        values=_merged(chart.values, values),
    )


def _merged(ours: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(ours)
    for key, value in over.items():
        below = merged.get(key)
        both = isinstance(below, Mapping) and isinstance(value, Mapping)
        merged[key] = _merged(cast("Mapping[str, Any]", below), cast("Mapping[str, Any]", value)) if both else value
    return merged


def _subscribe(scope: Scope, namespace: str, package: OlmPackage) -> tuple[Manifest, ...]:
    group: Manifest = {
        "apiVersion": "operators.coreos.com/v1",
        "kind": "OperatorGroup",
        "metadata": scope.metadata(namespace, namespace=namespace),
        "spec": {"targetNamespaces": [namespace]} if package.own_namespace else {},
    }
    starting = {"startingCSV": package.csv} if package.csv else {}
    subscription: Manifest = {
        "apiVersion": "operators.coreos.com/v1alpha1",
        "kind": "Subscription",
        "metadata": scope.metadata(
            package.subscription or package.package,
            namespace=namespace,
            wait_for=["jsonpath={.status.state}=AtLatestKnown"],
            timeout_seconds=TIMEOUT_SECONDS,
        ),
        "spec": {
            "name": package.package,
            "channel": package.channel,
            "source": package.source,
            "sourceNamespace": package.source_namespace,
            # Manual would leave every run waiting for somebody to approve a plan; the channel bounds what may come.
            "installPlanApproval": "Automatic",
        }
        | starting,
    }
    return group, subscription
