"""What holds for every factory: properties of the decision, over factories and profiles at random."""

from collections import Counter
from copy import deepcopy
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from aifactory.errors import SpecError
from aifactory.model import FactorySpec, Realm, WaiverSpec, parse_factory
from aifactory.sovereignty.assess import Assessment, assess
from aifactory.sovereignty.finding import Finding, Verdict
from aifactory.sovereignty.gather import region_facts
from aifactory.sovereignty.waiver import apply_waivers
from aifactory.sovereignty.words import finding_text
from aifactory.sovereignty.world import World, world_of
from tests.unit.cases.corpus import corpus, text_of
from tests.unit.sovereignty.strategies import COUNTRIES, DAY, REALMS, factories, profile, statements

drawn = settings(
    max_examples=25,
    derandomize=True,
    deadline=None,
    database=None,
    phases=(Phase.explicit, Phase.generate),  # a failure is found in seconds; making it small takes minutes
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)


def judged(values: dict[str, Any], on: date = DAY) -> Assessment:
    return assess(FactorySpec.model_validate(values), on)


def under(values: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return the factory with its region under other profiles."""
    changed = deepcopy(values)
    changed["regions"]["hall"]["profiles"] = list(names)
    return changed


def verdicts(found: Assessment) -> dict[tuple[str, str], Finding]:
    return {(finding.rule, finding.subject): finding for finding in found.findings}


class TestDenials:
    """Prevents a denial that opens something: adding one to a realm may only take away."""

    @drawn
    @given(REALMS, COUNTRIES, st.dates(date(2010, 1, 1), date(2035, 1, 1)))
    def test_a_denied_country_leaves_and_nobody_comes(self, realm: dict[str, Any], country: str, on: date) -> None:
        more = Realm.model_validate(realm | {"deny": [*realm["deny"], country]})
        world = world_of(on)
        before, after = world.countries(Realm.model_validate(realm)), world.countries(more)
        assert after == before - {country}

    @drawn
    @given(factories(), st.data())
    def test_a_denied_country_passes_nothing_that_did_not(self, values: dict[str, Any], data: st.DataObject) -> None:
        country = data.draw(COUNTRIES)
        stricter = deepcopy(values)
        for held in stricter["profiles"].values():
            for statement in held["statements"].values():
                for realm in [statement.get(field) for field in ("within", "free", "seat", "exposure")]:
                    if realm:
                        realm["deny"] = [*realm["deny"], country]
        before, after = verdicts(judged(values)), verdicts(judged(stricter))
        assert set(before) == set(after)
        opened = [key for key in before if before[key].verdict.weight > after[key].verdict.weight]
        assert opened == []
        assert [key for key in before if before[key].blocks and not after[key].blocks] == []


class TestProfiles:
    """Prevents a verdict that hangs on the order in which somebody wrote names, and a profile that softens another."""

    @drawn
    @given(factories())
    def test_they_commute(self, values: dict[str, Any]) -> None:
        assert judged(under(values, "one", "two")).findings == judged(under(values, "two", "one")).findings

    @drawn
    @given(factories())
    def test_a_second_mention_changes_nothing(self, values: dict[str, Any]) -> None:
        assert judged(under(values, "one", "one", "two")).findings == judged(under(values, "one", "two")).findings

    @drawn
    @given(factories())
    def test_extending_is_naming(self, values: dict[str, Any]) -> None:
        extended = under(values, "one")
        extended["profiles"]["one"]["extends"] = ["two"]
        assert judged(extended).findings == judged(under(values, "one", "two")).findings

    @drawn
    @given(factories())
    def test_one_more_passes_nothing_that_was_stopped(self, values: dict[str, Any]) -> None:
        alone, both = verdicts(judged(under(values, "one"))), verdicts(judged(values))
        assert set(alone) <= set(both)
        assert [key for key, finding in alone.items() if finding.blocks and not both[key].blocks] == []
        assert [key for key, finding in alone.items() if finding.verdict.weight > both[key].verdict.weight] == []

    @drawn
    @given(factories(), statements())
    def test_a_statement_twice_says_it_once(self, values: dict[str, Any], statement: dict[str, Any]) -> None:
        once, twice = deepcopy(values), deepcopy(values)
        once["profiles"] = {"one": profile([statement])}
        twice["profiles"] = {"one": profile([statement, statement])}
        first, second = judged(under(once, "one")), judged(under(twice, "one"))
        assert [(f.id, f.verdict, f.blocks, f.passing) for f in first.findings] == [
            (f.id, f.verdict, f.blocks, f.passing) for f in second.findings
        ]


class TestWaivers:
    """Prevents a waiver that excuses what nobody knows, or more than the one finding that it names."""

    @drawn
    @given(factories(), st.data())
    def test_touches_its_finding_alone_and_never_what_is_unknown(self, values: dict[str, Any], data: st.DataObject) -> None:
        found = judged(values).findings
        if not found:
            return
        chosen = data.draw(st.sampled_from(found))
        waiver = _waiver(chosen, data.draw(st.integers(-2, 2)), data.draw(st.integers(-2, 2)))
        after = apply_waivers(found, {"one": waiver}, DAY).findings
        for before, now in zip(found, after, strict=True):
            assert now.reasons == before.reasons
            if before != chosen:
                assert now == before
        (now,) = [finding for finding in after if finding.id == chosen.id]
        assert now.verdict in {chosen.verdict, Verdict.WAIVED}
        assert now.verdict is not Verdict.ALLOW or chosen.verdict is Verdict.ALLOW
        if now.verdict is Verdict.WAIVED:
            assert waiver.approved <= DAY <= waiver.expires
            assert all(reason.waivable for reason in chosen.reasons if reason.blocks)
            assert not any(r.judgement.verdict is Verdict.UNKNOWN and r.mandatory for r in chosen.reasons)

    @drawn
    @given(factories())
    def test_waivers_of_everything_leave_what_is_unknown(self, values: dict[str, Any]) -> None:
        found = judged(values).findings
        everything = {f"w{index}": _waiver(finding, 0, 0) for index, finding in enumerate(found)}
        after = apply_waivers(found, everything, DAY)
        stopped = [f for f in found if any(r.blocks and r.judgement.verdict is Verdict.UNKNOWN for r in f.reasons)]
        assert {finding.id for finding in stopped} <= {finding.id for finding in after.findings if finding.blocks}
        assert after.unused == ()


def _waiver(finding: Finding, since: int, left: int) -> WaiverSpec:
    """Return a waiver of a finding that begins, and ends, some days off from the day."""
    approved = DAY + timedelta(days=since) - timedelta(days=10 if since <= 0 else 0)
    return WaiverSpec(
        rule=finding.rule,
        subject=finding.subject,
        reason="there is no other place until autumn",
        approver="Data Protection Board",
        approved=approved,
        expires=max(DAY + timedelta(days=left), approved + timedelta(days=1)),
        controls=("the board looks at it every week",),
    )


def _shuffled(value: Any, data: st.DataObject) -> Any:
    """Return the same mappings with their keys in another order, at every depth."""
    if isinstance(value, dict):
        keys = data.draw(st.permutations(list(value)))
        return {key: _shuffled(value[key], data) for key in keys}
    return value


class TestOrder:
    """Prevents a verdict that hangs on the order of keys in a file, which means nothing in YAML."""

    @settings(drawn, max_examples=15)
    @given(factories(), st.data())
    def test_keys_in_any_order_give_the_same(self, values: dict[str, Any], data: st.DataObject) -> None:
        shuffled = _shuffled(values, data)
        assert judged(values).findings == judged(shuffled).findings

    @settings(drawn, max_examples=15)
    @given(factories())
    def test_by_the_file_or_by_values_is_the_same(self, values: dict[str, Any]) -> None:
        assert assess(parse_factory(text_of(values)), DAY) == judged(values)


class TestIdentity:
    """Prevents two findings of one identity, whose waiver would cover what nobody looked at, and identities that change."""

    @drawn
    @given(factories())
    def test_of_each_rule_and_subject_there_is_one(self, values: dict[str, Any]) -> None:
        found = judged(values)
        assert [item for item, count in Counter(finding.id for finding in found.findings).items() if count > 1] == []
        facts = region_facts(FactorySpec.model_validate(values), "hall", DAY)
        assert max(Counter((fact.rule, fact.subject) for fact in facts).values()) == 1

    @drawn
    @given(factories())
    def test_neither_the_day_nor_the_profile_changes_it(self, values: dict[str, Any]) -> None:
        first = {(finding.rule, finding.subject): finding.id for finding in judged(values).findings}
        later = judged(under(values, "one"), DAY + timedelta(days=400)).findings
        assert all(first.get((finding.rule, finding.subject), finding.id) == finding.id for finding in later)

    @drawn
    @given(factories())
    def test_a_subject_can_be_written_into_a_waiver(self, values: dict[str, Any]) -> None:
        """A finding that no waiver could name could never be excepted."""
        for finding in judged(values).findings:
            assert _waiver(finding, 0, 0).subject == finding.subject


class TestVerdicts:
    """Prevents a decision that is not the weight of its reasons, and words that cannot be written."""

    @drawn
    @given(factories())
    def test_the_heaviest_reason_decides(self, values: dict[str, Any]) -> None:
        for finding in judged(values).findings:
            assert finding.verdict == max((r.judgement.verdict for r in finding.reasons), key=lambda item: item.weight)
            assert finding.blocks is any(r.mandatory and r.judgement.verdict is not Verdict.ALLOW for r in finding.reasons)
            assert finding.verdict.value.upper() in finding_text(finding)

    @drawn
    @given(factories())
    def test_judging_again_changes_nothing(self, values: dict[str, Any]) -> None:
        factory = FactorySpec.model_validate(values)
        assert assess(factory, DAY) == assess(factory, DAY)

    @drawn
    @given(factories())
    def test_what_is_known_of_the_world_is_not_used_up(self, values: dict[str, Any]) -> None:
        """A world remembers sets of countries; two worlds of different days must not share them."""
        factory = FactorySpec.model_validate(values)
        world = world_of(DAY, factory)
        realm = Realm(blocs=("eu",))
        assert replace(world, on=date(2019, 1, 1)).countries(realm) == World(date(2019, 1, 1), {}).countries(realm)
        assert "GB" not in world.countries(realm)


_CASES = [case for case in corpus() if case.outcome != "error"]
_PIECES = st.sampled_from(
    ["[", "]", "{}", ":", "null", "~", "-", "*", "&a", "\t", "'", "0", "-1", "1e9", "x", "DE", "\x00", "é"]
)


class TestAnyText:
    """Prevents a traceback for what somebody wrote, however wrong: it is refused in words, or judged."""

    @settings(drawn, max_examples=40)
    @given(st.data())
    def test_a_changed_file_is_refused_or_judged(self, data: st.DataObject) -> None:
        text = text_of(data.draw(st.sampled_from(_CASES)).values())
        for _ in range(data.draw(st.integers(1, 3))):
            first = data.draw(st.integers(0, len(text)))
            last = min(len(text), first + data.draw(st.integers(0, 12)))
            text = text[:first] + data.draw(_PIECES) + text[last:]
        _refused_or_judged(text)

    @settings(drawn, max_examples=40)
    @given(st.data())
    def test_a_value_of_another_sort_is_refused_or_judged(self, data: st.DataObject) -> None:
        values = data.draw(st.sampled_from(_CASES)).values()
        place: Any = values
        while isinstance(place, dict) and place:
            key = data.draw(st.sampled_from(list(place)))
            inner = place[key]
            if not isinstance(inner, dict) or not inner or data.draw(st.integers(0, 4)) == 0:
                place[key] = data.draw(
                    st.sampled_from([None, [], {}, "", "x", "self", "DE", 0, -1, 10**9, True, [None], {"x": {}}])
                )
                break
            place = inner
        _refused_or_judged(text_of(values))


def _refused_or_judged(text: str) -> None:
    try:
        found = assess(parse_factory(text), DAY)
    except SpecError:
        return
    assert isinstance(found, Assessment)


CANARY = "canary-7f3a-4c11"


class TestSecrets:
    """Prevents a finding that repeats what somebody should not have written into a file."""

    PLACES = (
        ("object_stores", "backups", "secret"),
        ("object_stores", "backups", "ca_secret"),
        ("registry", "pull_secret"),
    )

    @pytest.mark.parametrize("place", PLACES, ids=".".join)
    def test_names_of_secrets_are_in_no_finding(self, place: tuple[str, ...]) -> None:
        (case,) = [case for case in corpus() if case.name == "retention.ok.backups-for-thirty-days"]
        values = case.values()
        region = values["regions"]["cloud"]
        region["object_stores"]["backups"] |= {
            "endpoint": "https://objects.example.com",
            "identity": "keys",
            "secret": "keys",
        }
        inner = region
        for key in place[:-1]:
            inner = inner[key]
        inner[place[-1]] = CANARY
        found = assess(parse_factory(text_of(values)), DAY)
        assert found.findings
        assert CANARY not in repr(found) + "".join(finding_text(finding) for finding in found.findings)

    @pytest.mark.parametrize(
        "address",
        ["https://me:{}@logs.example.com", "https://{}@logs.example.com/ "],
    )
    def test_a_refused_address_is_told_without_what_is_in_it(self, address: str) -> None:
        (case,) = [case for case in corpus() if case.name == "telemetry.ok.a-sink-at-home"]
        values = case.values()
        values["regions"]["hall"]["telemetry"]["sinks"]["watch"]["endpoint"] = address.format(CANARY)
        with pytest.raises(SpecError) as refused:
            parse_factory(yaml.safe_dump(values))
        assert CANARY not in str(refused.value)
