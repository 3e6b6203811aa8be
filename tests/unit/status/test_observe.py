"""Reading from a cluster what became of a region."""

import pytest

from aifactory.errors import ControlPlaneError
from aifactory.status.observe import observe
from tests.unit.factories import factory
from tests.unit.local.answers import api_of, cluster, items, node, pod

REGION = factory().region("here")


class TestRegionThatIsUp:
    """Prevents a summary that says less, or other, than the cluster shows."""

    def test_nodes_with_their_gpus_and_what_of_them_is_used(self) -> None:
        facts = observe(api_of(cluster()), REGION)
        assert [(n.name, n.pool, n.gpus, n.gpus_used) for n in facts.nodes] == [
            ("n1", "h100", 8, 1),
            ("n2", "h100", 8, 1),
            ("system", "", 0, 0),
        ]
        assert all(n.simulated and n.ready for n in facts.nodes)

    def test_quota_database_and_model(self) -> None:
        facts = observe(api_of(cluster()), REGION)
        assert [(q.namespace, q.gpus, q.gpus_used) for q in facts.quotas] == [("ai", 4, 2)]
        (database,) = facts.databases
        assert (database.phase, database.ready, database.instances, database.simulated) == (
            "Cluster in healthy state",
            3,
            3,
            True,
        )
        (model,) = facts.models
        assert (model.ready, model.replicas, model.placed, model.waiting) == (2, 2, ("n1", "n2"), "")

    def test_finished_pods_use_no_gpu(self) -> None:
        done = pod("done", on="n1", gpus=4)
        done["status"]["phase"] = "Succeeded"
        facts = observe(api_of(cluster() | {"/api/v1/pods": items(done)}), REGION)
        assert facts.nodes[0].gpus_used == 0


class TestRegionThatIsNotUp:
    """Prevents a summary that fails exactly when somebody needs to know what is wrong."""

    def test_nothing_there_yet(self) -> None:
        empty = {path: items() for path in cluster() if path != "/version"} | {"/version": {"gitVersion": "v1.36.3"}}
        facts = observe(api_of(empty), REGION)
        assert facts.nodes == ()
        assert (facts.databases[0].ready, facts.databases[0].phase) == (0, "")
        assert (facts.models[0].ready, facts.models[0].placed) == (0, ())

    def test_collections_that_are_null_count_as_empty(self) -> None:
        assert observe(api_of(cluster() | {"/api/v1/nodes": {"items": None}}), REGION).nodes == ()

    def test_a_replica_that_waits_says_why_in_the_schedulers_words(self) -> None:
        waiting = pod("b", on=None, message="0/3 nodes are available: 3 Insufficient nvidia.com/gpu.")
        facts = observe(api_of(cluster() | {"/api/v1/pods": items(pod("a"), waiting)}), REGION)
        assert facts.models[0].placed == ("n1",)
        assert "Insufficient nvidia.com/gpu" in facts.models[0].waiting

    def test_the_pickers_pod_is_no_replica(self) -> None:
        facts = observe(api_of(cluster() | {"/api/v1/pods": items(pod("epp", gpus=0))}), REGION)
        assert facts.models[0].placed == ()

    def test_a_node_that_is_not_ready(self) -> None:
        facts = observe(api_of(cluster() | {"/api/v1/nodes": items(node("n1", ready=False))}), REGION)
        assert facts.nodes[0].ready is False

    def test_what_the_region_does_not_have_is_not_asked_for(self) -> None:
        bare = factory(databases={}, models={}, operators={}, gateway=None).region("here")
        answers = {path: value for path, value in cluster().items() if "apis" not in path}
        facts = observe(api_of(answers), bare)
        assert facts.databases == facts.models == ()

    def test_a_missing_kind_is_an_error_in_words(self) -> None:
        answers = {path: value for path, value in cluster().items() if "cnpg" not in path}
        with pytest.raises(ControlPlaneError, match=r"could not find /apis/postgresql\.cnpg\.io"):
            observe(api_of(answers), REGION)
