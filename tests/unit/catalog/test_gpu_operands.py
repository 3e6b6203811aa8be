"""The GPU Operator's operands are those of its chart."""

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from aifactory.catalog.gpu_operands import gpu_operands

CHART_KEYS = {
    "driver": ("driver",),
    "driver-manager": ("driver", "manager"),
    "toolkit": ("toolkit",),
    "device-plugin": ("devicePlugin",),
    "feature-discovery": ("gfd",),
    "dcgm-exporter": ("dcgmExporter",),
    "mig-manager": ("migManager",),
}
RELEASE = "v26.7.0"


def chart_values() -> dict[str, Any]:
    folder = os.environ.get("AIFACTORY_REFERENCE")
    if not folder:
        pytest.skip("AIFACTORY_REFERENCE is not set: the chart's values are in no registry that tests may ask")
    return yaml.safe_load((Path(folder) / "charts/gpu-operator/values.yaml").read_text())


class TestOperands:
    """Prevents an image that the operator's release was never tested with, or one that changes under its name."""

    @pytest.mark.parametrize("role", sorted(CHART_KEYS))
    def test_it_is_the_charts(self, role: str) -> None:
        values = chart_values()
        for key in CHART_KEYS[role]:
            values = values[key]
        operand = gpu_operands()[role]
        assert (operand.repository, operand.image, operand.version) == (
            values["repository"], values["image"], values["version"],
        )  # fmt: skip

    def test_the_validator_is_the_operators_own_release(self) -> None:
        assert gpu_operands()["validator"].version == RELEASE
        values = chart_values()["validator"]
        assert "version" not in values, "the chart names one now; take it"

    def test_no_operand_is_without_its_row_in_the_chart(self) -> None:
        assert set(gpu_operands()) == {*CHART_KEYS, "validator"}

    @pytest.mark.parametrize("role", sorted(gpu_operands()))
    def test_its_source_names_the_release(self, role: str) -> None:
        assert f"chart {RELEASE}," in gpu_operands()[role].source

    def test_one_name_holds_all_three_parts(self) -> None:
        assert gpu_operands()["toolkit"].reference == "nvcr.io/nvidia/k8s/container-toolkit:v1.20.0"

    def test_facts_cannot_be_changed(self) -> None:
        with pytest.raises(ValueError, match="frozen"):
            gpu_operands()["driver"].version = "latest"
