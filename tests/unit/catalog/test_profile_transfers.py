"""What the profiles on data protection say of single facts: their days, lists and conditions."""

from datetime import date, timedelta
from typing import Any

from aifactory.catalog import organizations
from aifactory.model import Custody
from aifactory.model.flow_kind import FlowKind
from aifactory.sovereignty.fact import Fact, Kept, Operated, Place, Retained, Sent
from aifactory.sovereignty.finding import Verdict
from aifactory.sovereignty.judge import judge
from aifactory.sovereignty.profile import statements_of
from aifactory.sovereignty.world import World
from tests.unit.catalog.profile_cases import (
    ALLOW,
    DAY,
    DENY,
    DPF,
    UK_EXTENSION,
    UNKNOWN,
    Case,
    cases,
    check,
    declared,
    moved,
    org,
)


def gdpr(
    name: str, fact: Fact, verdict: Verdict | None, *, blocks: bool, statement: str = "chapter-5", **facts: Any
) -> Case:
    return Case(name=name, profile="eu-gdpr", statement=statement, fact=fact, verdict=verdict, blocks=blocks, **facts)


BR_DAY = date(2026, 1, 26)
GB_LAST = date(2031, 12, 27)

GDPR = [
    gdpr("brazil-on-the-day-before-the-decision", moved("BR"), DENY, blocks=True, on=BR_DAY - timedelta(days=1)),
    gdpr("brazil-on-the-day-of-the-decision", moved("BR"), ALLOW, blocks=False, on=BR_DAY),
    gdpr("united-kingdom-on-the-last-day-of-its-decision", moved("GB"), ALLOW, blocks=False, on=GB_LAST),
    gdpr("united-kingdom-on-the-day-after-it", moved("GB"), DENY, blocks=True, on=GB_LAST + timedelta(days=1)),
    gdpr("norway-is-in-the-eea", moved("NO"), ALLOW, blocks=False),
    gdpr("japan-is-adequate", moved("JP"), ALLOW, blocks=False),
    gdpr("united-states-without-a-declared-transfer", moved("US"), DENY, blocks=True),
    gdpr(
        "united-states-to-a-certified-recipient",
        moved("US"),
        ALLOW,
        blocks=False,
        transfers=declared("adequacy", "US", condition=DPF),
    ),
    gdpr(
        "united-states-with-the-certificate-of-the-united-kingdom",
        moved("US"),
        DENY,
        blocks=True,
        transfers=declared("adequacy", "US", condition=UK_EXTENSION),
    ),
    gdpr("india-by-clauses", moved("IN"), ALLOW, blocks=False, transfers=declared("scc", "IN")),
    gdpr("india-by-the-british-agreement", moved("IN"), DENY, blocks=True, transfers=declared("idta", "IN")),
    gdpr(
        "india-by-clauses-on-their-last-day",
        moved("IN"),
        ALLOW,
        blocks=False,
        transfers=declared("scc", "IN", until=DAY),
    ),
    gdpr(
        "india-by-clauses-on-the-day-after",
        moved("IN"),
        DENY,
        blocks=True,
        transfers=declared("scc", "IN", until=DAY - timedelta(days=1)),
    ),
    gdpr("data-of-nobody-go-anywhere", moved("IN", data_class="weather"), None, blocks=False),
    gdpr("data-of-which-nobody-said-the-class", moved("IN", data_class=None), UNKNOWN, blocks=True),
    gdpr(
        "europe-is-no-place",
        moved(None, place=Place(location="azure/europe", logical=True)),
        UNKNOWN,
        blocks=True,
    ),
    gdpr(
        "clauses-without-a-key-of-ones-own-are-shown",
        moved("IN"),
        DENY,
        blocks=False,
        statement="supplementary-measures",
        transfers=declared("scc", "IN"),
    ),
    gdpr(
        "clauses-with-a-key-of-ones-own",
        moved("IN"),
        ALLOW,
        blocks=False,
        statement="supplementary-measures",
        transfers=declared("scc", "IN", protection="external"),
    ),
    gdpr(
        "a-parent-in-the-united-states-is-shown",
        Operated(subject="here/site", operator="eu-gmbh"),
        DENY,
        blocks=False,
        statement="law-of-third-countries",
        organizations={"eu-gmbh": org("DE", {"us-fund": "100"})},
    ),
    gdpr(
        "a-parent-in-france",
        Operated(subject="here/site", operator="eu-gmbh"),
        ALLOW,
        blocks=False,
        statement="law-of-third-countries",
        organizations={"eu-gmbh": org("DE", {"fr-state": "100"})},
    ),
    gdpr(
        "a-plain-volume",
        Kept(subject="here/volume", data_class="customers", encrypted=False),
        DENY,
        blocks=True,
        statement="encrypted-at-rest",
    ),
    gdpr(
        "a-volume-with-a-key-of-the-provider",
        Kept(subject="here/volume", data_class="customers", encrypted=True, custody=Custody.PROVIDER),
        ALLOW,
        blocks=False,
        statement="encrypted-at-rest",
    ),
    gdpr(
        "plain-text-inside-of-the-cluster",
        Sent(subject="here/pooler", data_class="customers", encrypted=False, inside=True),
        None,
        blocks=False,
        statement="encrypted-on-the-way",
    ),
    gdpr(
        "plain-text-that-leaves-the-cluster",
        Sent(subject="here/sink", data_class="customers", encrypted=False),
        DENY,
        blocks=True,
        statement="encrypted-on-the-way",
    ),
    gdpr(
        "copies-without-an-end-are-shown",
        Retained(subject="here/backup", data_class="customers", days=None),
        UNKNOWN,
        blocks=False,
        statement="time-limits",
    ),
    gdpr(
        "copies-with-an-end",
        Retained(subject="here/backup", data_class="customers", days=3650),
        ALLOW,
        blocks=False,
        statement="time-limits",
    ),
]


