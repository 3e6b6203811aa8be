"""Rendered objects against the schemas of their kinds: what is right passes, what is wrong is named with its place."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from aifactory.catalog.kinds import known_kinds, object_schema
from aifactory.errors import Problem, SpecError
from aifactory.render.schema import check_objects, problems_of
from tests.unit.golden import GOLDEN
from tests.unit.render.faults import BY_KIND, CONTAINER, FAULTS, LISTENER, MISSING, VALID, Fault, Place, changed
from tests.unit.render.objects import region_objects

SECRET = "correct-horse-battery"


def problem(kind: str, place: Place, value: Any) -> Problem:
    """Return the one problem of an object in which one thing was changed."""
    (found,) = problems_of(changed(BY_KIND[kind], place, value))
    return found


class TestWhatIsRight:
    """Prevents a check that refuses what the API server takes, so that a good region cannot be made."""

    @pytest.mark.parametrize("manifest", VALID, ids=lambda manifest: manifest["kind"])
    def test_a_right_object_passes(self, manifest: dict[str, Any]) -> None:
        assert problems_of(manifest) == []

    def test_everything_that_the_blocks_render_passes(self) -> None:
        objects = region_objects()
        assert {"Cluster", "Gateway", "HTTPRoute", "InferencePool", "Deployment"} <= {m["kind"] for m in objects}
        check_objects("region here", objects)

    def test_every_golden_render_passes(self) -> None:
        # What bundles bring is others' work, applied as it is; these two golden files hold nothing else.
        brought = {GOLDEN / "operators" / f"{name}.yaml" for name in ("definition", "manifests")}
        assert all(path.exists() for path in brought)
        for path in sorted(set(GOLDEN.rglob("*.yaml")) - brought):
            documents = [document for document in yaml.safe_load_all(path.read_text()) if document]
            objects = [document for document in documents if "apiVersion" in document]  # beside them: releases of charts
            assert documents, path
            check_objects(path.name, objects)

    @pytest.mark.parametrize("value", [9002, "grpc"])
    def test_a_port_is_a_number_or_a_name(self, value: object) -> None:
        assert problems_of(changed(BY_KIND["Service"], ("spec", "ports", 0, "targetPort"), value)) == []

    def test_a_field_with_a_default_need_not_be_given(self) -> None:
        # InferencePool's endpointPickerRef.kind is required and defaulted: the API server fills it in before it looks.
        assert "kind" not in BY_KIND["InferencePool"]["spec"]["endpointPickerRef"]
        assert problems_of(BY_KIND["InferencePool"]) == []

    def test_what_the_definition_leaves_open_stays_open(self) -> None:
        given_name = ("spec", "template", "metadata", "annotations")
        assert problems_of(changed(BY_KIND["VirtualMachine"], given_name, {"any": "thing"})) == []

    def test_a_tuple_is_a_list_as_it_is_to_pulumi(self) -> None:
        assert problems_of(changed(BY_KIND["Certificate"], ("spec", "dnsNames"), ("a.test", "b.test"))) == []

    def test_a_value_that_may_be_null_may_be_null(self) -> None:
        place = ("spec", "template", "metadata")
        assert problems_of(changed(BY_KIND["VirtualMachine"], place, None)) == []


def _identity(fault: Fault) -> str:
    return f"{fault.kind}-{'.'.join(map(str, fault.place))}-{'missing' if fault.value is MISSING else fault.value}"[:90]


class TestPlantedFaults:
    """Prevents a field that the API server drops in silence, and a message that does not lead to it."""

    @pytest.mark.parametrize("fault", FAULTS, ids=_identity)
    def test_the_fault_is_named_with_its_place_and_what_would_do(self, fault: Fault) -> None:
        found = problem(fault.kind, fault.place, fault.value)
        assert found.where.endswith(fault.where), found
        assert fault.words in found.rule
        assert found.nearest == fault.nearest

    def test_the_place_begins_with_the_object(self) -> None:
        assert problem("Cluster", ("spec", "instnces"), 3).where == "Cluster billing: spec.instnces"

    def test_a_kind_that_nobody_knows_is_refused(self) -> None:
        (found,) = problems_of(
            {"apiVersion": "unheard.test/v1", "kind": "Thing", "metadata": {"name": "a", "namespace": "b"}}
        )
        assert found.where == "Thing a: apiVersion"
        assert "nobody checked it" in found.rule
        assert found.value == "unheard.test/v1"

    def test_a_trailing_line_break_does_not_pass_a_pattern(self) -> None:
        # `$` of Python also stands before a last line break, which `|` in YAML leaves behind; that of Go does not.
        assert "must match" in problem("Gateway", (*LISTENER, "hostname"), "models.test\n").rule

    def test_a_pattern_that_folds_case_is_read_as_go_reads_it(self) -> None:
        flagged = [text for text in _patterns() if text.startswith("(?i:")]
        assert flagged, "the translation of (?i) is for a pattern that is no longer there"

    def test_many_fields_are_not_all_listed(self) -> None:
        rule = problem("Cluster", ("spec", "xxxxxx"), 3).rule
        assert "more" in rule
        assert len(rule) < 700

    def test_an_object_that_does_not_say_what_it_is(self) -> None:
        assert [str(found) for found in problems_of({"metadata": {"name": "a"}})] == [
            f"object a: {field}: is required: without it nobody knows what the object is" for field in ("apiVersion", "kind")
        ]

    @pytest.mark.parametrize("broken", [{}, {"kind": "Cluster"}, {"apiVersion": "v1", "kind": "Service", "metadata": []}])
    def test_what_is_no_object_at_all_is_refused_without_a_traceback(self, broken: dict[str, Any]) -> None:
        assert problems_of(broken)


def _patterns() -> Iterator[str]:
    def walk(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            if isinstance(value.get("pattern"), str):
                yield value["pattern"]
            for below in value.values():
                yield from walk(below)
        elif isinstance(value, list):
            for below in value:
                yield from walk(below)

    for api_version, kind in known_kinds():
        yield from walk(object_schema(api_version, kind))


class TestAllAtOnce:
    """Prevents a user who mends one thing, tries again and is told the next."""

    def test_every_problem_of_every_object(self) -> None:
        cluster = changed(changed(BY_KIND["Cluster"], ("spec", "instnces"), 3), ("spec", "instances"), "3")
        route = changed(BY_KIND["HTTPRoute"], ("spec", "hostnams"), [])
        with pytest.raises(SpecError) as caught:
            check_objects("region here", [cluster, BY_KIND["Service"], route])
        assert [found.where for found in caught.value.problems] == [
            "Cluster billing: spec.instances",
            "Cluster billing: spec.instnces",
            "HTTPRoute models: spec.hostnams",
        ]
        assert str(caught.value).startswith("region here: 3 problems, nothing was created")

    def test_two_missing_fields_are_two_problems(self) -> None:
        route = changed(BY_KIND["InferencePool"], ("spec",), {})
        assert [found.where for found in problems_of(route)] == [
            f"InferencePool assistant: spec.{field}" for field in ("selector", "targetPorts")
        ]

    def test_a_wrong_type_is_said_once_and_not_for_each_rule_of_the_right_type(self) -> None:
        assert "must be text" in problem("ScheduledBackup", ("spec", "method"), 5).rule

    def test_nothing_wrong_raises_nothing(self) -> None:
        check_objects("region here", [])
        check_objects("region here", VALID)


class TestSecrets:
    """Prevents a password that ends in a terminal or a CI log because its type was wrong."""

    def test_a_value_of_a_secret_is_never_shown(self) -> None:
        found = problem("Secret", ("stringData", "username"), [SECRET])
        assert SECRET not in str(found)
        found = problem("Secret", ("stringData", "pin"), 12345678)
        assert "12345678" not in str(found)
        assert found.value == "[hidden]"

    @pytest.mark.parametrize("name", ["DB_PASSWORD", "HF_TOKEN", "apiKey", "AWS_SECRET_ACCESS_KEY"])
    def test_nor_a_variable_whose_name_sounds_secret(self, name: str) -> None:
        found = problem("Deployment", (*CONTAINER, "env", 1), {"name": name, "value": 12345678})
        assert "12345678" not in str(found)
        assert found.value == "[hidden]"

    def test_nor_a_field_whose_name_sounds_secret(self) -> None:
        place = ("spec", "configuration", "s3Credentials", "secretAccessKey", "key")
        assert "12345678" not in str(problem("ObjectStore", place, 12345678))

    def test_another_value_is_shown(self) -> None:
        assert problem("Deployment", (*CONTAINER, "env", 0, "value"), 12345678).value == "12345678"


def _maps(value: Any, schema: Any, place: Place = ()) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Give the place of every map of an object, with the schema that holds there, where that one is closed."""
    if isinstance(value, dict):
        if schema.get("additionalProperties") is False:
            yield place, schema
        for name, below in value.items():
            others = schema.get("additionalProperties")
            known = schema.get("properties", {}).get(name, others if isinstance(others, dict) else {})
            yield from _maps(below, known, (*place, name))
    elif isinstance(value, list):
        for position, below in enumerate(value):
            yield from _maps(below, schema.get("items", {}), (*place, position))


