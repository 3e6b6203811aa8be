"""Waivers: exact, reasoned, approved exceptions that end; never a pass."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from aifactory.model import WaiverSpec
from aifactory.sovereignty.finding import Finding, Verdict


@dataclass(frozen=True, slots=True)
class Waived:
    """Findings after waivers, and the waivers that excepted nothing.

    Attributes:
        findings: all of them, in their order.
        unused: names of waivers that fit no finding: what they excepted is gone, or they are misspelt.
    """

    findings: tuple[Finding, ...]
    unused: tuple[str, ...]


def apply_waivers(findings: Iterable[Finding], waivers: Mapping[str, WaiverSpec], on: date) -> Waived:
    """Return findings with what is excepted on a day.

    A waiver excepts denials alone. What is unknown stays unknown: the fact must be said, not excused.

    Args:
        findings: what was found.
        waivers: the exceptions by name.
        on: the day; a waiver holds on the day of its approval and on the day it expires.
    """
    by_place: dict[tuple[str, str], list[str]] = {}
    for name, waiver in sorted(waivers.items()):
        by_place.setdefault((waiver.rule, waiver.subject), []).append(name)
    used: set[str] = set()
    result: list[Finding] = []
    for finding in findings:
        names = by_place.get((finding.rule, finding.subject), [])
        used.update(names)
        result.append(_excepted(finding, {name: waivers[name] for name in names}, on))
    return Waived(tuple(result), tuple(name for name in sorted(waivers) if name not in used))


def _excepted(finding: Finding, waivers: Mapping[str, WaiverSpec], on: date) -> Finding:
    if not waivers or finding.verdict is Verdict.ALLOW:
        return finding
    name = next((key for key, waiver in waivers.items() if waiver.approved <= on <= waiver.expires), None)
    if name is None:
        last = max(waivers, key=lambda key: waivers[key].expires)
        return replace(finding, waiver=last, note=_out_of_time(waivers[last], on))
    waiver = waivers[name]
    if any(reason.judgement.verdict is Verdict.UNKNOWN and reason.mandatory for reason in finding.reasons):
        return replace(finding, waiver=name, note="a waiver excepts a denial; what is unknown must be said, not excused")
    fixed = [reason.statement for reason in finding.reasons if reason.blocks and not reason.waivable]
    if fixed:
        return replace(finding, waiver=name, note=f"{', '.join(fixed)} takes no waiver")
    note = f"approved by {waiver.approver} until {waiver.expires}: {waiver.reason}"
    return replace(finding, verdict=Verdict.WAIVED, waiver=name, note=note)


def _out_of_time(waiver: WaiverSpec, on: date) -> str:
    if on > waiver.expires:
        return f"the waiver expired on {waiver.expires}"
    return f"the waiver holds from {waiver.approved} on"
