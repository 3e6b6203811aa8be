"""Flows name where data goes."""

import pytest

from aifactory.sovereignty import FlowKind, image_flows
from aifactory.sovereignty.flow import registry_host


class TestRegistryHost:
    """Prevents an image of Docker Hub from passing as one of nobody, and a path from passing as a host."""

    @pytest.mark.parametrize(
        ("image", "host"),
        [
            ("ghcr.io/cloudnative-pg/postgresql:18", "ghcr.io"),
            ("registry.internal:5000/vllm@sha256:" + "a" * 64, "registry.internal:5000"),
            ("localhost/vllm:1", "localhost"),
            ("library/postgres:18", "docker.io"),
            ("postgres:18", "docker.io"),
        ],
    )
    def test_host(self, image: str, host: str) -> None:
        assert registry_host(image) == host

    def test_each_host_is_one_flow(self) -> None:
        flows = image_flows("model m", ["ghcr.io/a:1", "ghcr.io/b:2", "quay.io/c:3"])
        assert [flow.destination for flow in flows] == ["ghcr.io", "quay.io"]
        assert {flow.kind for flow in flows} == {FlowKind.IMAGE_PULL}
