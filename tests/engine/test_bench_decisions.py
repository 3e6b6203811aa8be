"""The question of the benchmark beside Open Policy Agent, and that both give the same answer to it."""

import json
import pickle
from dataclasses import replace
from pathlib import Path

import pytest

from aifactory.errors import ToolError
from aifactory.local.paths import Paths
from aifactory.local.progress import PlainReporter
from aifactory.sovereignty.rules import BY_NAME
from tests.bench.decision import Match, differences
from tests.bench.factory import ON, generated
from tests.bench.open_policy_agent import MODULE, RULES, open_policy_agent
from tests.bench.question import data, facts_by_id, our_reasons, our_verdicts, question, write_data


@pytest.fixture(scope="module")
def asked():
    return question(generated(10), ON)


class TestQuestion:
    """Prevents two sides that are asked different things, whose times would say nothing."""

    def test_every_fact_is_told_to_both(self, asked):
        told = {
            fact["id"]: rule
            for region in data(asked)["regions"].values()
            for rule, facts in region["facts"].items()
            for fact in facts
        }
        assert told == {key: fact.rule for key, fact in facts_by_id(asked)}

    def test_every_statement_is_told_to_both(self, asked):
        for name, region in data(asked)["regions"].items():
            told = {each["name"] for statements in region["statements"].values() for each in statements}
            assert told == {stated.name for stated in asked.statements[name]}

    def test_a_realm_is_told_as_its_countries_on_the_day(self, asked):
        told = data(asked)
        house = told["regions"]["region-000"]["statements"]["residency"][-1]
        assert house["name"] == "house/places"
        assert {"DE", "NO", "CH"} <= set(told["realms"][house["within"]])
        assert "HU" not in told["realms"][house["within"]]
        assert told["denied"][house["within"]] == {"HU": True}

    def test_shares_keep_their_decimals(self, asked, tmp_path):
        write_data(asked, tmp_path / "data.json")
        owners = json.loads((tmp_path / "data.json").read_text())["world"]["organizations"]["joint"]["owners"]
        assert {held["owner"]: held["percent"] for held in owners} == {"self": 51, "harbour": 24.5, "fund": 24.5}

    def test_every_statement_that_spoke_is_in_our_answer(self, asked):
        reasons, verdicts = our_reasons(asked), our_verdicts(asked)
        assert reasons.keys() == verdicts.keys()
        assert all(verdicts[key] in said.values() for key, said in reasons.items())

    def test_a_decision_leaves_nothing_for_the_next_one_to_find(self, asked):
        asked.judged()
        assert not asked.world._found

    def test_it_survives_being_written_down(self, asked):
        copy = pickle.loads(pickle.dumps(asked))  # noqa: S301 -- our own
        assert our_verdicts(copy) == our_verdicts(asked)


class TestDifferences:
    """Prevents a comparison that finds two answers equal which are not."""

    @pytest.mark.parametrize(
        ("theirs", "told"),
        [
            pytest.param({"a/1": {"p/s": "allow"}}, [], id="equal"),
            pytest.param({"a/1": {"p/s": "deny"}}, ["a/1 p/s: ours allow, theirs deny"], id="another verdict"),
            pytest.param({"a/1": {}}, ["a/1 p/s: ours allow, theirs nothing"], id="a statement is silent"),
            pytest.param({}, ["a/1 p/s: ours allow, theirs nothing"], id="a fact is missing"),
            pytest.param(
                {"a/1": {"p/s": "allow"}, "a/2": {"p/s": "deny"}},
                ["a/2 p/s: ours nothing, theirs deny"],
                id="a fact too many",
            ),
        ],
    )
    def test_what_is_not_the_same_is_told(self, theirs, told):
        assert list(differences({"a/1": {"p/s": "allow"}}, theirs)) == told


class TestModule:
    """Prevents a program that is not the version that it is said to be."""

    def test_the_version_is_the_pinned_one(self):
        pinned = (MODULE.source / "go.mod").read_text().split()
        assert pinned[pinned.index("github.com/open-policy-agent/opa") + 1] == f"v{MODULE.version}"

    def test_rego_speaks_of_every_rule(self):
        text = RULES.read_text()
        assert [name for name in BY_NAME if f'judged("{name}",' not in text] == []


@pytest.fixture(scope="module")
def program() -> Path:
    """Return Open Policy Agent, built once into the user's cache."""
    try:
        return open_policy_agent(Paths.default(), PlainReporter())
    except ToolError as error:
        pytest.fail(str(error))


@pytest.mark.engine
class TestBesideOpenPolicyAgent:
    """Prevents a benchmark of two engines that decide differently, and a rule that means what nobody else reads in it."""

    def test_every_statement_says_the_same_of_every_fact(self, asked, program, tmp_path):
        match = Match(asked, tmp_path, program)
        match.write()
        ours, theirs = match.reasons()
        assert len(ours) > 1000
        assert list(differences(ours, theirs)) == []

    def test_another_day_gives_other_verdicts_and_the_same_on_both_sides(self, asked, program, tmp_path):
        later = question(generated(10), ON.replace(year=2027, month=8))
        match = Match(later, tmp_path, program)
        match.write()
        ours, theirs = match.reasons()
        assert list(differences(ours, theirs)) == []
        assert ours != our_reasons(asked)

    def test_a_difference_is_seen(self, asked, program, tmp_path):
        match = Match(asked, tmp_path, program)
        match.write()
        poorer = Match(replace(asked, world=replace(asked.world, transfers={})), tmp_path / "poorer", program)
        poorer.write()
        assert list(differences(match.reasons()[0], poorer.reasons()[1])) != []
