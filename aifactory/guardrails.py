"""Namespaces with what keeps them apart, and what the API server refuses in the whole cluster."""

from typing import Any, NotRequired, TypedDict, cast

import pulumi

from aifactory.component import Component, once_made, spec_values
from aifactory.model import GuardrailsSpec, validate
from aifactory.model.namespace import AdmissionSpec
from aifactory.owner import KeyArgs, OwnerArgs, StorageClassArgs
from aifactory.render import render_namespace
from aifactory.render.admission import render_admission
from aifactory.render.manifest import Manifest
from aifactory.sovereignty import Flow


class ReachArgs(TypedDict):
    """Pods that a namespace's pods may connect to."""

    namespace: str
    """Namespace of these pods."""
    labels: NotRequired[dict[str, str]]
    """Labels of these pods; all must be there. Default: every pod of the namespace."""
    ports: list[int]
    """TCP ports that they may be reached at."""


class NamespaceArgs(TypedDict):
    """One namespace and what it may use."""

    gpu_quota: NotRequired[int]
    """How many GPUs its pods may request together. Default 0: whoever needs GPUs says so."""
    pod_security: NotRequired[str]
    """Pod Security level that the API server enforces: restricted (default), baseline or privileged."""
    reaches: NotRequired[dict[str, ReachArgs]]
    """What its pods may connect to, by a name of one's own. Default: names of the cluster's DNS, and nothing else."""

    protect: NotRequired[bool]
    """Whether the namespace is protected: deleting it deletes whatever it holds. Default false."""


class AdmissionExceptionArgs(TypedDict):
    """An object, or a namespace's objects, that one rule does not hold for in the cluster."""

    rule: str
    """Rule that it is excepted from: residency, in-transit, telemetry, registry or key-custody."""
    namespace: NotRequired[str]
    """Namespace of the object. Default: none, for an object of the cluster, such as a node."""
    name: NotRequired[str]
    """Name of the object. Default: every object of the namespace."""
    reason: str
    """Why the exception is right."""


class AdmissionArgs(TypedDict):
    """What the cluster's API server holds against rules, and what it must be told for it."""

    enforcement: NotRequired[str]
    """deny (default), or warn: whoever applies an object is warned and the audit log has it."""
    exceptions: NotRequired[dict[str, AdmissionExceptionArgs]]
    """Exceptions by name. A statement that is not waivable knows none. Default: none."""
    system_namespaces: NotRequired[list[str]]
    """Namespaces of the platform that no policy looks at, besides kube-system, kube-public and kube-node-lease."""
    system_prefixes: NotRequired[list[str]]
    """How names of further such namespaces begin, such as openshift-. Default: none."""
    storage_classes: NotRequired[dict[str, StorageClassArgs]]
    """What is known of storage classes, by name. Default: what is declared around the component."""
    keys: NotRequired[dict[str, KeyArgs]]
    """Keys that they are encrypted with, by name. Default: what is declared around the component."""
    reporting: NotRequired[list[str]]
    """Makers that software may report to. Default: what is declared around the component."""
    egress_cidrs: NotRequired[list[str]]
    """Address ranges outside of private ones that network policies may open. Default: none."""


class GuardrailsArgs(OwnerArgs):
    """The namespaces of a region, and what its API server refuses."""

    namespaces: dict[str, NamespaceArgs]
    """Namespaces by name. Each denies all traffic that no policy allows by name."""
    admission: NotRequired[AdmissionArgs]
    """How the profiles are held in the cluster. Default: what mandatory statements deny is refused."""


class Guardrails(Component):
    """Makes namespaces in which nothing is allowed that was not named: traffic, privileges, GPUs.

    Before them come admission policies, made of the statements of the profiles: what these deny, the API server refuses,
    whoever applies it.
    """

    names: pulumi.Output[list[str]]
    """Names of the namespaces, once they are there with all their guardrails."""
    policies: pulumi.Output[list[str]]
    """Names of the admission policies, once they are there; the API server holds them some moments later."""

    def __init__(self, name: str, args: GuardrailsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        values = cast("dict[str, Any]", args)
        super().__init__(name, values, opts)
        spec = validate(GuardrailsSpec, spec_values(values), f"Guardrails {name}")
        admission = self._admission(spec.admission)
        policies = self.make(admission)
        made: list[pulumi.Resource] = []
        for namespace, rules in spec.namespaces.items():
            first, *rest = render_namespace(self._scope, namespace, rules)
            owner = self.make([first], depends_on=policies, protect=rules.protect, retain=rules.protect)
            made += owner + self.make(rest, depends_on=owner)
        self.names = once_made(made, list(spec.namespaces))
        names = [item["metadata"]["name"] for item in admission if item["kind"] == "ValidatingAdmissionPolicy"]
        self.policies = once_made(policies, names)
        self.register_outputs({"names": self.names, "policies": self.policies})

    def _admission(self, spec: AdmissionSpec) -> list[Manifest]:
        """Return the policies that the component's rules ask for."""
        rules = self._rules
        if (around := rules.surroundings) is not None:
            known = {
                "storage_classes": spec.storage_classes or around.storage_classes,
                "keys": spec.keys or around.keys,
                "reporting": spec.reporting or around.reporting,
            }
            spec = spec.model_copy(update=known)
        return render_admission(self._scope, rules.statements, rules.world, spec, self._site)

    @property
    def flows(self) -> tuple[Flow, ...]:
        """Nothing: namespaces and policies run no pod and keep no data; who connects to what, the target declares."""
        return ()
