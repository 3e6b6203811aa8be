"""What a person and a program read when a region is up."""

import io
import json
from dataclasses import replace

import pytest
from rich.console import Console

from aifactory.local.summary import Part, Summary, show
from aifactory.status.observe import observe
from tests.unit.factories import factory
from tests.unit.local.answers import api_of, cluster, items, node, pod

REGION = factory().region("here")
SUMMARY = Summary(
    factory="demo",
    region="here",
    instance="local",
    server="https://127.0.0.1:6443",
    kubeconfig="/cache/kubeconfig",
    changes={"create": 31},
    seconds=12.3,
    outputs={
        "endpoints": {"assistant": "https://assistant.ai.test.internal/v1"},
        "databases": {"billing": "billing-rw.data.svc"},
    },
    facts=observe(api_of(cluster()), REGION),
    parts=(Part("kubernetes", "4.34.2", "stand-in"), Part("pulumi", "3.258.0", "built")),
)


def text(summary: Summary, width: int = 140) -> str:
    stream = io.StringIO()
    show(summary, REGION, Console(file=stream, width=width))
    return stream.getvalue()


class TestForPeople:
    """Prevents a summary that hides what is not real, or leaves a newcomer without a next step."""

    @pytest.mark.parametrize(
        "words",
        [
            "Region here of factory demo is up",
            "31 create",
            "https://assistant.ai.test.internal/v1",
            "n1 x1, n2 x1",
            "billing-rw.data.svc",
            "NVIDIA-H100-80GB-HBM3",
            "2/4",
            "CloudNativePG",
            "stand-in",
            "Kubernetes v1.36.3",
            "kubectl get pods -A",
            "aifactory local down",
        ],
    )
    def test_it_says(self, words: str) -> None:
        assert words in text(SUMMARY)

    def test_what_is_simulated_is_said_first_and_beside_each(self) -> None:
        shown = text(SUMMARY)
        assert "SIMULATED: 3 nodes and the containers on them; the operators' statuses" in shown
        assert "Cluster in healthy state (SIMULATED)" in shown
        assert shown.index("SIMULATED:") < shown.index("Models")

    def test_a_region_on_real_machines_says_nothing_of_the_kind(self) -> None:
        real = node("n1")
        real["metadata"]["annotations"] = {}
        answers = cluster() | {"/api/v1/nodes": items(real), "/apis/postgresql.cnpg.io/v1/clusters": items()}
        summary = replace(SUMMARY, facts=observe(api_of(answers), REGION))
        assert summary.simulated == []
        assert "SIMULATED" not in text(summary)

    def test_a_model_that_waits_says_why(self) -> None:
        answers = cluster() | {"/api/v1/pods": items(pod("a", on=None, message="Insufficient nvidia.com/gpu"))}
        assert "waiting: Insufficient nvidia.com/gpu" in text(replace(SUMMARY, facts=observe(api_of(answers), REGION)))

    def test_an_instance_with_a_name_is_named_in_the_next_steps(self) -> None:
        assert "aifactory local down --name second" in text(replace(SUMMARY, instance="second"))

    def test_nothing_to_do_is_said_in_words(self) -> None:
        assert "nothing to do" in text(replace(SUMMARY, changes={}))

    def test_there_is_no_colour_away_from_a_terminal(self) -> None:
        assert "\x1b[" not in text(SUMMARY)


class TestForPrograms:
    """Prevents scripts that have to read tables, and evidence that forgets what was simulated."""

    def test_it_is_json_all_through(self) -> None:
        answer = json.loads(json.dumps(SUMMARY.as_json(REGION)))
        assert answer["outputs"]["databases"] == {"billing": "billing-rw.data.svc"}
        assert answer["facts"]["nodes"][0]["gpus"] == 8
        assert answer["operators"]["cloudnative-pg"] == "adopt"

    def test_what_is_simulated_and_what_is_unpinned_stands_in_it(self) -> None:
        answer = SUMMARY.as_json(REGION)
        assert len(answer["SIMULATED"]) == 2
        assert "ghcr.io/llm-d/llm-d-cuda:v0.8.0" in answer["unpinned_images"]
