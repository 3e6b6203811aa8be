"""Nodes of a cluster on Amazon EKS: pools, and the ladder of capacity that each climbs."""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from aifactory.catalog import accelerators
from aifactory.catalog.eks import EksImage, eks_facts
from aifactory.model.base import DNS_LABEL_PATTERN, Spec
from aifactory.model.nearest import nearest

Zone = Annotated[str, Field(pattern=r"^[a-z]{2,4}(-[a-z]+)+-\d[a-z]$")]
"""An availability zone by its name in the account, such as ``eu-central-1a``."""

_RELEASES = {
    "al2023": (re.compile(r"^(?P<minor>1\.\d+)\.\d+-\d{8}$"), "1.35.2-20260401"),
    "bottlerocket": (re.compile(r"^\d+\.\d+\.\d+-[0-9a-f]{8}$"), "1.50.0-0123abcd"),
}
"""The form of each family's release versions, and how one looks."""

OWN_LABELS = ("aifactory.dev/", "topology.kubernetes.io/", "kubernetes.io/", "node.kubernetes.io/", "eks.amazonaws.com/")


class CapacityKind(StrEnum):
    """Where machines come from, in the order in which a pool asks."""

    RESERVATION = "reservation"
    """An on-demand capacity reservation of one's own."""
    CAPACITY_BLOCK = "capacity-block"
    """A Capacity Block for ML: bought for a time, and gone at its end."""
    ON_DEMAND = "on-demand"
    """What there is."""
    SPOT = "spot"
    """What others leave over, taken back within two minutes."""

    @property
    def is_reserved(self) -> bool:
        """Whether it is capacity that was set aside, and has an id and a zone."""
        return self in {CapacityKind.RESERVATION, CapacityKind.CAPACITY_BLOCK}


class EksCapacitySpec(Spec):
    """One rung of the ladder: a node group of its own."""

    kind: CapacityKind
    """``reservation``, ``capacity-block``, ``on-demand`` or ``spot``."""

    reservation: Annotated[str, Field(pattern=r"^cr-[0-9a-f]{8,17}$")] | None = None
    """Id of the reservation or block. With these two kinds, and with no other."""

    zone: Zone | None = None
    """The one zone that it is in. Required for what is reserved and for EFA. None: all zones of the cluster."""

    nodes: Annotated[int, Field(ge=0, le=450)] = 0
    """Nodes that are always there. Default 0: an autoscaler asks when pods wait."""

    max_nodes: Annotated[int, Field(ge=1, le=450)]
    """The most nodes that an autoscaler may ask for."""

    @model_validator(mode="after")
    def _nodes_fit(self) -> Self:
        if self.nodes > self.max_nodes:
            raise ValueError(f"nodes {self.nodes} are more than max_nodes {self.max_nodes}; raise max_nodes")
        return self

    @model_validator(mode="after")
    def _reserved_is_named(self) -> Self:
        if self.kind.is_reserved != (self.reservation is not None):
            raise ValueError(
                "reservation goes with kinds reservation and capacity-block, and with no other: it names what is paid for"
            )
        if self.kind.is_reserved and self.zone is None:
            raise ValueError("a reservation is in one zone; name it, or nodes are asked for where nothing is reserved")
        return self


class EksTaintSpec(Spec):
    """A taint that keeps pods away that do not tolerate it."""

    key: Annotated[str, Field(min_length=1, max_length=63)]
    """Its key."""

    value: Annotated[str, Field(max_length=63)] = ""
    """Its value. Default: none."""

    effect: Literal["NoSchedule", "NoExecute", "PreferNoSchedule"] = "NoSchedule"
    """What happens to the others. Default ``NoSchedule``."""


