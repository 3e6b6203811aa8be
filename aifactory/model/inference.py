"""Models that a region serves."""

import re
from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from aifactory.model.base import ShortDnsLabel, Spec

_SOURCE = re.compile(
    r"^(pvc://[a-z0-9]([-a-z0-9]*[a-z0-9])?(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*|oci://[^\s@]+@sha256:[0-9a-f]{64})$"
)


class ModelSpec(Spec):
    """A large language model served by vLLM behind the llm-d router."""

    namespace: ShortDnsLabel
    """Namespace of the region that it is served from."""

    source: str
    """Where the weights come from: ``pvc://CLAIM/PATH`` (a volume in the region) or ``oci://IMAGE@sha256:DIGEST`` (an
    image volume). A model hub is no source: it is outside of the region, and what it serves can change."""

    claim_gib: Annotated[int, Field(ge=1, le=65536)] | None = None
    """Size in GiB of the volume claim that ``pvc://`` names, made and retained with the model. None: it is there
    already. Filling it with weights is not done here."""

    priority: Annotated[int, Field(ge=-1000, le=1000)] = 0
    """Who waits when GPUs are busy: requests of a lower number do."""

    clients: tuple[ShortDnsLabel, ...] = ()
    """Namespaces whose pods may reach the replicas directly. Default none: everyone goes through the gateway."""

    gpus_per_replica: Annotated[int, Field(ge=1, le=16)] = 1
    """GPUs of each replica; the model is split over them (tensor parallelism)."""

    replicas: Annotated[int, Field(ge=1, le=64)] = 1
    """Copies of the model that serve at the same time."""

    pool: ShortDnsLabel | None = None
    """GPU pool of the region that serves it. None: the only pool; with several pools it must be named."""

    queue: ShortDnsLabel | None = None
    """Queue of its namespace that counts its replicas (Tenancy). None: nobody counts them. Fixed while it runs: Kueue
    refuses another queue for replicas that are ready."""

    max_model_len: Annotated[int, Field(ge=256, le=10_000_000)] | None = None
    """Longest context in tokens. None: what the model's own configuration says."""

    startup_timeout_seconds: Annotated[int, Field(ge=30, le=7200)] = 1800
    """How long a replica may take to load its weights; probes, rollout deadline and Pulumi's wait all follow from it."""

    cpu: Annotated[float, Field(gt=0, le=256)] = 8
    """CPUs that each replica requests, besides its GPUs."""

    memory_gib: Annotated[int, Field(ge=1, le=4096)] = 64
    """Main memory of each replica in GiB: weights pass through it while they load."""

    data_class: ShortDnsLabel | None = None
    """Class of the data in its requests and answers. None: unknown, which rules that need it deny."""

    licence: Annotated[str, Field(min_length=2, max_length=100, pattern=r"^[A-Za-z0-9.+ ()-]+$")] | None = None
    """SPDX identifier or expression of the weights' licence, such as ``Apache-2.0``; ``LicenseRef-NAME`` for one of its own.
    None: unknown, which rules on portability deny."""

    protect: bool = True
    """Whether a plan that deletes or replaces the claim with the weights is refused. Default true: they may have taken
    hours to bring in."""

    @property
    def claim(self) -> str | None:
        """Name of the volume claim that holds the weights; None when they come from an image."""
        return self.source.removeprefix("pvc://").split("/", 1)[0] if self.source.startswith("pvc://") else None

    @property
    def path(self) -> str:
        """Path of the weights inside their volume; empty for its root."""
        return self.source.removeprefix("pvc://").partition("/")[2] if self.claim else ""

    @model_validator(mode="after")
    def _claim_goes_with_pvc(self) -> Self:
        if self.claim_gib is not None and self.claim is None:
            raise ValueError("claim_gib makes a volume claim, and source is no pvc://; leave it out")
        return self

    @field_validator("source")
    @classmethod
    def _source_is_in_region(cls, value: str) -> str:
        if not _SOURCE.match(value):
            raise ValueError(
                "must be pvc://CLAIM/PATH or oci://IMAGE@sha256:DIGEST (64 hex digits); anything else could change, or "
                "be fetched from outside the region, without a trace"
            )
        return value

    @property
    def gpus(self) -> int:
        """GPUs of all replicas together."""
        return self.gpus_per_replica * self.replicas
