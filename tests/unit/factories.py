"""A small right factory, and ways to make it wrong: tests change one thing and look at what is said of it."""

from copy import deepcopy
from typing import Any

import yaml

from aifactory.model import FactorySpec, parse_factory

REGION: dict[str, Any] = {
    "site": {"provider": "local", "location": "here", "country": "DE", "operator": "self"},
    "profiles": ["none"],
    "state": {"backend": "local", "secrets_provider": "passphrase"},
    "cluster": {"kind": "local"},
    "operators": {name: {"install": "adopt"} for name in ("cloudnative-pg", "llm-d", "cert-manager")},
    "gateway": {"class_name": "istio", "issuer": "factory-ca", "domain": "test.internal"},
    "gpu_pools": {"h100": {"accelerator": "h100-sxm-80gb", "nodes": 2, "gpus_per_node": 8}},
    "namespaces": {"ai": {"gpu_quota": 4}, "data": {}},
    "databases": {"billing": {"namespace": "data"}},
    "models": {"assistant": {"namespace": "ai", "source": "pvc://weights/assistant", "replicas": 2}},
}


def factory_values(**region: Any) -> dict[str, Any]:
    """Return the values of a factory whose region `here` differs in the given keys; None takes a key out."""
    here = deepcopy(REGION) | region
    return {"version": 1, "name": "demo", "regions": {"here": {k: v for k, v in here.items() if v is not None}}}


class _Plain(yaml.SafeDumper):
    """Writes every value out, as people do: the model refuses aliases."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def factory_text(**region: Any) -> str:
    return yaml.dump(factory_values(**region), Dumper=_Plain, sort_keys=False)


def factory(**region: Any) -> FactorySpec:
    return parse_factory(factory_text(**region))
