"""A small factory with a region in Frankfurt and profiles of its own, for tests that change one thing of it."""

from copy import deepcopy
from datetime import date
from typing import Any

import yaml

from aifactory.model import FactorySpec, WaiverSpec, parse_factory

DAY = date(2026, 6, 1)

SAID = {"source": "made up for this test", "says": "a statement that was made up for this test"}

IN_EU = {"rule": "residency", "within": {"blocs": ["eu"]}, **SAID}
BY_AWS = {"rule": "operator", "allowed": ["aws"], **SAID}
MOVING = {"rule": "transfer", "free": {"blocs": ["eea"]}, "adequate": ["eu-adequacy"], "classes": "personal", **SAID}
NO_EXPORT = {"rule": "gpu-export", "groups": ["ear-d5"], **SAID}


def profile(review_by: date = date(2028, 1, 1), **statements: Any) -> dict[str, Any]:
    """Return a profile with these statements."""
    return {"title": "a profile of this test", "dated": date(2026, 1, 1), "review_by": review_by, "statements": statements}


FACTORY: dict[str, Any] = {
    "version": 1,
    "name": "demo",
    "data_classes": {
        "customers": {"description": "who buys, and what they bought", "personal": True},
        "weather": {"description": "temperatures of the roof", "personal": False},
    },
    "profiles": {
        "places": profile(home=IN_EU),
        "operators": profile(who=BY_AWS),
        "later": profile(home=IN_EU | {"within": {"countries": ["FR"]}, "since": date(2027, 1, 12)}),
        "ended": profile(home=IN_EU | {"within": {"countries": ["FR"]}, "until": date(2026, 6, 30)}),
        "hint": profile(home=IN_EU | {"within": {"countries": ["FR"]}, "mandatory": False}),
        "moves": profile(data=MOVING),
        "export": profile(gpus=NO_EXPORT),
        "empty": profile(),
        "overdue": profile(review_by=date(2026, 6, 1), home=IN_EU),
    },
    "regions": {
        "frankfurt": {
            "site": {"provider": "aws", "location": "eu-central-1", "country": "DE", "operator": "aws"},
            "profiles": ["places"],
            "state": {"backend": "s3://state", "secrets_provider": "passphrase", "country": "DE", "operator": "aws"},
            "cluster": {"kind": "existing", "context": "frankfurt"},
            "access": {"kind": "runner"},
            "operators": {"cloudnative-pg": {"install": "adopt"}},
            "namespaces": {"data": {}},
            "gpu_pools": {"h100": {"accelerator": "h100-sxm-80gb", "nodes": 2, "gpus_per_node": 8}},
            "databases": {"billing": {"namespace": "data", "data_class": "customers"}},
        }
    },
}


class _Plain(yaml.SafeDumper):
    """Writes every value out: the model refuses aliases."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def cloud_text(regions: dict[str, Any] | None = None, **region: Any) -> str:
    """Return a factory as text; its region differs in the given keys, and `regions` are added to it."""
    values = deepcopy(FACTORY)
    values["regions"]["frankfurt"] |= region
    values["regions"] |= regions or {}
    return yaml.dump(values, Dumper=_Plain, sort_keys=False)


def cloud(regions: dict[str, Any] | None = None, **region: Any) -> FactorySpec:
    """Return a factory, as `cloud_text`."""
    return parse_factory(cloud_text(regions, **region))


def own_region(location: str, country: str, **more: Any) -> dict[str, Any]:
    """Return a region on the owner's own machines."""
    site = {"provider": "on-prem", "location": location, "country": country, "operator": "self"}
    base = deepcopy(FACTORY["regions"]["frankfurt"]) | {"site": site, "databases": {}, "gpu_pools": {}}
    return base | {"cluster": {"kind": "existing", "context": location}} | more


WAIVER: dict[str, Any] = {
    "rule": "residency",
    "subject": "frankfurt/site",
    "reason": "the move to the other place is under way",
    "approver": "A. Person",
    "approved": date(2026, 1, 1),
    "expires": date(2026, 6, 30),
    "controls": ["nothing new is put there"],
}


def waived(factory: FactorySpec, **waiver: Any) -> FactorySpec:
    """Return a factory with a waiver called `moving`, which differs in the given keys."""
    return factory.model_copy(update={"waivers": {"moving": WaiverSpec.model_validate(WAIVER | waiver)}})
