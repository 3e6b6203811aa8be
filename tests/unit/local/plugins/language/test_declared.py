"""What a program says it needs."""

import pytest

from aifactory.errors import EngineError
from aifactory.local.plugins.language.declared import Declared, project_name, read


def names(declared: Declared) -> list[str]:
    return [str(requirement) for requirement in declared.requirements]


class TestRequirementsTxt:
    """Guards the reading of requirements.txt: a line that is dropped is an SDK whose plugin is not there."""

    def test_comments_options_and_continuations(self, tmp_path):
        (tmp_path / "requirements.txt").write_text(
            "# a comment\n"
            "pulumi>=3,<4  # the SDK\n"
            "--index-url https://example.org/simple\n"
            "\n"
            "pulumi-aws==7.51.0 \\\n    --hash=sha256:abc\n"
            "aifactory[local] ; python_version >= '3.11'\n"
        )
        assert names(read([tmp_path])) == [
            "pulumi<4,>=3",
            "pulumi-aws==7.51.0",
            'aifactory[local]; python_version >= "3.11"',
        ]

    @pytest.mark.parametrize("option", ["-r more.txt", "--requirement more.txt", "--requirement=more.txt"])
    def test_included_files(self, tmp_path, option):
        (tmp_path / "requirements.txt").write_text(f"a\n{option}\n")
        (tmp_path / "more.txt").write_text("b\n")
        assert names(read([tmp_path])) == ["a", "b"]

    def test_constraints_ask_for_nothing(self, tmp_path):
        (tmp_path / "requirements.txt").write_text("a\n-c constraints.txt\n")
        (tmp_path / "constraints.txt").write_text("b==1\n")
        assert names(read([tmp_path])) == ["a"]

    def test_lines_without_a_name_are_kept_as_they_are(self, tmp_path):
        (tmp_path / "requirements.txt").write_text("-e ../sdk\n./wheels/one.whl\n")
        assert read([tmp_path]).opaque == ("-e ../sdk", "./wheels/one.whl")

    def test_a_file_that_includes_itself_is_an_error_and_no_endless_loop(self, tmp_path):
        (tmp_path / "requirements.txt").write_text("-r more.txt\n")
        (tmp_path / "more.txt").write_text("-r requirements.txt\n")
        with pytest.raises(EngineError, match="includes itself"):
            read([tmp_path])

    def test_an_included_file_that_is_missing(self, tmp_path):
        (tmp_path / "requirements.txt").write_text("-r absent.txt\n")
        with pytest.raises(EngineError, match=r"absent\.txt cannot be read"):
            read([tmp_path])


class TestPyproject:
    """Guards the reading of pyproject.toml."""

    def test_dependencies_and_whether_it_can_be_installed(self, tmp_path):
        (tmp_path / "pyproject.toml").write_text(
            '[project]\nname = "x"\ndependencies = ["pulumi", "pulumi-aws>=7"]\n'
            '[project.optional-dependencies]\nextra = ["pulumi-azure-native"]\n'
            '[build-system]\nrequires = ["hatchling"]\n'
        )
        found = read([tmp_path])
        assert names(found) == ["pulumi", "pulumi-aws>=7"]
        assert found.installable

    def test_tool_settings_alone(self, tmp_path):
        (tmp_path / "pyproject.toml").write_text("[tool.ruff]\nline-length = 100\n")
        assert read([tmp_path]) == Declared(tmp_path / "pyproject.toml")

    @pytest.mark.parametrize("text", ["[project\n", '[project]\ndependencies = ["not a requirement!"]\n'])
    def test_a_broken_one_is_named(self, tmp_path, text):
        (tmp_path / "pyproject.toml").write_text(text)
        with pytest.raises(EngineError, match=r"pyproject\.toml cannot be read"):
            read([tmp_path])

    @pytest.mark.parametrize(
        ("text", "name"), [('[project]\nname = "my-pack"\n', "my-pack"), ("", None), ("[broken\n", None), (None, None)]
    )
    def test_its_name(self, tmp_path, text, name):
        if text is not None:
            (tmp_path / "pyproject.toml").write_text(text)
        assert project_name(tmp_path) == name


class TestPrecedence:
    """Guards which file counts, as the official host has it: the program's before the root's."""

    def test_the_first_directory_that_declares(self, tmp_path):
        program = tmp_path / "stacks"
        program.mkdir()
        (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\ndependencies = ["root"]\n')
        assert names(read([program, tmp_path])) == ["root"]
        (program / "requirements.txt").write_text("own\n")
        assert names(read([program, tmp_path])) == ["own"]

    def test_requirements_before_pyproject(self, tmp_path):
        (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\ndependencies = ["b"]\n')
        (tmp_path / "requirements.txt").write_text("a\n")
        assert names(read([tmp_path])) == ["a"]

    def test_nothing_declared(self, tmp_path):
        assert read([tmp_path]) == Declared()
