"""Where: every place judged, the best first, and nothing invented of GPUs."""

from datetime import date
from itertools import combinations
from typing import Any

import pytest

from aifactory.catalog import locations, members
from aifactory.errors import SpecError
from aifactory.model import FactorySpec
from aifactory.sovereignty.finding import Verdict
from aifactory.sovereignty.profile import shipped_profiles
from aifactory.sovereignty.where import Answer, Candidate, Gpu, Question, Where, where
from tests.unit.factories import factory
from tests.unit.sovereignty.cloud_factory import DAY, FACTORY, cloud, own_region, waived

PHYSICAL = [key for key, place in locations().items() if place.is_place]


def ask(spec: FactorySpec | None = None, on: date = DAY, data_class: str = "customers", **question: Any) -> Where:
    return where(spec or cloud(), Question(data_class=data_class, **question), on)


def named(found: Where, name: str) -> Candidate:
    (candidate,) = [each for each in found.candidates if each.name == name]
    return candidate


def names(found: Where) -> list[str]:
    return [each.name for each in found.places]


def described(**seats: str) -> dict[str, Any]:
    entry = {"dated": DAY, "source": "made up for this test", "kind": "state"}
    return {key: {"title": f"The {key}", "seat": seat, **entry} for key, seat in seats.items()}


def with_organizations(spec: FactorySpec, **seats: str) -> FactorySpec:
    return FactorySpec.model_validate(spec.model_dump() | {"organizations": described(**seats)})


class TestPlaces:
    """Prevents a place from being forgotten, counted twice, or taken for one that it is not."""

    def test_every_physical_place_is_judged_once(self) -> None:
        found = ask()
        assert sorted(each.location for each in found.candidates) == sorted(PHYSICAL)
        assert named(found, "frankfurt").location == "aws/eu-central-1"

    def test_a_logical_location_is_never_a_candidate(self) -> None:
        assert not [each for each in ask().candidates if each.place.logical or "global" in each.location]

    def test_places_are_those_in_the_realm_and_no_others(self) -> None:
        found = ask(profiles=("places",))
        inside = {key for key in PHYSICAL if locations()[key].country in members("eu", DAY)}
        assert {each.location for each in found.places} == inside

    @pytest.mark.parametrize(
        ("place", "answer"),
        [
            ("aws/eu-west-2", Answer.DENIED),
            ("aws/eu-central-2", Answer.DENIED),
            ("azure/northeurope", Answer.ALLOWED),
            ("aws/eu-isoe-west-1", Answer.UNKNOWN),
        ],
    )
    def test_names_say_nothing_of_countries(self, place: str, answer: Answer) -> None:
        assert named(ask(profiles=("places",)), place).answer is answer

    def test_own_sites_are_candidates_with_their_operators(self) -> None:
        found = ask(cloud({"bern": own_region("bern-1", "CH"), "lyon": own_region("lyon-1", "FR")}))
        assert (named(found, "lyon").operator, named(found, "lyon").answer) == ("self", Answer.ALLOWED)
        assert named(found, "bern").answer is Answer.DENIED
        assert named(found, "bern").location == "on-prem/bern-1"

    def test_providers(self) -> None:
        spec = cloud({"lyon": own_region("lyon-1", "FR")})
        assert {each.location.partition("/")[0] for each in ask(spec, providers=("azure",)).candidates} == {"azure"}
        assert [each.name for each in ask(spec, providers=("on-prem",)).candidates] == ["lyon"]
        assert ask(providers=("edge",)).candidates == ()

    def test_a_region_on_one_machine_is_simulated_and_no_place(self) -> None:
        spec = factory().model_copy(update={"data_classes": cloud().data_classes})
        found = ask(spec, gpu="h100")
        local = named(found, "here")
        assert local.simulated
        assert local.answer is Answer.ALLOWED
        assert "here" not in names(found)
        allowed = [each for each in found.candidates if each.answer is Answer.ALLOWED]
        assert allowed[-1] is local


