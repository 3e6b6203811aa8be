"""The command `aifactory what-if`: which findings change if a region is elsewhere, has other rules, or it is later."""

import json
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from aifactory.terminal import friendly

if TYPE_CHECKING:
    from aifactory.sovereignty.difference import Difference
    from aifactory.sovereignty.finding import Finding, Reason
    from aifactory.sovereignty.what_if import WhatIf

WORSE: Final = 1
"""Exit code when something would stop the region that does not stop it now."""


class WhatIfFormat(StrEnum):
    """How the difference is printed."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    """For a comment on a change."""


_TITLES: Final = {
    "blocks": "Would block, and does not now",
    "cured": "Blocks now, and would not",
    "verdict": "Another verdict",
    "reasons": "Blocks as before, by other statements",
    "new": "Judged for the first time",
    "gone": "Judged no more",
}

_COLOURS: Final = {"blocks": "red", "cured": "green", "verdict": "yellow", "reasons": "yellow"}


@friendly
def what_if(
    region: Annotated[str, typer.Option("--region", "-r", help="The region.")],
    location: Annotated[
        str | None, typer.Option(help="Where it would be: aws:us-east-1, azure:swedencentral, on-prem:NAME.")
    ] = None,
    operator: Annotated[str | None, typer.Option(help="Who would run it; default: whoever runs that place.")] = None,
    country: Annotated[str | None, typer.Option(help="Country of its site, such as DE; default: that of the place.")] = None,
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day of the judgement that is compared; default: --from.")
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], help="Day of what it is compared with; default: today."),
    ] = None,
    profile: Annotated[list[str] | None, typer.Option(help="A profile that would hold as well. May be repeated.")] = None,
    without_profile: Annotated[
        list[str] | None, typer.Option(help="A profile that would hold no more. May be repeated.")
    ] = None,
    factory: Annotated[Path, typer.Option("--factory", "-f", help="The factory.", dir_okay=False)] = Path(
        "stacks/factory.yaml"
    ),
    output: Annotated[
        WhatIfFormat, typer.Option("--format", "-o", help="text for people, json for programs, markdown for a comment.")
    ] = WhatIfFormat.TEXT,
) -> None:
    """Say which findings of a region would change, and why. Nothing is written, and nothing is deployed.

    Exit code 0: nothing would block that does not block now. 1: something would. 2: an option or the factory is wrong.
    """
    from aifactory.bundled_operators import read_factory_bundles
    from aifactory.enforcement import today
    from aifactory.model import load_factory
    from aifactory.sovereignty.difference import Kind
    from aifactory.sovereignty.what_if import Change, what_if

    spec = load_factory(factory)
    first = since.date() if since else today()
    change = Change(
        location=location,
        operator=operator,
        country=country,
        profiles=tuple(profile or ()),
        without=tuple(without_profile or ()),
    )
    fetched = read_factory_bundles(factory.parent / "operators", spec).fetched
    found = what_if(spec, region, change, first, as_of.date() if as_of else first, fetched)
    if output is WhatIfFormat.JSON:
        typer.echo(json.dumps(as_json(found), indent=2))
    elif output is WhatIfFormat.MARKDOWN:
        typer.echo("\n".join(markdown(found)))
    else:
        typer.echo("\n".join(text(found)))
    if found.of(Kind.BLOCKS):
        raise typer.Exit(WORSE)


def text(found: "WhatIf") -> Iterator[str]:
    """Yield the lines for people: what was changed, what differs with its proof, and how much does not."""
    from aifactory.sovereignty.difference import Kind

    yield f"What if region {found.region} of factory {found.before.factory}:"
    yield from (f"  {change}" for change in found.changes)
    yield from (f"  note: {note}" for note in found.notes)
    for kind in Kind:
        differences = [each for each in found.of(kind) if not _is_plain(each)]
        if differences:
            yield ""
            yield typer.style(f"{_TITLES[kind.value]} ({len(differences)}):", fg=_COLOURS.get(kind.value), bold=True)
        for each in differences:
            yield from (f"  {line}" for line in _told(each))
    later = [*found.waivers_ended, *found.reviews_due]
    if later:
        yield ""
        yield typer.style(f"By {found.after.on}:", bold=True)
        yield from (f"  {line}" for line in later)
    yield ""
    yield summary(found)


def summary(found: "WhatIf") -> str:
    """Return the difference in one sentence, every sort of it counted."""
    from aifactory.sovereignty.difference import Kind

    count = {kind: len(found.of(kind)) for kind in Kind}
    total = len(found.after.blocking)
    return (
        f"{count[Kind.BLOCKS]} would block that {_do(count[Kind.BLOCKS])} not now, {count[Kind.CURED]} cured, "
        f"{count[Kind.VERDICT] + count[Kind.REASONS]} changed otherwise, {count[Kind.NEW]} judged for the first time, "
        f"{count[Kind.GONE]} judged no more, {found.unchanged} unchanged; {total} would block in all"
    )


def _do(count: int) -> str:
    return "does" if count == 1 else "do"


def _is_plain(difference: "Difference") -> bool:
    """Whether it is an allowance that only comes or goes: counted, and of no interest by itself."""
    from aifactory.sovereignty.difference import Kind
    from aifactory.sovereignty.finding import Verdict

    return difference.kind in {Kind.NEW, Kind.GONE} and difference.finding.verdict is Verdict.ALLOW


def _told(difference: "Difference") -> Iterator[str]:
    """Yield what is to be read of one difference; the sets that values were compared with are in the JSON."""
    from aifactory.sovereignty.difference import deciding

    before, after, finding = difference.before, difference.after, difference.finding
    yield f"{verdict_of(after).upper()} {finding.rule}: {finding.subject}  [{finding.id}]"
    if after is not None:
        for reason in deciding(after):
            advisory = "" if reason.mandatory else "; advisory"
            yield f"  {reason.judgement.because}"
            yield f"  by {reason.statement} ({reason.source}; {reason.nature}{advisory})"
        if after.passing and after.verdict.weight:
            yield f"  would pass: {', '.join(after.passing)}"
    if before is not None:
        yield f"  before: {verdict_of(before)}: {because_of(before)}"
    yield from (f"  why: {why}" for why in difference.why)


def verdict_of(finding: "Finding | None") -> str:
    """Return the verdict in a word, with whether it blocks where that does not follow from it."""
    if finding is None:
        return "not judged"
    denies = finding.verdict.value in {"deny", "unknown"}
    return f"{finding.verdict.value}, blocks nothing" if denies and not finding.blocks else finding.verdict.value


def because_of(finding: "Finding") -> str:
    """Return the sentences that decided, once each."""
    from aifactory.sovereignty.difference import deciding

    return "; ".join(dict.fromkeys(reason.judgement.because for reason in deciding(finding)))


def markdown(found: "WhatIf") -> Iterator[str]:
    """Yield the lines of a comment on a change: a table for each sort of difference."""
    from aifactory.sovereignty.difference import Kind

    yield f"### What if region `{found.region}` of factory `{found.before.factory}`"
    yield ""
    yield from (f"- {_cell(change)}" for change in found.changes)
    yield from (f"- note: {_cell(note)}" for note in found.notes)
    for kind in Kind:
        differences = [each for each in found.of(kind) if not _is_plain(each)]
        if not differences:
            continue
        yield ""
        yield f"#### {_TITLES[kind.value]} ({len(differences)})"
        yield ""
        yield "| rule | subject | before | after | because | why it changes |"
        yield "|---|---|---|---|---|---|"
        yield from (_row(each) for each in differences)
    later = [*found.waivers_ended, *found.reviews_due]
    if later:
        yield ""
        yield f"#### By {found.after.on}"
        yield ""
        yield from (f"- {_cell(line)}" for line in later)
    yield ""
    yield f"{summary(found)}."


def _row(difference: "Difference") -> str:
    from aifactory.sovereignty.difference import deciding

    finding = difference.finding
    by = ", ".join(f"`{reason.statement}` ({reason.nature})" for reason in deciding(finding))
    passing = f"; would pass: {', '.join(finding.passing)}" if finding.passing else ""
    cells = (
        finding.rule,
        f"`{_cell(finding.subject)}`",
        verdict_of(difference.before),
        verdict_of(difference.after),
        _cell(f"{because_of(finding)}, by {by}{passing}"),
        _cell("; ".join(difference.why)),
    )
    return f"| {' | '.join(cells)} |"


def _cell(words: str) -> str:
    """Return words that break no table and make no markup of what a file says."""
    return words.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def as_json(found: "WhatIf") -> dict[str, Any]:
    """Return the answer as plain values: every difference, those that only come or go too."""
    from aifactory.sovereignty.difference import Kind

    return {
        "factory": found.before.factory,
        "region": found.region,
        "changes": list(found.changes),
        "notes": list(found.notes),
        "before": _side(found, after=False),
        "after": _side(found, after=True),
        "counts": {kind.value: len(found.of(kind)) for kind in Kind} | {"unchanged": found.unchanged},
        "differences": [
            {
                "kind": each.kind.value,
                "id": each.finding.id,
                "rule": each.finding.rule,
                "subject": each.finding.subject,
                "why": list(each.why),
                "before": plain(each.before),
                "after": plain(each.after),
            }
            for each in found.differences
        ],
        "waivers_ended": list(found.waivers_ended),
        "reviews_due": list(found.reviews_due),
    }


def _side(found: "WhatIf", *, after: bool) -> dict[str, Any]:
    side = found.after if after else found.before
    return {"as_of": side.on.isoformat(), "blocking": len(side.blocking), "verdicts": side.counts()}


def plain(finding: "Finding | None") -> dict[str, Any] | None:
    """Return a finding as plain values with all of its reasons; None for none."""
    if finding is None:
        return None
    return {
        "verdict": finding.verdict.value,
        "blocks": finding.blocks,
        "reasons": [_reason(reason) for reason in finding.reasons],
        "passing": list(finding.passing),
        "waiver": finding.waiver,
        "note": finding.note,
        "declared_in": finding.source,
    }


def _reason(reason: "Reason") -> dict[str, Any]:
    return {
        "statement": reason.statement,
        "verdict": reason.judgement.verdict.value,
        "because": reason.judgement.because,
        "matched": list(reason.judgement.matched),
        "sources": list(reason.judgement.sources),
        "says": reason.says,
        "source": reason.source,
        "nature": reason.nature,
        "mandatory": reason.mandatory,
    }
