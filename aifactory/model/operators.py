"""How the operators that blocks need come into the cluster."""

from enum import StrEnum

from aifactory.model.base import Spec


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
