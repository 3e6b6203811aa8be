"""`aifactory diff` on what the real engine writes for a stack that never heard of aifactory."""

import json

import pytest
import yaml
from typer.testing import CliRunner

from aifactory.cli import app
from tests.engine.support.cloud_stack import CloudStack
from tests.engine.support.workbench import STACK
from tests.unit.policy.strict import profile
from tests.unit.policy.test_configuration import FACTORY

pytestmark = pytest.mark.engine

CANARY = "canary-4711-hunter2"

PROGRAM = """
german = ResourceOptions(provider=provider("aws", "frankfurt", region="eu-central-1"))
make("aws:s3/bucket:Bucket", "data", german, region="{region}", token=Output.secret("{canary}"))
"""


@pytest.fixture
def stack(tmp_path, toolset):
    stack = CloudStack(tmp_path, toolset)
    yield stack
    stack.bench.end()


@pytest.fixture
def factory(tmp_path):
    region = FACTORY["regions"]["prod"] | {"profiles": ["strict"]}
    path = tmp_path / "factory.yaml"
    path.write_text(yaml.safe_dump({**FACTORY, "profiles": {"strict": profile("residency")}, "regions": {STACK: region}}))
    return path


def diff(stack, factory, *args):
    """Preview as a pipeline does, and read the preview."""
    stack.bench.stack()
    file = stack.bench.root / "preview.json"
    file.write_text(stack.bench.pulumi("preview", "--json", "--stack", STACK).stdout)
    return CliRunner().invoke(app, ["diff", str(file), "--factory", str(factory), "--as-of", "2026-11-22", *args])


class TestForeignStack:
    """Prevents a reader of previews that only reads what its own tests write."""

    def test_a_change_that_brings_a_denial(self, stack, factory):
        stack.write(PROGRAM.format(region="eu-central-1", canary=CANARY))
        first = diff(stack, factory)
        assert first.exit_code == 0, first.output
        assert "create" in first.output
        stack.bench.up()

        stack.write(PROGRAM.format(region="us-east-1", canary=CANARY))
        moved = diff(stack, factory)
        assert moved.exit_code == 1, moved.output
        assert "would block: residency: test/aws:s3/bucket:Bucket data/storage" in moved.output
        assert "place.country: DE -> US" in moved.output
        assert CANARY not in moved.output

        (found,) = json.loads(diff(stack, factory, "--format", "json").stdout)
        assert (found["project"], found["stack"], found["blocking"]) == ("bench", STACK, 1)
        assert CANARY not in json.dumps(found)
