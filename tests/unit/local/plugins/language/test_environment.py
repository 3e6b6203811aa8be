"""What is installed where a program runs, and what follows from what."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from aifactory.errors import EngineError
from aifactory.local.plugins.language import probe
from aifactory.local.plugins.language.environment import Environment


def distribution(name, version="1.0", requires=(), modules=None, plugin=None):
    modules = [name.replace("-", "_")] if modules is None else modules
    return {"name": name, "version": version, "requires": list(requires), "modules": modules, "plugin": plugin}


def environment(*distributions, **markers):
    return Environment.parse({"distributions": distributions, "markers": {**probe.markers(), **markers}})


def closure(made, *roots):
    return [item.name for item in made.closure(Requirement(root) for root in roots)]


class TestClosure:
    """Guards what counts as used: too much, and an on-premises user fetches the plugins of clouds."""

    def test_what_is_needed_directly_and_indirectly(self):
        made = environment(
            distribution("app", requires=["sdk>=1"]),
            distribution("sdk", requires=["core"]),
            distribution("core"),
            distribution("other"),
        )
        assert closure(made, "app") == ["app", "core", "sdk"]

    def test_an_extra_counts_only_where_it_is_asked_for(self):
        made = environment(
            distribution("aifactory", requires=["kube", 'aws; extra == "aws"', 'azure; extra == "azure"']),
            distribution("kube"),
            distribution("aws"),
            distribution("azure"),
        )
        assert closure(made, "aifactory") == ["aifactory", "kube"]
        assert closure(made, "aifactory[aws]") == ["aifactory", "aws", "kube"]

    def test_an_extra_of_an_extra(self):
        made = environment(
            distribution("app", requires=['app[local]; extra == "dev"', 'disk; extra == "local"']), distribution("disk")
        )
        assert closure(made, "app[dev]") == ["app", "disk"]

    def test_asking_without_an_extra_does_not_hide_asking_with_it(self):
        made = environment(
            distribution("one", requires=["shared"]),
            distribution("two", requires=["shared[more]"]),
            distribution("shared", requires=['extra-thing; extra == "more"']),
            distribution("extra-thing"),
        )
        assert "extra-thing" in closure(made, "one", "two")
        assert "extra-thing" in closure(made, "two", "one")

    def test_markers_are_those_of_the_programs_interpreter(self):
        made = environment(
            distribution("app", requires=['old; python_version < "3.10"', 'win; sys_platform == "win32"']),
            distribution("old"),
            distribution("win"),
            python_version="3.9",
        )
        assert closure(made, "app") == ["app", "old"]

    def test_names_are_written_in_many_ways(self):
        made = environment(distribution("Pulumi_Aws"))
        assert closure(made, "pulumi.aws") == ["Pulumi_Aws"]

    def test_circles_end_and_what_is_absent_is_passed_over(self):
        made = environment(distribution("a", requires=["b", "gone"]), distribution("b", requires=["a"]))
        assert closure(made, "a", "nowhere") == ["a", "b"]

    def test_a_line_that_no_tool_accepts_is_passed_over(self):
        made = environment(distribution("a", requires=["b (!bad", "c"]), distribution("c"))
        assert closure(made, "a") == ["a", "c"]


class TestQueries:
    """Guards the checks of InstallDependencies."""

    def test_unmet(self):
        made = environment(distribution("a", "1.5"), distribution("b", "2.0rc1"), distribution("odd", "unknown"))
        wanted = [
            Requirement(text) for text in ("a>=1,<2", "a>=2", "b>=1", "odd>=1", "gone", 'gone; sys_platform == "win32"')
        ]
        assert [str(item) for item in made.unmet(wanted)] == ["a>=2", "gone"]

    def test_providing(self):
        made = environment(distribution("PyYAML", modules=["yaml", "_yaml"]), distribution("other"))
        assert [item.name for item in made.providing({"yaml", "json"})] == ["PyYAML"]


class TestOf:
    """Guards the asking of an interpreter, which may be broken or another one than ours."""

    def test_the_present_one(self):
        made = Environment.of(Path(sys.executable))
        kubernetes = made.get("pulumi-kubernetes")
        assert kubernetes is not None
        assert kubernetes.plugin is not None
        assert kubernetes.plugin["name"] == "kubernetes"
        assert "pulumi_kubernetes" in kubernetes.modules

    def test_another_one_is_asked_by_a_process(self, tmp_path):
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
        made = Environment.of(tmp_path / "venv" / "bin" / "python")
        assert made.get("pulumi") is None

    @pytest.mark.parametrize("script", ["#!/bin/sh\nexit 3\n", "no program at all"])
    def test_one_that_does_not_answer(self, tmp_path, script):
        python = tmp_path / "python"
        python.write_text(script)
        python.chmod(0o755)
        with pytest.raises(EngineError, match="does not say what is installed in it"):
            Environment.of(python)

    def test_one_that_is_not_there(self, tmp_path):
        with pytest.raises(EngineError, match="does not say"):
            Environment.of(tmp_path / "python")


class TestProbe:
    """Guards what is read of distributions; it runs in interpreters that have nothing but the standard library."""

    def test_it_stands_alone(self):
        done = subprocess.run([sys.executable, "-I", "-S", probe.__file__], capture_output=True, text=True, check=True)
        assert set(json.loads(done.stdout)) == {"markers", "distributions"}

    @pytest.mark.parametrize(
        ("line", "module"),
        [
            ("pulumi_aws/__init__.py,sha256=x,1", "pulumi_aws"),
            ("six.py,,", "six"),
            ("pulumi_aws-7.0.dist-info/METADATA,,", None),
            ("../../bin/tool,,", None),
            ("__pycache__/six.cpython-311.pyc,,", None),
            ("_app.pth,,", None),
        ],
    )
    def test_the_module_of_a_line_of_record(self, line, module):
        assert probe.module_of(line) == module

    def test_an_sdk_with_its_plugin_file(self, tmp_path):
        info = tmp_path / "pulumi_x-1.2.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Name: pulumi_x\nVersion: 1.2\nRequires-Dist: pulumi>=3\n")
        (info / "RECORD").write_text("pulumi_x/__init__.py,,\npulumi_x/pulumi-plugin.json,,\n")
        (tmp_path / "pulumi_x").mkdir()
        (tmp_path / "pulumi_x" / "pulumi-plugin.json").write_text('{"resource": true, "name": "x"}')
        (found,) = probe.importlib.metadata.distributions(path=[str(tmp_path)])
        assert probe.describe(found, "pulumi_x") == {
            "name": "pulumi_x",
            "version": "1.2",
            "requires": ["pulumi>=3"],
            "modules": ["pulumi_x"],
            "plugin": {"resource": True, "name": "x"},
        }

    def test_a_broken_plugin_file_is_none(self, tmp_path):
        info = tmp_path / "pulumi_x-1.2.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Name: pulumi_x\nVersion: 1.2\nRequires-Dist: pulumi>=3\n")
        (tmp_path / "pulumi_x").mkdir()
        (tmp_path / "pulumi_x" / "pulumi-plugin.json").write_text("{")
        (found,) = probe.importlib.metadata.distributions(path=[str(tmp_path)])
        assert probe.describe(found, "pulumi_x")["plugin"] is None

    def test_an_editable_install_is_known_by_its_name(self):
        made = Environment.of(Path(sys.executable)).get("aifactory")
        assert made is not None
        assert made.modules == ("aifactory",)
