"""One configured provider: its cluster, its settings, and what it remembers of the run."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2

from aifactory.local.plugins.enginelog import EngineLog
from aifactory.local.plugins.kubernetes import settings as config
from aifactory.local.plugins.kubernetes.client import Bounds, Cluster, Say
from aifactory.local.plugins.kubernetes.discovery import Kinds
from aifactory.local.plugins.kubernetes.guard import require_local
from aifactory.local.plugins.kubernetes.objects import Identity, Kind, Object, mapping, text
from aifactory.local.plugins.kubernetes.planned import Planned
from aifactory.local.plugins.kubernetes.redaction import Redactor
from aifactory.local.plugins.kubernetes.settings import Settings
from aifactory.local.plugins.kubernetes.waits import Waiter


@dataclass(frozen=True, slots=True)
class Session:
    """Everything that the handling of a resource needs.

    Attributes:
        cluster: the API server.
        kinds: what it serves.
        settings: the provider's configuration.
        namespace: namespace of objects that name none.
        context: name of the kubeconfig's context in use.
        kubeconfig: what was read, for Helm.
        engine: the engine's log.
        planned: what this run intends.
    """

    cluster: Cluster
    kinds: Kinds
    settings: Settings
    namespace: str
    context: str
    kubeconfig: config.Kubeconfig
    engine: EngineLog
    planned: Planned = field(default_factory=Planned)

    @classmethod
    def open(
        cls,
        settings: Settings,
        log: EngineLog,
        stop: threading.Event,
        *,
        bounds: Bounds | None = None,
        transport: httpx2.BaseTransport | None = None,
    ) -> "Session":
        """Return a session for these settings; no request is made yet.

        Raises:
            SettingError: the kubeconfig cannot be used.
            NotLocalError: it is not a local region's.
        """
        kubeconfig = config.read_kubeconfig(settings.kubeconfig)
        selected = config.select(kubeconfig, settings)
        require_local(selected)
        cluster = Cluster(
            selected,
            stop=stop,
            bounds=bounds,
            say=log.info,
            warn=log.debug if settings.suppress_deprecation_warnings else log.warning,
            transport=transport,
        )
        return cls(
            cluster=cluster,
            kinds=Kinds(cluster),
            settings=settings,
            namespace=config.namespace_for(settings, selected),
            context=selected.context_name,
            kubeconfig=kubeconfig,
            engine=log,
        )

    def is_namespaced(self, kind: Kind) -> bool:
        """Whether objects of `kind` live in a namespace; a kind that nobody knows yet is taken to."""
        resource = self.kinds.find(kind)
        if resource is not None:
            return resource.namespaced
        planned = self.planned.kind(kind)
        return True if planned is None else planned.namespaced

    def identity(self, thing: Mapping[str, Any], kind: Kind, *, namespaced: bool) -> Identity:
        """Return the identity of an object; its name must be known."""
        namespace = text(thing, "metadata", "namespace") or self.namespace
        return Identity(kind.group, kind.name, namespace if namespaced else "", text(thing, "metadata", "name"))

    def say(self, urn: str, redact: Redactor) -> Say:
        """Return how progress is shown beside a resource, free of its secrets."""
        return lambda words: self.engine.progress(redact(words), urn)

    def waiter(self, urn: str, redact: Redactor) -> Waiter:
        """Return who waits for objects of this resource."""
        return Waiter(self.cluster, self.say(urn, redact))

    def settled(self, thing: Object) -> Object:
        """Return inputs with the namespace that they have by default, so that writing it out is no change."""
        metadata = mapping(thing, "metadata")
        if not metadata or "namespace" in metadata:
            return thing
        return {**thing, "metadata": {**metadata, "namespace": self.namespace}}
