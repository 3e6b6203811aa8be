"""A whole region, read from a cluster."""

import json

import httpx2
import pytest

from aifactory.catalog import releases
from aifactory.errors import ControlPlaneError
from aifactory.kube.api import Api
from aifactory.status import kinds
from aifactory.status.observe import kinds_of, observe_region
from aifactory.status.rows import State
from tests.unit.factories import factory
from tests.unit.status.cluster import DEFINITIONS, Cluster, region, replica, simulated


class TestRegionThatIsUp:
    """Prevents a status that says less, or other, than the cluster shows."""

    def test_every_block_is_ready_and_gives_no_reason(self) -> None:
        status = Cluster().observe()
        assert {(row.state, row.reason) for row in status.blocks} == {(State.READY, "")}
        assert status.ready
        assert status.score == "21 of 21 ready"

    def test_every_section_of_the_spec_has_its_rows(self) -> None:
        blocks = [(row.block, row.name) for row in Cluster().observe().blocks]
        spec = region()
        assert blocks == [
            ("cluster", "nodes"),
            ("gpu-pool", "h100"),
            *(("operator", name) for name in spec.operators),
            *(("namespace", name) for name in spec.namespaces),
            ("gpu-operator", "cluster-policy"),
            ("tenant", "science"),
            ("database", "billing"),
            ("virtualization", "kubevirt"),
            ("virtualization", "cdi"),
            ("virtual-machine", "old"),
            ("model", "assistant"),
        ]

    def test_the_numbers_behind_the_rows(self) -> None:
        facts = Cluster().observe().facts
        assert [(n.name, n.pool, n.gpus, n.gpus_used) for n in facts.nodes] == [
            ("h100-0", "h100", 8, 1),
            ("h100-1", "h100", 8, 1),
            ("system-0", "", 0, 0),
        ]
        assert next((q.namespace, q.gpus, q.gpus_used) for q in facts.quotas) == ("ai", 4, 2)
        (database,) = facts.databases
        assert (database.phase, database.ready, database.instances) == ("Cluster in healthy state", 3, 3)
        (model,) = facts.models
        assert (model.ready, model.replicas, model.placed, model.waiting) == (2, 2, ("h100-0", "h100-1"), "")


class TestRequests:
    """Prevents a look that loads the API server, and one that reads what nobody may see."""

    def test_each_kind_is_listed_once(self) -> None:
        cluster = Cluster()
        status = cluster.observe()
        assert len(cluster.asked) == len(set(cluster.asked)) == status.requests
        assert status.requests == 2 + len(kinds_of(region()))

    def test_what_the_region_does_not_have_is_not_asked_for(self) -> None:
        bare = factory(databases={}, models={}, operators={}, gateway=None).region("here")
        cluster = Cluster()
        observe_region(cluster.api(), "here", bare, "demo")
        assert sorted(cluster.asked) == [
            "/api/v1/namespaces",
            "/api/v1/nodes",
            "/api/v1/pods",
            "/api/v1/resourcequotas",
            "/apis",
            "/version",
        ]

    def test_secrets_are_never_read(self) -> None:
        cluster = Cluster()
        cluster.observe()
        assert not any("secret" in path for path in cluster.asked)

    def test_finished_pods_are_not_asked_for_and_use_no_gpu(self) -> None:
        sent: list[str] = []
        cluster = Cluster()
        done = replica("done", "h100-0")
        done["status"]["phase"] = "Succeeded"
        cluster.objects[kinds.PODS].append(done)

        def answer(request: httpx2.Request) -> httpx2.Response:
            sent.append(str(request.url.params.get("fieldSelector", "")))
            return cluster.answer(request)

        api = Api(httpx2.Client(base_url="https://127.0.0.1:1", transport=httpx2.MockTransport(answer)))
        status = observe_region(api, "here", region(), "demo")
        assert "status.phase!=Succeeded,status.phase!=Failed" in sent
        assert status.facts.nodes[0].gpus_used == 1


