"""The customer-managed keys, each for one kind of data, and the log group that one of them encrypts."""

from dataclasses import dataclass
from typing import Final

import pulumi_aws as aws

from aifactory.catalog.eks import eks_facts
from aifactory.clusters.eks.place import Place, PolicyStatement, allow, policy
from aifactory.model.eks import KEYS, EksKeysSpec

USE: Final = ("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext")
REENCRYPT: Final = ("kms:ReEncryptFrom", "kms:ReEncryptTo")

_WHAT: Final = {
    "secrets": "secrets of the cluster {}",
    "volumes": "volumes of the cluster {}",
    "stores": "object stores of the cluster {}",
    "logs": "logs of the cluster {}",
}


@dataclass(frozen=True)
class Keys:
    """The four keys.

    Attributes:
        secrets: encrypts Kubernetes secrets, in envelopes.
        volumes: encrypts disks of nodes and volumes of pods.
        stores: encrypts object stores.
        logs: encrypts the control plane's logs.
    """

    secrets: aws.kms.Key
    volumes: aws.kms.Key
    stores: aws.kms.Key
    logs: aws.kms.Key


def make_keys(place: Place, spec: EksKeysSpec) -> Keys:
    """Make the keys and their aliases."""
    return Keys(**{purpose: _make_key(place, spec, purpose) for purpose in KEYS})


def _make_key(place: Place, spec: EksKeysSpec, purpose: str) -> aws.kms.Key:
    # In a custom key store KMS cannot rotate: the material is its owner's.
    rotates = spec.key_store is None
    key = aws.kms.Key(
        place.name(f"key-{purpose}"),
        description=_WHAT[purpose].format(place.cluster),
        policy=_key_policy(place, purpose),
        custom_key_store_id=spec.key_store,
        xks_key_id=spec.external_keys.get(purpose),  # pyright: ignore[reportArgumentType, reportCallIssue]
        enable_key_rotation=rotates,
        rotation_period_in_days=spec.rotation_days if rotates else None,
        deletion_window_in_days=spec.deletion_window_days,
        multi_region=False,
        tags=place.tags(f"key-{purpose}"),
        opts=place.opts(keep=True),
    )
    aws.kms.Alias(
        place.name(f"alias-{purpose}"),
        name=f"alias/{place.cluster}-{purpose}",
        target_key_id=key.key_id,
        opts=place.opts(),
    )
    return key


def _key_policy(place: Place, purpose: str) -> str:
    # Without this statement nobody could ever manage the key again; who of the account may is said by its IAM policies.
    account = {"AWS": place.arn("iam", "root")}
    owner = allow(["kms:*"], ["*"], Sid="AccountDecidesWhoManages", Principal=account)
    return policy(owner, *_users(place, purpose))


def _users(place: Place, purpose: str) -> list[PolicyStatement]:
    if purpose == "logs":
        suffix = eks_facts().partitions[place.partition].logs_suffix
        group = place.arn("logs", f"log-group:{place.log_group}")
        return [
            allow(
                [*USE, *REENCRYPT],
                ["*"],
                Sid="LogsOfThisClusterAlone",
                Principal={"Service": f"logs.{place.location}.{suffix}"},
                Condition={"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": group}},
            )
        ]
    if purpose == "volumes":
        role = "role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
        principal = {"AWS": place.arn("iam", role)}
        return [
            allow([*USE, *REENCRYPT], ["*"], Sid="NodesStart", Principal=principal),
            allow(
                ["kms:CreateGrant"],
                ["*"],
                Sid="NodesAttachDisks",
                Principal=principal,
                Condition={"Bool": {"kms:GrantIsForAWSResource": "true"}},
            ),
        ]
    return []


def make_log_group(place: Place, keys: Keys, retention_days: int) -> aws.cloudwatch.LogGroup:
    """Make the group that EKS writes to, before EKS makes it without a key and without an end."""
    return aws.cloudwatch.LogGroup(
        place.name("logs"),
        name=place.log_group,
        kms_key_id=keys.logs.arn,
        retention_in_days=retention_days,
        tags=place.tags("logs"),
        opts=place.opts(keep=True),
    )
