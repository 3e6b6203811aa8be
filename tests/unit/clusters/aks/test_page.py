"""The program that the page of AksCluster shows."""

import re
from pathlib import Path

import pulumi
import pytest

from tests.unit.pulumi_program import run

(PAGE,) = (Path(__file__).parents[4] / "docs").rglob("aks-cluster.md")
(PROGRAM,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)


class TestPage:
    """Prevents a page whose program stopped working."""

    @pytest.mark.parametrize("preview", [False, True], ids=["up", "preview"])
    def test_its_program_runs(self, preview: bool) -> None:
        def program() -> dict[str, pulumi.Output]:
            exec(compile(PROGRAM, PAGE.name, "exec"), {"__name__": "__main__"})  # noqa: S102 - our own document
            return {}

        ran = run(program, preview=preview)
        assert ran.one(":ManagedCluster").inputs["networkProfile"]["outboundType"] == "userDefinedRouting"
        assert ran.one(":Vault").inputs["properties"]["sku"]["name"] == "premium"

    def test_it_names_every_output(self) -> None:
        text = PAGE.read_text()
        assert all(
            f"`{name}`" in text for name in ("identifier", "kubeconfig", "issuer", "storage_classes", "object_stores")
        )
