"""`aifactory mirror list|script`: what is printed, and with which exit code."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from aifactory.mirror_command import mirror
from tests.unit.mirror.regions import MIRROR, on_prem


def call(*arguments: str) -> Result:
    app = typer.Typer()
    app.add_typer(mirror, name="mirror")
    return CliRunner().invoke(app, ["mirror", *arguments])


@pytest.fixture
def factory(tmp_path: Path) -> Any:
    def write(**changes: Any) -> str:
        file = tmp_path / "factory.yaml"
        file.write_text(on_prem(**changes).model_dump_json(exclude_none=True, exclude_defaults=True))
        return str(file)

    return write


class TestList:
    """Prevents a list that a person cannot read, a program cannot parse, or a script counts wrong."""

    def test_shipped_region(self) -> None:
        done = call("list", "--region", "local")
        assert done.exit_code == 0
        assert done.output.startswith("Region local refers to 0 charts, ")
        assert "ghcr.io/llm-d/llm-d-cuda:v0.8.0\n         unpinned; model assistant" in done.output

    def test_json_says_all_of_each(self, factory: Any) -> None:
        done = call("list", "-r", "here", "-f", factory(registry=MIRROR), "-o", "json")
        assert done.exit_code == 0, done.output
        found = json.loads(done.output)
        assert set(found) == {"region", "items", "gaps", "problems"}
        (vllm,) = [item for item in found["items"] if item["name"] == "ghcr.io/llm-d/llm-d-cuda"]
        assert vllm == {
            "kind": "image",
            "name": "ghcr.io/llm-d/llm-d-cuda",
            "tag": "v0.8.0",
            "digest": None,
            "pinned": False,
            "reference": "ghcr.io/llm-d/llm-d-cuda:v0.8.0",
            "way": "mirror",
            "target": "registry.internal:5000/cache/ghcr.io/llm-d/llm-d-cuda",
            "target_tag": "v0.8.0",
            "used_by": ["model assistant"],
        }

    def test_lines_are_names_alone(self, factory: Any) -> None:
        file = factory()
        lines = call("list", "-r", "here", "-f", file, "-o", "lines").output.splitlines()
        items = json.loads(call("list", "-r", "here", "-f", file, "-o", "json").output)["items"]
        assert lines == [item["reference"] for item in items]
        assert not [line for line in lines if " " in line]

    def test_text_says_where_each_must_lie(self, factory: Any) -> None:
        output = call("list", "-r", "here", "-f", factory(registry=MIRROR)).output
        assert "-> registry.internal:5000/cache/ghcr.io/llm-d/llm-d-cuda:v0.8.0" in output
        assert "aifactory operators fetch keeps it in a bundle" in output
        assert "Not in this list, because somebody else decides:" in output
        assert "aifactory mirror script --region here prints how" in output

    @pytest.mark.parametrize("form", ["text", "json", "lines"])
    def test_what_has_no_way_is_an_error_in_every_form(self, factory: Any, form: str) -> None:
        file = factory(registry={"mirrors": {"ghcr.io": "registry.internal/ghcr"}})
        done = call("list", "-r", "here", "-f", file, "-o", form)
        assert done.exit_code == 1
        assert done.stderr.startswith("error: ")
        assert "quay.io/containerdisks/fedora" in done.stderr
        assert "has no mirror here" in done.stderr

    def test_wrong_region_and_file(self, factory: Any, tmp_path: Path) -> None:
        assert call("list", "-r", "hre", "-f", factory()).exit_code == 2
        assert call("list", "-r", "here", "-f", str(tmp_path / "none.yaml")).exit_code == 2

    def test_a_broken_bundle_is_refused(self, factory: Any, tmp_path: Path) -> None:
        (tmp_path / "operators" / "kueue-0.19.2").mkdir(parents=True)
        done = call("list", "-r", "here", "-f", factory())
        assert done.exit_code == 2
        assert "bundle.json" in done.output


class TestScript:
    """Prevents half a script on standard output, which somebody would pipe into a shell."""

    def test_printed(self, factory: Any) -> None:
        done = call("script", "-r", "here", "-f", factory(registry=MIRROR))
        assert done.exit_code == 0, done.output
        assert done.stdout.startswith("#!/bin/sh\n")

    def test_nothing_on_standard_output_when_something_has_no_way(self, factory: Any) -> None:
        done = call("script", "-r", "here", "-f", factory(registry={"mirrors": {"ghcr.io": "registry.internal/ghcr"}}))
        assert done.exit_code == 1
        assert done.stdout == ""
        assert "has no mirror here" in done.stderr

    def test_without_a_registry(self, factory: Any) -> None:
        done = call("script", "-r", "here", "-f", factory())
        assert done.exit_code == 2
        assert done.stdout == ""
        assert "registry: {mirror: HOST/PATH}" in done.stderr
