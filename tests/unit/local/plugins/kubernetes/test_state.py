"""What is recorded of an object, and what a refresh makes of it."""

import base64
from typing import ClassVar

import pytest

from aifactory.local.plugins.codec import UNKNOWN, Secret, has_secret, reveal
from aifactory.local.plugins.kubernetes import state
from aifactory.local.plugins.kubernetes.state import Recorded


def encoded(text):
    return base64.b64encode(text.encode()).decode()


INPUTS = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "ns"}, "data": {"k": "v"}}
LIVE = {**INPUTS, "metadata": {**INPUTS["metadata"], "uid": "u", "resourceVersion": "1", "managedFields": [{}]}}


def outputs(inputs=INPUTS, live=LIVE):
    return state.outputs(inputs, live, api_version="v1", manager="me")


class TestRecord:
    """Prevents a state that the official plugin could not go on from."""

    def test_the_three_keys(self):
        told = outputs()
        assert told["__inputs"] == INPUTS
        assert (told["__initialApiVersion"], told["__fieldManager"]) == ("v1", "me")
        assert told["metadata"] == {"name": "a", "namespace": "ns", "uid": "u", "resourceVersion": "1"}

    def test_round_trip(self):
        recorded = Recorded.parse(outputs(), {})
        assert recorded.inputs == INPUTS
        assert recorded.live["metadata"]["uid"] == "u"
        assert "__inputs" not in recorded.live
        assert (recorded.api_version, recorded.manager) == ("v1", "me")

    def test_the_engines_inputs_win(self):
        newer = {**INPUTS, "data": {"k": "drifted"}}
        assert Recorded.parse(outputs(), newer).inputs["data"] == {"k": "drifted"}

    def test_a_wrapped_state_is_read(self):
        wrapped = {**outputs(), "__inputs": Secret(INPUTS), "data": Secret({"k": "v"})}
        assert Recorded.parse(wrapped, {}).inputs == INPUTS
        assert not has_secret(Recorded.parse(wrapped, {}).live)


class TestSecretness:
    """Prevents secrets in clear in the state."""

    SECRET: ClassVar = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "a"},
        "stringData": {"p": "hunter2hunter2"},
    }

    def test_contents_of_secrets(self):
        live = {**self.SECRET, "data": {"p": encoded("hunter2hunter2")}}
        del live["stringData"]
        told = outputs(self.SECRET, live)
        assert told["data"] == Secret({"p": encoded("hunter2hunter2")})
        assert told["__inputs"]["stringData"] == Secret({"p": "hunter2hunter2"})

    def test_marked_fields_of_any_kind(self):
        inputs = {**INPUTS, "data": {"k": Secret("v")}}
        told = outputs(inputs)
        assert told["data"]["k"] == Secret("v")
        assert told["__inputs"]["data"]["k"] == Secret("v")

    def test_echoes_in_annotations_and_status(self):
        inputs = {**INPUTS, "data": {"k": Secret("hunter2hunter2")}}
        live = {
            **LIVE,
            "data": {"k": "hunter2hunter2"},
            "metadata": {**LIVE["metadata"], "annotations": {"last": "it was hunter2hunter2", "other": "x"}},
            "status": {"lines": ["hunter2hunter2"], "phase": "up"},
        }
        told = outputs(inputs, live)
        assert isinstance(told["metadata"]["annotations"]["last"], Secret)
        assert told["metadata"]["annotations"]["other"] == "x"
        assert isinstance(told["status"]["lines"][0], Secret)
        assert told["status"]["phase"] == "up"

    def test_a_name_that_equals_a_secret_stays_a_name(self):
        inputs = {**INPUTS, "metadata": {"name": "postgres-app"}, "data": {"user": Secret("postgres-app")}}
        live = {**inputs, "data": {"user": "postgres-app"}}
        assert outputs(inputs, live)["metadata"]["name"] == "postgres-app"


class TestPreview:
    """Prevents a preview that promises values which `up` will make anew."""

    def test_what_a_dry_run_makes_up_is_unknown(self):
        told = state.at_preview({**LIVE, "status": {}}, INPUTS)
        assert told["metadata"]["uid"] is UNKNOWN
        assert told["metadata"]["name"] == "a"
        assert "status" not in told

    def test_addresses_and_ports_of_services(self):
        given = {"spec": {"ports": [{"port": 80, "nodePort": 30080}, {"port": 81}]}}
        dry = {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {},
            "spec": {
                "clusterIP": "10.0.0.9",
                "clusterIPs": ["10.0.0.9"],
                "ports": [{"port": 80, "nodePort": 30080}, {"port": 81, "nodePort": 31234}],
            },
        }
        spec = state.at_preview(dry, given)["spec"]
        assert spec["clusterIP"] is UNKNOWN
        assert [port.get("nodePort") for port in spec["ports"]] == [30080, UNKNOWN]

    def test_a_headless_service_stays_headless(self):
        dry = {"apiVersion": "v1", "kind": "Service", "metadata": {}, "spec": {"clusterIP": "None", "clusterIPs": ["None"]}}
        assert state.at_preview(dry, {})["spec"]["clusterIP"] == "None"


