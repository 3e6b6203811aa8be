"""Namespaces with what keeps them apart: Pod Security, default-deny network policies, GPU quotas."""

from typing import Any, NotRequired, TypedDict, cast

import pulumi

from aifactory.component import Component, OwnerArgs, once_made, spec_values
from aifactory.model import GuardrailsSpec, validate
from aifactory.render import render_namespace
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


class GuardrailsArgs(OwnerArgs):
    """The namespaces of a region."""

    namespaces: dict[str, NamespaceArgs]
    """Namespaces by name. Each denies all traffic that no policy allows by name."""


class Guardrails(Component):
    """Makes namespaces in which nothing is allowed that was not named: traffic, privileges, GPUs."""

    names: pulumi.Output[list[str]]
    """Names of the namespaces, once they are there with all their guardrails."""

    def __init__(self, name: str, args: GuardrailsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        values = cast("dict[str, Any]", args)
        super().__init__(name, values, opts)
        spec = validate(GuardrailsSpec, spec_values(values), f"Guardrails {name}")
        made: list[pulumi.Resource] = []
        for namespace, rules in spec.namespaces.items():
            first, *rest = render_namespace(self._scope, namespace, rules)
            owner = self.make([first])
            made += owner + self.make(rest, depends_on=owner)
        self.names = once_made(made, list(spec.namespaces))
        self.register_outputs({"names": self.names})

    @property
    def flows(self) -> tuple[Flow, ...]:
        """Nothing: namespaces and policies run no pod and keep no data; who connects to what, the target declares."""
        return ()
