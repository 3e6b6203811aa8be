"""What a person and a program read when a region is up."""

import io
import json
from dataclasses import replace

import pytest
from rich.console import Console

from aifactory.local.summary import Part, Summary, show
from aifactory.status import kinds
from tests.unit.status.cluster import Cluster, region, replica, simulated

SUMMARY = Summary(
    instance="local",
    server="https://127.0.0.1:6443",
    kubeconfig="/cache/kubeconfig",
    changes={"create": 31},
    seconds=12.3,
    outputs={
        "endpoints": {"assistant": "https://assistant.ai.test.internal/v1"},
        "databases": {"billing": "billing-rw.data.svc"},
    },
    status=simulated(Cluster()).observe(),
    parts=(
        Part("kubernetes plugin", "4.34.2", "stand-in", "it is not on PATH"),
        Part("pulumi", "3.258.0", "built"),
    ),
)


def text(summary: Summary, width: int = 140) -> str:
    stream = io.StringIO()
    show(summary, Console(file=stream, width=width))
    return stream.getvalue()


class TestForPeople:
    """Prevents a summary that hides what is not real, or leaves a newcomer without a next step."""

    @pytest.mark.parametrize(
        "words",
        [
            "Region here of factory demo is up",
            "31 create in 12 s",
            "Kubernetes v1.36.3, 3 nodes",
            "2 nodes, 16 GPUs (NVIDIA-H100-80GB-HBM3), 2 used",
            "https://assistant.ai.test.internal/v1",
            "h100-0 x1, h100-1 x1",
            "billing-rw.data.svc, pooled at billing-pooler.data.svc",
            "backup to backups (0 2 * * *)",
            "old.legacy.svc:8080",
            "8 of h100 guaranteed",
            "Pod Security restricted, 2 of 4 GPUs",
            "CloudNativePG 1.30.0, adopted",
            "kubernetes plugin 4.34.2 (stand-in), pulumi 3.258.0 (built)",
            "21 of 21 ready",
            "kubectl get pods -A",
            "aifactory status",
            "aifactory local down",
        ],
    )
    def test_it_says(self, words: str) -> None:
        assert words in text(SUMMARY)

    def test_what_is_simulated_is_said_first_and_above_each_table(self) -> None:
        shown = text(SUMMARY, 200)
        assert "SIMULATED: 3 nodes and the containers on them; the operators' statuses" in shown
        assert shown.index("SIMULATED:") < shown.index("GPU pools SIMULATED")
        assert "Databases SIMULATED" in shown
        assert shown.count("SIMULATED:") == 1

    def test_a_region_on_real_machines_says_nothing_of_the_kind(self) -> None:
        assert "SIMULATED" not in text(replace(SUMMARY, status=Cluster().observe()))

    def test_a_model_that_waits_says_why(self) -> None:
        cluster = Cluster().status(kinds.DEPLOYMENTS, "assistant", readyReplicas=1)
        cluster.objects[kinds.PODS][1] = replica(
            "assistant-b", None, "0/3 nodes are available: 3 Insufficient nvidia.com/gpu."
        )
        shown = " ".join(text(replace(SUMMARY, status=cluster.observe()), 300).split())
        assert "1 of 2 replicas are ready; 0/3 nodes are available: 3 Insufficient nvidia.com/gpu." in shown
        assert "20 of 21 ready" in shown

    def test_no_table_has_nothing_in_it(self) -> None:
        few = Cluster().observe(databases={}, virtual_machines={}, virtualization=None, tenants={}, object_stores={})
        shown = text(replace(SUMMARY, status=few))
        assert not any(title in shown for title in ("Databases", "Virtual", "Tenants"))
        assert "Models" in shown

    def test_an_instance_with_a_name_is_named_in_the_next_steps(self) -> None:
        shown = text(replace(SUMMARY, instance="second"))
        assert "aifactory local down --name second" in shown
        assert "aifactory status --name second" in shown

    def test_what_the_rules_found_is_counted(self) -> None:
        found = {"allow": 14, "deny": 0, "unknown": 0, "waived": 1}
        assert "rules: 14 allowed, 1 waived; aifactory check shows more" in text(replace(SUMMARY, findings=found))

    def test_where_no_rules_hold_nothing_is_counted(self) -> None:
        assert "rules:" not in text(SUMMARY)

    def test_nothing_to_do_is_said_in_words(self) -> None:
        assert "nothing to do" in text(replace(SUMMARY, changes={}))

    def test_there_is_no_colour_away_from_a_terminal(self) -> None:
        assert "\x1b[" not in text(SUMMARY)

    def test_it_fits_eighty_columns(self) -> None:
        assert max(map(len, text(SUMMARY, 80).splitlines())) <= 80


class TestForPrograms:
    """Prevents scripts that have to read tables, and evidence that forgets what was simulated."""

    def test_it_is_json_all_through(self) -> None:
        answer = json.loads(json.dumps(SUMMARY.as_json(region())))
        assert answer["outputs"]["databases"] == {"billing": "billing-rw.data.svc"}
        assert answer["facts"]["nodes"][0]["gpus"] == 8
        assert answer["operators"]["cloudnative-pg"] == "adopt"
        assert (answer["factory"], answer["region"], answer["instance"]) == ("demo", "here", "local")
        assert {row["state"] for row in answer["blocks"]} == {"ready"}

    def test_why_a_plugin_is_a_stand_in_stands_in_it(self) -> None:
        assert SUMMARY.as_json(region())["parts"][0]["reason"] == "it is not on PATH"

    def test_what_is_simulated_and_what_is_unpinned_stands_in_it(self) -> None:
        answer = SUMMARY.as_json(region())
        assert len(answer["SIMULATED"]) == 2
        assert "ghcr.io/llm-d/llm-d-cuda:v0.8.0" in answer["unpinned_images"]
