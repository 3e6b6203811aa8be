"""How the operators that blocks need come into the cluster."""

from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from aifactory.model.base import ShortDnsLabel, Spec


class InstallMode(StrEnum):
    """Who installs an operator, and who owns it afterwards."""

    HELM = "helm"
    """We install its pinned chart."""
    OLM = "olm"
    """We subscribe to it with the Operator Lifecycle Manager (OpenShift)."""
    MANIFESTS = "manifests"
    """We apply its pinned manifests."""
    ADOPT = "adopt"
    """It is in the cluster already: its CRDs are checked, our custom resources are made, it is not touched."""
    EXTERNAL = "external"
    """Neither the operator nor the custom resources are ours; only what they give out is used."""


class OperatorSpec(Spec):
    """One operator of a region."""

    install: InstallMode
    """Who installs it. Written down, never guessed: what a preflight proposes changes nothing by itself."""

    namespace: ShortDnsLabel | None = None
    """Namespace that it runs in. None: the catalog's, which is where its own documents put it."""

    version: Annotated[str, Field(min_length=1, max_length=63)] | None = None
    """Version that is expected. None: the catalog's, the one that is pinned and tested; no other is taken yet."""

    values: dict[str, Any] = Field(default_factory=dict)
    """Values of its chart, merged over ours. Only with ``install: helm``."""

    @model_validator(mode="after")
    def _values_go_with_helm(self) -> Self:
        if self.values and self.install is not InstallMode.HELM:
            raise ValueError(f"values are a chart's, and install {self.install.value} uses none; leave them out")
        return self


class OperatorsSpec(Spec):
    """The operators of a region."""

    operators: Annotated[dict[str, OperatorSpec], Field(min_length=1)]
    """Operators by their name in the catalog."""
