"""What installs the operators of a region, each after those that it needs."""

from collections.abc import Mapping
from dataclasses import dataclass

from aifactory.catalog import releases
from aifactory.errors import SpecError
from aifactory.model import InstallMode, OperatorSpec, OperatorsSpec
from aifactory.model.operators import install_order, installed_before, namespace_of, operator_problems
from aifactory.render.guardrails import POD_SECURITY_VERSION
from aifactory.render.manifest import Manifest, Scope
from aifactory.render.operators.helm import HelmRelease, helm_release
from aifactory.render.operators.olm import subscribe

_LEVELS = ("restricted", "baseline", "privileged")
"""Pod Security Standards, strictest first."""


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
        objects=subscribe(scope, where, package) if package else (),
        release=helm_release(where, chart, spec.values) if chart else None,
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
