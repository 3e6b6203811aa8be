"""The command `aifactory backend`: where a region's Pulumi state lies, whether rules allow it, and what makes it."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from aifactory.terminal import friendly

if TYPE_CHECKING:
    from aifactory.backends import BackendPlan
    from aifactory.sovereignty.finding import Finding

DENIED: Final = 1
"""Exit code when rules deny where the state lies or whose key it is under, or need what nobody said."""


class BackendFormat(StrEnum):
    """How the backend is printed."""

    TEXT = "text"
    JSON = "json"
    SCRIPT = "script"
    """The commands alone, as a POSIX shell script."""


MakeOption = Annotated[
    bool, typer.Option("--make/--print", help="Make it: a directory. What lies in a cloud is a script's to make.")
]


@friendly
def backend(
    region: Annotated[str, typer.Option("--region", "-r", help="The region.")],
    factory: Annotated[Path, typer.Option("--factory", "-f", help="The factory.", dir_okay=False)] = Path(
        "stacks/factory.yaml"
    ),
    location: Annotated[
        str | None, typer.Option(help="The cloud's name of the place, where neither the file nor the site tells it.")
    ] = None,
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day of the judgement. Default: today, in UTC.")
    ] = None,
    make: MakeOption = False,  # noqa: FBT002
    output: Annotated[
        BackendFormat, typer.Option("--format", "-o", help="text for people, json for programs, script for a shell.")
    ] = BackendFormat.TEXT,
) -> None:
    """Say where a region's Pulumi state lies and who opens its secrets, judge that, and print what makes both.

    The commands follow from `state` in factory.yaml and the region's site. What rules deny is not printed as a script and
    not made.

    Exit code 0: allowed (what is waived is shown). 1: a rule denies it, or needs a fact that nobody said; or it could not be
    made. 2: an option or the factory is wrong.
    """
    from aifactory.backends import plan_backend, script
    from aifactory.enforcement import today
    from aifactory.model import load_factory
    from aifactory.sovereignty.assess import assess
    from aifactory.sovereignty.words import finding_text

    spec = load_factory(factory)
    plan = plan_backend(spec, region, location)
    found = of_state(assess(spec, as_of.date() if as_of else today(), [region]).findings, region)
    blocking = [finding for finding in found if finding.blocks]
    if output is BackendFormat.JSON:
        typer.echo(json.dumps(as_json(plan, found), indent=2))
    elif output is BackendFormat.SCRIPT and not blocking:
        typer.echo(script(region, plan.steps) if plan.steps else _local(region), nl=not plan.steps)
    elif output is BackendFormat.TEXT:
        typer.echo("\n".join(text(plan, found)))
    if blocking:
        if output is not BackendFormat.TEXT:
            typer.echo("\n".join(finding_text(finding) for finding in blocking), err=True)
        raise typer.Exit(DENIED)
    if make:
        typer.echo(_made(plan), err=output is not BackendFormat.TEXT)


def of_state(findings: "Sequence[Finding]", region: str) -> "tuple[Finding, ...]":
    """Return the findings on the state of a region: where it lies, who runs that, and whose key it is under.

    Args:
        findings: findings on the region.
        region: its name.
    """
    subject = f"{region}/state"
    return tuple(found for found in findings if found.subject == subject or found.subject.startswith(f"{subject} "))


def _made(plan: "BackendPlan") -> str:
    from aifactory.backends.directory import make_directory
    from aifactory.errors import AifactoryError

    if not plan.can_make:
        kind = plan.address.kind.value
        made = f"aifactory backend --region {plan.region} --format script" if plan.steps else _local(plan.region)
        why = "it would take the cloud's own tools and whoever's account is logged in to them"
        raise AifactoryError(f"a backend of kind {kind} is not made here", why=why if plan.steps else "", fix=made)
    place, changed = make_directory(plan.address)
    return f"{place}: {'made' if changed else 'is there'}, for its owner alone; next, the stack as shown by --print"


def text(plan: "BackendPlan", findings: "Sequence[Finding]") -> Iterator[str]:
    """Yield the lines for people: what is declared, what rules say of it, and, where they allow it, the commands.

    Args:
        plan: the backend.
        findings: findings on the region's state.
    """
    from aifactory.sovereignty.words import finding_text

    kept, opened = _shown(plan.address.url), _shown(plan.provider.url)
    yield f"Region {plan.region} keeps its state in {kept}, secrets opened by {opened}"
    place = f"{plan.place}, " if plan.place else ""
    yield f"  lies in {place}{plan.country or 'a country that nobody said'}, run by {plan.operator or 'nobody knows whom'}"
    blocking = [finding for finding in findings if finding.blocks]
    counts = {verdict: sum(found.verdict.value == verdict for found in findings) for verdict in ("allow", "waived")}
    if not findings:
        yield "  no rule of its profiles speaks of state"
    else:
        yield f"  rules: {counts['allow']} allow, {counts['waived']} waived, {len(blocking)} block"
    yield from (finding_text(finding) for finding in findings if finding.verdict.value != "allow")
    if blocking:
        yield "Nothing is made of what rules deny."
    elif not plan.steps:
        yield f"{_local(plan.region)} makes it"
    else:
        yield "What makes it; --format script prints it for a shell:"
        for number, step in enumerate(plan.steps, start=1):
            yield f"{number}. {step.title}"
            yield from (f"     {line}" for line in step.lines)


def _local(region: str) -> str:
    return f"aifactory local up --region {region}"


def _shown(url: str) -> str:
    """Return an address without its options, which may say what nobody should read."""
    return url.partition("?")[0]


def as_json(plan: "BackendPlan", findings: "Sequence[Finding]") -> dict[str, Any]:
    """Return the backend for programs; without commands where rules deny it.

    Args:
        plan: the backend.
        findings: findings on the region's state.
    """
    allowed = not any(finding.blocks for finding in findings)
    steps = plan.steps if allowed else ()
    return {
        "region": plan.region,
        "backend": _shown(plan.address.url),
        "kind": plan.address.kind.value,
        "secrets_provider": _shown(plan.provider.url),
        "location": plan.place,
        "country": plan.country,
        "operator": plan.operator,
        "allowed": allowed,
        "can_make": plan.can_make,
        "findings": [
            {
                "id": finding.id,
                "rule": finding.rule,
                "subject": finding.subject,
                "verdict": finding.verdict.value,
                "blocks": finding.blocks,
                "because": [reason.judgement.because for reason in finding.decisive],
                "would_pass": list(finding.passing),
            }
            for finding in findings
        ],
        "steps": [{"title": step.title, "commands": list(step.lines)} for step in steps],
    }
