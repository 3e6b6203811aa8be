"""Which modules a program imports, by its source."""

import textwrap

import pytest

from aifactory.local.plugins.language.imported import imported_modules


def write(directory, **files):
    for name, text in files.items():
        path = directory / (name.replace("__slash__", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))


class TestImportedModules:
    """Guards the choice of plugins: an SDK that the program uses must be seen, one that it does not must not."""

    @pytest.mark.parametrize(
        ("line", "found"),
        [
            ("import pulumi_aws", {"pulumi_aws"}),
            ("import pulumi_aws.ec2 as ec2, json", {"pulumi_aws", "json"}),
            ("from pulumi_aws import ec2", {"pulumi_aws"}),
            ("from pulumi_aws.ec2 import Vpc", {"pulumi_aws"}),
            ("def f():\n    import pulumi_aws", {"pulumi_aws"}),
            ("# import pulumi_aws", set()),
            ("text = 'import pulumi_aws'", set()),
        ],
    )
    def test_forms_of_import(self, tmp_path, line, found):
        write(tmp_path, __main__=line)
        assert imported_modules(tmp_path) == found

    def test_the_programs_own_modules_are_followed(self, tmp_path):
        write(
            tmp_path,
            __main__="import one\nfrom parts import two\nfrom parts.three import thing",
            one="import pulumi_aws",
            parts__slash____init__="import pulumi_random",
            parts__slash__two="from . import four",
            parts__slash__three="from .five import x\nfrom ..one import y",
            parts__slash__four="import pulumi_tls",
            parts__slash__five="import pulumi_command",
        )
        assert imported_modules(tmp_path) == {
            "pulumi_aws",
            "pulumi_random",
            "pulumi_tls",
            "pulumi_command",
        }

    def test_what_the_program_never_imports_does_not_count(self, tmp_path):
        """Tests and scripts beside a program may use SDKs that it does not."""
        write(tmp_path, __main__="import json", scratch="import pulumi_aws")
        assert imported_modules(tmp_path) == {"json"}

    def test_circles_end(self, tmp_path):
        write(tmp_path, __main__="import one", one="import two", two="import one, pulumi_aws")
        assert imported_modules(tmp_path) == {"pulumi_aws"}

    def test_a_file_as_entry(self, tmp_path):
        write(tmp_path, other="import pulumi_aws", __main__="import pulumi_tls")
        assert imported_modules(tmp_path / "other.py") == {"pulumi_aws"}

    @pytest.mark.parametrize("text", ["this is no python", "\0", ""])
    def test_what_cannot_be_read_says_nothing(self, tmp_path, text):
        (tmp_path / "__main__.py").write_text(text)
        assert imported_modules(tmp_path) == set()

    def test_nothing_there(self, tmp_path):
        assert imported_modules(tmp_path) == set()

    def test_relative_imports_beyond_the_top_do_not_leave_the_program(self, tmp_path):
        write(tmp_path, __main__="from ... import secrets_of_others")
        assert imported_modules(tmp_path) == {"secrets_of_others"}
