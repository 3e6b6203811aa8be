"""The public surface, and what importing it costs."""

import json
import subprocess
import sys

import pytest

import aifactory


def loaded_by(statement: str) -> set[str]:
    """Return the top-level modules that a fresh interpreter has loaded after a statement."""
    code = f"{statement}\nimport sys, json; print(json.dumps(sorted({{m.partition('.')[0] for m in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    return set(json.loads(done.stdout.splitlines()[-1]))


class TestImport:
    """Prevents a slow start and, on an on-prem site, the fetching of cloud plugins that nobody asked for."""

    def test_importing_the_package_loads_no_pulumi_and_no_cloud_sdk(self) -> None:
        heavy = {"pulumi", "pulumi_kubernetes", "pulumi_aws", "pulumi_azure_native", "pydantic", "grpc", "yaml", "lightkube"}
        assert not heavy & loaded_by("import aifactory")

    def test_the_model_needs_no_pulumi(self) -> None:
        assert not {"pulumi", "grpc", "lightkube"} & loaded_by("from aifactory import load_factory")

    def test_a_region_needs_no_cloud_sdk(self) -> None:
        loaded = loaded_by("from aifactory import Region")
        assert "pulumi_kubernetes" in loaded
        assert not {"pulumi_aws", "pulumi_azure_native", "lightkube", "rich", "typer"} & loaded

    def test_the_command_line_starts_without_pulumi(self) -> None:
        assert not {"pulumi", "grpc", "lightkube", "cryptography"} & loaded_by("import aifactory.cli")


class TestSurface:
    """Prevents a public name that cannot be imported, and one that came in by accident."""

    @pytest.mark.parametrize("name", aifactory.__all__)
    def test_every_public_name_is_there(self, name: str) -> None:
        assert getattr(aifactory, name) is not None
        assert name in dir(aifactory)

    def test_an_unknown_name_is_an_attribute_error(self) -> None:
        with pytest.raises(AttributeError, match="no attribute 'Reigon'"):
            _ = aifactory.Reigon

    def test_the_surface_is_this(self, snapshot: object) -> None:
        assert sorted(aifactory.__all__) == snapshot
