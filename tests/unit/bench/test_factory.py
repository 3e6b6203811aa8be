"""The factories that benchmarks are run on."""

from collections import Counter

import pytest

from aifactory.catalog.profile_files import profile_names
from aifactory.sovereignty.assess import assess
from aifactory.sovereignty.profile import profile_closure
from aifactory.sovereignty.rules import BY_NAME
from tests.bench.factory import ON, PROFILES, SITES, generated, text, values


@pytest.fixture(scope="module")
def found():
    return assess(generated(10), ON).findings


class TestValues:
    """Prevents factories that differ from run to run, so that figures of two days could not be held together."""

    def test_it_is_the_same_each_time(self):
        assert text(7) == text(7)

    @pytest.mark.parametrize("regions", [1, 10, 50])
    def test_it_has_as_many_regions_as_were_asked_for(self, regions):
        assert len(generated(regions).regions) == regions

    def test_a_large_one_begins_with_a_small_one(self):
        small, large = values(10)["regions"], values(50)["regions"]
        assert {name: large[name] for name in small} == small

    def test_fifty_regions_have_every_site_under_every_set_of_profiles(self):
        regions = generated(50).regions.values()
        assert len({(spec.site.location, spec.profiles) for spec in regions}) == len(SITES) * len(PROFILES)


class TestMix:
    """Prevents a benchmark of the easy case alone: one that only allows, or that never asks some rule."""

    def test_every_shipped_profile_holds_somewhere(self):
        used = {name for names in PROFILES for name in names}
        assert set(profile_names()) <= set(profile_closure(used, generated(10).profiles))

    def test_the_factorys_own_profile_has_a_statement_of_each_rule(self):
        assert {each.rule for each in generated(1).profiles["house"].statements.values()} == set(BY_NAME)

    def test_every_rule_decides_something(self, found):
        assert {finding.rule for finding in found} == set(BY_NAME)

    @pytest.mark.parametrize("verdict", ["allow", "deny", "unknown"])
    def test_no_verdict_is_rare(self, found, verdict):
        counted = Counter(finding.verdict.value for finding in found)
        assert counted[verdict] > counted.total() / 20

    def test_each_region_has_as_much_to_judge_as_a_real_one(self, found):
        counted = Counter(finding.region for finding in found)
        assert len(counted) == 10
        assert min(counted.values()) > 50
