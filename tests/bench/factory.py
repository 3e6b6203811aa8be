"""Factories of any size for benchmarks: regions of all sorts, the right ones and those that rules stop, the same each time.

What a region is depends on its number alone, by remainders that have no common divisor: so each combination comes, no
clock and no chance decides, and a factory of 200 regions begins with those of the one of 10.
"""

from datetime import date
from functools import cache
from typing import Any, Final

import yaml

from aifactory.model import FactorySpec, parse_factory

ON: Final = date(2026, 11, 22)
"""The day of every benchmark: after all shipped profiles begin, and before they are to be reviewed."""

SITES: Final[tuple[dict[str, str], ...]] = (
    {"provider": "on-prem", "location": "hall-7", "country": "DE", "operator": "self"},
    {"provider": "aws", "location": "eu-central-1", "country": "DE", "operator": "aws"},
    {"provider": "azure", "location": "swedencentral", "country": "SE", "operator": "microsoft"},
    {"provider": "aws", "location": "us-east-1", "country": "US", "operator": "aws"},
    {"provider": "edge", "location": "harbour", "country": "NL", "operator": "joint"},
    {"provider": "azure", "location": "uksouth", "country": "GB", "operator": "microsoft"},
    {"provider": "aws", "location": "eusc-de-east-1", "country": "DE", "operator": "aws-european-sovereign-cloud"},
)
"""Where regions are: one's own hall, clouds inside and outside of the Union, a partner's machines."""

PROFILES: Final[tuple[tuple[str, ...], ...]] = (
    ("eu-gdpr", "house"),
    ("eu-gdpr", "eu-dora", "us-gpu-export"),
    ("de-c5", "house"),
    ("uk-gdpr", "house", "us-gpu-export"),
    ("eu-gdpr", "eu-secnumcloud-like", "de-c5-germany"),
)
"""What holds in a region: every shipped profile comes, some of them together with the factory's own."""

_OPERATORS: Final = (
    "cert-manager",
    "cloudnative-pg",
    "barman-cloud",
    "kubevirt",
    "cdi",
    "kueue",
    "llm-d",
    "gpu-operator",
)
_OURS: Final = frozenset({"cert-manager", "kueue"})
"""Operators that we install, so that their charts and images are fetched."""

_CLASSES: Final = ("customers", "prompts", "readings", None)
_STORES: Final = (
    {"country": "DE", "operator": "self", "key": "own"},
    {"country": "IE", "operator": "aws", "location": "aws/eu-west-1", "redundancy": "zone", "key": "cloud"},
    {"country": "US", "operator": "aws", "location": "aws/us-east-1", "redundancy": "zone"},
    {"country": "CH", "operator": "partner", "key": "own"},
    {"country": "JP", "operator": "partner"},
)
_LICENCES: Final = ("Apache-2.0", "MIT AND Apache-2.0", "LicenseRef-research", None)
_SINKS: Final = (
    {"country": "DE", "operator": "self", "key": "own", "data_class": "customers", "retention_days": 30},
    {"country": "US", "operator": "microsoft", "data_class": "readings", "retention_days": 400},
    {"country": "CH", "operator": "partner", "data_class": "prompts", "key": "own"},
)


@cache
def generated(regions: int) -> FactorySpec:
    """Return a factory of that many regions, read from YAML as every factory is."""
    return parse_factory(text(regions))


def text(regions: int) -> str:
    """Return it as YAML."""
    return yaml.dump(values(regions), Dumper=_Plain, sort_keys=False)


def values(regions: int) -> dict[str, Any]:
    """Return it as plain values."""
    return {
        "version": 1,
        "name": f"bench-{regions}",
        "data_classes": {
            "customers": {"description": "who our customers are and what they bought", "personal": True},
            "prompts": {"description": "what people ask a model, and what it answers", "personal": True},
            "readings": {"description": "temperatures of machine halls by the hour"},
        },
        "organizations": _organizations(),
        "transfers": _transfers(),
        "profiles": {"house": _house()},
        "regions": {f"region-{number:03}": _region(number) for number in range(regions)},
    }