class TestRegionThatIsNotUp:
    """Prevents a status that fails exactly when somebody needs to know what is wrong."""

    def test_an_empty_cluster(self) -> None:
        cluster = Cluster()
        for kind in cluster.objects:
            cluster.without(kind)
        status = cluster.observe()
        ours = [row for row in status.blocks if row.block != "operator"]
        assert {row.state for row in ours} == {State.MISSING}
        assert all(row.reason for row in ours)
        assert not status.ready

    def test_a_cluster_without_any_operator(self) -> None:
        cluster = Cluster()
        cluster.absent = {name for release in releases().values() for name in release.crds} | {
            kind.definition for kind in cluster.objects if kind.operator
        }
        rows = {row.name: row for row in cluster.observe().blocks}
        assert rows["billing"].reason == "the operator CloudNativePG is not in the cluster (it serves no Cluster)"
        assert rows["science"].reason == "the operator Kueue is not in the cluster (it serves no ClusterQueue)"
        assert rows["old"].reason == "the operator KubeVirt is not in the cluster (it serves no VirtualMachine)"
        assert "no clusters.postgresql.cnpg.io); install it (helm)" in rows["cloudnative-pg"].reason
        assert {rows[name].state for name in ("billing", "science", "old", "cloudnative-pg")} == {State.MISSING}
        assert not any(path.startswith("/apis/postgresql") for path in cluster.asked), "what is not served is not asked for"

    def test_another_version_of_an_operator_is_said_to_be_one(self) -> None:
        cluster = Cluster()

        def other(request: httpx2.Request) -> httpx2.Response:
            answer = cluster.answer(request)
            if request.url.path != "/apis":
                return answer
            return httpx2.Response(200, json=json.loads(answer.text.replace("v1beta2", "v1beta1")))

        api = Api(httpx2.Client(base_url="https://127.0.0.1:1", transport=httpx2.MockTransport(other)))
        rows = {row.name: row for row in observe_region(api, "here", region(), "demo").blocks}
        assert rows["science"].state is State.FAILED
        assert "serves clusterqueues.kueue.x-k8s.io, but not as v1beta2" in rows["science"].reason

    def test_what_may_not_be_read_is_said_so_and_the_rest_is_shown(self) -> None:
        cluster = Cluster()
        for kind in (kinds.POSTGRES, kinds.NODES, kinds.CLUSTER_QUEUES):
            cluster.refused[kind.path] = (403, 'clusters is forbidden: User "ci" cannot list')
        rows = {row.name: row for row in cluster.observe().blocks}
        assert (rows["billing"].state, rows["nodes"].state, rows["science"].state) == (State.UNKNOWN,) * 3
        assert rows["billing"].reason.startswith("may not read clusters.postgresql.cnpg.io")
        assert rows["nodes"].reason.startswith("may not read nodes:")
        assert rows["old"].state is State.READY

    def test_a_server_that_fails_for_one_kind_is_quoted(self) -> None:
        cluster = Cluster()
        cluster.refused[kinds.CDIS.path] = (500, "conversion webhook failed")
        row = cluster.row("virtualization", "cdi")
        assert (row.state, row.reason) == (
            State.UNKNOWN,
            "could not read cdis.cdi.kubevirt.io: the API server said 500, conversion webhook failed",
        )

    def test_a_version_that_may_not_be_read_is_left_out(self) -> None:
        cluster = Cluster()
        cluster.refused["/version"] = (403, "no")
        assert cluster.row("cluster").what == "3 nodes"

    @pytest.mark.parametrize("path", ["/version", "/apis", kinds.PODS.path])
    def test_whoever_is_not_known_gets_an_error(self, path: str) -> None:
        cluster = Cluster()
        cluster.refused[path] = (401, "Unauthorized")
        with pytest.raises(ControlPlaneError, match="Unauthorized"):
            cluster.observe()


