"""Values of charts that do not exist: refused where the chart's are known, and said to be unchecked elsewhere."""

import pytest

from aifactory.catalog import Chart, releases
from aifactory.catalog.chart_keys import chart_keys
from aifactory.model.chart_values import given_values, release_value_problems, value_problems, values_are_known
from tests.unit.catalog.charts import OF


def chart(name: str) -> Chart:
    found = releases()[name].chart
    assert found
    return found


class TestKnown:
    """Prevents a misspelt value that Helm takes and no template reads."""

    def test_a_misspelt_name_with_the_nearest(self) -> None:
        (problem,) = value_problems("kueue", chart("kueue"), {"controllerManger": {"replicas": 2}})
        assert problem.where == "values.controllerManger"
        assert problem.nearest == "controllerManager"
        assert "kueue 0.19.2 has no such value" in problem.rule
        assert "nothing would change" in problem.rule

    def test_at_any_depth_and_all_at_once(self) -> None:
        values = {"controllerManager": {"replica": 2, "manager": {"image": {"tg": "x"}}}}
        found = value_problems("kueue", chart("kueue"), values)
        assert {(p.where, p.nearest) for p in found} == {
            ("values.controllerManager.replica", "replicas"),
            ("values.controllerManager.manager.image.tg", "tag"),
        }

    def test_few_names_are_all_named(self) -> None:
        (problem,) = value_problems("kueue", chart("kueue"), {"controllerManager": {"manager": {"image": {"zzz": 1}}}})
        assert "there are pullPolicy, repository, tag" in problem.rule

    def test_no_value_is_repeated(self) -> None:
        (problem,) = value_problems("kueue", chart("kueue"), {"passwrd": "hunter2"})
        assert "hunter2" not in str(problem)

    @pytest.mark.parametrize(
        ("name", "values"),
        [
            ("kueue", {"controllerManager": {"replicas": 2, "nodeSelector": {"any": "thing"}}}),
            ("cert-manager", {"image": {"digest": "sha256:1"}}),
            ("cert-manager", {"global": {"anything": 1}}),
            ("gpu-operator", {"node-feature-discovery": {"worker": {"own": 1}}}),
            ("gpu-operator", {"operator": {"version": "v26.7.0"}}),
        ],
    )
    def test_free_maps_subcharts_and_documented_values_are_taken(self, name: str, values: dict[str, object]) -> None:
        assert value_problems(name, chart(name), values) == []

    @pytest.mark.parametrize("name", sorted(chart_keys()))
    def test_our_own_values_are_right(self, name: str) -> None:
        _, found = OF[name]
        assert value_problems(name, found, found.values) == []


class TestSeveralCharts:
    """Prevents values that reach the wrong one of several charts, or none of them."""

    def problems(self, values: dict[str, object]) -> list[tuple[str, str]]:
        found = release_value_problems("kserve", releases()["kserve"], values)
        return [(problem.where, problem.nearest) for problem in found]

    def test_values_below_the_name_of_their_chart_are_taken(self) -> None:
        values = {"kserve-llmisvc-resources": {"kserve": {"llmisvc": {"controller": {"replicas": 2}}}}}
        assert self.problems(values) == []
        kserve = releases()["kserve"]
        assert [given_values(kserve, chart, values) for chart in kserve.charts] == [
            {},
            values["kserve-llmisvc-resources"],
            {},
        ]

    def test_values_of_none_are_refused_with_the_names(self) -> None:
        (problem,) = release_value_problems("kserve", releases()["kserve"], {"kserve": {"version": "v1"}})
        assert problem.where == "values.kserve"
        assert "kserve-llmisvc-crd, kserve-llmisvc-resources, kserve-runtime-configs" in problem.rule

    def test_all_at_once_and_where_they_stand(self) -> None:
        values = {
            "kserve-llmisvc-resource": {},
            "kserve-llmisvc-crd": {"any": 1},
            "kserve-llmisvc-resources": {"kserve": {"llmisvc": {"controler": {}}}},
            "kserve-runtime-configs": "enabled",
        }
        assert self.problems(values) == [
            ("values.kserve-llmisvc-resource", "kserve-llmisvc-resources"),
            ("values.kserve-runtime-configs", "kserve-runtime-configs: {name: value}"),
            ("values.kserve-llmisvc-crd.any", "global"),
            ("values.kserve-llmisvc-resources.kserve.llmisvc.controler", "controller"),
        ]

    def test_one_chart_takes_them_as_they_are(self) -> None:
        kueue, values = releases()["kueue"], {"controllerManager": {"replicas": 2}}
        assert given_values(kueue, kueue.charts[0], values) == values
        (problem,) = release_value_problems("kueue", kueue, {"kueue": values})
        assert problem.where == "values.kueue"


class TestUnknown:
    """Prevents a chart of another version that is held against the names of this one."""

    def test_nobody_has_read_it(self) -> None:
        assert not values_are_known("keda", chart("keda"))
        assert value_problems("keda", chart("keda"), {"anything": 1}) == []

    def test_another_version(self) -> None:
        other = chart("kueue").model_copy(update={"version": "9.9.9"})
        assert not values_are_known("kueue", other)
        assert value_problems("kueue", other, {"anything": 1}) == []

    def test_this_version(self) -> None:
        assert values_are_known("kueue", chart("kueue"))
