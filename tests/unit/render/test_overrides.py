"""Overrides add to what a block decides."""

import pytest

from aifactory.errors import SpecError
from aifactory.render.overrides import with_overrides

DECIDED = {"instances": 3, "postgresql": {"parameters": {"shared_buffers": "1GB"}}}


class TestOverrides:
    """Prevents a rule that was judged on a spec from being undone by a field merged over it."""

    def test_new_fields_are_added_at_any_depth(self) -> None:
        merged = with_overrides("Postgres b", DECIDED, {"postgresql": {"pg_hba": ["x"]}, "logLevel": "debug"})
        assert merged == {
            "instances": 3,
            "logLevel": "debug",
            "postgresql": {"parameters": {"shared_buffers": "1GB"}, "pg_hba": ["x"]},
        }
        assert DECIDED["postgresql"] == {"parameters": {"shared_buffers": "1GB"}}, "the block's own was changed"

    def test_every_decided_field_is_refused_at_once_with_its_place(self) -> None:
        with pytest.raises(SpecError) as caught:
            with_overrides("Postgres b", DECIDED, {"instances": 1, "postgresql": {"parameters": {"shared_buffers": "9GB"}}})
        found = {problem.where: problem for problem in caught.value.problems}
        assert set(found) == {"overrides.instances", "overrides.postgresql.parameters.shared_buffers"}
        assert found["overrides.instances"].nearest == "3"

    def test_a_mapping_cannot_be_replaced_by_a_word(self) -> None:
        with pytest.raises(SpecError, match="is decided by the component"):
            with_overrides("Postgres b", DECIDED, {"postgresql": "none"})

    def test_the_same_value_is_no_conflict(self) -> None:
        assert with_overrides("Postgres b", DECIDED, {"instances": 3}) == DECIDED