class TestProjection:
    """Prevents drift that nobody sees, and a difference on every run that is none."""

    def test_no_drift(self):
        assert state.project(INPUTS, LIVE, None) == INPUTS

    def test_drift_of_a_value(self):
        live = {**LIVE, "data": {"k": "other", "added": "x"}}
        assert state.project(INPUTS, live, INPUTS)["data"] == {"k": "other"}

    def test_a_field_that_was_taken_away(self):
        assert "data" not in state.project(INPUTS, {k: v for k, v in LIVE.items() if k != "data"}, INPUTS)

    def test_the_servers_spelling_is_no_drift(self):
        inputs = {"spec": {"memory": "1024Mi", "list": [{"cpu": "1000m"}]}}
        stored = {"spec": {"memory": "1Gi", "list": [{"cpu": "1", "defaulted": True}]}}
        assert state.project(inputs, stored, stored) == inputs

    def test_drift_beside_the_servers_spelling(self):
        inputs = {"spec": {"memory": "1024Mi", "replicas": 1}}
        applied, live = {"spec": {"memory": "1Gi", "replicas": 1}}, {"spec": {"memory": "1Gi", "replicas": 5}}
        assert state.project(inputs, live, applied) == {"spec": {"memory": "1024Mi", "replicas": 5}}

    @pytest.mark.parametrize("empty", [{}, [], "", None])
    def test_empty_fields_that_the_server_drops(self, empty):
        assert state.project({"spec": {"labels": empty}}, {"spec": {}}, None) == {"spec": {"labels": empty}}

    def test_a_list_that_grew_is_shown_as_it_is(self):
        inputs, live = {"spec": {"args": ["a"]}}, {"spec": {"args": ["a", "b"]}}
        assert state.project(inputs, live, inputs) == live

    def test_an_injected_sidecar_is_no_drift(self):
        inputs = {"containers": [{"name": "a"}]}
        both = {"containers": [{"name": "a"}, {"name": "sidecar"}]}
        assert state.project(inputs, both, both) == inputs

    def test_string_data_is_read_from_data(self):
        inputs = {"apiVersion": "v1", "kind": "Secret", "stringData": {"a": "b", "c": "d", "gone": "x"}}
        live = {"apiVersion": "v1", "kind": "Secret", "data": {"a": encoded("b"), "c": encoded("changed")}}
        assert state.project(inputs, live, None)["stringData"] == {"a": "b", "c": "changed"}

    def test_true_is_not_one(self):
        assert not state.same(True, 1)
        assert state.same(1, 1.0)


class TestImport:
    """Prevents an import that would change, on the next run, fields that nobody named."""

    def test_fields_of_the_manager(self):
        fields = {
            "f:metadata": {"f:labels": {"f:ours": {}}},
            "f:spec": {"f:replicas": {}, "f:containers": {'k:{"name":"a"}': {".": {}, "f:name": {}, "f:image": {}}}},
        }
        live = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {
                "name": "a",
                "namespace": "ns",
                "uid": "u",
                "labels": {"ours": "1", "theirs": "2"},
                "managedFields": [{"manager": "me", "operation": "Apply", "fieldsV1": fields}],
            },
            "spec": {
                "replicas": 1,
                "paused": False,
                "containers": [{"name": "a", "image": "x", "tty": False}, {"name": "sidecar"}],
            },
            "status": {},
        }
        assert state.imported(live, "me") == {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "a", "namespace": "ns", "labels": {"ours": "1"}},
            "spec": {"replicas": 1, "containers": [{"name": "a", "image": "x"}]},
        }

    def test_a_strangers_object(self):
        imported = state.imported({**LIVE, "status": {}}, "me")
        assert imported == INPUTS

    def test_status_applied_by_the_manager_is_no_input(self):
        entry = {"manager": "me", "operation": "Apply", "subresource": "status", "fieldsV1": {"f:status": {}}}
        live = {**LIVE, "metadata": {**LIVE["metadata"], "managedFields": [entry]}}
        assert state.imported(live, "me")["data"] == {"k": "v"}


class TestSecretsOfARead:
    """Prevents a refresh from writing secrets in clear into the inputs."""

    def test_projected_inputs_keep_their_secretness(self):
        given = {**INPUTS, "data": {"k": Secret("v")}}
        projected = state.project(reveal(given), {**LIVE, "data": {"k": "changed"}}, None)
        assert state.mark_secrets(projected, given)["data"]["k"] == Secret("changed")