REAL = [*VALID, *region_objects()]


def _at(manifest: dict[str, Any], place: Place) -> Any:
    found: Any = manifest
    for part in place:
        found = found[part]
    return found


def _spots() -> list[tuple[dict[str, Any], Place, dict[str, Any], str]]:
    """Return (object, place of a closed map in it, its schema, a field of it) for every field of every right object."""
    return [
        (manifest, place, schema, name)
        for manifest in REAL
        for place, schema in _maps(manifest, object_schema(manifest["apiVersion"], manifest["kind"]))
        for name in _at(manifest, place)
    ]


SPOTS = _spots()


def _misspelt(name: str, position: int, letter: str) -> st.SearchStrategy[str]:
    at = position % (len(name) + 1)
    return st.sampled_from([name[:at] + letter + name[at:], name[:at] + name[at + 1 :], name[:at] + letter + name[at + 1 :]])


class TestNoFieldSlipsThrough:
    """Prevents a part of an object that no schema looks at: wherever one letter goes wrong, it is said."""

    def test_there_is_something_to_misspell(self) -> None:
        assert len(SPOTS) > 500
        assert {manifest["kind"] for manifest, *_ in SPOTS} == {manifest["kind"] for manifest in REAL}

    @settings(deadline=None)  # the first example reads the schemas
    @given(data=st.data())
    def test_a_misspelt_field_is_named(self, data: st.DataObject) -> None:
        manifest, place, schema, name = data.draw(st.sampled_from(SPOTS))
        letters = st.characters(codec="ascii", categories=["Lu", "Ll", "Nd"])
        wrong = data.draw(_misspelt(name, data.draw(st.integers(0, 40)), data.draw(letters)))
        assume(wrong not in schema.get("properties", {}))
        value = _at(manifest, place)[name]
        broken = changed(changed(manifest, (*place, name), MISSING), (*place, wrong), value)
        if place == () and name in {"apiVersion", "kind"}:
            assert problems_of(broken)
        else:
            assert any(
                found.where.endswith((f".{wrong}", f" {wrong}", f"[{wrong}]")) and "no such field" in found.rule
                for found in problems_of(broken)
            )

    @settings(deadline=None)  # the first example reads the schemas
    @given(data=st.data())
    def test_a_field_that_is_required_is_missed(self, data: st.DataObject) -> None:
        manifest, place, schema, name = data.draw(st.sampled_from(SPOTS))
        broken = problems_of(changed(manifest, (*place, name), MISSING))
        required = name in schema.get("required", ())
        assert bool(broken) == required
        if required and (place, name) not in {((), "apiVersion"), ((), "kind")}:
            assert broken[0].where.endswith(name)


class TestCost:
    """Prevents an `import aifactory` that reads schemas nobody asked for."""

    def test_nothing_is_loaded_before_the_first_check(self) -> None:
        program = (
            "import sys, aifactory.render.schema as schema; from aifactory.catalog import kinds\n"
            "assert 'jsonschema' not in sys.modules, 'the library is loaded'\n"
            "assert kinds._read.cache_info().currsize == 0, 'files are read'\n"
            "schema.problems_of({'apiVersion': 'v1', 'kind': 'Service', 'metadata': {'name': 'a', 'namespace': 'b'}})\n"
            "assert 'jsonschema' in sys.modules\n"
            "assert kinds._read.cache_info().currsize == 1, 'more than one file is read'\n"
        )
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def test_a_validator_is_made_once_a_kind(self) -> None:
        from aifactory.render import schema

        problems_of(BY_KIND["Cluster"])
        before = schema._validator.cache_info().misses
        problems_of(BY_KIND["Cluster"])
        assert schema._validator.cache_info().misses == before
