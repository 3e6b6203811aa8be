"""Stacks: made once, configured apart from the checkout, mended after a kill. The CLI here writes down its arguments."""

import json

import pytest
import yaml

from aifactory.errors import EngineError
from aifactory.local.engine import outputs, repair, stack_init
from aifactory.local.engine.stacks import pending

CLI = """
import json, pathlib, sys
root = pathlib.Path(sys.argv[0]).parent
with open(root / "asked", "a") as file:
    file.write(json.dumps([sys.argv[1:], str(pathlib.Path.cwd())]) + "\\n")
words = sys.argv[1:]
if words[:2] == ["stack", "init"]:
    pathlib.Path(f"Pulumi.{words[2]}.yaml").write_text("encryptionsalt: v1:salt\\n")
    state = root / "state/.pulumi/stacks/shop" / f"{words[2]}.json"
    state.parent.mkdir(parents=True, exist_ok=True)
    state.write_text(json.dumps({"checkpoint": {"latest": {}}}))
if words[:2] == ["stack", "output"]:
    print(json.dumps({"url": "http://x", "word": "[secret]"}))
if words[:2] == ["stack", "export"]:
    pathlib.Path(words[words.index("--file") + 1]).write_text("{}")
if words[:2] == ["stack", "import"]:
    assert pathlib.Path(words[words.index("--file") + 1]).read_text() == "{}"
    state = root / "state/.pulumi/stacks/shop/local.json"
    state.write_text(json.dumps({"checkpoint": {"latest": {}}}))
"""


@pytest.fixture
def project(engine, fake, tmp_path):
    fake(CLI)
    directory = tmp_path / "project"
    (directory / "stacks").mkdir(parents=True)
    (directory / "Pulumi.yaml").write_text("name: shop\nruntime: python\nmain: stacks/\nstackConfigDir: stacks/\n")
    return directory


def asked(engine):
    path = engine.pulumi.parent / "asked"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def config(stack):
    return yaml.safe_load(stack.config_file.read_text())


class TestStackInit:
    """Guards the checkout and the salt: one belongs to the user, the other to this instance."""

    def test_it_is_made_in_the_private_home(self, engine, project):
        stack = stack_init(engine, project, "local")
        ((arguments, directory),) = asked(engine)
        assert arguments[:3] == ["stack", "init", "local"]
        assert "--no-select" in arguments
        assert directory == str(engine.home / "projects" / "shop") == str(stack.directory)
        assert config(stack) == {"encryptionsalt": "v1:salt"}
        assert sorted(path.name for path in project.rglob("*")) == ["Pulumi.yaml", "stacks"]

    def test_once(self, engine, project):
        first = stack_init(engine, project, "local")
        assert stack_init(engine, project, "local") == first
        assert len(asked(engine)) == 1

    def test_a_salt_without_a_state_is_not_used_again(self, engine, project):
        stack = stack_init(engine, project, "local")
        (engine.backend / ".pulumi/stacks/shop/local.json").unlink()
        stack.config_file.write_text("encryptionsalt: of the stack that was removed\n")
        assert config(stack_init(engine, project, "local")) == {"encryptionsalt": "v1:salt"}

    def test_plain_values_of_the_project_come_over_and_go_again(self, engine, project):
        own = project / "stacks" / "Pulumi.local.yaml"
        own.write_text("config:\n  shop:size: 3\n")
        stack = stack_init(engine, project, "local")
        assert config(stack) == {"encryptionsalt": "v1:salt", "config": {"shop:size": 3}}
        own.write_text("config:\n  shop:colour: red\n")
        stack_init(engine, project, "local")
        assert config(stack)["config"] == {"shop:colour": "red"}
        own.unlink()
        stack_init(engine, project, "local")
        assert config(stack) == {"encryptionsalt": "v1:salt"}

    def test_a_salt_of_the_project_is_not_taken(self, engine, project):
        (project / "stacks" / "Pulumi.local.yaml").write_text("encryptionsalt: of another machine\n")
        assert config(stack_init(engine, project, "local")) == {"encryptionsalt": "v1:salt"}

    def test_private_secrets_are_kept(self, engine, project):
        stack = stack_init(engine, project, "local")
        stack.config_file.write_text("encryptionsalt: v1:salt\nconfig:\n  shop:key: {secure: v1:abc}\n  shop:old: 1\n")
        stack_init(engine, project, "local")
        assert config(stack)["config"] == {"shop:key": {"secure": "v1:abc"}}

    @pytest.mark.parametrize("value", ["{secure: v1:x}", "{inner: {secure: v1:x}}", "[{secure: v1:x}]"])
    def test_secrets_of_the_project_are_refused_by_name(self, engine, project, value):
        (project / "stacks" / "Pulumi.local.yaml").write_text(f"config:\n  shop:key: {value}\n")
        with pytest.raises(EngineError, match=r"holds secrets: shop:key") as caught:
            stack_init(engine, project, "local")
        assert "v1:x" not in str(caught.value)

    @pytest.mark.parametrize("name", ["", "-x", "../up", ".hidden", "a/b", "a b"])
    def test_what_is_no_stack_name(self, engine, project, name):
        with pytest.raises(EngineError, match="is no stack name"):
            stack_init(engine, project, name)

    @pytest.mark.parametrize("content", ["name: ../../etc\n", "runtime: python\n"])
    def test_what_is_no_project_name(self, engine, project, content):
        (project / "Pulumi.yaml").write_text(content)
        with pytest.raises(EngineError, match="is no project name"):
            stack_init(engine, project, "local")

    @pytest.mark.parametrize("content", [None, "[1", "- a\n"])
    def test_no_project(self, engine, project, content):
        (project / "Pulumi.yaml").unlink()
        if content is not None:
            (project / "Pulumi.yaml").write_text(content)
        with pytest.raises(EngineError, match=r"Pulumi\.yaml"):
            stack_init(engine, project, "local")


class TestOutputs:
    """Guards secrets in what is shown: the CLI masks them unless it is asked not to."""

    def test_masked(self, engine, project):
        assert outputs(engine, stack_init(engine, project, "local")) == {"url": "http://x", "word": "[secret]"}
        assert "--show-secrets" not in str(asked(engine))


class TestRepair:
    """Guards the run after a kill: an operation that hangs in the state warns for ever and is never done."""

    def state(self, engine, *urns):
        path = engine.backend / ".pulumi/stacks/shop/local.json"
        operations = [{"resource": {"urn": urn}, "type": "creating"} for urn in urns]
        path.write_text(json.dumps({"checkpoint": {"latest": {"pending_operations": operations or None}}}))

    def test_what_is_pending_is_dropped_and_named(self, engine, project):
        stack = stack_init(engine, project, "local")
        self.state(engine, "urn:a", "urn:b")
        assert repair(engine, stack) == ["urn:a", "urn:b"]
        assert [words[1] for words, _ in asked(engine)] == ["init", "export", "import"]
        assert pending(engine, stack) == []
        assert not list(stack.directory.glob(".state*")), "a copy of the state was left"

    def test_nothing_pending_nothing_done(self, engine, project):
        stack = stack_init(engine, project, "local")
        self.state(engine)
        assert repair(engine, stack) == []
        assert len(asked(engine)) == 1

    def test_no_state(self, engine, project):
        stack = stack_init(engine, project, "local")
        (engine.backend / ".pulumi/stacks/shop/local.json").unlink()
        assert pending(engine, stack) == []
