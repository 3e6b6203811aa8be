"""docs/regions.md says what the catalog says."""

from pathlib import Path

import pytest

from aifactory.catalog import blocs, export_groups, hosts, locations, organizations
from aifactory.catalog.facts_document import COMMAND, SECTIONS, markers, renew

PAGE = Path(__file__).parents[3] / "docs" / "regions.md"


class TestPage:
    """Prevents a page that tells other facts than those that rules judge by."""

    def test_it_is_made_of_the_facts_as_they_are(self) -> None:
        text = PAGE.read_text(encoding="utf-8")
        assert renew(text) == text, f"the facts have changed; {COMMAND} docs/regions.md writes the page anew"

    def test_everything_known_is_on_it(self) -> None:
        text = PAGE.read_text(encoding="utf-8")
        names = [location.name for location in locations().values()]
        names += [*organizations(), *blocs(), *export_groups(), *hosts()]
        assert [name for name in names if f"`{name}`" not in text] == []

    @pytest.mark.parametrize("section", SECTIONS)
    def test_a_page_without_a_section_is_refused(self, section: str) -> None:
        begin, _ = markers(section)
        with pytest.raises(ValueError, match="must hold the lines"):
            renew(PAGE.read_text(encoding="utf-8").replace(begin, ""))

    def test_a_fact_that_is_written_by_hand_does_not_stay(self) -> None:
        text = PAGE.read_text(encoding="utf-8")
        assert renew(text.replace("| `eu-west-2` | GB |", "| `eu-west-2` | IE |")) == text
        assert "| `eu-west-2` | GB |" in text

    def test_conditions_and_last_days_are_told(self) -> None:
        text = PAGE.read_text(encoding="utf-8")
        assert "GB 1973-01-01..2020-01-31" in text
        assert "(if the recipient is certified under the EU-US Data Privacy Framework)" in text
