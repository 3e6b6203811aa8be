"""Tenancy sends nothing anywhere."""

from aifactory.model import TenancySpec
from aifactory.render.tenancy import render_tenancy
from aifactory.sovereignty.tenancy import tenancy_flows
from tests.unit.render.objects import SCOPE

SPEC = TenancySpec.model_validate(
    {
        "tenants": {"a": {"namespaces": ["x"]}},
        "pools": {"h100": {"accelerator": "h100-sxm-80gb", "nodes": 1, "gpus_per_node": 8}},
    }
)
KUEUES_OWN = "kueue.x-k8s.io/"


class TestNoFlows:
    """Prevents a pod, a volume or a service that slips in here one day without its flow."""

    def test_it_makes_kueues_own_objects_alone_and_so_declares_nothing(self) -> None:
        assert all(each["apiVersion"].startswith(KUEUES_OWN) for each in render_tenancy(SCOPE, "t", SPEC))
        assert tenancy_flows("t", SPEC) == ()
