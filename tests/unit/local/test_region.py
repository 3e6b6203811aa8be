"""Which region is brought up, and what is refused before anything is built or started."""

from pathlib import Path

import pytest

from aifactory.errors import SpecError
from aifactory.local.paths import Paths
from aifactory.local.progress import SilentReporter
from aifactory.local.region import Request, choose_region, up
from aifactory.model import FactorySpec, parse_factory
from tests.unit.factories import factory, factory_text, factory_values


def two_regions() -> FactorySpec:
    values = factory_values()
    here = factory(databases={}, models={}, operators={}, gateway=None).regions["here"]
    away = here.model_copy(
        update={
            "site": here.site.model_copy(update={"provider": "on-prem"}),
            "cluster": here.cluster.model_copy(update={"kind": "existing", "context": "lab"}),
        }
    )
    return parse_factory(factory_text()).model_copy(update={"regions": {"here": here, "away": away}, "name": values["name"]})


class TestChoice:
    """Prevents simulated parts from getting near a region that is real."""

    def test_the_only_local_region_needs_no_name(self) -> None:
        assert choose_region(factory(), None)[0] == "here"

    def test_with_two_the_name_is_required(self) -> None:
        both = two_regions()
        twice = both.model_copy(update={"regions": {"a": both.regions["here"], "b": both.regions["here"]}})
        with pytest.raises(SpecError, match="2 regions have cluster kind `local`"):
            choose_region(twice, None)

    def test_a_real_region_is_refused(self) -> None:
        with pytest.raises(SpecError, match="are refused for it"):
            choose_region(two_regions(), "away")

    def test_an_unknown_region_is_refused(self) -> None:
        with pytest.raises(SpecError, match="no such region"):
            choose_region(factory(), "hree")


class TestRefusals:
    """Prevents twenty minutes of building before a typing error is mentioned."""

    def test_a_wrong_file_is_refused_before_any_tool_is_looked_for(self, tmp_path: Path) -> None:
        (tmp_path / "stacks").mkdir()
        (tmp_path / "stacks" / "factory.yaml").write_text("version: 2\n")
        with pytest.raises(SpecError):
            up(Request(tmp_path), Paths.at(tmp_path / "cache"), SilentReporter())
        assert not (tmp_path / "cache").exists()

    def test_a_name_that_leaves_the_cache_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(SpecError):
            Paths.at(tmp_path).instance("../../etc")
