"""A profile that speaks of everything the pack sees, and the configuration that makes it hold."""

from typing import Any

SAYS = {"says": "Everything stays in the European Economic Area.", "source": "tests/unit/policy/strict.py"}
EEA = {"blocs": ["eea"]}

STATEMENTS: dict[str, dict[str, Any]] = {
    "residency": {"within": EEA},
    "transfer": {"free": EEA},
    "key-custody": {"minimum": "customer", "within": EEA},
    "managed-service": {"allowed": ["object-store", "kubernetes", "database", "block-store", "logs", "secret-store"]},
    "in-transit": {},
    "admin-locality": {"within": {"countries": ["DE"]}},
    "telemetry": {"within": EEA},
    "registry": {"hosts": ["registry.example.com"]},
    "retention": {"min_days": 7, "max_days": 90},
}


def profile(*rules: str, **more: Any) -> dict[str, Any]:
    """A profile of these rules; all of them when none is named."""
    wanted = rules or tuple(STATEMENTS)
    return {
        "title": "what the tests hold resources to",
        "dated": "2026-01-01",
        "review_by": "2027-01-01",
        "statements": {rule: {"rule": rule, **STATEMENTS[rule], **SAYS, **more} for rule in wanted},
    }


def config(*rules: str, **more: Any) -> dict[str, Any]:
    """A configuration of the pack in which these rules hold on one day."""
    return {"profiles": ["strict"], "own_profiles": {"strict": profile(*rules)}, "as_of": "2026-11-22"} | more
