"""Regions whose lists are looked at."""

from typing import Any

from aifactory.model import FactorySpec
from tests.unit.factories import factory

MODEL = "registry.models.example/weights/assistant@sha256:" + "a" * 64
DISK = "quay.io/containerdisks/fedora@sha256:" + "b" * 64
MIRROR = {"mirror": "registry.internal:5000/cache"}


def on_prem(**changes: Any) -> FactorySpec:
    """Return a factory with a region of one's own whose operators are installed by Helm; None takes a key out."""
    region: dict[str, Any] = {
        "site": {"provider": "on-prem", "location": "hall-2", "country": "DE", "operator": "self"},
        "state": {"backend": "file:///srv/state", "secrets_provider": "passphrase"},
        "cluster": {"kind": "existing", "context": "hall-2"},
        "access": {"kind": "runner"},
        "operators": {
            "cert-manager": {"install": "helm"},
            "cloudnative-pg": {"install": "helm"},
            "kueue": {"install": "helm"},
            "llm-d": {"install": "adopt"},
            "kubevirt": {"install": "adopt"},
            "cdi": {"install": "adopt"},
        },
        "virtualization": {},
        "namespaces": {"ai": {"gpu_quota": 4}, "data": {}, "legacy": {}},
        "virtual_machines": {
            "old": {
                "namespace": "legacy",
                "cpu": 1,
                "memory_gib": 1,
                "root": {"size_gib": 5, "source": f"registry://{DISK}"},
            }
        },
        "models": {"assistant": {"namespace": "ai", "source": f"oci://{MODEL}", "replicas": 1}},
    }
    return factory(**(region | changes))
