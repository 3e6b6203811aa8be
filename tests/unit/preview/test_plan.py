"""Plans of Pulumi, read without their secrets."""

import json
from pathlib import Path

import pytest

from aifactory.errors import SpecError
from aifactory.policy.values import UNKNOWN
from aifactory.preview import parse_plan, read_plan
from tests.unit.preview import plans
from tests.unit.preview.plans import plan, state, step

BUCKET = "aws:s3/bucket:Bucket"
DATABASE = "aws:rds/instance:Instance"


class TestReading:
    """Prevents a plan from being taken for another, or for none, and its secrets from getting in."""

    def test_stack_project_and_counts(self) -> None:
        found = parse_plan(plan(step("create", new=state(BUCKET, "data"))), "plan")
        assert (found.stack, found.project) == ("prod", "shop")
        assert found.counts() == {"create": 1, "same": 1}

    def test_a_secret_and_what_is_not_known_yet_are_values_that_nobody_knows(self) -> None:
        new = state(BUCKET, "data", password="[secret]", arn=plans.UNKNOWN, tags=["[secret]", "plain"])
        (_, made) = parse_plan(plan(step("create", new=new)), "plan").steps
        assert made.after is not None
        assert made.after.properties == {"password": UNKNOWN, "arn": UNKNOWN, "tags": [UNKNOWN, "plain"]}

    def test_the_provider_comes_along(self) -> None:
        (_, made) = parse_plan(plan(step("create", new=state(BUCKET, "data"))), "plan").steps
        assert made.after is not None
        assert made.after.provider == {"region": "eu-central-1"}

    def test_a_plan_that_changes_nothing(self) -> None:
        found = parse_plan(json.dumps({"changeSummary": {"same": 3}}).encode(), "plan")
        assert found.steps == ()
        assert found.counts() == {}

    @pytest.mark.parametrize("text", [b"", b"no json", b"[]", b"{}", b'{"steps": 3}', b"\xff"])
    def test_what_is_no_plan_is_refused_and_not_repeated(self, text: bytes) -> None:
        with pytest.raises(SpecError, match="pulumi preview --json") as refused:
            parse_plan(text, "here.json")
        assert "here.json" in str(refused.value)
        assert "no json" not in str(refused.value).replace("is no JSON", "")

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(SpecError, match="cannot be read"):
            read_plan(tmp_path / "none.json")


class TestAlarms:
    """Prevents a replaced or deleted resource from hiding among changes."""

    def test_replaced_is_said_once_with_the_reason(self) -> None:
        old, new = state(DATABASE, "billing", engine="12"), state(DATABASE, "billing", engine="13")
        steps = [
            step("create-replacement", old, new, replaceReasons=["engine"]),
            step("replace", old, new, replaceReasons=["engine"]),
            step("delete-replaced", old),
        ]
        found = parse_plan(plan(*steps), "plan")
        (replaced,) = found.replaced
        assert replaced.name == f"{DATABASE} billing"
        assert found.deleted == ()

    def test_deleted(self) -> None:
        found = parse_plan(plan(step("delete", state(DATABASE, "billing", protect=True))), "plan")
        (gone,) = found.deleted
        assert gone.protect
        assert gone.after is None

    def test_an_update_is_neither(self) -> None:
        old = state(DATABASE, "billing")
        found = parse_plan(plan(step("update", old, old)), "plan")
        assert found.replaced == found.deleted == ()
