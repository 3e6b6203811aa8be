"""Where data goes because of a cluster on Amazon EKS: its logs, keys, object stores, images, and who reaches its API."""

from collections.abc import Iterator

from aifactory.catalog import locations
from aifactory.catalog.eks import eks_facts
from aifactory.model import SiteSpec
from aifactory.model.eks import ADDONS, KEYS, EksSpec, bucket_name
from aifactory.sovereignty.flow import Flow, FlowKind


def eks_flows(name: str, spec: EksSpec, site: SiteSpec) -> tuple[Flow, ...]:
    """Return every flow of a cluster itself. Volumes, and scratch space on nodes, are flows of the blocks that use them.

    Args:
        name: name of the cluster's component.
        spec: what it is.
        site: where it stands; a place that AWS has.
    """
    block = f"cluster {name}"
    return (
        *_logs(block, spec, site),
        *_keys(block, spec, site),
        *_stores(block, spec, site),
        *_images(block, site),
        *_administration(block, spec, site),
    )


def _operator(site: SiteSpec) -> str | None:
    """Return who runs AWS's services there: not everywhere Amazon itself."""
    found = locations().get(f"aws/{site.location}")
    return found.operator if found else None


def _logs(block: str, spec: EksSpec, site: SiteSpec) -> Iterator[Flow]:
    yield Flow(
        block,
        FlowKind.LOGS,
        f"cloudwatch {site.location}",
        spec.log_data_class,
        encrypted=True,
        note=f"logs of the control plane, kept {spec.log_retention_days} days",
        country=site.country,
        operator=_operator(site),
        location=f"aws/{site.location}",
        key=spec.key,
        retention_days=spec.log_retention_days,
    )


def _keys(block: str, spec: EksSpec, site: SiteSpec) -> Iterator[Flow]:
    outside = spec.keys.key_store
    for purpose in KEYS:
        # Where a key store of one's own stands, and who runs it, its name does not tell.
        yield Flow(
            block,
            FlowKind.KEY,
            outside or f"kms {site.location}",
            encrypted=True,
            note=f"who can open {purpose}",
            part=purpose,
            country=None if outside else site.country,
            operator=None if outside else _operator(site),
            location="" if outside else f"aws/{site.location}",
            key=spec.key,
        )


def _stores(block: str, spec: EksSpec, site: SiteSpec) -> Iterator[Flow]:
    for store, found in spec.stores.items():
        locked = f", locked for {found.lock_days} days" if found.lock_days else ""
        yield Flow(
            block,
            FlowKind.STORAGE,
            f"s3://{bucket_name(spec, store)}",
            found.data_class,
            encrypted=True,
            note=f"object store {store}: what is deleted is kept {found.old_versions_days} days{locked}, and copied nowhere",
            part=store,
            country=site.country,
            operator=_operator(site),
            location=f"aws/{site.location}",
            key=spec.key,
        )


def _images(block: str, site: SiteSpec) -> Iterator[Flow]:
    found = locations().get(f"aws/{site.location}")
    partition = eks_facts().partitions.get(str(found.partition)) if found else None
    suffix = partition.suffix if partition else "unknown"
    note = f"the catalog decides of AWS which images {', '.join(ADDONS)} have; no mirror is asked for them"
    yield Flow(
        block,
        FlowKind.IMAGE_PULL,
        f"dkr.ecr.{site.location}.{suffix}",
        encrypted=True,
        note=note,
        country=site.country,
        operator=_operator(site),
        location=f"aws/{site.location}",
    )


def _administration(block: str, spec: EksSpec, site: SiteSpec) -> Iterator[Flow]:
    where = ", ".join([*spec.public_cidrs, *spec.client_cidrs]) or "its own network alone"
    admins = [name for name, entry in spec.access.items() if entry.policy == "cluster-admin"]
    yield Flow(
        block,
        FlowKind.ADMIN,
        where,
        encrypted=True,
        note=f"who reaches the API; {', '.join(admins)} may do everything, by AWS's word for who they are",
        operator=_operator(site),
    )
