"""InstallDependencies: what is checked, what is installed, and where nothing may be installed."""

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from aifactory.errors import EngineError
from aifactory.local.plugins.language import install as install_module
from aifactory.local.plugins.language.install import install


def lines(options, root):
    return list(install(options, root, root))


class TestWithoutAnEnvironmentOfItsOwn:
    """Guards the environment of aifactory: nobody's `pulumi install` may change it."""

    def test_what_is_there_is_said_to_be_there(self, tmp_path):
        (tmp_path / "requirements.txt").write_text("pulumi>=3\n-e ../other\n")
        said = lines({}, tmp_path)
        assert any("Dependencies are there (1 of" in line for line in said)
        assert "Not checked: -e ../other" in said

    def test_nothing_declared(self, tmp_path):
        assert "none declared" in lines({}, tmp_path)[0]

    def test_what_is_missing_is_named_and_not_installed(self, tmp_path):
        (tmp_path / "requirements.txt").write_text("pulumi<1\nno-such-package-anywhere\n")
        with pytest.raises(EngineError) as caught:
            lines({}, tmp_path)
        text = str(caught.value)
        assert "lacks pulumi<1, no-such-package-anywhere; nothing was installed" in text
        assert "runtime.options.virtualenv" in text


class TestWithOne:
    """Guards the virtual environment of a project: made, filled, and left alone when it is complete."""

    @pytest.fixture
    def venv(self, tmp_path):
        """An environment whose pip only says what it was asked for, and which has a `pulumi`."""
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
        site = next((tmp_path / "venv" / "lib").glob("python*/site-packages"))
        (site / "pip").mkdir()
        (site / "pip" / "__main__.py").write_text(
            "import os, sys\nprint('pip', *sys.argv[1:])\nsys.exit(int(os.environ.get('PIP_FAILS', '0')))\n"
        )
        self.provide(site, "pulumi", "3.300.0")
        return site

    def provide(self, site, name, version):
        info = site / f"{name}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Name: {name}\nVersion: {version}\n")

    def test_complete(self, tmp_path, venv):
        (tmp_path / "requirements.txt").write_text("pulumi>=3\n")
        (said,) = lines({"virtualenv": "venv"}, tmp_path)
        assert "nothing was installed" in said

    def test_incomplete(self, tmp_path, venv):
        (tmp_path / "requirements.txt").write_text("pulumi>=3\nother\n")
        said = lines({"virtualenv": "venv"}, tmp_path)
        assert said[-1] == f"pip --disable-pip-version-check install -r {tmp_path}/requirements.txt"

    def test_a_project_that_can_be_installed_is_installed_itself(self, tmp_path, venv):
        (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\n[build-system]\nrequires = []\n')
        assert lines({"virtualenv": "venv"}, tmp_path)[-1].endswith(f"install {tmp_path}")

    def test_a_pyproject_that_cannot_gives_its_dependencies(self, tmp_path, venv):
        (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\ndependencies = ["one", "two>=2"]\n')
        assert lines({"virtualenv": "venv"}, tmp_path)[-1].endswith("install one two>=2")

    def test_the_sdk_comes_even_where_nothing_asks_for_it(self, tmp_path, venv):
        for path in venv.glob("pulumi-*/METADATA"):
            path.unlink()
        assert lines({"virtualenv": "venv"}, tmp_path)[-1].endswith("install pulumi")

    def test_pip_fails(self, tmp_path, venv, monkeypatch):
        monkeypatch.setenv("PIP_FAILS", "7")
        (tmp_path / "requirements.txt").write_text("other\n")
        with pytest.raises(EngineError, match=r"failed with exit code 7(.|\n)*incomplete"):
            lines({"virtualenv": "venv"}, tmp_path)

    def test_one_that_is_missing_is_made(self, tmp_path, monkeypatch):
        """A stand-in of Python makes it: the real module takes seconds to unpack pip."""
        python = tmp_path / "python"
        python.write_text(f'#!/bin/sh\nmkdir -p "$3/bin" && ln -s {sys.executable} "$3/bin/python"\n')
        python.chmod(0o755)
        monkeypatch.setattr(install_module, "sys", SimpleNamespace(executable=str(python)))
        said = lines({"virtualenv": "new"}, tmp_path)
        assert said[0] == f"Creating the virtual environment {tmp_path}/new"
        assert os.access(tmp_path / "new" / "bin" / "python", os.X_OK)

    @pytest.mark.parametrize(("toolchain", "command"), [("uv", "uv sync"), ("poetry", "poetry install")])
    def test_other_toolchains_are_for_their_own_program(self, tmp_path, toolchain, command):
        with pytest.raises(EngineError, match=rf"does not run {toolchain}(.|\n)*run `{command}`"):
            lines({"toolchain": toolchain}, tmp_path)