class TestOwners:
    """Prevents somebody else's object from being taken for ours, by name alone."""

    def test_an_object_of_another_region_is_failed(self) -> None:
        def give_away(item: dict) -> None:
            item["metadata"]["annotations"]["aifactory.dev/owner"] = "demo/elsewhere/billing"

        for kind, block in ((kinds.POSTGRES, "database"), (kinds.MACHINES, "virtual-machine"), (kinds.GATEWAYS, "model")):
            row = Cluster().change(kind, give_away).row(block)
            assert row.state is State.FAILED
            assert "belongs to demo/elsewhere/billing, not to demo/here" in row.reason

    def test_an_object_of_nobody_is_failed_too(self) -> None:
        row = Cluster().change(kinds.NAMESPACES, lambda item: item["metadata"].pop("annotations")).row("namespace", "ai")
        assert (row.state, row.reason) == (
            State.FAILED,
            "Namespace ai is there, but nothing says that it is ours: `pulumi up` refuses it",
        )

    def test_a_region_whose_name_begins_alike_is_another(self) -> None:
        def give_away(item: dict) -> None:
            item["metadata"]["annotations"]["aifactory.dev/owner"] = "demo/here-2/science"

        assert Cluster().change(kinds.CLUSTER_QUEUES, give_away).row("tenant").state is State.FAILED


class TestDeletion:
    """Prevents an object on its way out from being shown as ready."""

    def test_it_is_progressing(self) -> None:
        def leave(item: dict) -> None:
            item["metadata"]["deletionTimestamp"] = "2026-03-01T00:00:00Z"

        row = Cluster().change(kinds.CLUSTER_QUEUES, leave).row("tenant")
        assert (row.state, row.reason) == (State.PROGRESSING, "ClusterQueue science is being deleted")


class TestSimulated:
    """Prevents a simulated region from being taken for a real one."""

    def test_it_is_said_of_each_row_and_in_words(self) -> None:
        status = simulated(Cluster()).observe()
        assert status.ready
        assert {row.block for row in status.blocks if not row.simulated} == {"namespace"}
        assert status.simulated == [
            "3 nodes and the containers on them",
            "the operators' statuses (no Postgres, virtual machine, gateway or certificate is behind them)",
        ]
        assert status.as_json()["SIMULATED"] == status.simulated

    def test_a_real_region_says_nothing_of_the_kind(self) -> None:
        status = Cluster().observe()
        assert status.simulated == []
        assert not any(row.simulated for row in status.blocks)


class TestDefinitions:
    """Prevents an operator from counting as there while its kinds are not served."""

    def test_a_definition_that_is_not_established_says_why(self) -> None:
        cluster = Cluster()
        cluster.absent.add("clusters.postgresql.cnpg.io")
        cluster.definitions["clusters.postgresql.cnpg.io"] = {
            "status": {"conditions": [{"type": "NamesAccepted", "status": "False", "message": "plural is taken"}]}
        }
        row = cluster.row("operator", "cloudnative-pg")
        assert row.state is State.PROGRESSING
        assert row.reason == "clusters.postgresql.cnpg.io is not established yet: plural is taken"

    def test_one_that_may_not_be_read_is_missing_all_the_same(self) -> None:
        cluster = Cluster()
        cluster.absent.add("clusters.postgresql.cnpg.io")
        cluster.refused[f"{DEFINITIONS}/clusters.postgresql.cnpg.io"] = (403, "no")
        assert cluster.row("operator", "cloudnative-pg").state is State.MISSING


class TestJson:
    """Prevents programs from breaking on a changed form."""

    def test_the_form(self) -> None:
        answer = json.loads(json.dumps(Cluster().without(kinds.CLUSTER_QUEUES).observe().as_json()))
        assert sorted(answer) == ["SIMULATED", "blocks", "factory", "facts", "ready", "region", "requests", "score"]
        assert (answer["ready"], answer["score"]) == (False, "20 of 21 ready")
        row = next(row for row in answer["blocks"] if row["block"] == "tenant")
        assert row == {
            "block": "tenant",
            "name": "science",
            "what": "research: 8 of h100 guaranteed",
            "state": "missing",
            "reason": "ClusterQueue science is not in the cluster; `pulumi up` makes it",
            "simulated": False,
            "address": "",
        }
        assert sorted(answer["facts"]) == ["databases", "kubernetes", "models", "nodes", "quotas"]
