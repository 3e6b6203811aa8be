"""Which plugins a program needs."""

import base64
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from aifactory.local.plugins.language.declared import Declared
from aifactory.local.plugins.language.packages import Parameterization, Plugin, required_plugins
from tests.unit.local.plugins.language.test_environment import distribution, environment


def sdk(what, version="1.0.0", /, **plugin):
    return distribution(f"pulumi-{what}", version, ["pulumi>=3"], plugin={"resource": True, **plugin})


@pytest.fixture
def installed():
    return environment(
        distribution("aifactory", requires=["pulumi-kubernetes", 'pulumi-aws; extra == "aws"']),
        distribution("pulumi"),
        sdk("kubernetes", "4.34.2", name="kubernetes", version="4.34.2"),
        sdk("aws", "7.51.0"),
        sdk("azure-native", "3.29.0"),
        distribution("pulumi-policy", requires=["pulumi"], plugin={"resource": False}),
    )


def program(directory: Path, text: str) -> Path:
    (directory / "__main__.py").write_text(text)
    return directory


class TestRequiredPlugins:
    """Guards pulumi/pulumi#5787: what is installed and not used must not be fetched."""

    def names(self, *given):
        return [plugin.name for plugin in required_plugins(*given)]

    def test_by_what_the_program_imports(self, installed, tmp_path):
        assert self.names(installed, Declared(), program(tmp_path, "import pulumi_aws")) == ["aws"]

    def test_by_what_that_needs_in_turn(self, installed, tmp_path):
        assert self.names(installed, Declared(), program(tmp_path, "import aifactory")) == ["kubernetes"]

    def test_by_what_the_project_declares(self, installed, tmp_path):
        declared = Declared(requirements=(Requirement("aifactory[aws]"),))
        assert self.names(installed, declared, program(tmp_path, "")) == ["aws", "kubernetes"]

    def test_nothing_used_nothing_needed(self, installed, tmp_path):
        assert self.names(installed, Declared(), program(tmp_path, "import pulumi")) == []

    def test_an_sdk_without_a_plugin(self, installed, tmp_path):
        assert self.names(installed, Declared(), program(tmp_path, "import pulumi_policy")) == []

    def test_name_and_version_follow_from_the_sdk_where_its_file_does_not_say(self, installed, tmp_path):
        entry = program(tmp_path, "import pulumi_azure_native, pulumi_kubernetes")
        assert required_plugins(installed, Declared(), entry) == [
            Plugin("azure-native", "3.29.0"),
            Plugin("kubernetes", "4.34.2"),
        ]

    def test_server_and_parameters(self, tmp_path):
        value = base64.b64encode(b"\x00\xff").decode()
        made = environment(
            sdk(
                "odd",
                server="https://plugins.example.org",
                parameterization={"name": "tf", "version": "0.1.0", "value": value},
            )
        )
        (plugin,) = required_plugins(made, Declared(), program(tmp_path, "import pulumi_odd"))
        assert plugin.server == "https://plugins.example.org"
        assert plugin.parameterization == Parameterization("tf", "0.1.0", b"\x00\xff")
        assert plugin.extension is None

    def test_broken_parameters_are_left_out(self, tmp_path):
        made = environment(sdk("odd", parameterization={"value": "no base64!"}))
        (plugin,) = required_plugins(made, Declared(), program(tmp_path, "import pulumi_odd"))
        assert plugin.parameterization is None
