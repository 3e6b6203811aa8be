"""Namespaces and what they may use."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from aifactory.model.base import DNS_LABEL_PATTERN, DnsLabel, ShortDnsLabel, Spec


class PodSecurity(StrEnum):
    """Levels of the Pod Security Standards (kubernetes.io/docs/concepts/security/pod-security-standards)."""

    RESTRICTED = "restricted"
    BASELINE = "baseline"
    PRIVILEGED = "privileged"


class ReachSpec(Spec):
    """Pods that a namespace's pods may connect to."""

    namespace: DnsLabel
    """Namespace of these pods."""

    labels: dict[str, str] = Field(default_factory=dict[str, str])
    """Labels of these pods; all must be there. Empty: every pod of the namespace."""

    ports: Annotated[tuple[Annotated[int, Field(ge=1, le=65535)], ...], Field(min_length=1)]
    """TCP ports that they may be reached at."""


class NamespaceSpec(Spec):
    """A namespace with its guardrails; every one denies all traffic that is not allowed by name."""

    gpu_quota: Annotated[int, Field(ge=0, le=100000)] = 0
    """How many GPUs the pods of this namespace may request together. Default 0: GPUs are scarce, so whoever
    needs them says so."""

    pod_security: PodSecurity = PodSecurity.RESTRICTED
    """The Pod Security level that the API server enforces. Default: the strictest."""

    reaches: dict[Annotated[str, Field(pattern=DNS_LABEL_PATTERN, max_length=90)], ReachSpec] = Field(default_factory=dict)
    """What its pods may connect to, by a name of one's own. In a region, databases, machines and models that list it under
    ``clients`` are added by themselves; the other side must let it in as well."""


class GuardrailsSpec(Spec):
    """The namespaces of a region."""

    namespaces: Annotated[dict[ShortDnsLabel, NamespaceSpec], Field(min_length=1)]
    """Namespaces by name."""
