"""Which Kubernetes cluster a region runs on."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from aifactory.model.base import Spec


class ClusterKind(StrEnum):
    """How a region comes to its cluster."""

    LOCAL = "local"
    """The control plane that `aifactory local` runs on this machine; nodes are SIMULATED."""
    EXISTING = "existing"
    """A cluster that is there already, reached by a context of a kubeconfig."""


class ClusterSpec(Spec):
    """The cluster of a region."""

    kind: ClusterKind
    """``local`` or ``existing``."""

    context: str | None = Field(default=None, min_length=1)
    """Context of the kubeconfig that reaches the cluster. Required for ``existing``: the current context of
    whoever runs the command is never used, since it changes behind one's back."""

    identifier: str | None = Field(default=None, min_length=1, max_length=63)
    """The cluster's own identity. It stays the same when the kubeconfig rotates, so nothing is replaced then; when
    it changes it is another cluster, and everything is. Default: the region's name."""

    managed: bool | None = None
    """Whether somebody else runs its control plane, as with EKS and AKS. None: nobody said; a local one is not."""

    kubernetes: Annotated[str, Field(pattern=r"^1\.[0-9]{1,2}$")] | None = None
    """Kubernetes version that the cluster runs, such as ``1.34``. Operators whose range excludes it are refused with the
    file. None: nobody said, and nothing is compared before the cluster is looked at."""

    @model_validator(mode="after")
    def _context_fits_kind(self) -> Self:
        if self.kind is ClusterKind.EXISTING and self.context is None:
            raise ValueError("an existing cluster needs `context`: without it the objects would go wherever kubectl points")
        if self.kind is ClusterKind.LOCAL and self.context is not None:
            raise ValueError("a local cluster takes no `context`; use kind `existing` for a cluster of your own")
        return self
