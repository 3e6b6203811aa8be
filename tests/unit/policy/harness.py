"""Resources as Pulumi hands them to a policy, and what the pack says of them."""

from datetime import date
from pathlib import Path
from typing import Any

from pulumi_policy import (
    PolicyCustomTimeouts,
    PolicyProviderResource,
    PolicyResource,
    PolicyResourceOptions,
    ResourceValidationArgs,
    StackValidationArgs,
)
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, unknown_checking_proxy

from aifactory.policy.extract import seen
from aifactory.policy.observation import Setting
from aifactory.policy.policies import Session, resource_policies, stack_policies
from aifactory.policy.resource import Resource
from aifactory.policy.values import ABSENT, UNKNOWN
from aifactory.sovereignty.fact import Fact
from tests.unit.policy.strict import config

LATER = UNKNOWN_STRING_VALUE
"""What stands for a value that is not known yet, on the wire."""

FRANKFURT = {"region": "eu-central-1"}
OPTIONS = PolicyResourceOptions(False, [], None, [], PolicyCustomTimeouts(0, 0, 0), [])


def urn(kind: str, name: str, stack: str = "prod") -> str:
    return f"urn:pulumi:{stack}::shop::{kind}::{name}"


def resource(kind: str, name: str = "it", **properties: Any) -> Resource:
    """A plain resource, its provider in Frankfurt where it is one of AWS."""
    provider = FRANKFURT if kind.startswith("aws:") else {}
    return Resource(kind, name, urn(kind, name), properties, provider)


def facts(kind: str, setting: Setting | None = None, **properties: Any) -> list[Fact]:
    return [each.fact for each in seen(resource(kind, **properties), setting or Setting()).observations]


def fact(sort: type[Fact], kind: str, setting: Setting | None = None, **properties: Any) -> Any:
    """The one fact of a sort that is seen of a resource."""
    found = [each for each in facts(kind, setting, **properties) if isinstance(each, sort)]
    assert len(found) == 1, found
    return found[0]


def args(kind: str, name: str = "it", provider: dict[str, Any] | None = None, settings: Any = None, **properties: Any):
    """What a resource policy is given, with the proxies of pulumi-policy around it."""
    settings = config() if settings is None else settings
    package = kind.partition(":")[0]
    given = provider if provider is not None else (FRANKFURT if package == "aws" else {})
    held = PolicyProviderResource(f"pulumi:providers:{package}", unknown_checking_proxy(given), "urn:provider", "provider")
    return ResourceValidationArgs(
        kind,
        unknown_checking_proxy(properties),
        urn(kind, name),
        name,
        OPTIONS,
        held,
        config() if settings is None else settings,
    )


class Pack:
    """The policies of one run.

    Attributes:
        session: what they share.
    """

    def __init__(self, directory: Path = Path("/nowhere"), settings: dict[str, Any] | None = None) -> None:
        self.session = Session(directory, lambda: date(2026, 11, 22))
        self.settings = config() if settings is None else settings
        self.blocking, self.notes = resource_policies(self.session)
        self.stack_blocking, self.stack_notes = stack_policies(self.session)

    def judge(self, kind: str, name: str = "it", **properties: Any) -> tuple[list[str], list[str]]:
        """Return what blocks a resource, and the notes on it."""
        given = args(kind, name, settings=self.settings, **properties)
        denied: list[str] = []
        noted: list[str] = []
        self.blocking.validate(given, lambda text, _urn=None: denied.append(text))
        self.notes.validate(given, lambda text, _urn=None: noted.append(text))
        return denied, noted

    def judge_stack(self, *resources: PolicyResource) -> tuple[list[str], list[str]]:
        """Return what blocks a stack, and the notes on it."""
        if not self.session._config:
            self.session.configure(self.settings)
        denied: list[str] = []
        noted: list[str] = []
        given = StackValidationArgs(list(resources))
        self.stack_blocking.validate(given, lambda text, _urn=None: denied.append(text))
        self.stack_notes.validate(given, lambda text, _urn=None: noted.append(text))
        return denied, noted


def in_stack(kind: str, name: str, links: dict[str, list[PolicyResource]] | None = None, **properties: Any):
    """A resource of a whole stack, with those that its properties come from."""
    package = kind.partition(":")[0]
    given = FRANKFURT if package == "aws" else {}
    held = PolicyProviderResource(f"pulumi:providers:{package}", unknown_checking_proxy(given), "urn:provider", "provider")
    return PolicyResource(
        kind, unknown_checking_proxy(properties), urn(kind, name), name, OPTIONS, held, None, [], links or {}
    )


__all__ = ["ABSENT", "LATER", "UNKNOWN", "Pack", "args", "fact", "facts", "in_stack", "resource", "urn"]
