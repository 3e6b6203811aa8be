"""The command `aifactory where`: the places where data of a class may run, best first, and what excludes the others."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from aifactory.terminal import Format, FormatOption, friendly

if TYPE_CHECKING:
    from aifactory.sovereignty.finding import Finding
    from aifactory.sovereignty.where import Candidate, Where

NOWHERE: Final = 1
"""Exit code when the data may run in no place."""

MOST_COUNTRIES: Final = 12
"""How many countries of excluded places a line names; the rest is counted."""


@friendly
def where(
    data_class: Annotated[str, typer.Option("--class", "-c", help="Class of the data, as factory.yaml names it.")],
    gpu: Annotated[
        str | None, typer.Option(help="GPUs that are needed: an accelerator of the catalog, or how it begins, such as h100.")
    ] = None,
    provider: Annotated[
        list[str] | None, typer.Option(help="Only places of this one: aws, azure, on-prem, edge. May be repeated.")
    ] = None,
    profile: Annotated[
        list[str] | None,
        typer.Option(help="Judge by this profile; default: all that regions of the factory have. May be repeated."),
    ] = None,
    factory: Annotated[Path, typer.Option("--factory", "-f", help="The factory.", dir_okay=False)] = Path(
        "stacks/factory.yaml"
    ),
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day of the judgement. Default: today, in UTC.")
    ] = None,
    limit: Annotated[
        int, typer.Option(min=1, help="How many places the text names, besides the factory's own; json has all.")
    ] = 15,
    output: FormatOption = Format.TEXT,
) -> None:
    """Say where data of a class may run: regions of the factory and of clouds, best first, and what excludes the others.

    Exit code 0: there is a place. 1: there is none. 2: an option or the factory is wrong.
    """
    from aifactory.enforcement import today
    from aifactory.model import load_factory
    from aifactory.sovereignty.where import Question, where

    spec = load_factory(factory)
    question = Question(
        data_class=data_class, gpu=gpu, providers=tuple(provider or ()), profiles=tuple(dict.fromkeys(profile or ()))
    )
    found = where(spec, question, as_of.date() if as_of else today())
    typer.echo(json.dumps(as_json(found), indent=2) if output is Format.JSON else "\n".join(text(found, limit)))
    if not found.places:
        raise typer.Exit(NOWHERE)


def text(found: "Where", limit: int) -> Iterator[str]:
    """Yield the lines for people.

    Args:
        found: the answer.
        limit: how many places are named, besides regions of the factory.
    """
    gpus = f" with {found.gpu} ({', '.join(found.accelerators)})" if found.gpu else ""
    yield f"Where {found.data_class} may run{gpus} on {found.on}, by {', '.join(found.profiles)}:"
    yield from (f"  note: {note}" for note in found.notes)
    yield ""
    allowed = [item for item in found.candidates if item.answer.is_place]
    shown = _shown(allowed, limit)
    count = len(found.places)
    heading = f"{count} {_places(count)}, best first:" if count else "No place."
    yield typer.style(heading, fg="green" if count else "red", bold=True)
    if shown:
        yield from _table(("PLACE", "AT", "COUNTRY", "OPERATOR", "GPUS", "REMARKS"), [_row(item) for item in shown])
    if len(shown) < len(allowed):
        yield f"  and {len(allowed) - len(shown)} more; --limit {len(allowed)} names them"
    excluded = [item for item in found.candidates if not item.answer.is_place]
    if excluded:
        yield ""
        yield typer.style(f"{len(excluded)} excluded:", fg="red", bold=True)
        yield from _excluded(excluded)


def _places(count: int) -> str:
    return "place" if count == 1 else "places"


def _shown(allowed: Sequence["Candidate"], limit: int) -> list["Candidate"]:
    """Return the first places, and every region of the factory wherever it stands in the order."""
    others = [item for item in allowed if item.region is None][:limit]
    return [item for item in allowed if item.region is not None or item in others]


def _row(item: "Candidate") -> tuple[str, ...]:
    return (
        item.name,
        item.location if item.region else "",
        item.place.subdivision or item.place.country or "-",
        item.operator or "-",
        gpu_words(item),
        "; ".join(_remarks(item)),
    )


def gpu_words(item: "Candidate") -> str:
    """Return what is known of GPUs in a place: how many are declared, or that nobody said."""
    if item.gpu is None:
        return "-"
    if item.gpus is None:
        return item.gpu.value
    kept = f", {item.guaranteed} guaranteed to tenants" if item.guaranteed else ""
    return f"{item.gpus} declared{kept}"


def _remarks(item: "Candidate") -> Iterator[str]:
    from aifactory.conventions import SIMULATED

    if item.simulated:
        yield f"{SIMULATED}, counts as no place"
    elif item.region:
        yield "region of this factory"
    for finding in item.findings:
        if finding.verdict.value == "waived":
            yield f"{finding.rule} waived by {finding.waiver}"
    for finding in item.advisory:
        yield f"advisory: {finding.rule} by {', '.join(reason.statement for reason in finding.decisive)}"


def _excluded(excluded: Sequence["Candidate"]) -> Iterator[str]:
    """Yield excluded regions one by one, and places of clouds by the rule and statement that excludes them."""
    for item in excluded:
        if item.region:
            yield f"  {item.name} (region of this factory, {item.location}): {item.answer.value}"
            yield from (f"    {line}" for finding in item.blocking for line in _proof(finding))
    groups: dict[tuple[str, str, str], list[tuple[Candidate, str]]] = {}
    for item in excluded:
        if item.region is None:
            for key, because in _causes(item).items():
                groups.setdefault(key, []).append((item, because))
    for (rule, statement, verdict), items in sorted(groups.items(), key=lambda group: _order(group[0])):
        countries = sorted({item.place.country or "unknown" for item, _ in items})
        yield f"  {rule} by {statement}: {verdict}, {len(items)} {_places(len(items))} in {_cut(countries)}"
        yield f"    such as {items[0][0].name}: {items[0][1]}"


def _order(cause: tuple[str, str, str]) -> tuple[int, str, str]:
    """Return what causes are ordered by: rules as places are judged by them, denials before what is unknown."""
    from aifactory.sovereignty.where import RULES

    rule, statement, verdict = cause
    return RULES.index(rule), verdict, statement


def _causes(item: "Candidate") -> dict[tuple[str, str, str], str]:
    """Return what excludes a place: rule, statement and verdict, with the first sentence that says so."""
    found: dict[tuple[str, str, str], str] = {}
    for finding in item.blocking:
        for reason in finding.reasons:
            if reason.blocks:
                key = (finding.rule, reason.statement, reason.judgement.verdict.value)
                found.setdefault(key, reason.judgement.because)
    return found


def _proof(finding: "Finding") -> Iterator[str]:
    for reason in finding.reasons:
        if reason.blocks:
            judgement = reason.judgement
            yield f"{judgement.verdict.value} {finding.rule} by {reason.statement}: {judgement.because}"
    if finding.note:
        yield f"waiver {finding.waiver}: {finding.note}"


def _cut(values: Sequence[str]) -> str:
    more = len(values) - MOST_COUNTRIES
    return ", ".join(values[:MOST_COUNTRIES]) + (f" and {more} more" if more > 0 else "")


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Yield rows in columns; a column in which nothing stands is left out."""
    kept = [column for column in range(len(head)) if any(row[column] not in {"", "-"} for row in rows)]
    widths = {column: max(len(row[column]) for row in (head, *rows)) for column in kept}
    for row in (head, *rows):
        yield ("  " + "  ".join(row[column].ljust(widths[column]) for column in kept)).rstrip()


