"""What follows from who owns whom: exact shares, whole chains, circles, and nothing unknown left out."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aifactory.catalog import Organization, chain, exposure, foreign_holdings

EU = frozenset({"DE", "FR", "NL"})
SOURCE = "a register of companies"


def organization(seat: str | None = "DE", **facts: object) -> Organization:
    return Organization.model_validate({"name": "An organization", "seat": seat, "source": SOURCE} | facts)


def owned(seat: str | None = "DE", *, by: Mapping[str, str | None], **facts: object) -> Organization:
    """Return a company with these owners; a share of None is one that nobody read."""
    owners = [{"owner": owner} | ({"percent": percent} if percent else {}) for owner, percent in by.items()]
    return organization(seat, owners=owners, **facts)


def person(seat: str | None = "DE") -> Organization:
    return organization(seat, kind="person")


class TestShares:
    """Prevents a cap that is missed by rounding, or by looking at the first owner only."""

    @pytest.mark.parametrize("percent", ["24", "24.01", "39", "39.01", "0.000000001", "33.333333333", "100"])
    def test_a_share_stays_what_it_is_to_the_last_digit(self, percent: str) -> None:
        known = {"cloud": owned(by={"fund": percent}), "fund": organization("US")}
        held = foreign_holdings("cloud", EU, known)
        assert held.each == {"fund": Decimal(percent)}
        assert held.total == Decimal(percent)

    @pytest.mark.parametrize(
        ("percent", "within"), [("23.99", True), ("24", True), ("24.01", False), ("24.000000001", False)]
    )
    def test_the_cap_of_a_single_owner_is_met_exactly(self, percent: str, within: bool) -> None:
        rest = str(100 - Decimal(percent))
        known = {"cloud": owned(by={"fund": percent, "founder": rest}), "fund": organization("US"), "founder": person()}
        held = foreign_holdings("cloud", EU, known)
        assert (held.most_each <= 24) is within
        assert held.unknown == ()

    @pytest.mark.parametrize(("third", "within"), [("0.99", True), ("1", True), ("1.01", False)])
    def test_the_cap_of_all_owners_outside_is_met_exactly(self, third: str, within: bool) -> None:
        shares = {"one": "20", "two": "18", "three": third, "founder": str(62 - Decimal(third))}
        outside = {key: organization(seat) for key, seat in (("one", "US"), ("two", "CN"), ("three", "GB"))}
        held = foreign_holdings("cloud", EU, {"cloud": owned(by=shares), "founder": person(), **outside})
        assert held.total == Decimal(38) + Decimal(third)
        assert (held.total <= 39) is (held.most_total <= 39) is within

    def test_half_of_sixty_per_cent_is_thirty(self) -> None:
        known = {
            "cloud": owned(by={"holding": "60", "founder": "40"}),
            "holding": owned("FR", by={"fund": "50", "family": "50"}),
            "fund": organization("US"),
            "founder": person(),
            "family": person("FR"),
        }
        held = foreign_holdings("cloud", EU, known)
        assert held.each == {"fund": Decimal(30)}
        assert held.unnamed == 0
        (link,) = [link for link in chain("cloud", known) if link.organization == "fund"]
        assert link.percent == 30
        assert link.path == ("cloud", "holding", "fund")

    def test_shares_on_several_ways_add_up(self) -> None:
        known = {
            "cloud": owned(by={"left": "40", "right": "40", "fund": "20"}),
            "left": owned(by={"fund": "10", "founder": "90"}),
            "right": owned(by={"fund": "25", "founder": "75"}),
            "fund": organization("US"),
            "founder": person(),
        }
        assert foreign_holdings("cloud", EU, known).each == {"fund": Decimal(34)}

    def test_an_owner_outside_counts_whole_although_somebody_inside_owns_it(self) -> None:
        known = {
            "cloud": owned(by={"fund": "30", "founder": "70"}),
            "fund": owned("US", by={"founder": "100"}),
            "founder": person(),
        }
        assert foreign_holdings("cloud", EU, known).each == {"fund": Decimal(30)}

    def test_who_is_inside_is_the_callers_to_say(self) -> None:
        known = {"cloud": owned(by={"fund": "30", "founder": "70"}), "fund": organization("NO"), "founder": person()}
        assert foreign_holdings("cloud", EU, known).total == 30
        assert foreign_holdings("cloud", EU | {"NO"}, known).total == 0

    def test_a_long_chain_is_not_rounded(self) -> None:
        names = [f"company{number}" for number in range(60)]
        known = {name: owned(by={after: "99.999999999"}) for name, after in pairwise(names)}
        known[names[-1]] = organization("US")
        held = foreign_holdings(names[0], EU, known)
        assert Fraction(held.each[names[-1]]) == 100 * Fraction(99_999_999_999, 100_000_000_000) ** 59
        assert held.most_total == 100


class TestUnknown:
    """Prevents that what nobody knows counts as nothing."""

    def test_an_organization_that_nobody_described_is_wholly_unknown(self) -> None:
        held = foreign_holdings("ghost", EU, {})
        assert (held.total, held.unnamed, held.most_total) == (0, 100, 100)
        assert held.unknown == ("nobody described ghost, so who owns it is unknown",)

    def test_so_is_an_owner_that_nobody_described(self) -> None:
        held = foreign_holdings("cloud", EU, {"cloud": owned(by={"ghost": "30", "founder": "70"}), "founder": person()})
        assert (held.each, held.unnamed) == ({}, 30)
        assert "ghost" in held.unknown[0]

    def test_and_one_without_a_seat(self) -> None:
        known = {"cloud": owned(by={"fund": "25.5", "founder": "74.5"}), "fund": organization(None), "founder": person()}
        held = foreign_holdings("cloud", EU, known)
        assert held.unnamed == Decimal("25.5")
        assert held.unknown == ("where fund has its seat is unknown; it holds 25.5 %",)

    def test_what_is_missing_to_a_hundred_may_be_outside(self) -> None:
        known = {"cloud": owned(by={"fund": "10", "founder": "70"}), "fund": organization("US"), "founder": person()}
        held = foreign_holdings("cloud", EU, known)
        assert (held.total, held.unnamed, held.most_each, held.most_total) == (10, 20, 30, 30)
        assert held.unknown == ("who holds 20 % of cloud is unknown",)

    def test_of_a_listed_company_it_is_said_why(self) -> None:
        held = foreign_holdings("cloud", EU, {"cloud": owned(by={"founder": "85"}, listed=True), "founder": person()})
        assert held.unknown == ("shares of cloud are traded: who holds 15 % of it is unknown",)

    def test_an_owner_without_a_figure_may_hold_all_that_is_left(self) -> None:
        known = {"cloud": owned(by={"fund": None, "founder": "55"}), "fund": organization("US"), "founder": person()}
        held = foreign_holdings("cloud", EU, known)
        assert (held.total, held.unnamed) == (0, 45)
        assert held.unknown == ("how much of cloud fund holds is unknown",)

    def test_a_parent_without_owners_is_named(self) -> None:
        known = {"cloud": organization(ultimate_parent="group"), "group": organization("US")}
        held = foreign_holdings("cloud", EU, known)
        assert held.unnamed == 100
        assert "group" in held.unknown[0]

    @pytest.mark.parametrize("kind", ["state", "person", "foundation"])
    def test_what_belongs_to_nobody_ends_a_chain_without_a_gap(self, kind: str) -> None:
        known = {"cloud": owned(by={"end": "100"}), "end": organization(kind=kind)}
        held = foreign_holdings("cloud", EU, known)
        assert (held.total, held.unnamed, held.unknown) == (0, 0, ())

    def test_a_company_inside_of_which_no_owner_is_known_does_not(self) -> None:
        held = foreign_holdings(
            "cloud", EU, {"cloud": owned(by={"holding": "40", "me": "60"}), "holding": organization(), "me": person()}
        )
        assert held.unnamed == 40


class TestControl:
    """Prevents that a parent outside is missed since nobody published its share."""

    def test_an_ultimate_parent_outside_is_told_whatever_its_share(self) -> None:
        known = {"cloud": owned(by={"group": None}, ultimate_parent="group"), "group": organization("US")}
        assert foreign_holdings("cloud", EU, known).controlled_by == ("group",)

    def test_so_is_that_of_an_owner_inside(self) -> None:
        known = {
            "cloud": owned(by={"holding": "100"}),
            "holding": organization("FR", ultimate_parent="group"),
            "group": organization("CN"),
        }
        assert foreign_holdings("cloud", EU, known).controlled_by == ("group",)

    def test_one_inside_is_not(self) -> None:
        known = {"cloud": organization(ultimate_parent="family"), "family": person("FR")}
        assert foreign_holdings("cloud", EU, known).controlled_by == ()


class TestCircles:
    """Prevents an endless walk, or shares that are counted twice, where companies hold each other."""

    def test_two_that_hold_each_other_end(self) -> None:
        known = {"one": owned(by={"two": "50", "fund": "50"}), "two": owned(by={"one": "100"}), "fund": organization("US")}
        held = foreign_holdings("one", EU, known)
        assert held.each == {"fund": Decimal(50)}
        assert held.unnamed == 50
        assert held.unknown == ("one holds two, which holds one: 50 % goes in a circle",)

    def test_one_that_holds_itself_ends(self) -> None:
        held = foreign_holdings("own", EU, {"own": owned(by={"own": "10", "me": "90"}), "me": person()})
        assert held.unnamed == 10

    def test_chain_lists_each_once(self) -> None:
        known = {"one": owned(by={"two": "50"}), "two": owned(by={"one": "100"}, ultimate_parent="one")}
        assert [link.organization for link in chain("one", known)] == ["one", "two"]

    def test_licensors_that_license_each_other_end(self) -> None:
        known = {"one": organization(licensors=["two"]), "two": organization("US", licensors=["one"])}
        assert [link.organization for link in chain("one", known)] == ["one", "two"]

    def test_a_chain_of_thousands_ends(self) -> None:
        known = {f"c{number}": owned(by={f"c{number + 1}": "100"}) for number in range(3000)} | {"c3000": organization("US")}
        assert foreign_holdings("c0", EU, known).each == {"c3000": Decimal(100)}
        assert len(chain("c0", known)) == 3001


class TestChain:
    """Prevents that somebody behind an organization is missed, or told without how it is behind."""

    KNOWN: Mapping[str, Organization] = {
        "cloud": owned("FR", by={"holding": "60", "google": None}, ultimate_parent="state", licensors=["google"]),
        "holding": owned("FR", by={"state": "100"}, licensors=["software"]),
        "state": organization("FR", kind="state"),
        "google": owned("US", by={"alphabet": "100"}, licensors=["university"]),
        "alphabet": organization("US"),
        "university": organization("CH", kind="foundation"),
        "software": organization("IL"),
    }

    def test_itself_comes_first_then_the_nearest(self) -> None:
        found = chain("cloud", self.KNOWN)
        assert [link.organization for link in found] == ["cloud", "holding", "google", "state", "alphabet", "university"]
        assert [link.role for link in found] == [
            "itself", "owner", "owner", "ultimate-parent", "owner", "licensor",
        ]  # fmt: skip

    def test_the_first_has_no_share_of_itself_and_unknown_shares_are_none(self) -> None:
        shares = {link.organization: link.percent for link in chain("cloud", self.KNOWN)}
        assert shares == {
            "cloud": None, "holding": 60, "google": None, "state": 60, "alphabet": None, "university": None,
        }  # fmt: skip

    def test_what_an_owner_uses_for_itself_is_left_out(self) -> None:
        assert "software" not in {link.organization for link in chain("cloud", self.KNOWN)}

    def test_owners_of_a_licensor_count_as_behind_the_licence(self) -> None:
        known = {
            "cloud": organization(licensors=["vendor"]),
            "vendor": owned("IE", by={"group": "100"}),
            "group": organization("US"),
        }
        assert [(link.organization, link.role) for link in chain("cloud", known)] == [
            ("cloud", "itself"), ("vendor", "licensor"), ("group", "licensor"),
        ]  # fmt: skip

    def test_one_that_nobody_described_is_a_link_too(self) -> None:
        (link,) = chain("ghost", {})
        assert (link.described, link.seat) == (False, None)


class TestExposure:
    """Prevents a country whose law reaches an operator from being left out, and an unknown one from passing for none."""

    def test_countries_of_everybody_behind_with_the_reason(self) -> None:
        found = exposure("cloud", TestChain.KNOWN)
        assert {country: [link.organization for link in links] for country, links in found.countries.items()} == {
            "CH": ["university"],
            "FR": ["cloud", "holding", "state"],
            "US": ["google", "alphabet"],
        }
        assert found.unknown == ()

    @pytest.mark.parametrize("percent", ["0.000000001", None])
    def test_the_smallest_share_and_an_unknown_one_count(self, percent: str | None) -> None:
        known = {"cloud": owned(by={"fund": percent}), "fund": organization("US")}
        assert set(exposure("cloud", known).countries) == {"DE", "US"}

    def test_unknown_seats_and_unknown_organizations_are_told(self) -> None:
        known = {"cloud": owned(by={"ghost": "1", "shell": "1"}), "shell": organization(None)}
        assert [(link.organization, link.described) for link in exposure("cloud", known).unknown] == [
            ("ghost", False), ("shell", True),
        ]  # fmt: skip


NAMES = ("a", "b", "c", "d", "e", "f")


@st.composite
def tangles(draw: st.DrawFn) -> dict[str, Organization]:
    """Draw organizations that own each other in any way, circles and unknowns included."""
    known: dict[str, Organization] = {}
    for name in draw(st.sets(st.sampled_from(NAMES))):
        kind = draw(st.sampled_from(["company", "company", "company", "person"]))
        seat = draw(st.sampled_from(["DE", "DE", "FR", "US", None]))
        if kind != "company":
            known[name] = organization(seat, kind=kind)
            continue
        owners: dict[str, str | None] = {}
        left = Decimal(100)
        for owner in draw(st.lists(st.sampled_from((*NAMES, "ghost")), unique=True, max_size=4)):
            percent = draw(st.none() | st.decimals(min_value="0.01", max_value=left, places=2)) if left >= 1 else None
            left -= percent or 0
            owners[owner] = str(percent) if percent else None
        others = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=2))
        parent = draw(st.none() | st.sampled_from(NAMES))
        known[name] = owned(seat, by=owners, licensors=others, ultimate_parent=parent)
    return known


class TestProperties:
    """Prevents shares that come from nowhere or go missing, on any facts that a person may write."""

    @given(tangles(), st.sampled_from(NAMES))
    def test_nothing_is_lost_and_nothing_is_made(self, known: dict[str, Organization], name: str) -> None:
        held = foreign_holdings(name, EU, known)
        assert 0 <= held.total <= held.most_total <= 100
        assert held.total == sum(held.each.values())
        assert (held.unnamed == 0) is (held.unknown == ())
        assert held.most_each <= held.most_total

    @given(tangles(), st.sampled_from(NAMES))
    def test_without_anybody_inside_all_that_is_named_is_outside(self, known: dict[str, Organization], name: str) -> None:
        everywhere = foreign_holdings(name, frozenset(), known)
        inside = foreign_holdings(name, EU, known)
        assert inside.total <= 100
        assert everywhere.total + everywhere.unnamed <= 100

    @given(tangles(), st.sampled_from(NAMES))
    def test_letting_a_country_in_never_makes_more_foreign_for_certain(
        self, known: dict[str, Organization], name: str
    ) -> None:
        assert set(foreign_holdings(name, EU | {"US"}, known).each) <= {
            key for key in (*NAMES, "ghost") if (facts := known.get(key)) and facts.seat not in EU | {"US", None}
        }

    @given(tangles(), st.sampled_from(NAMES))
    def test_the_order_of_writing_does_not_matter(self, known: dict[str, Organization], name: str) -> None:
        turned = dict(reversed(known.items()))
        assert foreign_holdings(name, EU, turned) == foreign_holdings(name, EU, known)
        assert exposure(name, turned) == exposure(name, known)

    @given(tangles(), st.sampled_from(NAMES))
    def test_everybody_in_the_chain_is_there_once_and_its_way_is_one(
        self, known: dict[str, Organization], name: str
    ) -> None:
        found = chain(name, known)
        assert len({link.organization for link in found}) == len(found)
        for link in found:
            assert link.path[0] == name
            assert link.path[-1] == link.organization
            assert len(set(link.path)) == len(link.path)
        seats = {link.seat for link in found if link.seat}
        assert set(exposure(name, known).countries) == seats
