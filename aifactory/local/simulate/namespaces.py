"""Namespaces of operators that a local region adopts: where there is no operator, somebody must have made its namespace."""

from collections.abc import Iterable
from pathlib import Path

from aifactory.conventions import SIMULATED_ANNOTATION
from aifactory.kube.api import connect
from aifactory.local.progress import Reporter


def apply_namespaces(kubeconfig: Path, names: Iterable[str], reporter: Reporter) -> list[str]:
    """Make the namespaces that the operators of a region would run in; what is there is kept.

    Args:
        kubeconfig: of the cluster.
        names: of the namespaces.
        reporter: told what happens.

    Returns:
        their names, sorted.
    """
    wanted = sorted(set(names))
    if not wanted:
        return []
    with connect(kubeconfig) as api, reporter.step(f"Simulating {len(wanted)} operators"):
        for name in wanted:
            metadata = {"name": name, "annotations": {SIMULATED_ANNOTATION: "true"}}
            api.apply(f"/api/v1/namespaces/{name}", {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
    return wanted
