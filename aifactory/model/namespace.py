"""Namespaces and what they may use."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from aifactory.model.base import ShortDnsLabel, Spec


class PodSecurity(StrEnum):
    """Levels of the Pod Security Standards (kubernetes.io/docs/concepts/security/pod-security-standards)."""

    RESTRICTED = "restricted"
    BASELINE = "baseline"
    PRIVILEGED = "privileged"


class NamespaceSpec(Spec):
    """A namespace with its guardrails; every one denies all traffic that is not allowed by name."""

    gpu_quota: Annotated[int, Field(ge=0, le=100000)] = 0
    """How many GPUs the pods of this namespace may request together. Default 0: GPUs are scarce, so whoever
    needs them says so."""

    pod_security: PodSecurity = PodSecurity.RESTRICTED
    """The Pod Security level that the API server enforces. Default: the strictest."""


class GuardrailsSpec(Spec):
    """The namespaces of a region."""

    namespaces: Annotated[dict[ShortDnsLabel, NamespaceSpec], Field(min_length=1)]
    """Namespaces by name."""
