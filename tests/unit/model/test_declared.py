"""What people declare of a region: transfers, sinks, support, exits, services, and who uses GPUs."""

from typing import Any

import pytest

from aifactory.errors import Problem, SpecError
from aifactory.model import (
    ExitSpec,
    ExportSpec,
    IdentitySpec,
    ServiceSpec,
    SinkSpec,
    SupportSpec,
    TelemetrySpec,
    TransferSpec,
    validate,
)

TRANSFER: dict[str, Any] = {
    "countries": ["CN"],
    "data_classes": ["customers"],
    "recipient": "somebody",
    "mechanism": "scc",
    "reference": "contract 8",
    "since": "2026-01-01",
    "until": "2026-12-31",
}
SINK: dict[str, Any] = {"signals": ["logs"], "endpoint": "https://logs.example.com", "country": "DE", "operator": "self"}
SUPPORT: dict[str, Any] = {"vendor": "somebody", "countries": ["DE"], "reference": "contract 9"}
SERVICE: dict[str, Any] = {
    "title": "our identity provider",
    "kind": "identity",
    "operator": "self",
    "country": "DE",
    "managed": False,
}
EXIT: dict[str, Any] = {"target": "a second hall of our own", "plan": "documents/exit-1"}
WHOLE: dict[type[Any], dict[str, Any]] = {
    TransferSpec: TRANSFER,
    SinkSpec: SINK,
    SupportSpec: SUPPORT,
    ServiceSpec: SERVICE,
    ExitSpec: EXIT,
    IdentitySpec: {"operator": "self", "country": "DE"},
    ExportSpec: {"end_users": ["self"]},
}
NEEDED = [(spec, name) for spec, values in WHOLE.items() for name in values]
COUNTRIES = [(spec, name) for spec, name in NEEDED if name in {"country", "countries"}]
LISTS = [(spec, name) for spec, name in NEEDED if isinstance(WHOLE[spec][name], list)]


def taken(spec: type[Any], **changes: Any) -> Any:
    return validate(spec, WHOLE[spec] | changes, "d")


def refused(spec: type[Any], values: dict[str, Any]) -> Problem:
    with pytest.raises(SpecError) as caught:
        validate(spec, values, "d")
    (problem,) = caught.value.problems
    return problem


class TestAllOfThem:
    """Prevents half a declaration, which a rule would take for the whole of one."""

    @pytest.mark.parametrize(("spec", "name"), NEEDED)
    def test_nothing_of_it_may_be_left_out(self, spec: type[Any], name: str) -> None:
        problem = refused(spec, {key: value for key, value in WHOLE[spec].items() if key != name})
        assert (problem.where, problem.rule.split(":")[0]) == (name, "is required")

    @pytest.mark.parametrize("spec", WHOLE)
    def test_what_is_not_needed_is_unknown_and_not_some_value(self, spec: type[Any]) -> None:
        """The one that has a value by itself is the access of a support contract: none."""
        found = taken(spec)
        left = {name: getattr(found, name) for name in spec.model_fields if name not in WHOLE[spec]}
        assert left.pop("access", "none") == "none"
        assert set(left.values()) <= {None}

    @pytest.mark.parametrize(("spec", "name"), COUNTRIES)
    @pytest.mark.parametrize("code", ["UK", "EU", "de", ""])
    def test_countries_are_countries(self, spec: type[Any], name: str, code: str) -> None:
        value = ["DE", code] if name == "countries" else code
        assert refused(spec, WHOLE[spec] | {name: value}).where.startswith(name)

    @pytest.mark.parametrize(("spec", "name"), LISTS)
    def test_a_list_of_nobody_says_nothing(self, spec: type[Any], name: str) -> None:
        assert refused(spec, WHOLE[spec] | {name: []}).where == name

    @pytest.mark.parametrize("spec", WHOLE)
    def test_a_misspelt_field_is_no_silence(self, spec: type[Any]) -> None:
        assert "no such field" in refused(spec, WHOLE[spec] | {"contry": "DE"}).rule


class TestTransfers:
    """Prevents an assessment that never ends, and one that ended before it began."""

    def test_of_one_day_is_one(self) -> None:
        assert taken(TransferSpec, until="2026-01-01").until.isoformat() == "2026-01-01"

    def test_the_day_before_is_refused_with_both_days(self) -> None:
        assert (
            refused(TransferSpec, TRANSFER | {"until": "2025-12-31"}).rule == "until 2025-12-31 is before since 2026-01-01"
        )

    @pytest.mark.parametrize("name", ["since", "until"])
    @pytest.mark.parametrize("day", [None, "never", "2026-13-01"])
    def test_days_are_days(self, name: str, day: Any) -> None:
        assert refused(TransferSpec, TRANSFER | {name: day}).where == name

    @pytest.mark.parametrize("mechanism", ["SCC", "standard clauses", ""])
    def test_a_mechanism_is_a_word_of_profiles(self, mechanism: str) -> None:
        assert refused(TransferSpec, TRANSFER | {"mechanism": mechanism}).where == "mechanism"

    def test_a_condition_and_a_key_may_be_said(self) -> None:
        found = taken(TransferSpec, condition="dpf", protection="client")
        assert (found.condition, found.protection.rank) == ("dpf", 4)

    @pytest.mark.parametrize("reference", ["", "-", "x" * 301])
    def test_a_reference_leads_somewhere(self, reference: str) -> None:
        assert refused(TransferSpec, TRANSFER | {"reference": reference}).where == "reference"


