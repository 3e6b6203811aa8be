"""Virtual machines and what makes them possible."""

import pytest

from aifactory.status import kinds
from aifactory.status.rows import State
from tests.unit.status.cluster import OPERATORS, WHOLE, Cluster, false, obj, true

OLD = WHOLE["virtual_machines"]["old"]


def halted(strategy: str) -> dict:
    return {"virtual_machines": {"old": OLD | {"run_strategy": strategy}}}


class TestWhat:
    """Prevents a machine that nobody can place from a line."""

    def test_size_disks_and_node(self) -> None:
        row = Cluster().row("virtual-machine")
        assert row.what == "4 CPUs, 16 GiB, 2 disks of 40 + 100 GiB, on system-0"
        assert row.address == "old.legacy.svc:8080"

    def test_an_instance_type_and_gpus(self) -> None:
        machine = {
            "namespace": "legacy",
            "instancetype": "u1-large",
            "root": {"size_gib": 40, "access_mode": "ReadWriteOnce"},
            "gpus": ["nvidia.com/H100"],
        }
        platform = {"permitted_gpus": {"nvidia.com/H100": "10DE:2331"}}
        row = Cluster().row("virtual-machine", virtual_machines={"old": machine}, virtualization=platform)
        assert row.what == "u1-large, 1 GPU, 1 disk of 40 GiB, on system-0"
        assert row.address == ""


class TestMachine:
    """Prevents a machine that waits from being waited for without a word."""

    def test_a_missing_one(self) -> None:
        row = Cluster().without(kinds.MACHINES).row("virtual-machine")
        assert (row.state, row.reason) == (
            State.MISSING,
            "VirtualMachine legacy/old is not in the cluster; `pulumi up` makes it",
        )

    def test_one_that_migrates_is_ready(self) -> None:
        assert Cluster().status(kinds.MACHINES, printableStatus="Migrating").row("virtual-machine").state is State.READY

    def test_one_that_runs_and_is_not_ready(self) -> None:
        waits = [false("Ready", "Guest VM is not reported as running")]
        row = Cluster().status(kinds.MACHINES, ready=False, conditions=waits).row("virtual-machine")
        assert (row.state, row.reason) == (State.PROGRESSING, "Running: Guest VM is not reported as running")

    def test_one_that_cannot_be_placed_gives_the_schedulers_words(self) -> None:
        message = "0/5 nodes are available: 5 Insufficient devices.kubevirt.io/kvm."
        cluster = Cluster().status(kinds.MACHINES, printableStatus="ErrorUnschedulable", ready=False, conditions=[])
        cluster.status(kinds.INSTANCES, conditions=[false("PodScheduled", message), false("Ready", "pod not there")])
        row = cluster.row("virtual-machine")
        assert (row.state, row.reason) == (State.FAILED, f"ErrorUnschedulable: {message}")

    def test_one_whose_instance_is_refused(self) -> None:
        cluster = Cluster().status(
            kinds.MACHINES, printableStatus="Stopped", ready=False, conditions=[true("Failure", message="exceeded quota")]
        )
        assert cluster.row("virtual-machine").reason == "Stopped: exceeded quota"

    @pytest.mark.parametrize("shown", ["CrashLoopBackOff", "DataVolumeError", "ErrorPvcNotFound", "ImagePullBackOff"])
    def test_what_does_not_end_by_itself_is_failed(self, shown: str) -> None:
        cluster = Cluster().status(kinds.MACHINES, printableStatus=shown, ready=False, conditions=[])
        assert cluster.row("virtual-machine").state is State.FAILED

    def test_nobody_has_looked_at_it_yet(self) -> None:
        row = Cluster().change(kinds.MACHINES, lambda item: item.update(status={})).row("virtual-machine")
        assert (row.state, row.reason) == (State.PROGRESSING, "nothing has been said of it yet")

    @pytest.mark.parametrize("strategy", ["Halted", "Manual"])
    def test_one_that_may_stand_still_is_ready_when_it_does(self, strategy: str) -> None:
        cluster = Cluster().status(kinds.MACHINES, printableStatus="Stopped", ready=False)
        cluster.without(kinds.INSTANCES).status(kinds.DATA_VOLUMES, phase="WaitForFirstConsumer")
        row = cluster.row("virtual-machine", **halted(strategy))
        assert (row.state, row.reason) == (State.READY, "")
        assert row.what.endswith(", stopped")

    def test_one_that_should_run_is_not(self) -> None:
        cluster = Cluster().status(kinds.MACHINES, printableStatus="Stopped", ready=False)
        assert cluster.row("virtual-machine").state is State.PROGRESSING


