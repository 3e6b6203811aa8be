"""What a case of the corpus expects, held against what was found.

rule: residency                  the finding's rule and subject, exactly
subject: hall/site
verdict: deny                    default: the outcome in the file's name
statement: house/places          one of those that decided
because: [CN, eea]               phrases of the sentence of that statement, or of the one that decided
matched: [DE]                    members of the set that the value was held against
passing: [aws/eu-west-1 (IE)]    what is offered begins like this
offers: [external]               what is offered has these somewhere
blocks: false                    default: a denial and an unknown do
waiver: linz                     the waiver that it names
note: [2026-07-08]               phrases of what is said of the waiver
source: [support.desk]           phrases of where the fact stands
known_from: [eu-adequacy]        phrases of where the facts of the catalog were read
"""

from itertools import zip_longest
from typing import Any

from aifactory.sovereignty.assess import Assessment
from aifactory.sovereignty.finding import Finding, Reason
from tests.unit.cases.corpus import Case

VERDICTS = {"ok": "allow", "deny": "deny", "unknown": "unknown", "waived": "waived"}
BLOCKING = frozenset({"deny", "unknown"})
KEYS = frozenset(
    {
        "rule",
        "subject",
        "verdict",
        "statement",
        "because",
        "matched",
        "passing",
        "offers",
        "blocks",
        "waiver",
        "note",
        "source",
    }
    | {"known_from"}
)


def differences(case: Case, found: Assessment) -> list[str]:
    """Return what a case expects and was not found, each in one sentence; empty: it is as it must be."""
    wrong: list[str] = []
    stopping: set[str] = set(case.said.get("also", ()))
    for expected in case.said["expect"]:
        verdict = expected.get("verdict", VERDICTS[case.outcome])
        if expected.get("blocks", verdict in BLOCKING):
            stopping.add(expected["rule"])
        wrong += _finding(expected, verdict, found)
    there = {(finding.rule, finding.subject) for finding in found.findings}
    wrong += [f"{item} is there" for item in case.said.get("absent", ()) if (item["rule"], item["subject"]) in there]
    blocked = {finding.rule for finding in found.blocking}
    if blocked != stopping:
        wrong.append(f"stopped by {sorted(blocked)}, not by {sorted(stopping)}")
    warnings = case.said.get("warnings", [])
    if [text for text, words in zip_longest(found.warnings, warnings, fillvalue="-") if words not in text]:
        wrong.append(f"warns {found.warnings}, not {warnings}")
    return wrong


def _finding(expected: dict[str, Any], verdict: str, found: Assessment) -> list[str]:
    name = f"{expected['rule']} {expected['subject']}"
    at = [item for item in found.findings if (item.rule, item.subject) == (expected["rule"], expected["subject"])]
    if len(at) != 1:
        subjects = [item.subject for item in found.findings if item.rule == expected["rule"]]
        return [f"{name}: {len(at)} findings; of that rule there are {subjects}"]
    finding = at[0]
    reason = _reason(expected.get("statement"), finding)
    if reason is None:
        return [f"{name}: {expected['statement']} is not among {[item.statement for item in finding.reasons]}"]
    told = [f"{name}: {text}" for text in _values(expected, verdict, finding)]
    return told + [f"{name}: {text}" for text in _words(expected, finding, reason)]


def _reason(statement: str | None, finding: Finding) -> Reason | None:
    """Return the reason that a case speaks of; a statement that did not decide is none where the verdict is not its own."""
    if statement is None:
        return finding.decisive[0]
    return next((reason for reason in finding.decisive if reason.statement == statement), None)


def _values(expected: dict[str, Any], verdict: str, finding: Finding) -> list[str]:
    wrong = [] if finding.verdict.value == verdict else [f"is {finding.verdict.value}, not {verdict}"]
    blocks = expected.get("blocks", verdict in BLOCKING)
    if finding.blocks != blocks:
        wrong.append(f"blocks: {finding.blocks}")
    if finding.waiver != expected.get("waiver"):
        wrong.append(f"names the waiver {finding.waiver}")
    passing = tuple(expected.get("passing", ()))
    if finding.passing[: len(passing)] != passing:
        wrong.append(f"offers {finding.passing}, not first {passing}")
    if missing := set(expected.get("offers", ())) - set(finding.passing):
        wrong.append(f"offers {finding.passing}, without {sorted(missing)}")
    return wrong


def _words(expected: dict[str, Any], finding: Finding, reason: Reason) -> list[str]:
    texts = {
        "because": reason.judgement.because,
        "note": finding.note,
        "source": finding.source,
        "known_from": "; ".join(reason.judgement.sources),
    }
    wrong = [
        f"{key} has no {words!r}: {text}"
        for key, text in texts.items()
        for words in map(str, expected.get(key, ()))
        if words not in text
    ]
    if missing := set(expected.get("matched", ())) - set(reason.judgement.matched):
        wrong.append(f"was not compared with {sorted(missing)}")
    return wrong
