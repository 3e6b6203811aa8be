"""Which install mode is proposed for an operator: OpenShift has a catalog of its own, other clusters have charts."""

from enum import StrEnum
from typing import Final

from aifactory.catalog import releases
from aifactory.errors import Problem, SpecError
from aifactory.model.nearest import nearest
from aifactory.model.operators import InstallMode


class Platform(StrEnum):
    """What a cluster is, as far as it decides how operators come into it."""

    KUBERNETES = "kubernetes"
    """Any Kubernetes but OpenShift: EKS, AKS, k3s, RKE2, Talos, kubeadm."""
    OPENSHIFT = "openshift"
    """OpenShift, whose Operator Lifecycle Manager offers the vendor's builds."""


_PREFERRED: Final = {
    Platform.KUBERNETES: (InstallMode.HELM, InstallMode.MANIFESTS),
    Platform.OPENSHIFT: (InstallMode.OLM, InstallMode.HELM, InstallMode.MANIFESTS),
}
"""Modes that put an operator into a cluster, best first. On OpenShift the vendor's build is the one that is supported there
and fits its security constraints; a project's own chart is the second choice. OLM is nowhere else."""


def default_install(operator: str, platform: Platform | str) -> InstallMode:
    """Return the mode that is proposed for an operator; ``adopt`` where nothing here can install it on such a cluster.

    A proposal only: factory.yaml records what is chosen, and a second run changes nothing by itself.

    Args:
        operator: its name in the catalog.
        platform: kind of the cluster.

    Raises:
        SpecError: there is no such operator, or no such kind.
    """
    kind = _checked(operator, platform)
    release = releases()[operator]
    if release.platforms not in {None, "any", kind.value}:
        return InstallMode.ADOPT
    possible = (mode for mode in _PREFERRED[kind] if mode.value in release.install)
    return next(possible, InstallMode.ADOPT)


def _checked(operator: str, platform: Platform | str) -> Platform:
    problems: list[Problem] = []
    if operator not in releases():
        rule = f"no such operator in the catalog; there are {', '.join(sorted(releases()))}"
        problems.append(Problem("operator", operator, rule, nearest(operator, releases(), among=1)))
    kinds = [kind.value for kind in Platform]
    if platform not in kinds:
        rule = f"no such kind of cluster; there are {', '.join(kinds)}"
        problems.append(Problem("platform", str(platform), rule, nearest(str(platform), kinds, among=1)))
    if problems:
        raise SpecError("default_install", problems)
    return Platform(platform)
