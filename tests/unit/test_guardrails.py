"""Guardrails under Pulumi's mocks: policies before namespaces, protection, what is handed on, and what is refused."""

import inspect
import typing
from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from pydantic import BaseModel

from aifactory.errors import SpecError
from aifactory.guardrails import AdmissionArgs, AdmissionExceptionArgs, Guardrails, GuardrailsArgs, NamespaceArgs
from aifactory.model import GuardrailsSpec, NamespaceSpec
from aifactory.model.namespace import AdmissionExceptionSpec, AdmissionSpec
from aifactory.owner import OwnerArgs
from tests.unit.pulumi_program import Ran, run

SITE = {"provider": "on-prem", "location": "hall-2", "country": "DE", "operator": "self"}
SELF = {"title": "The owner", "kind": "foundation", "seat": "DE", "dated": "2026-01-01", "source": "commercial register"}
OWNER: dict[str, Any] = {"factory": "demo", "region": "here", "site": SITE}
RULES: dict[str, Any] = {"profiles": ["de-c5"], "declared": {"as_of": "2026-11-22", "organizations": {"self": SELF}}}
NONE: dict[str, Any] = {"profiles": ["none"]}
POLICY = ":ValidatingAdmissionPolicy"
BINDING = ":ValidatingAdmissionPolicyBinding"
REASON = "The platform's own load balancer, which encrypts."
modes = pytest.mark.parametrize("preview", [False, True], ids=["up", "preview"])


def program(args: dict[str, Any]) -> Callable[[], dict[str, pulumi.Output[Any]]]:
    def make() -> dict[str, pulumi.Output[Any]]:
        made = Guardrails("rails", typing.cast("GuardrailsArgs", OWNER | args))
        return {"names": made.names, "policies": made.policies}

    return make


def ran(preview: bool = False, **args: Any) -> Ran:
    return run(program({"namespaces": {"ai": {}}} | args), preview=preview)


def refused(**args: Any) -> dict[str, str]:
    with pytest.raises(SpecError) as caught:
        ran(**(NONE | args))
    return {problem.where: problem.rule for problem in caught.value.problems}


def policy_names(made: Ran) -> set[str]:
    return {resource.inputs["metadata"]["name"].partition(".")[0] for resource in made.of_type(POLICY)}


class TestPolicies:
    """Prevents a workload that is there before what judges it, and profiles that never reach the cluster."""

    @modes
    def test_profiles_become_policies(self, preview: bool) -> None:
        made = ran(preview, **RULES)
        assert {"nodes", "placement", "services", "registry-advice", "deletion"} <= policy_names(made)
        assert len(made.of_type(POLICY)) == len(made.of_type(BINDING))

    @modes
    def test_without_rules_only_what_is_protected_is_guarded(self, preview: bool) -> None:
        assert policy_names(ran(preview, **NONE)) == {"deletion"}

    @modes
    def test_they_come_before_namespaces(self, preview: bool) -> None:
        made = ran(preview, **RULES)
        (namespace,) = made.of_type(":Namespace")
        policies = {resource.urn for resource in (*made.of_type(POLICY), *made.of_type(BINDING))}
        assert policies <= set(namespace.depends_on)

    @modes
    def test_they_are_of_the_component_and_not_protected(self, preview: bool) -> None:
        for resource in ran(preview, **RULES).of_type(POLICY):
            assert not resource.protect
            assert not resource.retain

    def test_their_names_are_given_out(self) -> None:
        made = ran(**NONE)
        assert made.outputs["policies"] == ["deletion.rails.aifactory.dev"]
        assert made.outputs["names"] == ["ai"]

    def test_what_is_declared_around_it_reaches_them(self) -> None:
        declared = RULES["declared"] | {"storage_classes": {"fast": {"encrypted": True}}}
        assert "volumes" not in policy_names(ran(**RULES))
        assert "volumes" in policy_names(ran(profiles=["de-c5"], declared=declared))

    def test_what_is_said_of_admission_goes_first(self) -> None:
        made = ran(**RULES, admission={"enforcement": "warn", "storage_classes": {"own": {"encrypted": True}}})
        assert {str(resource.inputs["spec"]["validationActions"]) for resource in made.of_type(BINDING)} == {
            "['Warn', 'Audit']"
        }
        assert "volumes" in policy_names(made)


class TestProtection:
    """Prevents a namespace that takes data with it when it is deleted."""

    @modes
    @pytest.mark.parametrize("protect", [False, True])
    def test_a_namespace_is_protected_where_it_is_said(self, protect: bool, preview: bool) -> None:
        (namespace,) = ran(preview, **NONE, namespaces={"ai": {"protect": protect}}).of_type(":Namespace")
        assert namespace.protect is protect
        assert namespace.retain is protect
        annotations = namespace.inputs["metadata"]["annotations"]
        assert annotations.get("aifactory.dev/protect") == ("true" if protect else None)


class TestArgs:
    """Prevents an exception from everything, and a word that means nothing."""

    def test_an_exception_without_namespace_and_name(self) -> None:
        said = refused(admission={"exceptions": {"all": {"rule": "registry", "reason": REASON}}})
        assert any("the end of the rule" in rule for rule in said.values())

    def test_an_exception_from_a_rule_that_no_policy_enforces(self) -> None:
        said = refused(admission={"exceptions": {"a": {"rule": "operator", "namespace": "x", "reason": REASON}}})
        assert any("those that are: residency" in rule for rule in said.values())

    @pytest.mark.parametrize(
        "admission",
        [
            {"enforcement": "off"},
            {"system_prefixes": ["openshift"]},
            {"system_namespaces": ["*"]},
            {"egress_cidrs": ["everywhere"]},
            {"exceptions": {"a": {"rule": "registry", "namespace": "x", "reason": "why not"}}},
            {"unknown": True},
        ],
        ids=str,
    )
    def test_what_is_wrong_is_refused(self, admission: dict[str, Any]) -> None:
        assert any(where.startswith("admission") for where in refused(admission=admission))

    @pytest.mark.parametrize(
        ("args", "spec"),
        [
            (GuardrailsArgs, GuardrailsSpec),
            (NamespaceArgs, NamespaceSpec),
            (AdmissionArgs, AdmissionSpec),
            (AdmissionExceptionArgs, AdmissionExceptionSpec),
        ],
    )
    def test_door_and_spec_agree(self, args: Any, spec: type[BaseModel]) -> None:
        own = set(args.__annotations__) - set(OwnerArgs.__annotations__)
        assert own == set(spec.model_fields)
        required = {name for name, field in spec.model_fields.items() if field.is_required()}
        assert set(args.__required_keys__) - set(OwnerArgs.__required_keys__) == required
        assert inspect.getdoc(args)
