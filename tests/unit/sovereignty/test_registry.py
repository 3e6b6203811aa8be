"""Flows through a mirror: what is fetched comes from where it is really fetched."""

from aifactory.model import InstallMode, OperatorSpec
from aifactory.model.registry import RegistrySpec
from aifactory.sovereignty import HERE, Flow, FlowKind
from aifactory.sovereignty.operators import operator_flows
from aifactory.sovereignty.registry import flows_through_registry

PULLS = (
    Flow("model a", FlowKind.IMAGE_PULL, "ghcr.io", encrypted=True),
    Flow("model a", FlowKind.IMAGE_PULL, "nvcr.io", encrypted=True, note="chart"),
    Flow("model a", FlowKind.STORAGE, HERE),
    Flow("model a", FlowKind.MODEL_PULL, "ghcr.io"),
)


class TestFlows:
    """Prevents a region that is refused for a registry that it never reaches, or allowed one that it does."""

    def test_pulls_of_images_come_from_the_mirror(self) -> None:
        flows = flows_through_registry(PULLS, RegistrySpec(mirror="registry.internal:5000/cache"))
        assert {flow.destination for flow in flows if flow.kind is FlowKind.IMAGE_PULL} == {"registry.internal:5000"}
        assert {flow.note for flow in flows if flow.kind is FlowKind.IMAGE_PULL} == {
            "mirror of ghcr.io",
            "chart; mirror of nvcr.io",
        }

    def test_nothing_else_is_changed(self) -> None:
        flows = flows_through_registry(PULLS, RegistrySpec(mirror="registry.internal"))
        assert flows[2:] == PULLS[2:]
        assert all(flow.encrypted for flow in flows[:2])

    def test_hosts_without_a_mirror_stay(self) -> None:
        spec = RegistrySpec(mirrors={"ghcr.io": "registry.internal/ghcr"})
        assert [flow.destination for flow in flows_through_registry(PULLS, spec)][:2] == ["registry.internal", "nvcr.io"]

    def test_what_is_there_already_stays(self) -> None:
        spec = RegistrySpec(mirror="registry.internal")
        once = flows_through_registry(PULLS, spec)
        assert flows_through_registry(once, spec) == once

    def test_charts_of_an_index_and_what_olm_installs_come_from_where_they_did(self) -> None:
        spec = RegistrySpec(mirror="registry.internal")
        operators = {
            "keda": OperatorSpec(install=InstallMode.HELM),
            "kueue": OperatorSpec(install=InstallMode.OLM),
            "node-feature-discovery": OperatorSpec(install=InstallMode.OLM),
            "leaderworkerset": OperatorSpec(install=InstallMode.HELM),
        }
        flows = flows_through_registry(operator_flows("here", operators), spec)
        found = {(flow.block.rpartition("/")[2], flow.destination) for flow in flows}
        assert {("keda", "kedacore.github.io"), ("keda", "registry.internal")} <= found
        assert {place for block, place in found if block == "kueue"} == {"registry.redhat.io"}
        assert {place for block, place in found if block == "node-feature-discovery"} == {
            "OLM catalog openshift-marketplace/redhat-operators"
        }
        assert {place for block, place in found if block == "leaderworkerset"} == {"registry.internal"}

    def test_without_a_registry(self) -> None:
        assert flows_through_registry(PULLS, None) == PULLS
        assert flows_through_registry(PULLS, RegistrySpec(pull_secret="own")) == PULLS