class TestOrder:
    """Prevents a worse place from standing before a better one."""

    def test_what_is_allowed_comes_before_waived_unknown_and_denied(self) -> None:
        away = {"provider": "aws", "location": "us-east-1", "country": "US", "operator": "aws"}
        found = ask(waived(cloud(site=away)), profiles=("places",))
        order = [list(Answer).index(each.answer) for each in found.candidates]
        assert order == sorted(order)
        assert {each.answer for each in found.candidates} >= {Answer.ALLOWED, Answer.UNKNOWN, Answer.DENIED}

    def test_regions_with_the_gpus_come_first_those_with_most_free_before(self) -> None:
        pools = {"h100": {"accelerator": "h100-pcie-80gb", "nodes": 1, "gpus_per_node": 8}}
        found = ask(cloud({"lyon": own_region("lyon-1", "FR", gpu_pools=pools)}), gpu="h100")
        assert names(found)[:2] == ["frankfurt", "lyon"]
        assert (named(found, "frankfurt").gpus, named(found, "lyon").gpus) == (16, 8)

    def test_what_tenants_are_sure_of_is_not_free(self) -> None:
        pools = {"h100": {"accelerator": "h100-pcie-80gb", "nodes": 1, "gpus_per_node": 8}}
        operators = {"cloudnative-pg": {"install": "adopt"}, "kueue": {"install": "adopt"}}
        tenants = {"science": {"namespaces": ["data"], "guaranteed": {"h100": 12}}}
        spec = cloud(
            {"lyon": own_region("lyon-1", "FR", gpu_pools=pools)},
            tenants=tenants,
            operators=operators,
            namespaces={"data": {"gpu_quota": 12}},
        )
        found = ask(spec, gpu="h100")
        assert named(found, "frankfurt").guaranteed == 12
        assert names(found)[:2] == ["lyon", "frankfurt"]

    def test_a_region_without_them_comes_after_places_where_nobody_knows(self) -> None:
        found = ask(cloud({"lyon": own_region("lyon-1", "FR")}), gpu="h100")
        assert names(found)[-1] == "lyon"
        assert named(found, "lyon").gpu is Gpu.NONE

    def test_without_gpus_regions_come_first_and_then_their_countries(self) -> None:
        found = ask(cloud({"lyon": own_region("lyon-1", "FR")}))
        assert set(names(found)[:2]) == {"frankfurt", "lyon"}
        countries = [each.place.country in {"DE", "FR"} for each in found.places]
        assert countries == sorted(countries, reverse=True)

    def test_what_a_hint_denies_comes_after_what_it_does_not(self) -> None:
        found = ask(profiles=("hint",))
        own = [each for each in found.places if each.place.country != "DE"]
        assert [each.place.country == "FR" for each in own] == sorted(
            (each.place.country == "FR" for each in own), reverse=True
        )
        assert named(found, "azure/northeurope").answer is Answer.ALLOWED
        assert {finding.rule for finding in named(found, "azure/northeurope").advisory} == {"residency"}

    def test_the_order_of_regions_in_the_file_means_nothing(self) -> None:
        more = {"lyon": own_region("lyon-1", "FR"), "graz": own_region("graz-1", "AT")}
        backwards = dict(reversed(more.items()))
        assert names(ask(cloud(more))) == names(ask(cloud(backwards)))


class TestGpus:
    """Prevents GPUs from being invented, and one model from being taken for another."""

    def test_of_clouds_nobody_knows(self) -> None:
        found = ask(gpu="h100")
        assert {each.gpu for each in found.candidates if each.region is None} == {Gpu.UNKNOWN}
        assert {each.gpus for each in found.candidates if each.region is None} == {None}

    def test_none_asked_none_told(self) -> None:
        assert {each.gpu for each in ask().candidates} == {None}

    def test_whole_words_of_a_key(self) -> None:
        assert ask(gpu="l4").accelerators == ("l4-24gb",)
        assert ask(gpu="h100").accelerators == ("h100-sxm-80gb", "h100-pcie-80gb")
        assert ask(gpu="h100-sxm").accelerators == ("h100-sxm-80gb",)
        assert ask(gpu="t4-16gb").accelerators == ("t4-16gb",)

    def test_another_model_is_none(self) -> None:
        assert named(ask(gpu="h200"), "frankfurt").gpu is Gpu.NONE
        assert named(ask(gpu="h100-pcie"), "frankfurt").gpu is Gpu.NONE


