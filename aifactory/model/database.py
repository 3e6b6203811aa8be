"""Postgres databases."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from aifactory.model.base import DnsLabel, ShortDnsLabel, Spec


class DatabaseSpec(Spec):
    """A Postgres cluster run by CloudNativePG: portable, since nothing in it belongs to one cloud."""

    namespace: ShortDnsLabel
    """Namespace of the region that it lives in. Fixed: a database that moves is a new database."""

    instances: Annotated[int, Field(ge=1, le=9)] = 3
    """Postgres instances, one primary and the rest standbys. Default 3: one may fail while another is updated."""

    storage_gib: Annotated[int, Field(ge=1, le=65536)] = 20
    """Volume of each instance in GiB. It can grow, never shrink."""

    wal_storage_gib: Annotated[int, Field(ge=1, le=16384)] | None = None
    """Own volume for the write-ahead log in GiB. None: the log lies on the data volume. Cannot be removed later."""

    storage_class: DnsLabel | None = None
    """StorageClass of the volumes. None: the cluster's default class."""

    cpu: Annotated[float, Field(gt=0, le=256)] = 2
    """CPUs of each instance; request and limit are equal (Guaranteed QoS), so that a neighbour cannot starve it."""

    memory_gib: Annotated[int, Field(ge=1, le=4096)] = 4
    """Memory of each instance in GiB; request and limit are equal. A quarter of it becomes ``shared_buffers``."""

    synchronous_standbys: Annotated[int, Field(ge=0, le=8)] | None = None
    """Standbys that must have a commit before it is acknowledged. None: 1 when there are three instances or more,
    else 0. With n standbys and n required, one failed instance stops all writes, so that is refused."""

    clients: tuple[ShortDnsLabel, ...] = ()
    """Namespaces of the region whose pods may connect. Default none: nobody reaches a database by accident."""

    protect: bool = True
    """Whether a plan that deletes or replaces the database is refused. Default true: data outlives programs."""

    @property
    def required_standbys(self) -> int:
        """Standbys that must acknowledge a commit, with the default worked out."""
        if self.synchronous_standbys is not None:
            return self.synchronous_standbys
        return 1 if self.instances >= 3 else 0

    @model_validator(mode="after")
    def _writes_survive_one_failure(self) -> Self:
        standbys = self.instances - 1
        if self.required_standbys and self.required_standbys >= standbys:
            raise ValueError(
                f"synchronous_standbys {self.required_standbys} of {standbys} standbys: one failed instance would stop "
                f"all writes; use {max(standbys - 1, 0)} or more instances"
            )
        return self
