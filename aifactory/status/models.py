"""Models: whether the replicas run, and whether requests reach them: certificate, gateway and route."""

from dataclasses import dataclass

from aifactory.kube.objects import Document, condition, labels_of, namespace_of, status_of, words
from aifactory.model import ModelSpec, RegionSpec
from aifactory.render.inference.names import MODEL_LABEL, ModelNames
from aifactory.status import pods
from aifactory.status.findings import Findings, Place, by_condition, judge_condition
from aifactory.status.kinds import CERTIFICATES, DEPLOYMENTS, GATEWAYS, PODS, ROUTES, Kind
from aifactory.status.nodes import NodeFacts, gpus_of
from aifactory.status.rows import READY, BlockStatus, Verdict, count, failed, progressing, together
from aifactory.status.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """One served model.

    Attributes:
        name: its name.
        namespace: its namespace.
        ready: replicas that are ready.
        replicas: replicas that there should be.
        placed: node of each replica that the scheduler has placed.
        waiting: why replicas are not placed, in the scheduler's words; empty when all are.
    """

    name: str
    namespace: str
    ready: int
    replicas: int
    placed: tuple[str, ...]
    waiting: str


def kinds(region: RegionSpec) -> tuple[Kind, ...]:
    """Return what is listed for it."""
    return (DEPLOYMENTS, PODS, CERTIFICATES, GATEWAYS, ROUTES) if region.models else ()


def model_facts(snapshot: Snapshot, region: RegionSpec) -> tuple[ModelFacts, ...]:
    """Return the region's models; what is not there yet has zero of everything ready."""
    facts: list[ModelFacts] = []
    for name, spec in region.models.items():
        deployment = snapshot.listings[DEPLOYMENTS].items.get((spec.namespace, name), {})
        own = _replicas(snapshot, name, spec.namespace)
        ready = int(status_of(deployment).get("readyReplicas") or 0)
        facts.append(ModelFacts(name, spec.namespace, ready, spec.replicas, pods.placed_on(own), pods.waiting(own)))
    return tuple(facts)


def _replicas(snapshot: Snapshot, model: str, namespace: str) -> list[Document]:
    """Return a model's replicas; its endpoint picker carries the same label and asks for no GPU."""
    found = (pod for pod in snapshot.all(PODS) if namespace_of(pod) == namespace)
    return [pod for pod in found if labels_of(pod).get(MODEL_LABEL) == model and gpus_of(pod)]


def rows(snapshot: Snapshot, region: RegionSpec, place: Place, nodes: tuple[NodeFacts, ...]) -> list[BlockStatus]:
    """Return a row for each model."""
    domain = region.gateway.domain if region.gateway else ""
    unreal = frozenset(node.name for node in nodes if node.simulated)
    return [
        _row(Findings(snapshot, place), ModelNames(name, spec.namespace, domain), spec, unreal)
        for name, spec in region.models.items()
    ]


def _row(findings: Findings, names: ModelNames, spec: ModelSpec, unreal: frozenset[str]) -> BlockStatus:
    own = _replicas(findings.snapshot, names.model, spec.namespace)
    findings.simulated = any(pods.node_of(pod) in unreal for pod in own)
    if findings.look(DEPLOYMENTS, names.model, spec.namespace, lambda item: _judge(item, spec, own)):
        findings.look(CERTIFICATES, names.model, spec.namespace, _judge_certificate)
        findings.look(GATEWAYS, names.model, spec.namespace, _judge_gateway)
        findings.look(ROUTES, names.model, spec.namespace, _judge_route)
    placed = pods.placed_on(own)
    on = ", ".join(f"{node} x{placed.count(node)}" for node in dict.fromkeys(placed))
    what = f"{count(spec.replicas, 'replica')} of {count(spec.gpus_per_replica, 'GPU')}{f' on {on}' if on else ''}"
    return findings.row("model", names.model, what, f"https://{names.host}/v1")


def _judge(item: Document, spec: ModelSpec, own: list[Document]) -> Verdict:
    status = status_of(item)
    ready = int(status.get("readyReplicas") or 0)
    rollout, failure = condition(status, "Progressing"), condition(status, "ReplicaFailure")
    trouble = pods.trouble(own)
    if failure.get("status") == "True":
        return failed("; ".join(filter(None, (words(failure), *trouble))))
    if rollout.get("status") == "False":
        return failed("; ".join(filter(None, (words(rollout), *trouble))))
    if ready >= spec.replicas:
        return READY
    return progressing("; ".join((f"{ready} of {spec.replicas} replicas are ready", *trouble)))


def _judge_certificate(item: Document) -> Verdict:
    issuing = condition(status_of(item), "Issuing")
    # cert-manager v1.21 says so when an attempt has failed, and tries again after an hour or more.
    otherwise = failed if issuing.get("status") == "False" and issuing.get("reason") == "Failed" else progressing
    verdict = by_condition("Ready", otherwise, "certificate")(item)
    if otherwise is failed and verdict.state is not READY.state:
        return failed(f"{verdict.reason}; {words(issuing)}")
    return verdict


def _judge_gateway(item: Document) -> Verdict:
    refused = condition(status_of(item), "Accepted")
    if refused.get("status") == "False":
        return failed(f"gateway: {words(refused)}")
    return by_condition("Programmed", progressing, "gateway")(item)


def _judge_route(item: Document) -> Verdict:
    parents: list[Document] = status_of(item).get("parents") or []
    if not parents:
        return progressing("route: no gateway has taken it yet")
    wanted = ("Accepted", "ResolvedRefs")
    return together(
        judge_condition(condition(parent, kind), kind, item, failed, "route") for parent in parents for kind in wanted
    )