class TestRules:
    """Prevents a rule from being passed over, or from excluding what it does not speak of."""

    def test_operators(self) -> None:
        found = ask(profiles=("operators",))
        assert {each.operator for each in found.places} == {"aws"}
        assert [finding.rule for finding in named(found, "azure/northeurope").blocking] == ["operator"]

    def test_several_profiles_intersect(self) -> None:
        both = set(names(ask(profiles=("places", "operators"))))
        assert both == set(names(ask(profiles=("places",)))) & set(names(ask(profiles=("operators",))))

    def test_of_shipped_profiles_too_whatever_their_order(self) -> None:
        alone = {name: set(names(ask(profiles=(name,)))) for name in shipped_profiles()}
        for one, other in combinations(shipped_profiles(), 2):
            together = names(ask(profiles=(one, other)))
            assert set(together) == alone[one] & alone[other], (one, other)
            assert together == names(ask(profiles=(other, one)))

    def test_bringing_data_is_a_transfer(self) -> None:
        found = ask(profiles=("moves",))
        assert named(found, "aws/us-east-1").answer is Answer.DENIED
        assert [finding.rule for finding in named(found, "aws/us-east-1").blocking] == ["transfer"]
        assert named(found, "aws/us-east-1").blocking[0].subject == "aws/us-east-1/customers from frankfurt"
        assert named(found, "aws/ap-northeast-1").answer is Answer.ALLOWED
        assert named(found, "frankfurt").findings == ()

    def test_what_is_not_about_persons_is_no_such_transfer(self) -> None:
        found = ask(profiles=("moves",), data_class="weather")
        assert len(found.places) == len(PHYSICAL)

    def test_data_that_nobody_has_come_from_nowhere(self) -> None:
        found = ask(cloud(databases={}), profiles=("moves",))
        assert len(found.places) == len(PHYSICAL)
        assert "no region has data of class customers yet, so bringing them somewhere was not judged" in found.notes

    @pytest.mark.parametrize(("on", "answer"), [(date(2026, 1, 25), Answer.DENIED), (date(2026, 1, 26), Answer.ALLOWED)])
    def test_the_day_decides(self, on: date, answer: Answer) -> None:
        assert named(ask(on=on, profiles=("moves",)), "aws/sa-east-1").answer is answer

    def test_a_declared_transfer_counts_with_its_recipient(self) -> None:
        spec = cloud()
        transfer = {"countries": ["US"], "data_classes": ["customers"], "recipient": "aws", "mechanism": "scc"}
        transfer |= {"reference": "contract 17", "since": date(2026, 1, 1), "until": date(2027, 1, 1)}
        profiles = spec.model_dump()["profiles"]
        profiles["moves"]["statements"]["data"]["mechanisms"] = ["scc"]
        spec = FactorySpec.model_validate(spec.model_dump() | {"transfers": {"us": transfer}, "profiles": profiles})
        found = ask(spec, profiles=("moves",))
        assert named(found, "aws/us-east-1").answer is Answer.ALLOWED
        assert named(found, "azure/eastus").answer is Answer.DENIED

    def test_nobody_said_who_uses_gpus(self) -> None:
        found = ask(profiles=("export",), gpu="h100")
        assert {each.answer for each in found.candidates} == {Answer.UNKNOWN}
        assert found.places == ()

    @pytest.mark.parametrize(("seat", "answer"), [("DE", Answer.ALLOWED), ("CN", Answer.DENIED)])
    def test_who_uses_gpus_counts_wherever_they_are(self, seat: str, answer: Answer) -> None:
        spec = with_organizations(cloud(export={"end_users": ["buyer"]}), buyer=seat)
        found = ask(spec, profiles=("export",), gpu="h100")
        assert {each.answer for each in found.candidates} == {answer}
        assert ask(spec, profiles=("export",)).statements == 1
        assert {each.answer for each in ask(spec, profiles=("export",)).candidates} == {Answer.ALLOWED}

    def test_a_waiver_counts_where_the_region_is(self) -> None:
        spec = waived(cloud(), rule="operator")
        strict = spec.profiles["operators"].model_copy(update={"statements": _only("microsoft")})
        spec = spec.model_copy(update={"profiles": spec.profiles | {"strict": strict}})
        found = ask(spec, profiles=("strict",))
        assert named(found, "frankfurt").answer is Answer.WAIVED
        assert named(found, "aws/us-west-2").answer is Answer.DENIED
        assert "frankfurt" in names(found)
        late = ask(spec, profiles=("strict",), on=date(2026, 7, 1))
        assert named(late, "frankfurt").answer is Answer.DENIED
        assert named(late, "frankfurt").blocking[0].note == "the waiver expired on 2026-06-30"

    def test_a_waiver_of_machines_is_none_of_data(self) -> None:
        away = {"provider": "aws", "location": "us-east-1", "country": "US", "operator": "aws"}
        frankfurt = named(ask(waived(cloud(site=away)), profiles=("places",)), "frankfurt")
        assert {finding.verdict for finding in frankfurt.findings} == {Verdict.WAIVED, Verdict.DENY}
        assert frankfurt.answer is Answer.DENIED
        assert [finding.subject for finding in frankfurt.blocking] == ["frankfurt/customers"]

    def test_statements_about_other_classes_do_not_count(self) -> None:
        spec = FactorySpec.model_validate(cloud().model_dump())
        statement = spec.profiles["places"].statements["home"].model_copy(update={"classes": ("weather",)})
        narrow = spec.profiles["places"].model_copy(update={"statements": {"home": statement}})
        spec = spec.model_copy(update={"profiles": spec.profiles | {"places": narrow}})
        assert len(ask(spec, profiles=("places",)).places) == len(PHYSICAL)
        assert named(ask(spec, profiles=("places",), data_class="weather"), "aws/us-east-1").answer is Answer.DENIED


