"""State in S3, keys in AWS KMS: in one region, under the customer's key, closed to everybody and over TLS only."""

import json
from collections.abc import Iterator
from typing import Any, Final

from aifactory.backends.address import Address, KeyKind, SecretsProvider
from aifactory.backends.shell import Step, quoted, refuse_unless, unless
from aifactory.model import Custody

WITHOUT_CONSTRAINT: Final = "us-east-1"
"""The region that a bucket is in when no constraint is said (S3 API, CreateBucketConfiguration), and never as one."""

_ORIGINS: Final = {
    Custody.HSM: ' --origin AWS_CLOUDHSM --custom-key-store-id "$KEY_STORE"',
    Custody.EXTERNAL: ' --origin EXTERNAL_KEY_STORE --custom-key-store-id "$KEY_STORE" --xks-key-id "$KEY_STORE_KEY"',
}
"""Where the material of a key lies, by who holds it; otherwise in KMS."""


def partition_step(region: str, partition: str) -> Step:
    """Return the check that whoever runs the script is logged in to the partition that the region is in.

    Args:
        region: AWS region.
        partition: its partition.
    """
    found = '[ "$(aws sts get-caller-identity --query Arn --output text | cut -d: -f2)" = ' + f"{partition} ]"
    words = f"the account is not in the partition {partition} of {region}: log in there"
    return Step(f"The account must be in the partition {partition}", refuse_unless(found, words))


def key_step(provider: SecretsProvider, region: str, custody: Custody | None) -> Step:
    """Return what makes the key where it is an alias, and otherwise sees whether it is there; it ends in ``key_arn``.

    Args:
        provider: the key.
        region: where it lies.
        custody: who is to hold it; None: nobody said.
    """
    at, key = f"--region {quoted(region)}", quoted(provider.key)
    describe = f"aws kms describe-key {at} --key-id {key}"
    make: tuple[str, ...] = ()
    rotate: tuple[str, ...] = ()
    if provider.key.startswith("alias/"):
        origin = _ORIGINS.get(custody or Custody.CUSTOMER, "")
        needs = [f': "${{{name}:?{words}}}"' for name, words in _needed(origin)]
        created = f"key=$(aws kms create-key {at}{origin} --query KeyMetadata.KeyId --output text)"
        alias = f'aws kms create-alias {at} --alias-name {key} --target-key-id "$key"'
        make = unless(describe, *needs, created, alias)
        # A key whose material lies elsewhere cannot be rotated by KMS.
        rotate = () if origin else _rotation(at)
    enabled = f'[ "$({describe} --query KeyMetadata.KeyState --output text)" = Enabled ]'
    check = refuse_unless(enabled, f"the key {provider.key} is not enabled")
    arn = f"key_arn=$({describe} --query KeyMetadata.Arn --output text)"
    return Step(f"The key {provider.key} in {region}", (*make, *check, arn, *rotate))


def _rotation(at: str) -> tuple[str, ...]:
    key = f'{at} --key-id "$key_arn"'
    status = f"aws kms get-key-rotation-status {key} --query KeyRotationEnabled --output text"
    return (f'if ! [ "$({status})" = True ]; then', f"  aws kms enable-key-rotation {key}", "fi")


def _needed(origin: str) -> Iterator[tuple[str, str]]:
    if "KEY_STORE" in origin:
        yield "KEY_STORE", "the ID of the custom key store"
    if "KEY_STORE_KEY" in origin:
        yield "KEY_STORE_KEY", "the ID of the key in the external key store"


def bucket_steps(address: Address, provider: SecretsProvider, region: str, partition: str) -> Iterator[Step]:
    """Yield what makes the bucket, and what closes it.

    Args:
        address: the backend.
        provider: who encrypts secrets; a key of KMS encrypts the bucket too.
        region: where the bucket lies.
        partition: the partition that it is in.
    """
    bucket, at = quoted(address.name), f"--region {quoted(region)}"
    if provider.kind is not KeyKind.AWS:
        words = "the ARN of a key of yours for the bucket: state is not secrets alone"
        yield Step("The key of the bucket", (f'key_arn="${{STATE_KEY_ARN:?{words}}}"',))
    constraint = (
        "" if region == WITHOUT_CONSTRAINT else f" --create-bucket-configuration LocationConstraint={quoted(region)}"
    )
    create = f"aws s3api create-bucket {at} --bucket {bucket} --object-ownership BucketOwnerEnforced{constraint}"
    yield Step(f"The bucket {address.name} in {region}", unless(f"aws s3api head-bucket {at} --bucket {bucket}", create))
    expected = "None" if region == WITHOUT_CONSTRAINT else region
    located = f"aws s3api get-bucket-location {at} --bucket {bucket} --query LocationConstraint --output text"
    words = f"the bucket {address.name} is not in {region}: state would lie in another jurisdiction"
    yield Step("It must be there, also when it was made before", refuse_unless(f'[ "$({located})" = {expected} ]', words))
    blocked = ",".join(
        f"{name}=true" for name in ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    )
    yield Step(
        "Nobody from outside",
        (f"aws s3api put-public-access-block {at} --bucket {bucket} --public-access-block-configuration {blocked}",),
    )
    yield Step(
        "What is overwritten or deleted can be had back",
        (f"aws s3api put-bucket-versioning {at} --bucket {bucket} --versioning-configuration Status=Enabled",),
    )
    rules = json.dumps(_encryption("%s"))
    put = f"aws s3api put-bucket-encryption {at} --bucket {bucket}"
    yield Step(
        "Encrypted with the key",
        (f'{put} --server-side-encryption-configuration "$(printf {quoted(rules)} "$key_arn")"',),
    )
    policy = quoted(json.dumps(policy_of(address.name, partition)))
    yield Step("Over TLS only", (f"aws s3api put-bucket-policy {at} --bucket {bucket} --policy {policy}",))


def store_steps(address: Address) -> Iterator[Step]:
    """Yield what makes the bucket in an object store of one's own that speaks S3.

    Args:
        address: the backend, with its ``endpoint``.
    """
    endpoint = address.query["endpoint"]
    endpoint = endpoint if "://" in endpoint else f"https://{endpoint}"
    at, bucket = f"--endpoint-url {quoted(endpoint)}", quoted(address.name)
    create = f"aws s3api create-bucket {at} --bucket {bucket}"
    yield Step(f"The bucket {address.name}", unless(f"aws s3api head-bucket {at} --bucket {bucket}", create))
    yield Step(
        "What is overwritten or deleted can be had back",
        (f"aws s3api put-bucket-versioning {at} --bucket {bucket} --versioning-configuration Status=Enabled",),
    )


def _encryption(key: str) -> dict[str, Any]:
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    return {"Rules": [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}]}


def policy_of(bucket: str, partition: str) -> dict[str, Any]:
    """Return the policy of the bucket: it allows nothing, and denies what is not TLS 1.2 or newer.

    Args:
        bucket: its name.
        partition: that it is in.
    """
    resource = [f"arn:{partition}:s3:::{bucket}", f"arn:{partition}:s3:::{bucket}/*"]
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": resource}
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "TlsOnly"} | deny | {"Condition": {"Bool": {"aws:SecureTransport": "false"}}},
            {"Sid": "NoOldTls"} | deny | {"Condition": {"NumericLessThan": {"s3:TlsVersion": "1.2"}}},
        ],
    }
