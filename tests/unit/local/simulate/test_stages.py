"""The KWOK stages that are made of the table."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from aifactory.conventions import SIMULATED_ANNOTATION
from aifactory.local.simulate import GENERATION_ANNOTATION, WITHHOLD_ANNOTATION, SimulatedKind, stage_files, stages
from aifactory.local.simulate.stages import stage

ALL = {document["metadata"]["name"]: document for document in stages()}


def row(**changes: Any) -> SimulatedKind:
    plain = {
        "operator": "Any",
        "version": "1.0",
        "api_version": "any.test/v1",
        "kind": "Thing",
        "sets": "phase ready",
        "source": "any.test",
        "status": "phase: ready\n",
    }
    return SimulatedKind.model_validate(plain | changes)


def selectors(document: dict[str, Any]) -> dict[str, tuple[str, list[str]]]:
    expressions = [item["jq"] for item in document["spec"]["selector"]["matchExpressions"]]
    return {item["key"]: (item["operator"], item.get("values", [])) for item in expressions}


class TestEveryStage:
    """Prevents stages that KWOK refuses at its start, which would leave a whole region without nodes."""

    @pytest.mark.parametrize("name", sorted(ALL))
    def test_it_has_what_kwok_asks_for(self, name: str) -> None:
        document = ALL[name]
        assert (document["apiVersion"], document["kind"]) == ("kwok.x-k8s.io/v1alpha1", "Stage")
        assert document["spec"]["resourceRef"]["apiGroup"]
        assert document["spec"]["steps"]
        for operator, values in selectors(document).values():
            assert operator in {"In", "NotIn", "Exists", "DoesNotExist"}
            assert bool(values) == (operator in {"In", "NotIn"})

    @pytest.mark.parametrize("name", sorted(ALL))
    def test_actions_of_its_templates_are_closed(self, name: str) -> None:
        for step in ALL[name]["spec"]["steps"]:
            template = step.get("patch", step.get("apply", {})).get("template", "")
            assert "{{" not in re.sub(r"{{.*?}}", "", template)
            opened = re.findall(r"{{-?\s*(?:if|range|with)\b", template)
            closed = re.findall(r"{{-?\s*end\b", template)
            assert len(opened) == len(closed)

    def test_names_are_unique(self) -> None:
        assert len(ALL) == len(stages())

    def test_whatever_becomes_ready_can_be_withheld(self) -> None:
        key = f'.metadata.annotations["{WITHHOLD_ANNOTATION}"]'
        endings = {"pod-delete", "volume-delete"}
        assert {name for name, document in ALL.items() if key not in selectors(document)} == endings


class TestStage:
    """Prevents a status that is set on what is going away, set again and again, or not set after a change."""

    def test_the_object_must_want_a_status(self) -> None:
        found = selectors(stage(row()))
        assert found[".metadata.deletionTimestamp"] == ("DoesNotExist", [])
        assert found[f'.metadata.annotations["{WITHHOLD_ANNOTATION}"]'] == ("NotIn", ["true"])

    def test_by_default_an_object_is_settled_at_its_generation(self) -> None:
        (settled,) = [key for key in selectors(stage(row())) if GENERATION_ANNOTATION in key]
        assert SIMULATED_ANNOTATION in settled
        assert "(.metadata.generation | tostring)" in settled
        assert selectors(stage(row()))[settled] == ("NotIn", ["true"])

    def test_own_signs_take_the_place_of_the_generation(self) -> None:
        found = selectors(stage(row(settled='.status.phase == "ready"', when=".spec.on")))
        assert found['.status.phase == "ready"'] == ("NotIn", ["true"])
        assert found[".spec.on"] == ("In", ["true"])
        assert not any(GENERATION_ANNOTATION in key for key in found)

    def test_objects_come_first_and_the_mark_last(self) -> None:
        steps = stage(row(objects=["kind: A\n", "kind: B\n"]))["spec"]["steps"]
        assert [next(iter(step)) for step in steps] == ["apply", "apply", "patch", "patch"]
        assert steps[2]["patch"]["root"] == "status"
        assert steps[3]["patch"]["root"] == "metadata"
        assert f'{SIMULATED_ANNOTATION}: "true"' in steps[3]["patch"]["template"]

    def test_the_status_goes_to_its_subresource_where_there_is_one(self) -> None:
        assert stage(row())["spec"]["steps"][0]["patch"]["subresource"] == "status"
        without = stage(row(status_subresource=False, settled=".x"))["spec"]["steps"][0]["patch"]
        assert "subresource" not in without

    def test_a_row_that_only_creates_writes_no_status(self) -> None:
        steps = stage(row(status="", objects=["kind: A\n"]))["spec"]["steps"]
        assert [step.get("patch", {}).get("root") for step in steps] == [None, "metadata"]


class TestConditions:
    """Prevents conditions whose times move with every write, or that say what the operator would not."""

    def template(self, **changes: Any) -> str:
        condition = {"type": "Ready", "reason": "IsReady", "message": 'all "good"'}
        return stage(row(conditions=[condition], **changes))["spec"]["steps"][0]["patch"]["template"]

    def test_a_condition_keeps_its_time_while_its_status_stays(self) -> None:
        assert 'lastTransitionTime: {{ or (get $since "Ready=True") $now | quote }}' in self.template()

    def test_kinds_whose_conditions_have_no_times(self) -> None:
        assert "lastTransitionTime: {{" not in self.template(timed=False)

    def test_the_observed_generation_is_there_when_the_kind_has_it(self) -> None:
        assert "observedGeneration" not in self.template()
        assert "observedGeneration: {{ .metadata.generation }}" in self.template(observed=True)

    def test_words_are_quoted_for_yaml(self) -> None:
        assert 'message: "all \\"good\\""' in self.template()

    def test_what_the_operator_leaves_out_is_left_out(self) -> None:
        bare = stage(row(conditions=[{"type": "Ready"}]))["spec"]["steps"][0]["patch"]["template"]
        assert "reason:" not in bare
        assert "message:" not in bare

    def test_a_false_condition(self) -> None:
        false = stage(row(conditions=[{"type": "Degraded", "status": "False"}]))["spec"]["steps"][0]["patch"]["template"]
        assert '- type: Degraded\n  status: "False"' in false
        assert '"Degraded=False"' in false


class TestFiles:
    """Prevents KWOK from being given files that lack a stage, or being started again for files that did not change."""

    def test_all_stages_are_written_and_read_back_the_same(self, tmp_path: Path) -> None:
        written = [document for path in stage_files(tmp_path / "new") for document in yaml.safe_load_all(path.read_text())]
        assert {document["metadata"]["name"]: document for document in written} == ALL

    def test_one_file_per_group(self, tmp_path: Path) -> None:
        names = {path.name for path in stage_files(tmp_path)}
        assert {"core.yaml", "postgresql.cnpg.io.yaml", "nvidia.com.yaml"} <= names

    def test_writing_again_gives_the_same_bytes(self, tmp_path: Path) -> None:
        first = {path: path.read_bytes() for path in stage_files(tmp_path)}
        assert {path: path.read_bytes() for path in stage_files(tmp_path)} == first


class TestSecrets:
    """Prevents a password that changes with every write, and one that two databases share."""

    def test_the_password_hangs_on_the_object_s_uid_alone(self) -> None:
        steps = ALL["cluster.postgresql.cnpg.io"]["spec"]["steps"]
        created = [step["apply"]["template"] for step in steps if "apply" in step]
        (secret,) = [template for template in created if "userType: app" in template]
        assert '$password := printf "simulated:%s" .metadata.uid | sha256sum' in secret
        assert "rand" not in secret
