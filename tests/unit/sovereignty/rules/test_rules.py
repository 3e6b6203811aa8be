"""What holds for every rule."""

from pathlib import Path
from typing import Any, get_args

import pytest

from aifactory.model import Custody, FlowKind, Statement
from aifactory.sovereignty import fact as facts
from aifactory.sovereignty.finding import Judgement, Verdict
from aifactory.sovereignty.rules import BY_NAME, RULES, Rule, Stage
from aifactory.sovereignty.rules.document import BEGIN, common_fields, renew
from aifactory.sovereignty.rules.rule import allow, combined, deny, listed, realm_words, unknown
from tests.unit.sovereignty.rules.world import DENY, FRANKFURT, SAYS, UNKNOWN, VIRGINIA, company, world

DOCUMENT = Path(__file__).parents[4] / "docs" / "rules.md"
STATEMENTS = get_args(get_args(Statement)[0])
M, P, A, D = Stage.MODEL, Stage.POLICY, Stage.ADMISSION, Stage.EVIDENCE
LEAST = {
    "residency": {M, P, A, D},
    "transfer": {M, P, D},
    "operator": {M},
    "key-custody": {M, P, D},
    "managed-service": {M, P},
    "portability": {M},
    "in-transit": {M, P, A, D},
    "admin-locality": {M, P, D},
    "telemetry": {M, P, A, D},
    "registry": {M, P, A, D},
    "gpu-export": {M},
    "support": {M},
    "retention": {M, P, D},
}
"""Where each rule must be enforced at least, as the design's table of rules has it."""

DE: dict[str, Any] = {"countries": ["DE"]}
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "residency": ({"within": DE}, {"kind": "compute", "place": VIRGINIA}, {"kind": "compute", "place": facts.Place()}),
    "transfer": (
        {"free": DE},
        {"kind": FlowKind.BACKUP, "origin": FRANKFURT, "place": VIRGINIA},
        {"kind": FlowKind.BACKUP, "origin": FRANKFURT, "place": facts.Place()},
    ),
    "operator": ({"seat": DE}, {"operator": "aws"}, {"operator": None}),
    "key-custody": (
        {"minimum": "hsm"},
        {"encrypted": True, "custody": Custody.PROVIDER},
        {"encrypted": None, "custody": Custody.HSM},
    ),
    "managed-service": ({}, {"service": "database", "managed": True}, {"service": "database", "managed": None}),
    "portability": ({}, {"licence": "BUSL-1.1"}, {"licence": None}),
    "in-transit": ({}, {"encrypted": False}, {"encrypted": None}),
    "admin-locality": (
        {"within": DE},
        {"public": True, "countries": ("DE",), "identity_country": "DE"},
        {"public": None, "countries": ("DE",), "identity_country": "DE"},
    ),
    "telemetry": ({"within": DE}, {"declared": True, "country": "US"}, {"declared": True, "country": None}),
    "registry": ({}, {"host": "ghcr.io", "pinned": False}, {"host": "ghcr.io", "pinned": None}),
    "gpu-export": (
        {"groups": ["ear-d5"]},
        {"accelerator": "h100", "end_user": "lab"},
        {"accelerator": "h100", "end_user": None},
    ),
    "support": ({"within": DE}, {"countries": ("US",)}, {"countries": None}),
    "retention": ({"max_days": 30}, {"days": 31}, {"days": None}),
}
"""For each rule bounds, a fact that they deny, and one of which too little is known."""

KNOWN = {"self": company("DE"), "aws": company("US"), "lab": company("CN")}


def judged(rule: Rule[Any, Any], bounds: dict[str, Any], values: dict[str, Any]) -> Judgement:
    statement = rule.statement(rule=rule.name, **SAYS, **bounds)
    found = rule.judge(statement, rule.fact(subject="frankfurt/x", **values), world(organizations=KNOWN))
    assert found is not None
    return found


class TestTable:
    """Prevents a statement that no rule judges, a fact that no rule reads, and a rule that is enforced in too few places."""

    def test_one_rule_for_each_statement(self) -> None:
        named = {statement.model_fields["rule"].annotation: statement for statement in STATEMENTS}
        assert {get_args(annotation)[0]: statement for annotation, statement in named.items()} == {
            rule.name: rule.statement for rule in RULES
        }

    def test_one_rule_for_each_fact(self) -> None:
        kinds = {kind for kind in vars(facts).values() if isinstance(kind, type) and issubclass(kind, facts.Fact)}
        assert kinds - {facts.Fact} == {rule.fact for rule in RULES}
        assert all(rule.fact.rule == rule.name for rule in RULES)

    def test_every_rule_once(self) -> None:
        assert len(BY_NAME) == len(RULES) == 13

    def test_every_rule_of_the_design(self) -> None:
        assert set(LEAST) == set(BY_NAME)

    @pytest.mark.parametrize("name", LEAST)
    def test_stages(self, name: str) -> None:
        assert BY_NAME[name].stages >= LEAST[name]


