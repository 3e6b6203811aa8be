"""What the profiles on operators, exits, keys and GPUs say of single facts: their numbers, seats and groups."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from aifactory.catalog import Organization
from aifactory.model import Custody
from aifactory.model.flow_kind import FlowKind
from aifactory.sovereignty.fact import (
    Administered,
    Exported,
    Fact,
    Kept,
    Located,
    Operated,
    Place,
    Portable,
    Pulled,
    Reported,
    Sent,
    Supported,
)
from aifactory.sovereignty.finding import Verdict
from tests.unit.catalog.profile_cases import ALLOW, DENY, UNKNOWN, Case, cases, check, moved, org


def snc(name: str, owners: Mapping[str, str | None], verdict: Verdict, **facts: Any) -> Case:
    """An operator with its seat in France, and these owners, under the caps of SecNumCloud."""
    return Case(
        name=name,
        profile="eu-secnumcloud-like",
        statement=facts.pop("statement", "capital"),
        fact=Operated(subject="here/site", operator="hoster"),
        verdict=verdict,
        blocks=facts.pop("blocks", verdict is not ALLOW),
        organizations={"hoster": org(facts.pop("seat", "FR"), owners)} | facts.pop("others", {}),
    )


SECNUMCLOUD = [
    snc("one-holder-with-24-per-cent", {"us-fund": "24", "fr-state": "76"}, ALLOW),
    snc("one-holder-with-24.01-per-cent", {"us-fund": "24.01", "fr-state": "75.99"}, DENY),
    snc("together-39-per-cent", {"us-fund": "20", "ch-fund": "19", "fr-state": "61"}, ALLOW),
    snc("together-39.01-per-cent", {"us-fund": "20.01", "ch-fund": "19", "fr-state": "60.99"}, DENY),
    snc(
        "24.01-per-cent-through-a-company-of-the-union",
        {"holding": "50", "fr-state": "50"},
        DENY,
        others={"holding": org("DE", {"us-fund": "48.02", "de-family": "51.98"})},
    ),
    snc(
        "24-per-cent-through-a-company-of-the-union",
        {"holding": "50", "fr-state": "50"},
        ALLOW,
        others={"holding": org("DE", {"us-fund": "48", "de-family": "52"})},
    ),
    snc("nobody-knows-who-holds-a-quarter", {"fr-state": "75"}, UNKNOWN),
    snc("nobody-knows-who-holds-the-rest-but-it-is-little", {"fr-state": "76.5"}, ALLOW),
    snc("seat-in-switzerland", {"fr-state": "100"}, DENY, statement="seat", seat="CH"),
    snc("seat-unknown", {"fr-state": "100"}, UNKNOWN, statement="seat", seat=None),
    *(
        Case(
            name=f"{kind}-in-{country}",
            profile="eu-secnumcloud-like",
            statement=statement,
            fact=Located(subject=f"here/{kind}", kind=kind, place=Place(country=country)),
            verdict=verdict,
            blocks=verdict is not ALLOW,
        )
        for kind, country, statement, verdict in (
            ("compute", "FR", "data-in-the-union", ALLOW),
            (FlowKind.BACKUP, "NO", "data-in-the-union", DENY),
            (FlowKind.STATE, "US", "technical-data-in-the-union", DENY),
            (FlowKind.LOGS, "IE", "technical-data-in-the-union", ALLOW),
        )
    ),
    *(
        Case(
            name=f"administration-{name}",
            profile="eu-secnumcloud-like",
            statement=statement,
            fact=Administered(subject="here/cluster", public=public, countries=(country,), identity_country="FR"),
            verdict=verdict,
            blocks=True,
        )
        for name, public, country, statement, verdict in (
            ("from-outside", False, "US", "administration-from-the-union", DENY),
            ("by-a-public-interface-from-inside", True, "FR", "administration-from-the-union", ALLOW),
            ("by-a-public-interface", True, "FR", "administration-not-public", DENY),
        )
    ),
    Case(
        name="help-from-outside-is-shown",
        profile="eu-secnumcloud-like",
        statement="support",
        fact=Supported(subject="here/support", countries=("US",), access="supervised"),
        verdict=DENY,
        blocks=False,
    ),
    Case(
        name="key-of-the-provider",
        profile="eu-secnumcloud-like",
        statement="keys-in-the-union",
        fact=Kept(subject="here/volume", encrypted=True, custody=Custody.PROVIDER, country="FR"),
        verdict=DENY,
        blocks=True,
    ),
    Case(
        name="key-outside-of-the-union",
        profile="eu-secnumcloud-like",
        statement="keys-in-the-union",
        fact=Kept(subject="here/volume", encrypted=True, custody=Custody.HSM, country="CH"),
        verdict=DENY,
        blocks=True,
    ),
    Case(
        name="a-program-that-reports-to-its-maker",
        profile="eu-secnumcloud-like",
        statement="telemetry-in-the-union",
        fact=Reported(subject="here/operator", declared=True, vendor="maker", silenced=False, country="FR"),
        verdict=DENY,
        blocks=True,
    ),
]


def dora(name: str, statement: str, fact: Fact, verdict: Verdict | None, *, blocks: bool, **facts: Any) -> Case:
    return Case(name=name, profile="eu-dora", statement=statement, fact=fact, verdict=verdict, blocks=blocks, **facts)


def service(**facts: Any) -> Portable:
    values = {
        "licence": None,
        "needs_exit": True,
        "exit_target": "own machines",
        "export_format": "SQL",
        "tested_days_ago": 10,
    }
    return Portable(subject="here/service ledger", **(values | facts))


DORA = [
    dora("no-format-to-take-data-out", "return-of-data", service(export_format=None), DENY, blocks=True),
    dora(
        "no-format-before-the-law-applied",
        "return-of-data",
        service(export_format=None),
        None,
        blocks=False,
        on=date(2025, 1, 16),
    ),
    dora(
        "no-format-on-the-day-it-applies",
        "return-of-data",
        service(export_format=None),
        DENY,
        blocks=True,
        on=date(2025, 1, 17),
    ),
    dora("no-way-out", "exit-plan", service(exit_target=None), DENY, blocks=True),
    dora("a-way-out", "exit-plan", service(), ALLOW, blocks=False),
    dora("a-way-out-tried-a-year-ago", "exit-tested", service(tested_days_ago=366), ALLOW, blocks=False),
    dora("a-way-out-tried-longer-ago-is-shown", "exit-tested", service(tested_days_ago=367), DENY, blocks=False),
    dora("a-way-out-never-tried-is-shown", "exit-tested", service(tested_days_ago=None), DENY, blocks=False),
    dora(
        "what-holds-no-data-needs-no-way-out", "exit-plan", service(needs_exit=False, exit_target=None), None, blocks=False
    ),
    dora(
        "backups-in-the-united-states-are-shown",
        "outside-of-the-union",
        Located(subject="here/backup", kind=FlowKind.BACKUP, place=Place(country="US")),
        DENY,
        blocks=False,
    ),
    dora(
        "a-provider-of-a-third-country-is-shown",
        "providers-of-third-countries",
        Operated(subject="here/site", operator="us-fund"),
        DENY,
        blocks=False,
    ),
    dora(
        "key-of-the-provider",
        "encrypted-at-rest",
        Kept(subject="here/volume", encrypted=True, custody=Custody.PROVIDER),
        DENY,
        blocks=True,
    ),
    dora(
        "plain-text-inside-is-shown",
        "encrypted-inside",
        Sent(subject="here/pooler", encrypted=False, inside=True),
        DENY,
        blocks=False,
    ),
    dora(
        "plain-text-that-leaves-the-cluster",
        "encrypted-on-the-way",
        Sent(subject="here/sink", encrypted=False),
        DENY,
        blocks=True,
    ),
]


def c5(name: str, statement: str, fact: Fact, verdict: Verdict | None, *, blocks: bool, **facts: Any) -> Case:
    profile = facts.pop("profile", "de-c5")
    return Case(name=name, profile=profile, statement=statement, fact=fact, verdict=verdict, blocks=blocks, **facts)


def held(**shares: str) -> dict[str, Organization]:
    return {"hoster": org("DE", {name.replace("_", "-"): share for name, share in shares.items()})}


PARIS = Located(subject="here/volume", kind=FlowKind.STORAGE, place=Place(country="FR"))
HOSTER = Operated(subject="here/site", operator="hoster")
KEY = Kept(subject="here/volume", encrypted=True, custody=Custody.CUSTOMER, country="DE", holder="hoster", keeper="hoster")

C5 = [
    c5("storage-in-france", "data-residence", PARIS, ALLOW, blocks=False),
    c5("storage-in-france-for-germany", "data-residence", PARIS, DENY, blocks=True, profile="de-c5-germany"),
    c5("replica-to-switzerland", "no-processing-abroad", moved("CH", kind=FlowKind.REPLICA), DENY, blocks=True),
    c5("clients-may-be-anywhere", "no-processing-abroad", moved("CH", kind=FlowKind.REQUEST), None, blocks=False),
    c5(
        "half-of-it-german",
        "effective-control",
        HOSTER,
        ALLOW,
        blocks=False,
        organizations=held(us_fund="25", ch_fund="24", de_family="51"),
    ),
    c5(
        "a-holder-that-can-block",
        "effective-control",
        HOSTER,
        DENY,
        blocks=True,
        organizations=held(us_fund="25.01", de_family="74.99"),
    ),
    c5(
        "most-of-it-abroad",
        "effective-control",
        HOSTER,
        DENY,
        blocks=True,
        organizations=held(us_fund="25", ch_fund="24.01", de_family="50.99"),
    ),
    c5(
        "french-owners-for-germany",
        "effective-control",
        HOSTER,
        DENY,
        blocks=True,
        profile="de-c5-germany",
        organizations=held(fr_state="60", de_family="40"),
    ),
    c5("key-of-the-customer", "keys-of-the-customer", KEY, ALLOW, blocks=False),
    c5("key-inside-of-the-provider-is-shown", "keys-outside", KEY, DENY, blocks=False),
    c5(
        "plain-text-inside-is-not-mandatory-to-encrypt",
        "transport",
        Sent(subject="here/pooler", encrypted=False, inside=True),
        None,
        blocks=False,
    ),
    c5(
        "image-by-tag-is-shown",
        "controlled-updates",
        Pulled(subject="here/image", host="ghcr.io", pinned=False),
        DENY,
        blocks=False,
    ),
    c5(
        "image-by-digest",
        "controlled-updates",
        Pulled(subject="here/image", host="ghcr.io", pinned=True),
        ALLOW,
        blocks=False,
    ),
    c5("help-from-india", "support", Supported(subject="here/support", countries=("DE", "IN")), DENY, blocks=True),
    c5(
        "administrators-in-france-for-germany",
        "administration",
        Administered(subject="here/cluster", public=False, countries=("FR",), identity_country="DE"),
        DENY,
        blocks=True,
        profile="de-c5-germany",
    ),
]


def gpu(name: str, users: Mapping[str, Organization], verdict: Verdict | None, *, blocks: bool, **facts: Any) -> Case:
    return Case(
        name=name,
        profile="us-gpu-export",
        statement=facts.pop("statement", "headquarters"),
        fact=Exported(
            subject="here/gpus h100", accelerator="h100-sxm-80gb", end_user="user", reference=facts.pop("reference", None)
        ),
        verdict=verdict,
        blocks=blocks,
        organizations=users,
        **facts,
    )


GPU = [
    gpu("user-in-germany", {"user": org("DE", {"de-family": "100"})}, ALLOW, blocks=False),
    gpu("user-in-china", {"user": org("CN")}, DENY, blocks=True),
    gpu("user-in-germany-with-a-parent-in-china", {"user": org("DE", ultimate_parent="cn-state")}, DENY, blocks=True),
    gpu("user-in-germany-with-a-parent-in-macau", {"user": org("DE", {"mo-family": "60"})}, DENY, blocks=True),
    gpu(
        "parent-through-a-holding",
        {"user": org("SG", {"holding": "100"}), "holding": org("KY", {"cn-state": "51"})},
        DENY,
        blocks=True,
    ),
    gpu("user-that-nobody-described", {}, UNKNOWN, blocks=True),
    gpu("parent-that-nobody-described", {"user": org("DE", ultimate_parent="somebody")}, UNKNOWN, blocks=True),
    gpu("licence-in-hand-is-still-reviewed", {"user": org("CN")}, DENY, blocks=True, reference="BIS licence D000000"),
    gpu("user-in-the-emirates-is-no-headquarters-case", {"user": org("AE")}, ALLOW, blocks=False),
    gpu("user-in-the-emirates-is-shown", {"user": org("AE")}, DENY, blocks=False, statement="destinations"),
    gpu("hong-kong-is-not-taken-for-china", {"user": org("HK")}, ALLOW, blocks=False),
    gpu("on-a-day-for-which-nobody-read-the-list", {"user": org("DE")}, UNKNOWN, blocks=True, on=date(2025, 6, 1)),
    gpu("before-there-was-such-a-rule", {"user": org("CN")}, None, blocks=False, on=date(2023, 11, 16)),
]


class TestSecNumCloud:
    """Prevents caps that are off by a hundredth of a per cent, and holders that hide behind a company of the Union."""

    @cases(SECNUMCLOUD)
    def test_it_says(self, case: Case) -> None:
        check(case)


class TestDora:
    """Prevents DORA from being read as a rule on places, and from holding before its day."""

    @cases(DORA)
    def test_it_says(self, case: Case) -> None:
        check(case)


class TestC5:
    """Prevents the variant for Germany from being looser than that for the Union, and the other way round."""

    @cases(C5)
    def test_it_says(self, case: Case) -> None:
        check(case)


class TestGpuExport:
    """Prevents a restricted parent from hiding behind a seat elsewhere, and a licence from being taken for a permission."""

    @cases(GPU)
    def test_it_says(self, case: Case) -> None:
        check(case)
