"""Object stores: buckets that are versioned, encrypted with the owner's key, reached by TLS alone, and copied nowhere."""

from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_aws as aws

from aifactory.clusters.eks.keys import Keys
from aifactory.clusters.eks.place import Place, policy
from aifactory.model.eks import EksStoreSpec

_UNFINISHED_DAYS: Final = 7
"""Days after which uploads that nobody finished are removed: nobody sees them, and they cost."""


@dataclass(frozen=True)
class Store:
    """One bucket.

    Attributes:
        bucket: its name.
        arn: its ARN, known before it is there.
        made: it, and all that protects it; nothing is to be written before.
    """

    bucket: str
    arn: str
    made: list[pulumi.Resource]


def make_store(place: Place, keys: Keys, name: str, bucket: str, spec: EksStoreSpec) -> Store:
    """Make one bucket.

    Args:
        place: where.
        keys: the keys; one of them encrypts it.
        name: name of the store.
        bucket: name of the bucket.
        spec: what it is.
    """
    what = f"store-{name}"
    arn = f"arn:{place.partition}:s3:::{bucket}"
    made = aws.s3.Bucket(
        place.name(what),
        bucket=bucket,
        force_destroy=False,
        object_lock_enabled=spec.lock_days is not None,
        tags=place.tags(what),
        opts=place.opts(keep=True),
    )
    closed: list[pulumi.Resource] = [
        aws.s3.BucketPublicAccessBlock(
            place.name(f"{what}-private"),
            bucket=made.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=place.opts(),
        ),
        aws.s3.BucketOwnershipControls(
            place.name(f"{what}-owner"),
            bucket=made.id,
            rule={"object_ownership": "BucketOwnerEnforced"},
            opts=place.opts(),
        ),
        aws.s3.BucketServerSideEncryptionConfiguration(
            place.name(f"{what}-encryption"),
            bucket=made.id,
            rules=[
                {
                    "apply_server_side_encryption_by_default": {
                        "sse_algorithm": "aws:kms",
                        "kms_master_key_id": keys.stores.arn,
                    },
                    "bucket_key_enabled": True,
                }
            ],
            opts=place.opts(),
        ),
    ]
    tls = aws.s3.BucketPolicy(place.name(f"{what}-tls"), bucket=made.id, policy=_tls_only(arn), opts=place.opts([closed[0]]))
    return Store(bucket, arn, [made, *closed, tls, *_make_history(place, what, made, spec)])


def _make_history(place: Place, what: str, bucket: aws.s3.Bucket, spec: EksStoreSpec) -> list[pulumi.Resource]:
    versions = aws.s3.BucketVersioning(
        place.name(f"{what}-versions"),
        bucket=bucket.id,
        versioning_configuration={"status": "Enabled"},
        opts=place.opts(),
    )
    made: list[pulumi.Resource] = [
        versions,
        aws.s3.BucketLifecycleConfiguration(
            place.name(f"{what}-lifecycle"),
            bucket=bucket.id,
            rules=[
                {
                    "id": "old-versions",
                    "status": "Enabled",
                    "filter": {"prefix": ""},
                    "noncurrent_version_expiration": {"noncurrent_days": spec.old_versions_days},
                    "abort_incomplete_multipart_upload": {"days_after_initiation": _UNFINISHED_DAYS},
                }
            ],
            opts=place.opts([versions]),
        ),
    ]
    if spec.lock_days is not None:
        made.append(
            aws.s3.BucketObjectLockConfiguration(
                place.name(f"{what}-lock"),
                bucket=bucket.id,
                rule={"default_retention": {"mode": spec.lock_mode.upper(), "days": spec.lock_days}},
                opts=place.opts([versions]),
            )
        )
    return made


def _tls_only(arn: str) -> str:
    return policy(
        {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [arn, f"{arn}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    )