class TestDisks:
    """Prevents hours of waiting for an import of which nobody says how far it is, or that it failed."""

    def test_an_import_says_how_far_it_is(self) -> None:
        cluster = Cluster().status(kinds.MACHINES, printableStatus="Provisioning", ready=False, conditions=[])
        cluster.status(kinds.DATA_VOLUMES, "old-root", phase="ImportInProgress", progress="42.7%")
        row = cluster.row("virtual-machine")
        assert (row.state, row.reason) == (State.PROGRESSING, "Provisioning; disk old-root: ImportInProgress 42.7%")

    def test_one_that_keeps_failing_gives_its_last_words(self) -> None:
        failing = [false("Running", "Unable to connect: 403 Forbidden", reason="Error")]
        cluster = Cluster().status(kinds.MACHINES, printableStatus="Provisioning", ready=False, conditions=[])
        cluster.status(kinds.DATA_VOLUMES, "old-root", phase="ImportInProgress", progress="N/A", conditions=failing)
        assert cluster.row("virtual-machine").reason == (
            "Provisioning; disk old-root: ImportInProgress: Unable to connect: 403 Forbidden"
        )

    def test_one_that_failed(self) -> None:
        row = Cluster().status(kinds.DATA_VOLUMES, "old-data", phase="Failed").row("virtual-machine")
        assert (row.state, row.reason) == (State.FAILED, "disk old-data: Failed")

    def test_one_whose_record_was_collected_is_done(self) -> None:
        assert Cluster().without(kinds.DATA_VOLUMES).row("virtual-machine").state is State.READY

    def test_disks_of_another_namespace_do_not_count(self) -> None:
        cluster = Cluster()
        cluster.objects[kinds.DATA_VOLUMES].append(obj("old-root", "data", status={"phase": "Failed"}))
        assert cluster.row("virtual-machine").state is State.READY

    def test_records_that_may_not_be_read_are_unknown(self) -> None:
        cluster = Cluster()
        cluster.refused[kinds.DATA_VOLUMES.path] = (403, "no")
        assert cluster.row("virtual-machine").state is State.UNKNOWN


class TestPlatform:
    """Prevents machines from being waited for on a cluster that cannot run any."""

    def test_what_runs(self) -> None:
        assert Cluster().row("virtualization", "kubevirt").what == "KubeVirt v1.9.0"
        emulated = Cluster().row("virtualization", "kubevirt", virtualization={"emulation": True})
        assert emulated.what == "KubeVirt v1.9.0, emulated: slow"

    def test_one_that_is_deployed_now(self) -> None:
        deploying = {"phase": "Deploying", "conditions": [false("Available", "virt-operator is deploying")]}
        row = Cluster().status(kinds.KUBEVIRTS, **deploying).row("virtualization", "kubevirt")
        assert (row.state, row.reason) == (State.PROGRESSING, "virt-operator is deploying; its phase is Deploying")

    def test_a_degraded_one_is_failed(self) -> None:
        degraded = [true("Available"), true("Degraded", message="deployment virt-api is not available")]
        row = Cluster().status(kinds.KUBEVIRTS, conditions=degraded).row("virtualization", "kubevirt")
        assert (row.state, row.reason) == (State.FAILED, "deployment virt-api is not available")

    def test_the_importer_in_error_is_failed(self) -> None:
        assert Cluster().status(kinds.CDIS, phase="Error").row("virtualization", "cdi").state is State.FAILED

    def test_a_missing_part(self) -> None:
        row = Cluster().without(kinds.CDIS).row("virtualization", "cdi")
        assert (row.state, row.reason) == (State.MISSING, "there is no CDI in the cluster; `pulumi up` makes it")

    def test_openshifts_is_one_object_without_a_phase(self) -> None:
        cluster = Cluster()
        status = {"conditions": [true("Available"), true("ReconcileComplete"), false("Degraded")]}
        cluster.objects[kinds.HYPERCONVERGED] = [obj("kubevirt-hyperconverged", "openshift-cnv", status=status)]
        operators = {
            name: {"install": "adopt"} for name in (*OPERATORS, "hyperconverged") if name not in {"kubevirt", "cdi"}
        }
        found = cluster.observe(virtualization={"distribution": "hco"}, operators=operators)
        (row,) = [row for row in found.blocks if row.block == "virtualization"]
        assert (row.name, row.what, row.state) == ("hyperconverged", "OpenShift Virtualization", State.READY)

    @pytest.mark.parametrize("operator", ["kubevirt", "cdi"])
    def test_the_region_makes_both_parts_or_none(self, operator: str) -> None:
        external = {"operators": WHOLE["operators"] | {operator: {"install": "external"}}}
        status = Cluster().without(kinds.CDIS).without(kinds.KUBEVIRTS).observe(**external)
        assert [row.state for row in status.blocks if row.block == "virtualization"] == [State.EXTERNAL] * 2
