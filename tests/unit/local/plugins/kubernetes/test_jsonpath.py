"""The JSONPath of conditions."""

import pytest

from aifactory.local.plugins.kubernetes.jsonpath import JsonPath, JsonPathError

POD = {
    "metadata": {"labels": {"a.b/c": "x", "plain": "y"}},
    "status": {
        "phase": "Running",
        "zero": 0,
        "conditions": [{"type": "Ready", "status": "True"}, {"type": "Other", "status": "False"}],
        "ips": ["1", "2"],
    },
}


class TestJsonPath:
    """Prevents a wait on something else than what kubectl would look at."""

    @pytest.mark.parametrize(
        ("expression", "found"),
        [
            ("{.status.phase}", ["Running"]),
            (".status.phase", ["Running"]),
            ("status.phase", ["Running"]),
            ("$.status.phase", ["Running"]),
            ("{.status.zero}", [0]),
            ("{.status.ips[0]}", ["1"]),
            ("{.status.ips[-1]}", ["2"]),
            ("{.status.ips[7]}", []),
            ("{.status.ips[*]}", ["1", "2"]),
            ("{.status.conditions[*].type}", ["Ready", "Other"]),
            ('{.status.conditions[?(@.type=="Ready")].status}', ["True"]),
            ("{.status.conditions[?(@.type=='Ready')].status}", ["True"]),
            ('{.status.conditions[?(@.type!="Ready")].status}', ["False"]),
            ("{.status.conditions[?(@.status)].type}", ["Ready", "Other"]),
            (r"{.metadata.labels.a\.b/c}", ["x"]),
            ("{.metadata.labels['a.b/c']}", ["x"]),
            ("{.nothing.here}", []),
            ("{.status.phase.deeper}", []),
        ],
    )
    def test_find(self, expression, found):
        assert JsonPath(expression).find(POD) == found

    @pytest.mark.parametrize("expression", ["", "{}", "{..phase}", "{.a[0:2]}", "{.a[?(@.b>3)]}", "{range .a}"])
    def test_what_is_not_understood_is_refused(self, expression):
        with pytest.raises(JsonPathError) as raised:
            JsonPath(expression)
        assert repr(expression) in str(raised.value)
