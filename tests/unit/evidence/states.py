"""A Pulumi state as `pulumi stack export --show-secrets` writes it: the worst that somebody may hand over."""

import json
from typing import Any

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"
SECRETS = (
    "plain-canary-password",
    "ciphercanary==",
    "canary-config-value",
    "canary-kubeconfig-token",
    "canary-output",
    "canary-env",
)


def secret(plain: str) -> dict[str, str]:
    return {SIGNATURE: SECRET, "plaintext": json.dumps(plain)}


def resource(kind: str, name: str, inputs: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    urn = f"urn:pulumi:frankfurt::acme::{kind}::{name}"
    return {"urn": urn, "type": kind, "custom": True, "inputs": inputs or {}, **more}


PROVIDER = resource("pulumi:providers:aws", "us", {"region": "us-east-1", "secretKey": secret(SECRETS[0])}, id="provider-id")

RESOURCES = [
    resource("pulumi:pulumi:Stack", "acme-frankfurt", outputs={"token": SECRETS[4]}),
    PROVIDER,
    resource("pulumi:providers:kubernetes", "cluster", {"kubeconfig": secret(SECRETS[3])}),
    resource("aws:s3/bucket:Bucket", "raw", {"bucket": "raw-data"}, provider=f"{PROVIDER['urn']}::provider-id"),
    resource(
        "kubernetes:core/v1:Secret",
        "keys",
        {
            "kind": "Secret",
            "metadata": {"name": "backup-keys", "namespace": "data"},
            "stringData": secret(SECRETS[0]),
            "data": {"password": {SIGNATURE: SECRET, "ciphertext": SECRETS[1]}},
        },
    ),
    resource("kubernetes:core/v1:ConfigMap", "settings", {"metadata": {"name": "app"}, "data": {"value": SECRETS[2]}}),
    resource(
        "kubernetes:apps/v1:Deployment",
        "web",
        {
            "metadata": {"name": "web", "namespace": "data"},
            "spec": {
                "template": {
                    "spec": {
                        "containers": [
                            {"name": "web", "image": "ghcr.io/acme/web:1.0", "env": [{"name": "KEY", "value": SECRETS[5]}]}
                        ]
                    }
                }
            },
        },
    ),
    resource("kubernetes:core/v1:Namespace", "old", {"metadata": {"name": "old"}}, delete=True),
]


def state_bytes(resources: list[dict[str, Any]] | None = None, **deployment: Any) -> bytes:
    """Return an exported state."""
    document = {
        "version": 3,
        "deployment": {
            "manifest": {"time": "2026-11-20T08:00:00Z", "magic": "m", "version": "v3.258.0"},
            "secrets_providers": {"type": "passphrase", "state": {"salt": "v1:salt"}},
            "resources": RESOURCES if resources is None else resources,
            **deployment,
        },
    }
    return json.dumps(document).encode()
