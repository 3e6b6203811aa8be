"""Checkpoints that a killed engine left half written."""

import json

import pytest

from aifactory.local.engine import Stack
from aifactory.local.engine.checkpoints import restore

WHOLE = json.dumps({"version": 3, "checkpoint": {"stack": "organization/shop/local"}})


@pytest.fixture
def stack(engine):
    return Stack("local", "shop", engine.home, engine.home / "Pulumi.local.yaml")


@pytest.fixture
def file(engine):
    path = engine.backend / ".pulumi/stacks/shop/local.json"
    path.parent.mkdir(parents=True)
    return path


class TestRestore:
    """Prevents a stack that no command can read any more, because an engine was killed while it wrote."""

    @pytest.mark.parametrize("cut", ["", WHOLE[:20], "null", "\x00\x00"])
    def test_the_one_before_takes_its_place(self, engine, stack, file, cut):
        file.write_text(cut)
        file.with_name("local.json.bak").write_text(WHOLE)
        assert restore(engine, stack)
        assert file.read_text() == WHOLE
        assert sorted(path.name for path in file.parent.iterdir()) == ["local.json", "local.json.bak"]

    def test_a_whole_one_is_left_alone(self, engine, stack, file):
        file.write_text(WHOLE)
        file.with_name("local.json.bak").write_text(json.dumps({"version": 2}))
        assert not restore(engine, stack)
        assert file.read_text() == WHOLE

    @pytest.mark.parametrize("backup", [None, "", WHOLE[:20]])
    def test_without_a_whole_one_before_nothing_is_touched(self, engine, stack, file, backup):
        file.write_text("")
        if backup is not None:
            file.with_name("local.json.bak").write_text(backup)
        assert not restore(engine, stack)
        assert file.read_text() == ""

    def test_a_stack_that_has_none(self, engine, stack):
        assert not restore(engine, stack)
