"""The conformance table in the documentation."""

from tests.engine import test_kubernetes_plugin
from tests.engine.support import behaviours


class TestTable:
    """Prevents a table that promises what no test proves, or keeps silent about what one does."""

    def test_the_document_is_what_the_tests_say(self):
        assert behaviours.written(behaviours.DOCUMENT.read_text()) == behaviours.table()

    def test_every_row_names_a_test_that_is_there(self):
        for row in behaviours.ROWS:
            place, test = row.test.split("::")
            assert hasattr(getattr(test_kubernetes_plugin, place), test)

    def test_every_test_is_a_row(self):
        rows = {row.test for row in behaviours.ROWS}
        for name, place in vars(test_kubernetes_plugin).items():
            if name.startswith("Test"):
                assert {f"{name}::{test}" for test in vars(place) if test.startswith("test_")} <= rows
