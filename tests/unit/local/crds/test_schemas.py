"""The files of reduced schemas: how they are written, what must hold of those that are checked in, and the command."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from aifactory.errors import ToolError
from aifactory.local.crds import builtin, schemas
from aifactory.local.crds.share import bundle, text

FILES = sorted(schemas.TARGET.glob("*.json"))
POD = {
    "type": "object",
    "additionalProperties": False,
    "properties": {name: {"type": "string", "maxLength": 253} for name in ("image", "name", "workingDir", "command")},
}


def thing(kind: str, **fields: Any) -> dict[str, Any]:
    identity = {"apiVersion": {"const": "one.test/v1"}, "kind": {"const": kind}}
    return {"type": "object", "additionalProperties": False, "properties": identity | fields}


def keys(value: Any) -> set[str]:
    """Return every key of a JSON value, at any depth, except names of fields."""
    if isinstance(value, dict):
        found = {key for key in value if key != "properties"}
        below = [value["properties"][name] for name in value.get("properties", {})]
        return found.union(*map(keys, below), *(keys(item) for key, item in value.items() if key != "properties"))
    return set().union(*map(keys, value)) if isinstance(value, list) else set()


DOCUMENT = {
    "components": {
        "schemas": {
            "io.k8s.api.one.v1.Thing": {
                "type": "object",
                "x-kubernetes-group-version-kind": [{"group": "one", "kind": "Thing", "version": "v1"}],
                "properties": {
                    "metadata": {
                        "allOf": [{"$ref": "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"}]
                    },
                    "spec": {"allOf": [{"$ref": "#/components/schemas/io.k8s.api.one.v1.Spec"}], "default": {}},
                },
            },
            "io.k8s.api.one.v1.Spec": {
                "type": "object",
                "properties": {
                    "port": {"$ref": "#/components/schemas/io.k8s.apimachinery.pkg.util.intstr.IntOrString"},
                    "amounts": {
                        "type": "object",
                        "additionalProperties": {
                            "allOf": [{"$ref": "#/components/schemas/io.k8s.apimachinery.pkg.api.resource.Quantity"}]
                        },
                    },
                },
            },
        }
    },
    "paths": {
        "/apis/one/v1/namespaces/{namespace}/things/{name}": {"get": {"x-kubernetes-group-version-kind": {"kind": "Thing"}}},
        "/apis/one/v1/watch/things/{name}": {"get": {"x-kubernetes-group-version-kind": {"kind": "Thing"}}},
        "/apis/one/v1/": {"get": {}},
    },
}


class TestSharing:
    """Prevents a package that grows by a pod template for every kind that holds one."""

    def test_what_is_repeated_is_written_once(self) -> None:
        kinds = {"A.v1": thing("A", template=POD, other=POD), "B.v1": thing("B", template=POD)}
        written = text(bundle(kinds, "one.test@v1"))
        assert written.count("workingDir") == 1
        defined = json.loads(written)["$defs"]
        assert set(defined) == {"A.v1", "B.v1", "other"}
        assert defined["B.v1"]["properties"]["template"] == {"$ref": "#/$defs/other"}

    def test_it_means_the_same(self) -> None:
        kinds = {"A.v1": thing("A", list={"type": "array", "items": POD}), "B.v1": thing("B", template=POD)}
        validator = Draft202012Validator(bundle(kinds, "one.test@v1"))
        right = {"apiVersion": "one.test/v1", "kind": "A", "list": [{"image": "a"}]}
        assert validator.is_valid(right)
        assert not validator.is_valid(right | {"list": [{"imgae": "a"}]})
        assert not validator.is_valid(right | {"kind": "B"})

    def test_two_of_one_name_get_two(self) -> None:
        other = {**POD, "required": ["name"]}
        kinds = {"A.v1": thing("A", a={"type": "object", "properties": {"spec": POD}}, spec=other)}
        kinds |= {"B.v1": thing("B", a={"type": "object", "properties": {"x": POD}}, spec=other)}
        assert {"spec", "spec.2"} <= set(bundle(kinds, "x")["$defs"])

    def test_what_only_repeats_because_its_parent_does_stays_in_it(self) -> None:
        outer = {"type": "object", "properties": {"inner": POD}, "additionalProperties": False}
        defined = bundle({"A.v1": thing("A", x=outer), "B.v1": thing("B", x=outer)}, "x")["$defs"]
        assert set(defined) == {"A.v1", "B.v1", "x"}

    def test_the_order_of_the_input_makes_no_difference(self) -> None:
        kinds = {"B.v1": thing("B", template=POD), "A.v1": thing("A", template=POD)}
        assert text(bundle(kinds, "x")) == text(bundle(dict(reversed(kinds.items())), "x"))

    def test_a_changed_field_is_a_changed_line(self) -> None:
        before = text(bundle({"A.v1": thing("A", template=POD)}, "x")).splitlines()
        changed = POD | {"properties": POD["properties"] | {"image": {"type": "integer"}}}
        after = text(bundle({"A.v1": thing("A", template=changed)}, "x")).splitlines()
        assert len([line for line, other in zip(before, after, strict=True) if line != other]) == 1


class TestBuiltinKinds:
    """Prevents Kubernetes' own kinds from being checked against something else than what it publishes."""

    def test_references_are_followed(self) -> None:
        ((schema, namespaced),) = builtin.kinds(DOCUMENT, frozenset({"Thing"})).values()
        assert namespaced is True
        spec = schema["properties"]["spec"]["properties"]
        assert spec["port"] == {"x-kubernetes-int-or-string": True}
        assert "labels" in schema["properties"]["metadata"]["properties"]

    @pytest.mark.parametrize(("amount", "right"), [("4Gi", True), ("500m", True), (2, True), (0.5, True), ("4 GB", False)])
    def test_quantities(self, amount: Any, right: bool) -> None:
        from aifactory.local.crds.reduce import reduced

        ((schema, _),) = builtin.kinds(DOCUMENT, frozenset({"Thing"})).values()
        assert Draft202012Validator(reduced(schema)).is_valid({"spec": {"amounts": {"cpu": amount}}}) is right

    def test_a_kind_that_is_not_served_is_an_error(self) -> None:
        with pytest.raises(ToolError, match="Thng"):
            builtin.kinds(DOCUMENT, frozenset({"Thng"}))