def _only(operator: str) -> Any:
    statement = cloud().profiles["operators"].statements["who"]
    return {"who": statement.model_copy(update={"allowed": (operator,)})}


class TestProfiles:
    """Prevents an answer by rules that nobody meant."""

    def test_by_default_those_of_all_regions(self) -> None:
        more = {"lyon": own_region("lyon-1", "FR", profiles=["operators"]), "graz": own_region("g", "AT", profiles=["none"])}
        found = ask(cloud(more))
        assert found.profiles == ("operators", "places")
        assert any(note.startswith("judged by the profiles that regions of the factory have") for note in found.notes)
        assert {each.operator for each in found.places} == {"aws"}

    def test_those_that_are_named_and_no_others(self) -> None:
        found = ask(profiles=("operators",))
        assert found.profiles == ("operators",)
        assert named(found, "aws/us-east-1").answer is Answer.ALLOWED

    def test_no_rules_are_no_permission(self) -> None:
        found = ask(cloud(profiles=["none"]))
        assert found.profiles == ("none",)
        assert len(found.places) == len(PHYSICAL)
        assert any("that is no permission" in note for note in found.notes)

    @pytest.mark.parametrize("name", shipped_profiles())
    def test_shipped_profiles_are_answered(self, name: str) -> None:
        found = ask(with_organizations(cloud(export={"end_users": ["self"]}), self="DE"), profiles=(name,), gpu="h100")
        assert len(found.candidates) == len(PHYSICAL)
        assert all(finding.reasons for each in found.candidates for finding in each.findings)

    def test_the_gdpr_lets_data_stay_in_the_union_and_not_go_to_china(self) -> None:
        found = ask(profiles=("eu-gdpr",))
        assert named(found, "azure/francecentral").answer is Answer.ALLOWED
        assert named(found, "azure/chinaeast").answer is Answer.DENIED


class TestWrong:
    """Prevents a misspelt question from being answered with: nowhere."""

    def problems(self, spec: FactorySpec | None = None, **question: Any) -> list[tuple[str, str]]:
        with pytest.raises(SpecError) as caught:
            ask(spec, **question)
        return [(problem.where, problem.nearest) for problem in caught.value.problems]

    def test_all_at_once_each_with_the_nearest(self) -> None:
        found = self.problems(data_class="customer", gpu="h10", providers=("amz", "azur"), profiles=("place",))
        assert found == [
            ("--class", "customers"),
            ("--gpu", "h100"),
            ("--provider", ""),
            ("--provider", "azure"),
            ("--profile", "places"),
        ]

    @pytest.mark.parametrize("gpu", ["h10", "h1000", "h100-", "H100x", "gpu"])
    def test_a_part_of_a_word_is_no_accelerator(self, gpu: str) -> None:
        assert self.problems(gpu=gpu)[0][0] == "--gpu"

    def test_a_factory_without_classes(self) -> None:
        spec = factory()
        with pytest.raises(SpecError, match="factory demo has none at all"):
            ask(spec, data_class="customers")

    def test_the_factory_of_these_tests_is_what_they_say(self) -> None:
        assert FACTORY["regions"]["frankfurt"]["profiles"] == ["places"]