def _organizations() -> dict[str, Any]:
    """Return the owner of the factory, a partner, and a joint company of which a foreign fund holds just too much."""
    told = {"dated": "2026-01-01", "source": "made up for the benchmark"}
    return {
        "self": {"title": "Example Works AG", "seat": "DE", "owners": {"founders": 76, "fund": 24}, **told},
        "founders": {"title": "The founders", "kind": "person", "seat": "DE", **told},
        "fund": {"title": "A fund abroad", "seat": "US", "owners": {"state-fund": 60}, **told},
        "state-fund": {"title": "A fund of a state", "kind": "state", "seat": "QA", **told},
        "joint": {"title": "Joint Harbour BV", "seat": "NL", "owners": {"self": 51, "harbour": 24.5, "fund": 24.5}, **told},
        "harbour": {"title": "The harbour", "kind": "state", "seat": "NL", **told},
        "partner": {"title": "Partner SA", "seat": "CH", "owners": {"self": 40, "joint": 20}, "licensors": ["fund"], **told},
        "reseller": {"title": "Reseller Ltd", "seat": "GB", "ultimate_parent": "branch", **told},
        "branch": {"title": "Main house", "seat": "CN", **told},
    }


def _transfers() -> dict[str, Any]:
    told = {"reference": "assessment 4711", "since": "2025-01-01", "until": "2027-06-30"}
    return {
        "clauses-us": {
            **told,
            "countries": ["US"],
            "data_classes": ["customers"],
            "recipient": "aws",
            "mechanism": "scc",
            "protection": "external",
        },
        "framework-us": {
            **told,
            "countries": ["US"],
            "data_classes": ["customers", "prompts"],
            "recipient": "microsoft",
            "mechanism": "adequacy",
            "condition": "dpf",
        },
        "old-clauses": {
            **told,
            "countries": ["US", "JP"],
            "data_classes": ["readings"],
            "recipient": "aws",
            "mechanism": "scc",
            "until": "2026-01-31",
        },
    }


def _house() -> dict[str, Any]:
    """Return a profile of the factory's own, with one statement of each rule."""
    said = {"source": "house rule, made up for the benchmark"}
    statements: dict[str, dict[str, Any]] = {
        "places": {"rule": "residency", "within": {"blocs": ["eea"], "countries": ["CH"], "deny": ["HU"]}},
        "moves": {
            "rule": "transfer",
            "classes": ["customers", "prompts"],
            "free": {"blocs": ["eea"], "deny": ["HU"]},
            "adequate": ["eu-adequacy"],
            "mechanisms": ["scc"],
            "protection": "hsm",
        },
        "runners": {
            "rule": "operator",
            "forbidden": ["branch"],
            "seat": {"blocs": ["eea", "eu-adequacy"]},
            "exposure": {"anywhere": True, "deny": ["CN", "QA"]},
            "each": 25,
            "together": 49,
        },
        "keys": {
            "rule": "key-custody",
            "classes": "personal",
            "minimum": "hsm",
            "within": {"blocs": ["eea"]},
            "apart": True,
        },
        "managed": {"rule": "managed-service", "allowed": ["object-store", "state", "key-management"]},
        "leaving": {"rule": "portability", "licences": "osi", "tested_within_days": 400},
        "licences": {"rule": "portability", "licences": ["Apache-2.0", "MIT", "PostgreSQL"], "mandatory": False},
        "wire": {"rule": "in-transit", "inside": True},
        "admins": {"rule": "admin-locality", "within": {"blocs": ["eea"]}},
        "signals": {"rule": "telemetry", "within": {"blocs": ["eea"]}, "vendors": True},
        "code": {"rule": "registry", "hosts": ["registry.example.com", "ghcr.io", "registry.k8s.io"], "digests": False},
        "gpus": {"rule": "gpu-export", "groups": ["ear-gpu-headquarters"]},
        "help": {"rule": "support", "within": {"blocs": ["eea"], "countries": ["GB"]}},
        "copies": {"rule": "retention", "min_days": 14, "max_days": 366},
    }
    return {
        "title": "What a house might write: one statement of each rule",
        "dated": "2026-01-01",
        "review_by": "2040-01-01",
        "statements": {
            name: {"says": f"The house says this of {name}.", **said, **body} for name, body in statements.items()
        },
    }


def _region(number: int) -> dict[str, Any]:
    site = SITES[number % len(SITES)]
    cloud = site["provider"] in {"aws", "azure"}
    region: dict[str, Any] = {
        "site": dict(site),
        "profiles": list(PROFILES[number % len(PROFILES)]),
        "state": _state(number, site),
        "cluster": {"kind": "existing", "context": f"region-{number}", "managed": cloud},
        "access": _access(number, site),
        "operators": {name: {"install": "helm" if name in _OURS else "adopt"} for name in _OPERATORS},
        "namespaces": {"ai": {"gpu_quota": 8}, "data": {}, "legacy": {}},
        "keys": {
            "own": {"custody": "external", "country": "DE", "operator": "self"},
            "cloud": {"custody": "customer", "country": site["country"], "operator": site["operator"]},
        },
        "storage_classes": {"default": {"encrypted": True, "key": "own" if number % 3 else "cloud"}},
        "gpu_operator": {"platform": "bare-metal"},
        "gpu_pools": {"h100": {"accelerator": "h100-sxm-80gb", "nodes": 8, "gpus_per_node": 8}},
        "object_stores": {
            f"store-{index}": {"destination": f"s3://backups-{number}-{index}", **_STORES[(number + index) % len(_STORES)]}
            for index in range(2)
        },
        "databases": {f"database-{index}": _database(number, index) for index in range(4)},
        "virtualization": {},
        "virtual_machines": {f"machine-{index}": _machine(number, index) for index in range(3)},
        "gateway": {"class_name": "istio", "issuer": "factory-ca", "domain": f"region-{number}.factory.internal"},
        "models": {f"model-{index}": _model(number, index) for index in range(3)},
        "services": {"directory": _service(number)},
    }
    return region | _declared(number)


