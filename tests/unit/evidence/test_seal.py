"""The self-assessment: facts cap, people answer, the minimum decides, and nobody reports more than the facts leave."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from aifactory.errors import SpecError
from aifactory.evidence.seal import Answer, Seal, SealFile, assess_seal, framework, read_seal
from tests.unit.evidence.samples import FACTORY, case

BEST = {
    f"SOV-{number}": Answer(level=4, reason="looked at by our auditors", reference="audit 2026-3") for number in range(1, 9)
}


def result(seal: Seal, name: str) -> Any:
    return next(one for one in seal.results if one.name == name)


def european(*, gpus: bool) -> str:
    """Return a region of an owner in the Union, on its own machines, with everything at home."""
    values = yaml.safe_load(FACTORY)
    values["organizations"] = {
        "self": {
            "title": "Acme SE",
            "seat": "DE",
            "kind": "foundation",
            "dated": "2026-01-01",
            "source": "extract of the register",
        }
    }
    here = values["regions"]["frankfurt"]
    keep = {key: here[key] for key in ("profiles", "namespaces", "exit", "telemetry")}
    keep["telemetry"] = {}
    keep |= {
        "site": {"provider": "on-prem", "location": "cellar", "country": "DE", "operator": "self"},
        "state": {"backend": "s3://state?region=x", "secrets_provider": "passphrase", "country": "DE", "operator": "self"},
        "cluster": {"kind": "existing", "context": "own"},
        "access": {"kind": "runner", "countries": ["DE"], "identity": {"operator": "self", "country": "DE"}},
        "support": {},
    }
    keep |= {"gpu_pools": here["gpu_pools"]} if gpus else {"namespaces": {"data": {}}}
    values["regions"]["frankfurt"] = keep
    return yaml.safe_dump(values, sort_keys=False)


class TestCaps:
    """Prevents a level that the facts rule out from being reported."""

    def test_data_outside_of_the_union_leaves_nothing(self, tmp_path: Path) -> None:
        found = result(assess_seal(case(tmp_path)), "SOV-3")
        assert found.at_most == 0
        assert any(cap.why == "frankfurt/database billing/backup s3://acme-backups/postgres is in CH" for cap in found.caps)

    def test_an_operator_outside_of_the_union(self, tmp_path: Path) -> None:
        seal = assess_seal(case(tmp_path))
        assert result(seal, "SOV-1").at_most == 1
        assert result(seal, "SOV-2").at_most == 1

    @pytest.mark.parametrize("answers", [{}, BEST])
    def test_no_stack_on_foreign_accelerators_reports_the_highest_level(
        self, answers: dict[str, Answer], tmp_path: Path
    ) -> None:
        own = SealFile(version="1", answers=answers)
        seal = assess_seal(case(tmp_path, factory=european(gpus=True), waivers=None), own)
        assert result(seal, "SOV-3").at_most == 2
        assert seal.at_most <= 2
        assert seal.overall in (None, 0, 1, 2)

    def test_the_same_region_without_them_is_capped_by_other_facts_alone(self, tmp_path: Path) -> None:
        found = result(assess_seal(case(tmp_path, factory=european(gpus=False), waivers=None)), "SOV-3")
        assert not any("GPU" in cap.why for cap in found.caps)
        assert found.at_most == 4

    def test_every_cap_has_a_source(self, tmp_path: Path) -> None:
        for one in assess_seal(case(tmp_path)).results:
            assert all(cap.source and cap.why for cap in one.caps)


class TestAnswers:
    """Prevents silence from counting as a level, and answers from going beyond the facts."""

    def test_not_answered_is_said(self, tmp_path: Path) -> None:
        seal = assess_seal(case(tmp_path, factory=european(gpus=False), waivers=None))
        assert seal.overall is None
        assert seal.values()["overall"] == seal.values()["score"] == "not answered"
        assert result(seal, "SOV-7").level is result(seal, "SOV-8").level is None
        assert "not answered (SOV-1, " in seal.verdict

    def test_an_answer_is_capped_by_the_facts_and_the_minimum_decides(self, tmp_path: Path) -> None:
        own = SealFile(version="acme-1", answers=BEST)
        seal = assess_seal(case(tmp_path, factory=european(gpus=True), waivers=None), own)
        assert result(seal, "SOV-7").level == 4
        assert result(seal, "SOV-3").level == 2
        assert seal.overall == min(one.level for one in seal.results) == 2
        expected = sum(one.weight * one.level / 4 for one in seal.results)
        assert seal.score == round(expected, 1)

    def test_an_objective_that_reaches_nothing_decides_whatever_is_not_answered(self, tmp_path: Path) -> None:
        seal = assess_seal(case(tmp_path))
        assert result(seal, "SOV-3").level == 0
        assert (seal.overall, seal.score) == (0, None)
        assert seal.verdict == "SEAL-0 (no sovereignty)"

    def test_one_answer_missing_leaves_the_whole_open(self, tmp_path: Path) -> None:
        own = SealFile(version="1", answers={key: value for key, value in BEST.items() if key != "SOV-8"})
        assert assess_seal(case(tmp_path, factory=european(gpus=True), waivers=None), own).overall is None


class TestWeights:
    """Prevents weights that do not add up, and a result that does not say whose they are."""

    def test_those_of_the_framework_make_one_hundred(self) -> None:
        weights = {name: one.weight for name, one in framework().objectives.items()}
        assert sum(weights.values()) == 100
        assert (weights["SOV-5"], weights["SOV-8"]) == (20, 5)

    def test_ones_own_are_named_with_their_version(self, tmp_path: Path) -> None:
        objectives = {
            f"SOV-{number}": {"title": "one of eight", "weight": 20 if number < 5 else 5} for number in range(1, 9)
        }
        path = tmp_path / "seal.yaml"
        path.write_text(yaml.safe_dump({"version": "acme-2", "source": "our board", "objectives": objectives}))
        seal = assess_seal(case(tmp_path), read_seal(path))
        assert "acme-2" in seal.version
        assert seal.source == "our board"
        assert result(seal, "SOV-1").weight == 20

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("[]", "mapping"),
            ("a: [", "no YAML"),
            ("{version: '1', answers: {SOV-9: {level: 1, reason: because of that, reference: abc}}}", "SOV-9"),
            ("{version: '1', answers: {SOV-1: {level: 5, reason: because of that, reference: abc}}}", "level"),
            ("{version: '1', objectives: {SOV-1: {title: one, weight: 100}}}", "all eight"),
        ],
    )
    def test_what_is_wrong_is_said(self, text: str, words: str, tmp_path: Path) -> None:
        (tmp_path / "seal.yaml").write_text(text)
        with pytest.raises(SpecError, match=words):
            read_seal(tmp_path / "seal.yaml")

    def test_a_missing_file(self, tmp_path: Path) -> None:
        with pytest.raises(SpecError, match="cannot be read"):
            read_seal(tmp_path / "none.yaml")
