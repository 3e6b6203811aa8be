"""Reports in every format: what they hold, that they fit their schemas, and that they are the same twice."""

import json
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as SarifSchema
from trestle.oscal.assessment_results import AssessmentResults
from trestle.oscal.component import ComponentDefinition

from aifactory.evidence import oscal
from aifactory.evidence.formats import ReportFormat, rendered
from aifactory.evidence.report import report_of, shown_path
from aifactory.model import load_factory
from aifactory.sovereignty.assess import Assessment, assess
from aifactory.sovereignty.finding import Verdict
from tests.unit.evidence.samples import FACTORY, ON, WAIVERS, write


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write(tmp_path)


@pytest.fixture
def found(file: Path) -> Assessment:
    assessment = assess(load_factory(file), ON)
    counts = assessment.counts()
    assert all(counts.values()), f"the sample must have a finding of each verdict, or tests of them show nothing: {counts}"
    return assessment


def sarif_results(found: Assessment, file: Path) -> list[dict[str, Any]]:
    return json.loads(rendered(found, "sarif", file=file))["runs"][0]["results"]


class TestEveryFormat:
    """Prevents a format that forgets a finding, differs between two runs, or is no document of its kind."""

    @pytest.mark.parametrize("output", list(ReportFormat))
    def test_same_input_same_bytes(self, output: ReportFormat, found: Assessment, file: Path) -> None:
        again = assess(load_factory(file), ON)
        assert rendered(found, output, file=file) == rendered(again, output, file=file)

    @pytest.mark.parametrize("output", list(ReportFormat))
    def test_every_finding_that_is_no_allowance_is_named_by_its_identity(
        self, output: ReportFormat, found: Assessment, file: Path
    ) -> None:
        text = rendered(found, output, file=file)
        missing = [one.id for one in found.findings if one.verdict is not Verdict.ALLOW and one.id not in text]
        assert not missing

    @pytest.mark.parametrize("output", list(ReportFormat))
    def test_simulated_regions_say_so(self, output: ReportFormat, found: Assessment, file: Path) -> None:
        assert "simulated" not in rendered(found, output, file=file).lower().replace('"simulated": []', "").replace(
            '"simulatedregions": []', ""
        )
        assert "simulated" in rendered(found, output, file=file, simulated=["frankfurt"]).lower()

    def test_a_format_by_its_word(self, found: Assessment) -> None:
        assert rendered(found, "json") == rendered(found, ReportFormat.JSON)

    @pytest.mark.parametrize("output", list(ReportFormat))
    def test_no_path_of_a_machine(self, output: ReportFormat, found: Assessment, file: Path) -> None:
        assert str(file.parent) not in rendered(found, output, file=file)

    def test_path_in_a_repository_is_kept(self) -> None:
        assert shown_path(Path("stacks/factory.yaml")) == "stacks/factory.yaml"
        assert shown_path(Path("../elsewhere/factory.yaml")) == "factory.yaml"


class TestSarif:
    """Prevents logs that code hosts refuse, results on wrong lines, and waivers that look like passes."""

    def test_fits_the_schema(self, found: Assessment, file: Path) -> None:
        """The models were generated from the schema and refuse what it does not know.

        They are of a draft in which `status` of a suppression had another name; the standard (3.35.3) has `status`.
        """
        log = json.loads(rendered(found, "sarif", file=file))
        for result in log["runs"][0]["results"]:
            for suppression in result.get("suppressions", ()):
                suppression["state"] = suppression.pop("status")
        SarifSchema.model_validate(log)

    def test_what_blocks_is_an_error_and_what_does_not_is_none(self, found: Assessment, file: Path) -> None:
        levels = Counter(one["level"] for one in sarif_results(found, file))
        waived = found.counts()["waived"]
        others = [one for one in found.findings if one.verdict is not Verdict.ALLOW]
        assert levels["error"] == len(found.blocking) > 0
        assert levels["note"] == waived > 0
        assert levels["warning"] == len(others) - len(found.blocking) - waived > 0

    def test_an_unknown_that_blocks_is_an_error(self, found: Assessment, file: Path) -> None:
        unknown = {one.id for one in found.blocking if one.verdict is Verdict.UNKNOWN}
        levels = {
            one["level"]
            for one in sarif_results(found, file)
            if one["partialFingerprints"]["aifactoryFinding/v1"] in unknown
        }
        assert levels == {"error"}

    def test_waived_is_suppressed_with_its_reason_and_shown(self, found: Assessment, file: Path) -> None:
        results = [one for one in sarif_results(found, file) if one["properties"]["verdict"] == "waived"]
        assert [one["properties"]["subject"] for one in results] == ["frankfurt/support aws"]
        (suppression,) = results[0]["suppressions"]
        assert suppression["status"] == "accepted"
        assert "Jane Doe, CISO until 2026-12-15" in suppression["justification"]
        location = suppression["location"]["physicalLocation"]["artifactLocation"]
        assert location["uri"].endswith("waivers.yaml")
        assert (
            WAIVERS.splitlines()[suppression["location"]["physicalLocation"]["region"]["startLine"] - 1]
            == "  support-india:"
        )

    def test_nothing_else_is_suppressed(self, found: Assessment, file: Path) -> None:
        assert sum("suppressions" in one for one in sarif_results(found, file)) == found.counts()["waived"]

    def test_lines_are_those_of_the_file(self, found: Assessment, file: Path) -> None:
        lines = FACTORY.splitlines()
        by_subject = {
            one["properties"]["subject"]: one["locations"][0]["physicalLocation"]["region"]["startLine"]
            for one in sarif_results(found, file)
        }
        assert lines[by_subject["frankfurt/database billing/backup s3://acme-backups/postgres"] - 1] == "      billing:"
        assert lines[by_subject["frankfurt/site"] - 1].startswith("    site: {provider: aws")
        assert lines[by_subject["frankfurt/support aws"] - 1].startswith("      aws: {vendor: aws")

    def test_rules_are_those_of_the_results_with_help(self, found: Assessment, file: Path) -> None:
        run = json.loads(rendered(found, "sarif", file=file))["runs"][0]
        rules = run["tool"]["driver"]["rules"]
        assert [rules[one["ruleIndex"]]["id"] for one in run["results"]] == [one["ruleId"] for one in run["results"]]
        assert {one["ruleId"] for one in run["results"]} == {one["id"] for one in rules}
        assert all("Denied: " in one["help"]["text"] and "Unknown: " in one["help"]["text"] for one in rules)

    def test_a_region_without_rules_is_an_empty_log_that_fits(self, file: Path) -> None:
        empty = Assessment("acme", ON, ("frankfurt",), (), ())
        text = rendered(empty, "sarif", file=file)
        SarifSchema.model_validate_json(text)
        assert json.loads(text)["runs"][0]["results"] == []