def uk(
    name: str, fact: Fact, verdict: Verdict | None, *, blocks: bool, statement: str = "article-44a", **facts: Any
) -> Case:
    return Case(name=name, profile="uk-gdpr", statement=statement, fact=fact, verdict=verdict, blocks=blocks, **facts)


US_DAY = date(2023, 10, 12)
US_TRANSFER = declared("adequacy", "US", condition=UK_EXTENSION)

UK = [
    uk("germany-is-covered-by-regulations", moved("DE", kind=FlowKind.REPLICA), ALLOW, blocks=False),
    uk("gibraltar-is-covered-by-regulations", moved("GI"), ALLOW, blocks=False),
    uk("brazil-is-not-although-it-is-in-the-european-union", moved("BR"), DENY, blocks=True),
    uk(
        "united-states-on-the-day-before-the-extension",
        moved("US"),
        DENY,
        blocks=True,
        statement="article-44",
        on=US_DAY - timedelta(days=1),
        transfers=US_TRANSFER,
    ),
    uk(
        "united-states-on-the-day-of-the-extension",
        moved("US"),
        ALLOW,
        blocks=False,
        statement="article-44",
        on=US_DAY,
        transfers=US_TRANSFER,
    ),
    uk("united-states-with-the-extension-today", moved("US"), ALLOW, blocks=False, transfers=US_TRANSFER),
    uk(
        "united-states-with-the-european-certificate-alone",
        moved("US"),
        DENY,
        blocks=True,
        transfers=declared("adequacy", "US", condition=DPF),
    ),
    uk("united-states-without-a-declared-transfer", moved("US"), DENY, blocks=True),
    uk("india-by-the-british-agreement", moved("IN"), ALLOW, blocks=False, transfers=declared("idta", "IN")),
    uk("india-by-european-clauses-without-addendum", moved("IN"), DENY, blocks=True, transfers=declared("scc", "IN")),
    uk(
        "the-old-article-is-over-on-the-day-of-the-new",
        moved("BR"),
        None,
        blocks=True,
        statement="article-44",
        on=date(2026, 2, 5),
    ),
    uk(
        "korea-on-the-day-before-its-regulations",
        moved("KR"),
        DENY,
        blocks=True,
        statement="article-44",
        on=date(2022, 12, 18),
    ),
    uk("korea-on-their-day", moved("KR"), ALLOW, blocks=False, statement="article-44", on=date(2022, 12, 19)),
]


class TestGdpr:
    """Prevents a wrong day, a wrong list or an interpretation that blocks in the profile on the GDPR."""

    @cases(GDPR)
    def test_it_says(self, case: Case) -> None:
        check(case)


class TestUnitedKingdom:
    """Prevents the decisions of the European Union from being taken for those of the United Kingdom."""

    @cases(UK)
    def test_it_says(self, case: Case) -> None:
        check(case)


class TestTogether:
    """Prevents profiles from loosening one another."""

    def test_a_transfer_that_one_allows_and_the_other_denies_is_denied(self) -> None:
        world = World(DAY, organizations(), {"customers": True})
        found = judge([moved("BR")], statements_of(["eu-gdpr", "uk-gdpr"], {}, DAY), world, "here")
        assert [item.verdict for item in found] == [DENY]
        assert {reason.statement for reason in found[0].decisive} == {"uk-gdpr/article-44a"}

    def test_what_would_pass_is_offered(self) -> None:
        (found,) = judge([moved("BR")], statements_of(["uk-gdpr"], {}, DAY), World(DAY, {}, {"customers": True}), "here")
        assert "idta" in found.passing
