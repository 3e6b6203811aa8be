"""Where the data of OpenShift on Azure goes."""

import pytest

from aifactory.model.openshift import OpenShiftSpec
from aifactory.sovereignty import HERE, Flow, FlowKind
from aifactory.sovereignty.openshift import RED_HAT_TELEMETRY, SERVICE_MONITORING, SERVICE_REGISTRY, openshift_flows
from tests.unit.clusters.openshift.examples import site, spec


def flows(made: OpenShiftSpec, kind: FlowKind) -> list[Flow]:
    return [flow for flow in openshift_flows("aro", made, site()) if flow.kind is kind]


class TestOpenShiftFlows:
    """Prevents a managed service that is taken for one's own: who sees what is said, even what nobody can switch off."""

    def test_disks_stay_and_have_the_key_that_is_declared(self) -> None:
        (disks,) = flows(spec(key="disks", data_class="records"), FlowKind.STORAGE)
        assert (disks.destination, disks.key, disks.data_class, disks.encrypted) == (HERE, "disks", "records", True)

    def test_nobody_said_whose_key_is_unknown(self) -> None:
        assert [flow.key for flow in flows(spec(), FlowKind.STORAGE)] == [None]

    def test_the_services_monitoring_leaves_for_a_country_that_nobody_named(self) -> None:
        service = next(flow for flow in flows(spec(), FlowKind.LOGS) if flow.destination != HERE)
        assert (service.destination, service.operator, service.country) == (SERVICE_MONITORING, "microsoft", None)

    def test_the_engineers_of_both_vendors_get_in(self) -> None:
        assert {flow.operator for flow in flows(spec(), FlowKind.SUPPORT)} == {"microsoft", "red-hat"}

    def test_the_key_is_where_the_site_is(self) -> None:
        (key,) = flows(spec(key="disks"), FlowKind.KEY)
        assert (key.country, key.operator, key.key) == ("SE", "microsoft", "disks")

    def test_images_come_from_the_services_registry(self) -> None:
        assert [flow.destination for flow in flows(spec(), FlowKind.IMAGE_PULL)] == [SERVICE_REGISTRY]

    @pytest.mark.parametrize(("reports", "silenced"), [(None, None), (True, False), (False, True)])
    def test_red_hat_is_told_unless_somebody_said_no(self, reports: bool | None, silenced: bool | None) -> None:
        (flow,) = flows(spec(reports=reports), FlowKind.TELEMETRY)
        assert (flow.destination, flow.silenced) == (RED_HAT_TELEMETRY, silenced)

    def test_the_api_is_reached_from_inside(self) -> None:
        assert [flow.destination for flow in flows(spec(), FlowKind.ADMIN)] == [HERE]