class TestOscal:
    """Prevents documents that tools of OSCAL refuse, and controls that look satisfied when something was waived."""

    def test_results_fit_the_models(self, found: Assessment, file: Path) -> None:
        AssessmentResults.model_validate(json.loads(rendered(found, "oscal", file=file))["assessment-results"])

    def test_results_of_nothing_fit_the_models(self) -> None:
        empty = Assessment("acme", ON, ("frankfurt",), (), ())
        AssessmentResults.model_validate(json.loads(rendered(empty, "oscal"))["assessment-results"])

    def test_component_definition_fits_the_models(self, found: Assessment) -> None:
        document = json.loads(json.dumps(oscal.component_definition(report_of(found))))
        ComponentDefinition.model_validate(document["component-definition"])
        rules = {one["props"][0]["value"] for one in document["component-definition"]["components"]}
        assert rules == {one.rule for one in found.findings}

    def test_a_control_is_satisfied_only_where_every_finding_is_an_allowance(self, found: Assessment) -> None:
        (result,) = json.loads(rendered(found, "oscal"))["assessment-results"]["results"]
        states = {one["title"]: one["target"]["status"]["state"] for one in result["findings"]}
        for statement, state in states.items():
            verdicts = {
                reason.judgement.verdict
                for finding in found.findings
                for reason in finding.reasons
                if reason.statement == statement
            }
            assert (state == "satisfied") == (verdicts == {Verdict.ALLOW}), statement

    def test_a_waived_control_is_not_satisfied(self, found: Assessment) -> None:
        (result,) = json.loads(rendered(found, "oscal"))["assessment-results"]["results"]
        waived = next(one for one in found.findings if one.verdict is Verdict.WAIVED)
        states = {one["title"]: one["target"]["status"] for one in result["findings"]}
        status = states[waived.decisive[0].statement]
        assert status["state"] == "not-satisfied"
        assert "of which 1 are waived" in status["remarks"]

    def test_every_observation_is_referred_to_and_has_an_identity_of_its_own(self, found: Assessment) -> None:
        (result,) = json.loads(rendered(found, "oscal"))["assessment-results"]["results"]
        known = [one["uuid"] for one in result["observations"]]
        referred = {ref["observation-uuid"] for one in result["findings"] for ref in one["related-observations"]}
        assert len(known) == len(set(known)) == len(found.findings)
        assert referred == set(known)


class TestWords:
    """Prevents reports for people that hide what blocks, or let what somebody wrote become markup."""

    def test_text_names_what_blocks_first_and_what_would_pass(self, found: Assessment, file: Path) -> None:
        text = rendered(found, "text", file=file)
        blocking = [text.index(one.id) for one in found.blocking]
        shown = [text.index(one.id) for one in found.findings if one.verdict is Verdict.DENY and not one.blocks]
        assert max(blocking) < min(shown)
        assert "would pass: " in text
        assert f"{len(found.blocking)} findings block frankfurt, 1 finding waived" in text.splitlines()[-1]

    def test_a_pass_is_said_with_what_is_waived(self) -> None:
        text = rendered(Assessment("acme", ON, ("a",), (), ("look here",)), "text")
        assert text.splitlines()[-2:] == [
            "warning: look here",
            "factory.yaml: factory acme on 2026-11-22, 1 region, nothing blocks",
        ]

    def test_markdown_keeps_markup_of_people_as_text(self, tmp_path: Path) -> None:
        waivers = """\
version: 1
waivers:
  bad:
    rule: support
    subject: frankfurt/support aws
    reason: "<script>alert(1)</script> [click](https://evil.example) | `code`"
    approver: Jane Doe
    approved: 2026-10-01
    expires: 2026-12-15
    controls: ["somebody of ours watches every session"]
"""
        found = assess(load_factory(write(tmp_path, waivers=waivers)), ON)
        text = rendered(found, "markdown")
        assert "<script>" not in text
        assert r"\[click\](https://evil.example) \| \`code\`" in text

    def test_an_expired_waiver_is_named_where_it_blocks(self, file: Path) -> None:
        later = assess(load_factory(file), ON + timedelta(days=60))
        for output in ("text", "markdown", "json", "sarif", "oscal"):
            assert "the waiver expired on 2026-12-15" in rendered(later, output, file=file), output

    def test_json_has_the_whole_proof(self, found: Assessment, file: Path) -> None:
        document = json.loads(rendered(found, "json", file=file))
        assert document["ok"] is False
        assert document["counts"] == found.counts()
        one = next(item for item in document["findings"] if item["standing"] == "blocks")
        assert one["line"] is not None
        assert {"statement", "says", "source", "nature", "because", "mandatory"} <= set(one["reasons"][0])
