"""Admission webhooks behind which nothing answers: the API server then refuses objects, and nobody looks for it there."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from aifactory.kube.objects import Document, labels_of, mapping, name_of, namespace_of
from aifactory.kube.webhooks import owners, titles
from aifactory.status.kinds import Kind
from aifactory.status.snapshot import Snapshot

MUTATING: Final = Kind("admissionregistration.k8s.io/v1", "mutatingwebhookconfigurations", "MutatingWebhookConfiguration")
VALIDATING: Final = Kind(
    "admissionregistration.k8s.io/v1", "validatingwebhookconfigurations", "ValidatingWebhookConfiguration"
)
ENDPOINTS: Final = Kind("discovery.k8s.io/v1", "endpointslices", "EndpointSlice")

KINDS: Final = (MUTATING, VALIDATING, ENDPOINTS)
"""What has to be listed to know."""

_SERVICE_LABEL: Final = "kubernetes.io/service-name"
_SHOWN: Final = 3
"""How many of the kinds that a webhook looks at are named."""


@dataclass(frozen=True, slots=True)
class Silent:
    """A Service behind which nothing answers, and the webhooks that need it.

    Attributes:
        namespace: namespace of the Service.
        service: name of the Service.
        configurations: names of the webhook configurations that send to it.
        resources: what the API server refuses without it, as ``clusterqueues.kueue.x-k8s.io``.
    """

    namespace: str
    service: str
    configurations: tuple[str, ...]
    resources: tuple[str, ...]

    @property
    def operators(self) -> list[str]:
        """Operators of the catalog that it may belong to."""
        groups = {resource.partition(".")[2] for resource in self.resources}
        return owners(self.namespace, groups)

    def __str__(self) -> str:
        shown = ", ".join(self.resources[:_SHOWN]) + (", ..." if len(self.resources) > _SHOWN else "")
        whose = titles(self.operators)
        return (
            f"nothing answers behind its webhook {self.namespace}/{self.service}: the API server refuses changes of {shown}"
            + (f" until {whose} runs" if whose else f" ({', '.join(self.configurations)})")
        )


def silent(snapshot: Snapshot) -> list[Silent]:
    """Return the Services of webhooks that must answer and cannot; none where the cluster does not let us know.

    A webhook that may fail (``failurePolicy: Ignore``) stops nothing, and one at a URL lies outside of the cluster.
    """
    if any(snapshot.listings[kind].problem for kind in KINDS if kind in snapshot.listings):
        return []
    answering = set(_answering(snapshot.all(ENDPOINTS)))
    found: dict[tuple[str, str], tuple[dict[str, None], dict[str, None]]] = {}
    for configuration in (*snapshot.all(MUTATING), *snapshot.all(VALIDATING)):
        hooks: list[Document] = configuration.get("webhooks") or []
        for hook in hooks:
            service = mapping(hook, "clientConfig", "service")
            place = (str(service.get("namespace", "")), str(service.get("name", "")))
            if service and place not in answering and hook.get("failurePolicy", "Fail") == "Fail":
                names, resources = found.setdefault(place, ({}, {}))
                names[name_of(configuration)] = None
                resources.update(dict.fromkeys(_resources(hook)))
    return [Silent(*place, tuple(names), tuple(resources)) for place, (names, resources) in found.items()]


def _answering(slices: Iterable[Document]) -> Iterator[tuple[str, str]]:
    for one in slices:
        endpoints: list[Document] = one.get("endpoints") or []
        # Kubernetes lets an absent condition count as ready.
        if any(mapping(endpoint, "conditions").get("ready") is not False for endpoint in endpoints):
            yield namespace_of(one), labels_of(one).get(_SERVICE_LABEL, "")


def _resources(hook: Document) -> Iterator[str]:
    rules: list[Document] = hook.get("rules") or []
    for rule in rules:
        groups: list[str] = rule.get("apiGroups") or [""]
        plurals: list[str] = rule.get("resources") or []
        yield from (f"{plural}.{group}" if group else plural for group in groups for plural in plurals)
