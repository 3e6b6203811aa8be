"""The status on a terminal."""

import io

import pytest
from rich.console import Console

from aifactory.status import kinds
from aifactory.status.report import RegionStatus
from aifactory.status.show import show
from tests.unit.status.cluster import Cluster, node, replica, simulated

LONG = (
    "0/5 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/unreachable: }, "
    "2 Insufficient nvidia.com/gpu, 2 node(s) didn't match Pod's node affinity/selector. preemption: not eligible."
)


def text(status: RegionStatus, width: int = 80, *, terminal: bool = False) -> str:
    stream = io.StringIO()
    show(status, Console(file=stream, width=width, force_terminal=terminal))
    return stream.getvalue()


def waits() -> Cluster:
    cluster = Cluster().status(kinds.DEPLOYMENTS, "assistant", readyReplicas=1)
    cluster.objects[kinds.PODS][1] = replica("assistant-b", None, LONG)
    return cluster.without(kinds.CLUSTER_QUEUES)


class TestTables:
    """Prevents a status that has to be read twice, or not at all on a narrow terminal."""

    @pytest.mark.parametrize("width", [80, 100, 200])
    def test_nothing_is_wider_than_the_terminal(self, width: int) -> None:
        for cluster in (Cluster(), waits(), simulated(waits())):
            assert max(map(len, text(cluster.observe(), width).splitlines())) <= width

    def test_no_word_of_a_reason_is_lost_at_eighty_columns(self) -> None:
        shown = "".join(text(waits().observe()).split())
        for word in LONG.split():
            assert word in shown

    def test_an_address_can_be_copied_at_eighty_columns(self) -> None:
        assert "https://assistant.ai.test.internal/v1" in text(waits().observe())

    def test_a_reason_stands_below_what_it_is_about_and_nowhere_else(self) -> None:
        lines = text(waits().observe(), 300).splitlines()
        place = next(number for number, line in enumerate(lines) if "research: 8 of h100" in line)
        assert lines[place + 1].strip() == "why: ClusterQueue science is not in the cluster; `pulumi up` makes it"
        assert sum("why:" in line for line in lines) == 2

    def test_a_kind_of_block_that_the_region_lacks_has_no_table(self) -> None:
        shown = text(Cluster().observe(virtual_machines={}, virtualization=None))
        assert "Virtual" not in shown
        assert "Databases" in shown

    def test_rows_of_a_kind_stand_together_under_one_title(self) -> None:
        shown = text(Cluster().observe())
        assert shown.count("Namespaces\n") == 1
        assert shown.index("Operators") < shown.index("Databases") < shown.index("Models")


class TestFooter:
    """Prevents the one line that everyone reads from being wrong."""

    def test_how_many_are_ready(self) -> None:
        assert "21 of 21 ready" in text(Cluster().observe())
        assert "19 of 21 ready" in text(waits().observe())

    def test_what_is_simulated(self) -> None:
        shown = " ".join(text(simulated(Cluster()).observe()).split())
        assert "SIMULATED: 3 nodes and the containers on them; the operators' statuses" in shown
        assert "SIMULATED" not in text(Cluster().observe())

    def test_a_cluster_that_is_partly_simulated_marks_each_row(self) -> None:
        cluster = Cluster()
        cluster.objects[kinds.CDIS][0]["metadata"]["annotations"]["aifactory.dev/simulated"] = "true"
        shown = text(cluster.observe())
        assert "Virtualization SIMULATED" not in shown
        assert shown.count("SIMULATED") == 2, "beside the importer, and in the footer"


class TestColour:
    """Prevents escape sequences in logs, and a terminal on which red looks like green."""

    def test_none_away_from_a_terminal(self) -> None:
        assert "\x1b[" not in text(waits().observe())

    def test_on_a_terminal(self) -> None:
        assert "\x1b[" in text(waits().observe(), terminal=True)

    def test_what_clusters_say_is_no_markup(self) -> None:
        cluster = Cluster()
        cluster.objects[kinds.NODES].append(node("[bold]evil[/bold]"))
        cluster.status(kinds.NODES, "[bold]evil[/bold]", conditions=[])
        assert "[bold]evil[/bold]" in text(cluster.observe(), 200)
