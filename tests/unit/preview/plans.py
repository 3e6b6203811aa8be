"""Plans in the form in which `pulumi preview --json` writes them (shape read off the real engine, Pulumi 3.258)."""

import json
from typing import Any

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
FRANKFURT = "urn:pulumi:prod::shop::pulumi:providers:aws::frankfurt"


def urn(kind: str, name: str) -> str:
    return f"urn:pulumi:prod::shop::{kind}::{name}"


def state(kind: str, name: str, provider: str = FRANKFURT, protect: bool = False, **inputs: Any) -> dict[str, Any]:
    return {
        "urn": urn(kind, name),
        "custom": True,
        "type": kind,
        "inputs": inputs,
        "outputs": inputs,
        "provider": f"{provider}::id",
        "protect": protect,
    }


def provider(region: str = "eu-central-1", op: str = "same") -> dict[str, Any]:
    made = {"urn": FRANKFURT, "type": "pulumi:providers:aws", "inputs": {"region": region}}
    return {"op": op, "urn": FRANKFURT, "oldState": made, "newState": made}


def step(op: str, old: dict[str, Any] | None = None, new: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    found = {"op": op, "urn": (new or old or {})["urn"], **more}
    return found | ({"oldState": old} if old else {}) | ({"newState": new} if new else {})


def plan(*steps: dict[str, Any]) -> bytes:
    return json.dumps({"config": {}, "steps": [provider(), *steps], "duration": 1, "changeSummary": {}}).encode()
