"""The pack as Pulumi runs it: four policies over the same verdicts.

`sovereignty` judges each resource before it is made, and blocks. `sovereignty-stack` judges what only the whole stack tells
(whose key it is that another resource names), and blocks. The two `-notes` policies say what blocks nothing: what is waived,
rules that are not mandatory, and types that nobody has read. pulumi-policy gives a policy one level, so it takes two each.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

from pulumi_policy import (
    EnforcementLevel,
    PolicyConfigSchema,
    PolicyPack,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UnknownValueError

from aifactory.enforcement import today
from aifactory.errors import AifactoryError
from aifactory.policy.configuration import PackSpec, Rules, rules_of
from aifactory.policy.extract import seen
from aifactory.policy.resource import Resource, stack_of
from aifactory.policy.values import plain
from aifactory.policy.verdict import Decision, decide, words

NAME: Final = "sovereignty"
"""Name of the policy that blocks, under which the configuration of the pack stands."""

NOT_JUDGED_SHOWN: Final = 20
"""How many types that nobody has read are named."""


@dataclass
class Session:
    """What the policies of one run share.

    Attributes:
        directory: where the stack's program is; Pulumi starts packs there.
        today: the clock.
    """

    directory: Path = field(default_factory=Path.cwd)
    today: Callable[[], date] = today
    _config: Mapping[str, Any] = field(default_factory=dict[str, Any])
    _rules: dict[str, Rules | AifactoryError] = field(default_factory=dict[str, "Rules | AifactoryError"])
    _notes: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    _told: bool = False

    def configure(self, config: Mapping[str, Any]) -> None:
        """Take the configuration, which Pulumi gives to the policy that it names and to no other."""
        if config:
            self._config = config

    def rules(self, stack: str) -> Rules | AifactoryError:
        """Return which rules hold for a stack, or why nobody knows; read once."""
        if stack not in self._rules:
            try:
                self._rules[stack] = rules_of(self._config, stack, self.directory, self.today())
            except AifactoryError as error:
                self._rules[stack] = error
        return self._rules[stack]

    def refusal(self, error: AifactoryError) -> str:
        """Return why nothing can be judged: the first time in full, then in one line."""
        if self._told:
            return "it cannot be judged: the configuration of the pack is wrong or missing, as said before"
        self._told = True
        return str(error)

    def keep(self, urn: str, notes: list[str]) -> None:
        """Keep notes on a resource for the policy that shows them, which Pulumi calls next."""
        self._notes[urn] = notes

    def take(self, urn: str) -> list[str] | None:
        """Return the notes on a resource; None when nobody has judged it."""
        return self._notes.pop(urn, None)


def resource_of(args: ResourceValidationArgs | PolicyResource) -> Resource:
    """Return what Pulumi gives to a policy as a plain resource."""
    provider: Mapping[str, Any] = args.provider.props if args.provider else {}
    return Resource(
        args.resource_type,
        args.name,
        args.urn,
        plain(args.props, UnknownValueError),
        plain(provider, UnknownValueError),
    )


def _told(decisions: Iterable[Decision], *, blocking: bool) -> list[str]:
    return [words(each) for each in decisions if each.shown and each.blocks is blocking]


def _judged(session: Session, args: ResourceValidationArgs) -> tuple[list[str], list[str]]:
    """Return what blocks a resource, and what is to be noted of it."""
    resource = resource_of(args)
    rules = session.rules(resource.stack)
    if isinstance(rules, AifactoryError):
        return [session.refusal(rules)], []
    if not rules.statements:
        return [], []
    found = [each for each in seen(resource, rules.setting).observations if not each.late]
    decisions = decide(found, rules)
    return _told(decisions, blocking=True), _told(decisions, blocking=False)


def _failed(error: Exception) -> str:
    # Its text may hold what it failed on, and properties hold secrets.
    return f"the pack failed on this ({type(error).__name__}); it is denied, since nobody could judge it. Please report it"


def resource_policies(session: Session) -> tuple[ResourceValidationPolicy, ResourceValidationPolicy]:
    """Return the policies on single resources: the one that blocks, and its notes."""

    def blocks(args: ResourceValidationArgs, report: ReportViolation) -> None:
        session.configure(args.get_config())
        try:
            blocking, notes = _judged(session, args)
        except Exception as error:  # noqa: BLE001 - whatever it is, it must block, and must not be shown
            blocking, notes = [_failed(error)], []
        session.keep(args.urn, notes)
        for text in blocking:
            report(text, None)

    def notes(args: ResourceValidationArgs, report: ReportViolation) -> None:
        kept = session.take(args.urn)
        for text in kept or ():
            report(text, None)

    schema = PolicyConfigSchema({name: {} for name in PackSpec.model_fields})
    return (
        ResourceValidationPolicy(
            NAME,
            "Where data and machines are, who holds keys, what comes in and what leaves.",
            blocks,
            EnforcementLevel.MANDATORY,
            config_schema=schema,
        ),
        ResourceValidationPolicy(
            f"{NAME}-notes", "Exceptions and advice of sovereignty rules.", notes, EnforcementLevel.ADVISORY
        ),
    )


def linked(resources: Iterable[PolicyResource]) -> tuple[Resource, ...]:
    """Return the resources of a stack, each with those that its properties come from."""
    given = list(resources)
    bare = {each.urn: resource_of(each) for each in given}
    made: dict[str, Resource] = {}

    def link(each: PolicyResource, depth: int) -> Resource:
        if each.urn in made or depth > len(given):
            return made.get(each.urn, bare[each.urn])
        links = {
            name: tuple(link(other, depth + 1) for other in others if other.urn in bare)
            for name, others in each.property_dependencies.items()
        }
        found = bare[each.urn]
        made[each.urn] = Resource(found.type, found.name, found.urn, found.properties, found.provider, links)
        return made[each.urn]

    return tuple(link(each, 0) for each in given)


def _judged_together(session: Session, args: StackValidationArgs) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Return what blocks a stack and what is to be noted of it: texts with the resources that they are about."""
    resources = linked(args.resources)
    if not resources:
        return [], []
    rules = session.rules(stack_of(resources[0].urn))
    if isinstance(rules, AifactoryError):
        return [(session.refusal(rules), "")], []
    if not rules.statements:
        return [], []
    blocking: list[tuple[str, str]] = []
    notes: list[tuple[str, str]] = []
    unread: dict[str, int] = {}
    for resource in resources:
        found = seen(resource, rules.setting, resources)
        if not found.known:
            unread[resource.type] = unread.get(resource.type, 0) + 1
        decisions = decide([each for each in found.observations if each.late], rules)
        blocking += [(text, resource.urn) for text in _told(decisions, blocking=True)]
        notes += [(text, resource.urn) for text in _told(decisions, blocking=False)]
    if unread:
        notes.append((not_judged(unread), ""))
    return blocking, notes


