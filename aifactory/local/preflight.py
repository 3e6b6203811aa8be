"""Whether a cluster can carry a region, before anything is created or waited for."""

from dataclasses import dataclass

from aifactory.catalog import accelerators, releases
from aifactory.conventions import POOL_LABEL
from aifactory.errors import PreflightError
from aifactory.kube.api import Api
from aifactory.model import InstallMode, RegionSpec
from aifactory.status.nodes import NodeFacts
from aifactory.status.preflight import proposal

_CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


@dataclass(frozen=True, slots=True)
class OperatorFinding:
    """What a cluster has of one operator.

    Attributes:
        name: its name in the catalog.
        install: how factory.yaml says that it comes into the cluster.
        missing: its CustomResourceDefinitions that are not there.
        needs: install mode by which it usually gets there; a proposal, nothing is changed by itself.
        carried_out: whether this version can carry that mode out there; otherwise it is for the cluster's owner to do. On
            a local region it never can: no container runs on its nodes.
    """

    name: str
    install: InstallMode
    missing: tuple[str, ...]
    needs: str
    carried_out: bool

    def __str__(self) -> str:
        if not self.missing:
            return f"{self.name}: in the cluster ({self.install.value})"
        how = (
            f"say `install: {self.needs}`"
            if self.carried_out
            else f"install it yourself ({self.needs}), then run this again"
        )
        return f"{self.name}: missing {', '.join(self.missing)}; it needs install mode {self.needs}: {how}"


def look_for_operators(api: Api, region: RegionSpec) -> list[OperatorFinding]:
    """Return what the cluster has of each operator that the region adopts."""
    there = {str(crd["name"]) for crd in api.metadata(_CRDS)}
    findings: list[OperatorFinding] = []
    for name, spec in region.operators.items():
        if spec.install is not InstallMode.ADOPT:
            continue
        facts = releases()[name]
        missing = tuple(crd for crd in facts.crds if crd not in there)
        carried_out = bool(proposal(facts, local=region.is_local))
        findings.append(OperatorFinding(name, spec.install, missing, facts.usual, carried_out))
    return findings


def look_for_gpus(nodes: tuple[NodeFacts, ...], region: RegionSpec) -> list[str]:
    """Return, in words, what is missing of each GPU pool; empty when every pool is there."""
    missing: list[str] = []
    for name, pool in region.gpu_pools.items():
        product = accelerators()[pool.accelerator].product
        fit = [node for node in nodes if node.pool == name and node.product == product and node.ready]
        have = sum(node.gpus for node in fit)
        if have < pool.gpus:
            missing.append(
                f"GPU pool {name}: {have} of {pool.gpus} GPUs on {len(fit)} ready nodes labelled "
                f"{POOL_LABEL}={name} with nvidia.com/gpu.product={product}"
            )
    return missing


def require(findings: list[OperatorFinding], gpus: list[str], cluster: str) -> None:
    """Refuse a cluster that lacks what the region needs.

    Raises:
        PreflightError: with everything that is missing.
    """
    missing = [str(finding) for finding in findings if finding.missing] + gpus
    if missing:
        raise PreflightError(
            f"{cluster} cannot carry the region yet:\n" + "\n".join(f"  - {line}" for line in missing),
            why="the region would wait for controllers and nodes that are not there, until it times out",
            fix="install what is missing (or take it out of factory.yaml), then run the same command again",
        )