class TestCheckedInFiles:
    """Prevents files that are no JSON Schema, hold prose of others, or lack a kind that the table promises."""

    def test_there_is_one_for_every_group(self) -> None:
        assert {path.stem for path in FILES} == {*schemas.table().groups, schemas.KUBERNETES}

    @pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
    def test_each_is_json_schema_of_facts_only(self, path: Path) -> None:
        content = json.loads(path.read_text())
        Draft202012Validator.check_schema(content)
        allowed = {"$schema", "$comment", "$defs", "$ref", "oneOf", "type", "enum", "const", "pattern", "propertyNames"}
        allowed |= {"required", "items", "additionalProperties", "uniqueItems", "x-kubernetes-list-map-keys"}
        allowed |= {f"{side}{what}" for side in ("min", "max") for what in ("imum", "Items", "Length", "Properties")}
        definitions = content.pop("$defs")
        used = keys(content).union(*map(keys, definitions.values()))
        assert used <= allowed

    @pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
    def test_each_reference_leads_somewhere_and_each_definition_is_used(self, path: Path) -> None:
        content = json.loads(path.read_text())
        referred = {part.removeprefix("#/$defs/") for part in json.dumps(content).split('"') if part.startswith("#/$defs/")}
        assert referred == set(content["$defs"])

    @pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
    def test_each_is_written_as_the_command_writes_it(self, path: Path) -> None:
        assert text(json.loads(path.read_text())) == path.read_text()

    def test_every_kind_of_the_table_has_its_schema(self) -> None:
        from aifactory.catalog.kinds import known_kinds

        custom = {
            (f"{group}/{version}", kind)
            for group, versions in schemas.table().groups.items()
            for version, kinds in versions.items()
            for kind in kinds
        }
        kubernetes = {kind for kinds in schemas.table().kubernetes.provides.values() for kind in kinds}
        known = set(known_kinds())
        assert custom <= known
        assert {kind for _, kind in known - custom} == kubernetes

    def test_all_together_are_small(self) -> None:
        assert sum(path.stat().st_size for path in FILES) < 600_000

    def test_kubernetes_is_the_version_that_the_control_plane_is_built_from(self) -> None:
        from aifactory.local.tools import catalog

        assert schemas.table().kubernetes.version == catalog._KUBERNETES


class TestCommand:
    """Prevents a `make schemas` that writes over files it cannot make, or a check that passes whatever they hold."""

    @pytest.fixture
    def target(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        made = {schemas.KUBERNETES: "new\n", "kueue.x-k8s.io": "same\n"}
        monkeypatch.setattr(schemas, "make", lambda *_: made)
        monkeypatch.setattr(schemas, "TARGET", tmp_path)
        (tmp_path / "kueue.x-k8s.io.json").write_text("same\n")
        (tmp_path / "kubernetes.json").write_text("old\n")
        (tmp_path / "nvidia.com.json").write_text("kept\n")
        return tmp_path

    def test_it_writes_what_differs_and_keeps_what_it_cannot_make(
        self, target: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert schemas.main([]) == 0
        assert (target / "kubernetes.json").read_text() == "new\n"
        assert (target / "nvidia.com.json").read_text() == "kept\n"
        told = "".join(capsys.readouterr())
        assert "kubernetes.json written" in told
        assert "kueue.x-k8s.io.json" not in told
        assert "AIFACTORY_REFERENCE" in told
        assert "nvidia.com" in told

    def test_the_check_writes_nothing_and_fails(self, target: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert schemas.main(["--check"]) == 1
        assert (target / "kubernetes.json").read_text() == "old\n"
        assert "kubernetes.json differs" in "".join(capsys.readouterr())

    def test_the_check_passes_when_all_are_the_same(self, target: Path) -> None:
        (target / "kubernetes.json").write_text("new\n")
        assert schemas.main(["--check"]) == 0

    def test_what_is_missing_is_said_without_a_traceback(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def fail(*_: object) -> dict[str, str]:
            raise ToolError("there is no Go", fix="install it")

        monkeypatch.setattr(schemas, "make", fail)
        assert schemas.main([]) == 3
        assert "install it" in capsys.readouterr().err