def not_judged(unread: Mapping[str, int]) -> str:
    """Return what is to be said of types that nobody has read: that they passed means nothing."""
    named = [f"{kind} ({count})" for kind, count in sorted(unread.items())]
    more = f" and {len(named) - NOT_JUDGED_SHOWN} more" if len(named) > NOT_JUDGED_SHOWN else ""
    noun = "type" if len(named) == 1 else "types"
    listed = ", ".join(named[:NOT_JUDGED_SHOWN])
    return f"not judged, or by their place alone: {len(named)} {noun} that the pack does not know: {listed}{more}"


def stack_policies(session: Session) -> tuple[StackValidationPolicy, StackValidationPolicy]:
    """Return the policies on a whole stack: the one that blocks, and its notes."""
    kept: list[tuple[str, str]] = []

    def blocks(args: StackValidationArgs, report: ReportViolation) -> None:
        kept.clear()
        try:
            blocking, notes = _judged_together(session, args)
        except Exception as error:  # noqa: BLE001 - as above
            blocking, notes = [(_failed(error), "")], []
        kept.extend(notes)
        for text, urn in blocking:
            report(text, urn or None)

    def notes(_args: StackValidationArgs, report: ReportViolation) -> None:
        for text, urn in kept:
            report(text, urn or None)

    return (
        StackValidationPolicy(
            f"{NAME}-stack",
            "What the resources of a stack make of each other: keys, copies.",
            blocks,
            EnforcementLevel.MANDATORY,
        ),
        StackValidationPolicy(
            f"{NAME}-stack-notes", "What of a stack nobody judged, or is excepted.", notes, EnforcementLevel.ADVISORY
        ),
    )


def serve(session: Session | None = None) -> None:
    """Serve the pack to the engine that started it, until that ends it."""
    held = session or Session()
    PolicyPack(
        "aifactory",
        policies=[*resource_policies(held), *stack_policies(held)],
        enforcement_level=EnforcementLevel.MANDATORY,
    )
