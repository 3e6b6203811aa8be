"""Which Python runs a program."""

import os
import sys
from pathlib import Path

import pytest

from aifactory.errors import EngineError
from aifactory.local.plugins.language.interpreter import Interpreter, resolve, virtualenv_directory


def make_venv(directory: Path) -> Path:
    (directory / "bin").mkdir(parents=True)
    (directory / "bin" / "python").symlink_to(sys.executable)
    return directory


class TestResolve:
    """Guards `runtime.options`: a program that runs in another environment sees other SDKs."""

    def test_without_options_it_is_the_one_of_aifactory(self, tmp_path):
        assert resolve({}, tmp_path) == Interpreter(Path(sys.executable))

    def test_a_relative_environment_belongs_to_the_projects_root(self, tmp_path):
        make_venv(tmp_path / "venv")
        found = resolve({"virtualenv": "venv"}, tmp_path)
        assert found == Interpreter(tmp_path / "venv" / "bin" / "python", tmp_path / "venv")

    def test_the_link_is_not_followed(self, tmp_path):
        """A resolved link is the system's Python, which knows nothing of the environment."""
        make_venv(tmp_path / "venv")
        assert resolve({"virtualenv": "venv"}, tmp_path).executable != Path(sys.executable).resolve()

    def test_an_absolute_environment(self, tmp_path):
        make_venv(tmp_path / "elsewhere")
        found = resolve({"virtualenv": str(tmp_path / "elsewhere")}, tmp_path / "project")
        assert found.virtualenv == tmp_path / "elsewhere"

    def test_one_that_is_missing_is_an_error_with_the_command_that_makes_it(self, tmp_path):
        with pytest.raises(EngineError, match=r"venv has no bin/python(.|\n)*pulumi install"):
            resolve({"virtualenv": "venv"}, tmp_path)

    def test_one_that_is_missing_may_be_asked_for_by_who_makes_it(self, tmp_path):
        assert resolve({"virtualenv": "venv"}, tmp_path, must_exist=False).executable == tmp_path / "venv/bin/python"

    def test_an_unknown_toolchain_is_refused_with_the_known_ones(self, tmp_path):
        with pytest.raises(EngineError, match=r"'conda'(.|\n)*pip, uv or poetry"):
            resolve({"toolchain": "conda"}, tmp_path)


class TestToolchains:
    """Guards uv and poetry, which keep one environment for a whole workspace."""

    def test_beside_the_project(self, tmp_path):
        make_venv(tmp_path / ".venv")
        (tmp_path / "pyproject.toml").touch()
        assert virtualenv_directory({"toolchain": "uv"}, tmp_path) == tmp_path / ".venv"

    def test_of_the_workspace_above(self, tmp_path):
        make_venv(tmp_path / ".venv")
        member = tmp_path / "members" / "one"
        member.mkdir(parents=True)
        for directory in (tmp_path, tmp_path / "members", member):
            (directory / "pyproject.toml").touch()
        assert virtualenv_directory({"toolchain": "uv"}, member) == tmp_path / ".venv"

    def test_one_of_a_stranger_above_is_not_taken(self, tmp_path):
        make_venv(tmp_path / ".venv")
        project = tmp_path / "project"
        project.mkdir()
        (project / "pyproject.toml").touch()
        assert virtualenv_directory({"toolchain": "poetry"}, project) == project / ".venv"

    def test_a_named_environment_goes_first(self, tmp_path):
        assert virtualenv_directory({"toolchain": "uv", "virtualenv": "mine"}, tmp_path) == tmp_path / "mine"


class TestEnvironment:
    """Guards what the program starts in turn: `python` there must be the program's own."""

    def test_the_environments_programs_come_first(self, tmp_path):
        interpreter = Interpreter(tmp_path / "bin" / "python", tmp_path)
        made = interpreter.environment({"PATH": "/usr/bin", "PYTHONHOME": "/wrong", "KEEP": "1"})
        assert made == {
            "PATH": os.pathsep.join([str(tmp_path / "bin"), "/usr/bin"]),
            "VIRTUAL_ENV": str(tmp_path),
            "KEEP": "1",
        }

    def test_without_a_path_there_is_no_empty_entry(self, tmp_path):
        """An empty entry means the working directory."""
        assert Interpreter(tmp_path / "bin" / "python", tmp_path).environment({})["PATH"] == str(tmp_path / "bin")

    def test_without_an_environment_nothing_changes(self):
        base = {"PATH": "/usr/bin", "PYTHONHOME": "/kept"}
        made = Interpreter(Path(sys.executable)).environment(base)
        assert made == base
        assert made is not base
