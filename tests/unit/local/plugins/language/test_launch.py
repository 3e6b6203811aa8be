"""What the runner is told."""

import os

import pytest
from pulumi.runtime.proto import language_pb2

from aifactory.errors import EngineError
from aifactory.local.plugins.language.launch import plugin_settings, program_environment, program_settings


class TestProgram:
    """Guards the settings of a program; a lost one is a program that runs for another stack."""

    def request(self, **fields):
        return language_pb2.RunRequest(
            project="p",
            stack="s",
            monitor_address="127.0.0.1:1",
            parallel=4,
            dryRun=True,
            config={"p:key": "hunter2"},
            configSecretKeys=["p:key"],
            args=["x"],
            info=language_pb2.ProgramInfo(root_directory="/root"),
            **fields,
        )

    def test_all_of_them(self, tmp_path):
        (tmp_path / "__main__.py").touch()
        assert program_settings(self.request(organization="acme"), tmp_path / ".", "127.0.0.1:2") == {
            "mode": "program",
            "program": str(tmp_path),
            "args": ["x"],
            "project": "p",
            "stack": "s",
            "organization": "acme",
            "monitor": "127.0.0.1:1",
            "engine": "127.0.0.1:2",
            "parallel": 4,
            "dry_run": True,
            "root_directory": "/root",
            "config": {"p:key": "hunter2"},
            "config_secret_keys": ["p:key"],
        }

    def test_backends_without_organizations(self, tmp_path):
        (tmp_path / "__main__.py").touch()
        assert program_settings(self.request(), tmp_path, "")["organization"] == "organization"

    def test_nothing_to_run(self, tmp_path):
        with pytest.raises(EngineError, match=r"no Python program at(.|\n)*add __main__.py"):
            program_settings(self.request(), tmp_path, "")


class TestPlugin:
    """Guards the three kinds of plugin, which are run in three ways."""

    def test_a_directory_with_a_main(self, tmp_path):
        (tmp_path / "__main__.py").touch()
        found = plugin_settings("resource", tmp_path, ["127.0.0.1:1"])
        assert found == {"mode": "plugin", "program": str(tmp_path), "args": ["127.0.0.1:1"]}

    def test_a_policy_pack(self, tmp_path):
        (tmp_path / "__main__.py").touch()
        assert plugin_settings("analyzer", tmp_path, [])["mode"] == "analyzer"

    def test_a_package_that_exports_components(self, tmp_path):
        (tmp_path / "pyproject.toml").write_text('[project]\nname = "my-blocks"\n')
        found = plugin_settings("resource", tmp_path, [])
        assert (found["mode"], found["package"]) == ("package", "my-blocks")

    @pytest.mark.parametrize("kind", ["resource", "analyzer"])
    def test_nothing_to_run(self, tmp_path, kind):
        with pytest.raises(EngineError, match="no Python plugin in"):
            plugin_settings(kind, tmp_path, [])

    def test_a_policy_pack_is_never_a_package(self, tmp_path):
        (tmp_path / "pyproject.toml").write_text('[project]\nname = "rules"\n')
        with pytest.raises(EngineError, match="no Python plugin in"):
            plugin_settings("analyzer", tmp_path, [])


class TestEnvironment:
    """Guards children from what concerns only the host's own start: a wrong parent would end them at once."""

    def test_of_the_host(self, monkeypatch):
        monkeypatch.setenv("AIFACTORY_PLUGIN_PARENT", "1")
        monkeypatch.setenv("KEEP", "1")
        made = program_environment()
        assert "AIFACTORY_PLUGIN_PARENT" not in made
        assert made["KEEP"] == "1"
        assert os.environ["AIFACTORY_PLUGIN_PARENT"] == "1"

    def test_of_the_engine(self):
        assert program_environment({"AIFACTORY_PLUGIN_PARENT": "1", "A": "b"}) == {"A": "b", "PYTHONUNBUFFERED": "1"}
