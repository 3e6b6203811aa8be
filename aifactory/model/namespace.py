"""Namespaces and what they may use."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from aifactory.model.base import DNS_LABEL_PATTERN, DnsLabel, ShortDnsLabel, Spec
from aifactory.model.custody import KeySpec, StorageClassSpec


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

    protect: bool = False
    """Whether the namespace is protected: deleting it deletes whatever it holds. In a region, namespaces that hold something
    that is protected are."""


class Enforcement(StrEnum):
    """What the cluster does with an object that a mandatory statement refuses."""

    DENY = "deny"
    WARN = "warn"


ENFORCED_RULES = ("residency", "in-transit", "telemetry", "registry", "key-custody")
"""Rules that admission policies are made of; nothing can be excepted from any other."""


class AdmissionExceptionSpec(Spec):
    """An object, or a namespace's objects, that one rule does not hold for in the cluster."""

    rule: str
    """Rule that it is excepted from: ``residency``, ``in-transit``, ``telemetry``, ``registry`` or ``key-custody``."""

    namespace: Annotated[str, Field(pattern=r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$", max_length=63)] = ""
    """Namespace of the object. Empty: an object of the cluster, such as a node, which then needs `name`."""

    name: Annotated[str, Field(min_length=1, max_length=253)] | None = None
    """Name of the object. None: every object of the namespace."""

    reason: Annotated[str, Field(min_length=10, max_length=2000)]
    """Why the exception is right, in at least ten characters."""

    @field_validator("rule")
    @classmethod
    def _rule_is_enforced(cls, value: str) -> str:
        if value not in ENFORCED_RULES:
            raise ValueError(f"no admission policy enforces it; those that are: {', '.join(ENFORCED_RULES)}")
        return value

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if not self.namespace and self.name is None:
            raise ValueError("an exception without namespace needs `name`: without both it would be the end of the rule")
        return self


class EnforcementSpec(Spec):
    """How strictly a cluster's API server holds to rules, and what is excepted from them."""

    enforcement: Enforcement = Enforcement.DENY
    """``deny`` (default), or ``warn``: whoever applies an object is warned and the audit log has it, for a cluster whose
    objects nobody has looked at yet."""

    exceptions: dict[ShortDnsLabel, AdmissionExceptionSpec] = Field(default_factory=dict)
    """Exceptions by name. A statement that is not waivable knows none."""

    system_namespaces: tuple[DnsLabel, ...] = ()
    """Namespaces of the platform that no policy looks at, besides ``kube-system``, ``kube-public``, ``kube-node-lease``."""

    system_prefixes: tuple[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*-$", max_length=40)], ...] = ()
    """How names of further such namespaces begin, such as ``openshift-``; only where nobody else may make such names."""


class AdmissionSpec(EnforcementSpec):
    """What the cluster's API server holds against rules, and what it must be told for it."""

    storage_classes: dict[DnsLabel, StorageClassSpec] = Field(default_factory=dict)
    """What is known of storage classes, by name; ``default`` is the one that is used where none is named."""

    keys: dict[ShortDnsLabel, KeySpec] = Field(default_factory=dict)
    """Keys that they are encrypted with, by name."""

    reporting: tuple[str, ...] = ()
    """Makers that software may report to."""

    egress_cidrs: tuple[Annotated[str, Field(pattern=r"^[0-9a-fA-F.:]+/[0-9]{1,3}$")], ...] = ()
    """Address ranges outside of private ones that network policies may open, such as those of a declared object store."""


class GuardrailsSpec(Spec):
    """The namespaces of a region, and what its API server refuses."""

    namespaces: Annotated[dict[ShortDnsLabel, NamespaceSpec], Field(min_length=1)]
    """Namespaces by name."""

    admission: AdmissionSpec = Field(default_factory=AdmissionSpec)
    """What the API server refuses besides."""
