"""Webhooks behind which nothing answers, in a status and in a preflight."""

from typing import Any

import pytest

from aifactory.status.preflight import Level
from aifactory.status.rows import State, Verdict
from aifactory.status.snapshot import Listing, Snapshot
from aifactory.status.webhooks import ENDPOINTS, KINDS, MUTATING, VALIDATING, Silent, silent
from tests.unit.status.cluster import Cluster, obj, simulated
from tests.unit.status.test_preflight import Server

QUEUES = {"apiGroups": ["kueue.x-k8s.io"], "resources": ["clusterqueues", "workloads"]}


def hook(service: str = "kueue-webhook-service", home: str = "kueue-system", **more: Any) -> dict[str, Any]:
    called = {"service": {"namespace": home, "name": service}}
    return {"name": "v.kb.io", "clientConfig": called, "rules": [QUEUES]} | more


def configuration(*hooks: dict[str, Any], name: str = "kueue") -> dict[str, Any]:
    return obj(name, owner="", webhooks=list(hooks))


def endpoints(service: str = "kueue-webhook-service", home: str = "kueue-system", **conditions: bool) -> dict[str, Any]:
    labels = {"kubernetes.io/service-name": service}
    found = [{"addresses": ["10.0.0.7"], "conditions": conditions}]
    return obj(f"{service}-x", home, owner="", labels=labels, endpoints=found)


def listing(*items: dict[str, Any]) -> Listing:
    return Listing({(item["metadata"].get("namespace", ""), item["metadata"]["name"]): item for item in items})


def snapshot(*configurations: dict[str, Any], slices: tuple[dict[str, Any], ...] = ()) -> Snapshot:
    return Snapshot("v1.36.3", {VALIDATING: listing(*configurations), MUTATING: listing(), ENDPOINTS: listing(*slices)})


class TestSilent:
    """Prevents a webhook that nobody answers from being taken for one that works, and the other way round."""

    def test_one_without_endpoints_is_found_with_what_it_refuses(self) -> None:
        (found,) = silent(snapshot(configuration(hook(), hook())))
        resources = ("clusterqueues.kueue.x-k8s.io", "workloads.kueue.x-k8s.io")
        assert found == Silent("kueue-system", "kueue-webhook-service", ("kueue",), resources)
        assert found.operators == ["kueue"]
        assert str(found) == (
            "nothing answers behind its webhook kueue-system/kueue-webhook-service: the API server refuses changes of "
            "clusterqueues.kueue.x-k8s.io, workloads.kueue.x-k8s.io until Kueue (kueue) runs"
        )

    @pytest.mark.parametrize("conditions", [{"ready": True}, {}])
    def test_one_with_an_endpoint_answers(self, conditions: dict[str, bool]) -> None:
        assert silent(snapshot(configuration(hook()), slices=(endpoints(**conditions),))) == []

    @pytest.mark.parametrize(
        "slices", [(endpoints(ready=False),), (endpoints("another", ready=True),), (endpoints(home="other", ready=True),)]
    )
    def test_endpoints_that_are_not_ready_or_of_another_service_do_not(self, slices: tuple[dict[str, Any], ...]) -> None:
        assert len(silent(snapshot(configuration(hook()), slices=slices))) == 1

    def test_one_that_may_fail_stops_nothing(self) -> None:
        assert silent(snapshot(configuration(hook(failurePolicy="Ignore")))) == []
        assert len(silent(snapshot(configuration(hook(failurePolicy="Fail"))))) == 1

    def test_one_outside_of_the_cluster_is_not_ours_to_see(self) -> None:
        assert silent(snapshot(configuration(hook(clientConfig={"url": "https://hooks.example.org"})))) == []

    def test_core_kinds_and_strangers_are_named_too(self) -> None:
        stranger = hook("checker", "policies", rules=[{"apiGroups": [""], "resources": ["pods"]}])
        (found,) = silent(snapshot(configuration(stranger, name="policies")))
        assert found.operators == []
        assert str(found).endswith("refuses changes of pods (policies)")

    def test_many_kinds_are_cut_short(self) -> None:
        many = hook(rules=[{"apiGroups": ["kueue.x-k8s.io"], "resources": ["a", "b", "c", "d"]}])
        assert "c.kueue.x-k8s.io, ... until" in str(silent(snapshot(configuration(many)))[0])

    @pytest.mark.parametrize("kind", KINDS)
    def test_what_may_not_be_read_accuses_nobody(self, kind: Any) -> None:
        found = snapshot(configuration(hook()))
        refused = Listing(problem=Verdict(State.UNKNOWN, "may not read"))
        assert silent(Snapshot(found.kubernetes, {**found.listings, kind: refused})) == []


class TestStatus:
    """Prevents a status that calls an operator ready while the API server refuses its objects."""

    def mute(self) -> Cluster:
        cluster = Cluster()
        cluster.objects |= {VALIDATING: [configuration(hook())], MUTATING: [], ENDPOINTS: []}
        return cluster

    def test_the_operator_whose_webhook_does_not_answer_is_not_ready(self) -> None:
        row = self.mute().row("operator", "kueue")
        assert row.state is State.PROGRESSING
        assert "nothing answers behind its webhook kueue-system/kueue-webhook-service" in row.reason

    def test_no_other_operator_is_accused(self) -> None:
        rows = [row for row in self.mute().observe().blocks if row.block == "operator" and row.state is not State.READY]
        assert [row.name for row in rows] == ["kueue"]

    def test_it_is_ready_once_something_answers(self) -> None:
        cluster = self.mute()
        cluster.objects[ENDPOINTS] = [endpoints(ready=True)]
        assert cluster.row("operator", "kueue").state is State.READY

    def test_rights_that_are_missing_make_nothing_unknown(self) -> None:
        cluster = self.mute()
        cluster.refused[ENDPOINTS.path] = (403, "no")
        assert cluster.row("operator", "kueue").state is State.READY

    def test_where_nothing_runs_nothing_has_to_answer(self) -> None:
        assert simulated(self.mute()).row("operator", "kueue").state is State.READY


class TestPreflight:
    """Prevents an up that meets a webhook which refuses all that it makes."""

    def server(self, *there: str, home: str = "kueue-system") -> Server:
        server = Server(*there)
        server.objects |= {VALIDATING.path: [configuration(hook(home=home))], MUTATING.path: [], ENDPOINTS.path: []}
        return server

    def about(self, server: Server, **operators: str) -> list[tuple[str, Level]]:
        found = server.findings(**operators)
        return [(one.operator, one.level) for one in found if "nothing answers" in one.what]

    def test_an_adopted_operators_stops(self) -> None:
        assert self.about(self.server("kueue"), kueue="adopt") == [("kueue", Level.STOP)]

    def test_one_that_the_up_brings_is_a_note(self) -> None:
        assert self.about(self.server("kueue"), kueue="helm") == [("kueue", Level.NOTE)]

    def test_one_of_no_operator_of_the_region_is_a_note_with_what_to_do(self) -> None:
        server = self.server("keda", home="left-behind")
        assert self.about(server, keda="adopt") == [("", Level.NOTE)]
        (found,) = [one for one in server.findings(keda="adopt") if "nothing answers" in one.what]
        assert found.what.endswith("delete what it left behind")

    def test_one_that_answers_is_not_spoken_of(self) -> None:
        server = self.server("kueue")
        server.objects[ENDPOINTS.path] = [endpoints(ready=True)]
        assert self.about(server, kueue="adopt") == []