def as_json(found: "Where") -> dict[str, Any]:
    """Return the answer as plain values: every place, best first."""
    return {
        "class": found.data_class,
        "gpu": found.gpu,
        "accelerators": list(found.accelerators),
        "profiles": list(found.profiles),
        "as_of": found.on.isoformat(),
        "notes": list(found.notes),
        "places": [item.name for item in found.places],
        "candidates": [_plain(item) for item in found.candidates],
    }


def _plain(item: "Candidate") -> dict[str, Any]:
    gpus = {"state": item.gpu.value, "declared": item.gpus, "guaranteed": item.guaranteed} if item.gpu else None
    return {
        "name": item.name,
        "location": item.location,
        "country": item.place.country,
        "subdivision": item.place.subdivision,
        "operator": item.operator,
        "region": item.region,
        "simulated": item.simulated,
        "answer": item.answer.value,
        "gpus": gpus,
        "excluded_by": [_told(finding) for finding in item.blocking],
        "advisory": [_told(finding) for finding in item.advisory],
        "waived": [_told(finding) for finding in item.findings if finding.verdict.value == "waived"],
    }


def _told(finding: "Finding") -> dict[str, Any]:
    reasons = [reason for reason in finding.reasons if reason.judgement.verdict.value != "allow"]
    return {
        "rule": finding.rule,
        "subject": finding.subject,
        "verdict": finding.verdict.value,
        "waiver": finding.waiver,
        "note": finding.note,
        "reasons": [
            {
                "statement": reason.statement,
                "verdict": reason.judgement.verdict.value,
                "because": reason.judgement.because,
                "source": reason.source,
                "nature": reason.nature,
                "mandatory": reason.mandatory,
            }
            for reason in reasons
        ],
    }