class TestSinks:
    """Prevents credentials in a file that everybody reads, and a scheme that is taken for encrypted by how it begins."""

    @pytest.mark.parametrize("scheme", ["https", "grpcs", "syslogs", "tls"])
    def test_schemes_that_encrypt(self, scheme: str) -> None:
        assert taken(SinkSpec, endpoint=f"{scheme}://logs.example.com:3100").encrypted is True

    @pytest.mark.parametrize("scheme", ["http", "grpc", "syslog", "tcp", "udp", "tlsx", "httpsx", "nothttps"])
    def test_schemes_that_do_not(self, scheme: str) -> None:
        assert taken(SinkSpec, endpoint=f"{scheme}://logs.example.com").encrypted is False

    def test_the_scheme_tells_and_not_the_path(self) -> None:
        assert taken(SinkSpec, endpoint="http://proxy.example.com/https://logs").encrypted is False

    @pytest.mark.parametrize(
        "endpoint",
        [
            "logs.example.com",
            "https://",
            "HTTPS://logs.example.com",
            "https://logs.example.com/a b",
            "://logs.example.com",
            f"https://{'a' * 300}",
        ],
    )
    def test_what_is_no_address(self, endpoint: str) -> None:
        assert refused(SinkSpec, SINK | {"endpoint": endpoint}).where == "endpoint"

    @pytest.mark.parametrize("user", ["canary-7f3a", "me:canary-7f3a", ":canary-7f3a"])
    def test_credentials_are_refused_and_not_repeated(self, user: str) -> None:
        problem = refused(SinkSpec, SINK | {"endpoint": f"https://{user}@logs.example.com"})
        assert problem.where == "endpoint"
        assert "canary" not in str(problem)

    @pytest.mark.parametrize("signal", ["events", "LOGS", "log"])
    def test_signals_are_of_three_sorts(self, signal: str) -> None:
        assert refused(SinkSpec, SINK | {"signals": ["logs", signal]}).where == "signals[1]"
        assert [item.value for item in taken(SinkSpec, signals=["logs", "metrics", "traces"]).signals] == [
            "logs",
            "metrics",
            "traces",
        ]

    @pytest.mark.parametrize(("days", "right"), [(1, True), (36500, True), (0, False), (36501, False), (-1, False)])
    def test_days_of_keeping(self, days: int, right: bool) -> None:
        if right:
            assert taken(SinkSpec, retention_days=days).retention_days == days
        else:
            assert refused(SinkSpec, SINK | {"retention_days": days}).where == "retention_days"

    def test_without_a_word_nothing_leaves_and_nobody_is_told(self) -> None:
        assert TelemetrySpec() == TelemetrySpec(sinks={}, reporting=())

    @pytest.mark.parametrize("name", ["Watch", "a" * 41, "a b"])
    def test_a_sink_has_a_name(self, name: str) -> None:
        assert refused(TelemetrySpec, {"sinks": {name: SINK}}).where.startswith("sinks")


class TestSupport:
    """Prevents help with an access that is more than it is called."""

    @pytest.mark.parametrize("access", ["none", "supervised", "remote"])
    def test_three_sorts_of_access(self, access: str) -> None:
        assert taken(SupportSpec, access=access).access == access

    @pytest.mark.parametrize("access", ["None", "full", "", "remote ", "not supervised", None])
    def test_another_is_refused(self, access: Any) -> None:
        assert refused(SupportSpec, SUPPORT | {"access": access}).where == "access"


class TestLeaving:
    """Prevents an exit that was never tried from counting as tried, and a service that is nobody's business."""

    def test_never_tried_is_no_day(self) -> None:
        assert taken(ExitSpec).tested is None
        assert taken(ExitSpec, tested="2026-03-01").tested.isoformat() == "2026-03-01"

    @pytest.mark.parametrize("change", [{"target": "away"}, {"plan": ""}, {"tested": "last year"}])
    def test_half_an_exit_is_refused(self, change: dict[str, Any]) -> None:
        assert refused(ExitSpec, EXIT | change).where in change

    @pytest.mark.parametrize("managed", [None, "perhaps", "by us"])
    def test_whether_somebody_else_runs_it_is_yes_or_no(self, managed: Any) -> None:
        assert refused(ServiceSpec, SERVICE | {"managed": managed}).where == "managed"

    @pytest.mark.parametrize("name", ["licence", "exit_target", "export_format"])
    def test_an_empty_word_is_none(self, name: str) -> None:
        assert refused(ServiceSpec, SERVICE | {name: ""}).where == name

    @pytest.mark.parametrize("user", ["", "a" * 64])
    def test_who_uses_gpus_has_a_name(self, user: str) -> None:
        assert refused(ExportSpec, {"end_users": ["self", user]}).where == "end_users[1]"
