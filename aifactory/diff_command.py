"""The command `aifactory diff`: what previews plan, and which findings they bring or end."""

import json
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aifactory.check_command import AsOfOption
from aifactory.errors import SpecError
from aifactory.terminal import friendly

if TYPE_CHECKING:
    from aifactory.preview import PlanFindings
    from aifactory.sovereignty.difference import Difference


class DiffFormat(StrEnum):
    """How a difference is printed."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    """For a comment on a change."""


class FailOn(StrEnum):
    """What makes the command fail."""

    DENY = "deny"
    """A finding of what is planned blocks."""
    REPLACE = "replace"
    """A resource would be replaced."""
    DELETE = "delete"
    """A resource would go."""


@friendly
def diff(
    previews: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="What `pulumi preview --json` wrote, one file for each stack.")
    ],
    profile: Annotated[
        list[str] | None, typer.Option("--profile", help="A profile to judge by. Default: the region's of the stack's name.")
    ] = None,
    factory: Annotated[
        Path | None, typer.Option("--factory", "-f", help="The factory, where there is one.", dir_okay=False)
    ] = None,
    as_of: AsOfOption = None,
    fail_on: Annotated[
        list[FailOn] | None, typer.Option(help="What ends with exit code 1; may be given again. Default: deny.")
    ] = None,
    output: Annotated[
        DiffFormat, typer.Option("--format", "-o", help="text for people, json for programs, markdown for a comment.")
    ] = DiffFormat.TEXT,
) -> None:
    """Say what previews plan for any stacks, and which findings of the rules would be new or gone.

    Only what changes is in a preview; what a stack leaves as it is, the policy pack judges. No secret is read or shown.

    Exit code 0: nothing of --fail-on. 1: something of it. 2: a file or an option is wrong.
    """
    from aifactory.enforcement import today
    from aifactory.policy.configuration import rules_of
    from aifactory.preview import judged, read_plan

    wanted = set(fail_on or [FailOn.DENY])
    settings: dict[str, Any] = {"profiles": list(profile)} if profile else {}
    if as_of:
        settings["as_of"] = as_of.date().isoformat()
    if factory:
        settings["factory"] = str(factory.resolve())
    if not profile and not factory:
        settings["profiles"] = ["none"]
    found: list[PlanFindings] = []
    for path in previews:
        plan = read_plan(path)
        try:
            rules = rules_of(settings, plan.stack, Path(), today())
        except SpecError as error:
            raise SpecError(str(path), list(error.problems)) from None
        found.append(judged(plan, rules))
    if output is DiffFormat.JSON:
        typer.echo(json.dumps([as_json(each) for each in found], indent=2))
    else:
        lines = markdown if output is DiffFormat.MARKDOWN else text
        typer.echo("\n".join(line for each in found for line in lines(each)))
    if any(_fails(each, wanted) for each in found):
        raise typer.Exit(1)


def _fails(found: "PlanFindings", wanted: set[FailOn]) -> bool:
    return (
        (FailOn.DENY in wanted and bool(found.blocking))
        or (FailOn.REPLACE in wanted and bool(found.plan.replaced))
        or (FailOn.DELETE in wanted and bool(found.plan.deleted))
    )


def title(found: "PlanFindings") -> str:
    """Return what is planned for a stack, in one line."""
    counts = ", ".join(f"{count} {op}" for op, count in found.plan.counts().items() if op != "same") or "nothing changes"
    return f"{found.plan.project}/{found.plan.stack}: {counts}" if found.plan.stack else f"a stack: {counts}"


def text(found: "PlanFindings") -> Iterator[str]:
    """Yield the lines for people."""
    from aifactory.sovereignty.difference import Kind

    yield title(found)
    for step in found.plan.replaced:
        because = f" because of {', '.join(step.replaced_for)}" if step.replaced_for else ""
        yield f"  REPLACED{_protected(step.protect)}: {step.name}{because}"
    for step in found.plan.deleted:
        yield f"  DELETED{_protected(step.protect)}: {step.name}"
    for kind, words in (
        (Kind.BLOCKS, "would block"),
        (Kind.CURED, "would block no more"),
        (Kind.VERDICT, "another verdict"),
    ):
        for each in found.of(kind):
            yield f"  {words}: {each.finding.rule}: {each.finding.subject}  [{each.finding.id}]"
            yield from (f"    {line}" for line in _because(each))
    if found.unread:
        yield f"  not judged, since nobody taught us to read them: {', '.join(found.unread)}"
    yield f"  {_count(len(found.blocking), 'finding')} of what changes would block"


def markdown(found: "PlanFindings") -> Iterator[str]:
    """Yield the lines of a comment."""
    yield f"### {title(found)}"
    yield ""
    alarms = [*(("replaced", step) for step in found.plan.replaced), *(("deleted", step) for step in found.plan.deleted)]
    for what, step in alarms:
        yield f"- **{what}**{_protected(step.protect)}: `{step.name}`"
    for each in found.differences:
        yield f"- **{each.kind.value}** {each.finding.rule}: `{each.finding.subject}`"
        yield from (f"  - {line}" for line in _because(each))
    yield ""
    yield f"{_count(len(found.blocking), 'finding')} of what changes would block."
    yield ""


def as_json(found: "PlanFindings") -> dict[str, Any]:
    """Return a plan's findings as plain values."""
    return {
        "project": found.plan.project,
        "stack": found.plan.stack,
        "changes": found.plan.counts(),
        "replaced": [{"resource": step.name, "because": list(step.replaced_for)} for step in found.plan.replaced],
        "deleted": [{"resource": step.name, "protected": step.protect} for step in found.plan.deleted],
        "findings": [
            {
                "kind": each.kind.value,
                "id": each.finding.id,
                "rule": each.finding.rule,
                "subject": each.finding.subject,
                "verdict": each.finding.verdict.value,
                "because": list(_because(each)),
            }
            for each in found.differences
        ],
        "blocking": len(found.blocking),
        "unchanged": found.unchanged,
        "not_judged": list(found.unread),
    }


def _because(each: "Difference") -> Iterator[str]:
    finding = each.finding
    for reason in finding.decisive:
        yield f"{reason.judgement.because} (by {reason.statement})"
    if each.after and finding.passing:
        yield f"would pass: {', '.join(finding.passing)}"
    yield from each.why


def _protected(protect: bool) -> str:  # noqa: FBT001 - a fact that is put into words
    return " although protected" if protect else ""


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
