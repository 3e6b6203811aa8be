"""Regions with their state in many places."""

from typing import Any

from aifactory.model import FactorySpec
from tests.unit.factories import factory

SITES: dict[str, dict[str, Any]] = {
    "aws": {"provider": "aws", "location": "eu-central-1", "country": "DE", "operator": "aws"},
    "azure": {"provider": "azure", "location": "swedencentral", "country": "SE", "operator": "azure"},
    "on-prem": {"provider": "on-prem", "location": "hall-2", "country": "DE", "operator": "self"},
}
S3 = {"backend": "s3://demo-state", "secrets_provider": "awskms://alias/state", "country": "DE", "operator": "aws"}
BLOB = {
    "backend": "azblob://state?storage_account=demostate",
    "secrets_provider": "azurekeyvault://demo.vault.azure.net/keys/state",
    "country": "SE",
    "operator": "azure",
}
GCS = {
    "backend": "gs://demo-state",
    "secrets_provider": "gcpkms://projects/demo/locations/europe-west3/keyRings/state/cryptoKeys/state",
}
FILE = {"backend": "file:///srv/state", "secrets_provider": "passphrase"}


def region(site: str | dict[str, Any], state: dict[str, Any], **changes: Any) -> FactorySpec:
    """Return a factory with one region, without rules unless they are given."""
    values: dict[str, Any] = {
        "site": SITES[site] if isinstance(site, str) else site,
        "state": state,
        "cluster": {"kind": "existing", "context": "there"},
        "access": {"kind": "runner"},
        "operators": {
            "cloudnative-pg": {"install": "adopt"},
            "cert-manager": {"install": "adopt"},
            "llm-d": {"install": "adopt"},
        },
    }
    return factory(**(values | changes))