def _state(number: int, site: dict[str, str]) -> dict[str, Any]:
    """Return where the state is; of every fourth region nobody says in which country, or by whose hand."""
    kept = {"backend": f"s3://state-{number}", "secrets_provider": "hashivault://state", "key": "own"}
    return kept if number % 4 == 3 else kept | {"country": site["country"], "operator": site["operator"]}


def _access(number: int, site: dict[str, str]) -> dict[str, Any]:
    if number % 5 == 4:
        return {"kind": "runner"}
    identity = {"operator": "self", "country": "DE"}
    return {"kind": "tunnel", "countries": sorted({"DE", site["country"]}), "identity": identity}


def _database(number: int, index: int) -> dict[str, Any]:
    database: dict[str, Any] = {"namespace": "data", "clients": ["ai"], "pooler": {}}
    if index:
        store = f"store-{(number + index) % 2}"
        database["backup"] = {"store": store, "retention": ("7d", "30d", "20m")[(number + index) % 3]}
    return database | _classified(number + index)


def _machine(number: int, index: int) -> dict[str, Any]:
    machine: dict[str, Any] = {"namespace": "legacy", "cpu": 4, "memory_gib": 16, "root": {"size_gib": 40}}
    return machine | {"ports": {"http": 8080}, "clients": ["ai"]} | _classified(number + index + 1)


def _model(number: int, index: int) -> dict[str, Any]:
    digest = f"{number * 10 + index:064x}"
    source = f"oci://ghcr.io/example/weights-{index}@sha256:{digest}" if index else "pvc://weights/assistant"
    model: dict[str, Any] = {"namespace": "ai", "source": source, "replicas": 2}
    licence = _LICENCES[(number + index) % len(_LICENCES)]
    return model | ({"licence": licence} if licence else {}) | _classified(number + index)


def _service(number: int) -> dict[str, Any]:
    service: dict[str, Any] = {"title": "The directory of the people who work here", "kind": "identity"}
    operator, country = (("self", "DE"), ("microsoft", "IE"), ("reseller", "GB"))[number % 3]
    service |= {"operator": operator, "country": country, "managed": operator != "self"} | _classified(number)
    if number % 2:
        service |= {"licence": "Apache-2.0 OR MIT", "exit_target": "the directory of our own", "export_format": "LDIF"}
    return service


def _declared(number: int) -> dict[str, Any]:
    """Return what only people can say; of some regions they did not say it."""
    said: dict[str, Any] = {}
    if number % 6 != 5:
        sinks = {
            f"sink-{index}": {
                "signals": ["logs", "metrics"] if index else ["logs", "traces"],
                "endpoint": f"{'http' if (number + index) % 5 == 4 else 'https'}://logs-{index}.example.com",
                **_SINKS[(number + index) % len(_SINKS)],
            }
            for index in range(number % 3)
        }
        said["telemetry"] = {"sinks": sinks, "reporting": ["nvidia"] if number % 2 else []}
        vendor, countries = (("partner", ["CH"]), ("microsoft", ["IE", "US"]), ("self", ["DE"]))[number % 3]
        access = ("none", "supervised", "remote")[number % 3]
        said["support"] = {"desk": {"vendor": vendor, "countries": countries, "access": access, "reference": "contract 7"}}
    if number % 4 != 2:
        tested = ("2026-03-01", "2025-01-15")[number % 2]
        said["exit"] = {"target": "a second hall of our own", "plan": "documents/exit-1", "tested": tested}
    if number % 3 != 1:
        said["export"] = {"end_users": [("self", "reseller", "joint")[number % 3]]}
    return said


def _classified(index: int) -> dict[str, str]:
    name = _CLASSES[index % len(_CLASSES)]
    return {"data_class": name} if name else {}


class _Plain(yaml.SafeDumper):
    """Writes every value out, as people do: the model refuses aliases."""

    def ignore_aliases(self, data: object) -> bool:
        return True