class EksPoolSpec(Spec):
    """Nodes of one kind."""

    instance_types: Annotated[tuple[Annotated[str, Field(pattern=r"^[a-z0-9-]+\.[a-z0-9-]+$")], ...], Field(min_length=1)]
    """Instance types that will do, such as ``m7i.xlarge``; with reservations and EFA exactly one."""

    image: str
    """Node image: ``al2023``, ``bottlerocket``, these with ``-arm``, and with ``-nvidia`` for GPUs."""

    release: str
    """Version of the image, such as ``1.35.2-20260401`` (Amazon Linux) or ``1.50.0-0123abcd`` (Bottlerocket). Required:
    without it each new node group gets the image of its day. ``aws eks describe-nodegroup`` and AWS's changelogs tell."""

    capacity: Annotated[tuple[EksCapacitySpec, ...], Field(min_length=1, max_length=6)]
    """The ladder, from what is asked first: what is reserved, then on-demand, then spot. Each rung is a node group."""

    accelerator: str | None = None
    """Key of the GPU in the catalog. With an ``-nvidia`` image, and with no other."""

    disk_gib: Annotated[int, Field(ge=20, le=16384)] = 100
    """Root volume in GiB, encrypted with the volumes' key. Default 100."""

    local_disks: Literal["unused", "raid0"] = "unused"
    """What becomes of NVMe disks in the machine: ``raid0`` makes one volume of them for images and pods' scratch space
    (Amazon Linux only). Their contents go with the machine. Default ``unused``."""

    efa: bool = False
    """Whether nodes have Elastic Fabric Adapters on all cards. Default false."""

    placement: Literal["none", "cluster"] = "none"
    """``cluster`` puts nodes near each other in a placement group. Default ``none``."""

    labels: dict[str, str] = Field(default_factory=dict)
    """Labels besides ours. Default none."""

    taints: tuple[EksTaintSpec, ...] = ()
    """Taints besides that of GPU nodes. Default none."""

    @property
    def facts(self) -> EksImage:
        """What is known of the image."""
        return eks_facts().images[self.image]

    @property
    def kubernetes(self) -> str | None:
        """Kubernetes minor that the image's release names; None for Bottlerocket, whose releases name none."""
        found = _RELEASES["al2023"][0].match(self.release) if self.facts.family == "al2023" else None
        return found["minor"] if found else None

    @field_validator("image")
    @classmethod
    def _image_is_known(cls, value: str) -> str:
        known = eks_facts().images
        if value not in known:
            near = nearest(value, known)
            raise ValueError(f"is no node image; there are {', '.join(known)}" + (f"; use {near}" if near else ""))
        return value

    @field_validator("accelerator")
    @classmethod
    def _accelerator_is_known(cls, value: str | None) -> str | None:
        if value is not None and value not in accelerators():
            raise ValueError(f"is no accelerator of the catalog; there are {', '.join(sorted(accelerators()))}")
        return value

    @field_validator("labels")
    @classmethod
    def _labels_are_free(cls, value: dict[str, str]) -> dict[str, str]:
        taken = [key for key in value if key.startswith(OWN_LABELS)]
        if taken:
            raise ValueError(f"{', '.join(taken)} are set by aifactory, Kubernetes or EKS; choose a prefix of your own")
        return value

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        problems = [*self._image_problems(), *self._ladder_problems(), *self._fabric_problems()]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _image_problems(self) -> Iterator[str]:
        form, example = _RELEASES[self.facts.family]
        if not form.match(self.release):
            yield f"release {self.release} is no release of {self.image}, which look like {example}"
        if self.facts.gpu != (self.accelerator is not None):
            yield "accelerator goes with an image that ends in -nvidia: without its driver no pod gets a GPU"
        if self.local_disks == "raid0" and self.facts.family != "al2023":
            yield "local_disks raid0 is a setting of Amazon Linux 2023; leave it out"

    def _ladder_problems(self) -> Iterator[str]:
        kinds = [rung.kind for rung in self.capacity]
        order = [CapacityKind.RESERVATION, CapacityKind.CAPACITY_BLOCK, CapacityKind.ON_DEMAND, CapacityKind.SPOT]
        if kinds != sorted(kinds, key=order.index):
            yield f"capacity goes {' -> '.join(order)}: what is paid for already is used first"
        unreserved = [(rung.kind, rung.zone) for rung in self.capacity if not rung.kind.is_reserved]
        reserved = [rung.reservation for rung in self.capacity if rung.kind.is_reserved]
        if len(set(unreserved)) < len(unreserved) or len(set(reserved)) < len(reserved):
            yield "capacity has the same rung twice; make it one with more nodes"
        if len(self.instance_types) > 1 and reserved:
            yield "a reservation is for one instance type; name that one alone in instance_types"

    def _fabric_problems(self) -> Iterator[str]:
        if self.placement == "cluster":
            if any(rung.kind.is_reserved for rung in self.capacity):
                yield (
                    "placement cluster does not go with a reservation: its machines stand in no group of ours, so that EC2 "
                    "would answer InsufficientInstanceCapacity though they are paid for (terraform-aws-eks #3730, eksctl "
                    "#7949); use placement none"
                )
            if any(rung.zone is None for rung in self.capacity):
                yield "placement cluster is a group in one zone; name the zone of each rung of capacity"
        if not self.efa:
            return
        known = eks_facts().efa
        unknown = [name for name in self.instance_types if name not in known]
        if len(self.instance_types) > 1:
            yield "efa lays out the network cards of one instance type; name one alone"
        elif unknown:
            yield f"nobody has read how many fabric adapters {unknown[0]} takes; known are {', '.join(known)}"
        if any(rung.zone is None for rung in self.capacity):
            yield "efa works within one zone; name the zone of each rung of capacity"


PoolName = Annotated[str, Field(pattern=DNS_LABEL_PATTERN, max_length=24)]
"""Short: a node group's name holds the pool, the kind of capacity and the reservation, in 63 characters."""

Pools = dict[PoolName, EksPoolSpec]