class TestEveryRule:
    """Prevents a denial that nobody can act on, and a missing fact that passes."""

    @pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
    def test_it_denies(self, rule: Rule[Any, Any]) -> None:
        bounds, denied, _ = CASES[rule.name]
        found = judged(rule, bounds, denied)
        assert found.verdict is DENY
        assert found.because
        # A person decides on exports; nothing that somebody else would do passes by itself.
        assert found.passing or rule.name == "gpu-export"

    @pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
    def test_it_does_not_know(self, rule: Rule[Any, Any]) -> None:
        bounds, _, missing = CASES[rule.name]
        found = judged(rule, bounds, missing)
        assert found.verdict is UNKNOWN
        assert "nobody" in found.because

    @pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
    @pytest.mark.parametrize("which", [1, 2], ids=["deny", "unknown"])
    def test_a_sentence_is_one_line_without_representations(self, rule: Rule[Any, Any], which: int) -> None:
        case = CASES[rule.name]
        because = judged(rule, case[0], case[which]).because
        assert "\n" not in because
        assert not any(odd in because for odd in ("None", "(<", "frozenset", "()", "Decimal"))
        assert not because.endswith(".")


class TestDocument:
    """Prevents a document that says something else than the rules do."""

    def test_it_is_made_of_the_rules(self) -> None:
        text = DOCUMENT.read_text(encoding="utf-8")
        assert text == renew(text), "run `python -m aifactory.sovereignty.rules.document docs/rules.md`"

    @pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
    def test_it_is_complete(self, rule: Rule[Any, Any]) -> None:
        line = next(
            line for line in DOCUMENT.read_text(encoding="utf-8").splitlines() if line.startswith(f"| `{rule.name}` |")
        )
        assert rule.denies
        assert rule.unsure
        assert all(word in line for word in (rule.title, rule.denies, rule.unsure))
        assert all(stage.value in line for stage in LEAST[rule.name])
        assert all(f"`{bound}`" in line for bound in set(rule.statement.model_fields) - common_fields())

    def test_what_all_statements_have_is_no_bound(self) -> None:
        assert {"rule", "says", "source", "classes", "mandatory"} <= common_fields()
        assert not {"within", "free", "hosts"} & common_fields()

    def test_a_document_without_markers_is_refused(self) -> None:
        with pytest.raises(ValueError, match="must hold the lines"):
            renew(f"{BEGIN} and nothing else")


class TestCombined:
    """Prevents an unknown from hiding a denial, and an allowance from hiding either."""

    def test_of_nothing(self) -> None:
        assert combined([]) is None

    @pytest.mark.parametrize("turn", [1, -1])
    def test_what_weighs_most_decides(self, turn: int) -> None:
        parts = [allow("fine", ["x"]), unknown("missing", ["y"]), deny("wrong", ["z"], ["w"], ["book"])]
        found = combined(parts[::turn])
        assert found == deny("wrong", ["z"], ["w"], ["book"])
        assert combined(parts[:2][::turn]) == unknown("missing", ["y"])

    def test_all_that_decided_are_told_once(self) -> None:
        found = combined([deny("a", ["z", "b"], ["p", "q"], ["s"]), allow("fine"), deny("c", ["b"], ["q", "r"], ["s"])])
        assert found is not None
        assert found.because == "a; c"
        assert (found.matched, found.passing, found.sources) == (("b", "z"), ("p", "q", "r"), ("s",))

    def test_only_allowances_pass(self) -> None:
        found = combined([allow("a"), allow("b")])
        assert found is not None
        assert found.verdict is Verdict.ALLOW
        assert found.because == "a; b"


class TestWords:
    """Prevents sentences that nobody can read."""

    def test_a_long_list_is_cut_and_counted(self) -> None:
        assert listed([]) == "none"
        assert listed(map(str, range(12))).endswith("10, 11")
        assert listed(map(str, range(13))).endswith("10, 11 and 1 more")

    def test_a_realm_is_written_as_its_profile_writes_it(self) -> None:
        realm = BY_NAME["support"].statement(
            rule="support", within={"countries": ["FR", "CH"], "blocs": ["eea"], "deny": ["HU"]}, **SAYS
        )
        assert realm_words(realm.within) == "eea, CH, FR but not HU"
