"""One policy with its binding: what it looks at, what it finds fault with, and in which words it refuses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from aifactory import conventions
from aifactory.model.namespace import AdmissionSpec, Enforcement
from aifactory.render.admission.words import SYSTEM_NAMESPACES, text, texts
from aifactory.render.manifest import Manifest, Scope
from aifactory.sovereignty.profile import Stated

API_VERSION: Final = "admissionregistration.k8s.io/v1"

RULE_ANNOTATION: Final = f"{conventions.GROUP}/rule"
"""Annotation of a policy: the rules whose statements it enforces."""

CHANGES: Final = ("CREATE", "UPDATE")


@dataclass(frozen=True, slots=True)
class Match:
    """Resources of one API group.

    Attributes:
        group: such as ``apps``; empty for the core group.
        resources: plurals, such as ``deployments`` or ``pods/ephemeralcontainers``.
        versions: versions of the group; the API server converts objects of others (`matchPolicy: Equivalent`).
    """

    group: str
    resources: tuple[str, ...]
    versions: tuple[str, ...] = ("*",)

    def rule(self, operations: Sequence[str]) -> Manifest:
        """Return it as a rule of `matchConstraints`, with what the API server would fill in."""
        return {
            "apiGroups": [self.group],
            "apiVersions": list(self.versions),
            "operations": list(operations),
            "resources": list(self.resources),
            "scope": "*",
        }


@dataclass(frozen=True, slots=True)
class Check:
    """What one statement finds fault with.

    Attributes:
        stated: the statement; None for what holds without any profile.
        faults: CEL, a list of strings: the values of the object that the statement refuses; empty when it may pass.
        says: what is wrong with these values, in words that follow them.
        passes: what would pass.
    """

    stated: Stated | None
    faults: str
    says: str
    passes: str

    @property
    def mandatory(self) -> bool:
        """Whether it refuses; else it only warns."""
        return self.stated is None or self.stated.statement.mandatory


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy before it is written as objects.

    Attributes:
        name: a word for it; its object is called ``<name>.<component>.aifactory.dev``.
        rule: name of the rule, as findings and exceptions write it.
        matches: what it looks at.
        checks: what it finds fault with, one for each statement.
        variables: CEL by name, in order; each may use those before it.
        conditions: CEL by name: requests of which one is false are not looked at.
        operations: which requests.
        parameters: kind whose objects, all of them, the policy is held against; None: none.
    """

    name: str
    rule: str
    matches: tuple[Match, ...]
    checks: tuple[Check, ...]
    variables: Mapping[str, str] = field(default_factory=dict[str, str])
    conditions: Mapping[str, str] = field(default_factory=dict[str, str])
    operations: tuple[str, ...] = CHANGES
    parameters: tuple[str, str] | None = None


def render_policy(scope: Scope, policy: Policy, spec: AdmissionSpec) -> list[Manifest]:
    """Return a policy and its binding, and another pair of what is not mandatory: how a policy acts, its binding says."""
    mandatory = tuple(check for check in policy.checks if check.mandatory)
    advice = tuple(check for check in policy.checks if not check.mandatory)
    actions = ["Deny"] if spec.enforcement is Enforcement.DENY else ["Warn", "Audit"]
    made: list[Manifest] = []
    if mandatory:
        made += _pair(scope, policy, mandatory, spec, policy.name, actions)
    if advice:
        made += _pair(scope, policy, advice, spec, f"{policy.name}-advice", ["Warn", "Audit"])
    return made


def _pair(
    scope: Scope, policy: Policy, checks: Sequence[Check], spec: AdmissionSpec, name: str, actions: Sequence[str]
) -> list[Manifest]:
    full = f"{name}.{scope.component}.{conventions.GROUP}"
    metadata = scope.metadata(full, annotations={RULE_ANNOTATION: policy.rule})
    binding: Manifest = {"policyName": full, "validationActions": list(actions)}
    if policy.parameters:
        # Without a single object of the kind there is nothing to compare with.
        binding["paramRef"] = {"selector": {}, "parameterNotFoundAction": "Allow"}
    return [
        {
            "apiVersion": API_VERSION,
            "kind": "ValidatingAdmissionPolicy",
            "metadata": metadata,
            "spec": _spec(policy, checks, spec),
        },
        {
            "apiVersion": API_VERSION,
            "kind": "ValidatingAdmissionPolicyBinding",
            "metadata": metadata,
            "spec": binding,
        },
    ]


def _spec(policy: Policy, checks: Sequence[Check], spec: AdmissionSpec) -> Manifest:
    variables = dict(policy.variables) | {f"faults{number}": check.faults for number, check in enumerate(checks)}
    conditions = _system_conditions(spec) | dict(policy.conditions)
    written: Manifest = {
        "failurePolicy": "Fail",
        "matchConstraints": {
            "matchPolicy": "Equivalent",
            "namespaceSelector": _namespaces(spec),
            "objectSelector": {},
            "resourceRules": [match.rule(policy.operations) for match in policy.matches],
        },
        "variables": [{"name": name, "expression": expression} for name, expression in variables.items()],
        "validations": [_validation(policy, number, check, spec) for number, check in enumerate(checks)],
    }
    if conditions:
        written["matchConditions"] = [{"name": name, "expression": text_} for name, text_ in conditions.items()]
    if policy.parameters:
        written["paramKind"] = {"apiVersion": policy.parameters[0], "kind": policy.parameters[1]}
    return written


def _namespaces(spec: AdmissionSpec) -> Manifest:
    left_alone = sorted({*SYSTEM_NAMESPACES, *spec.system_namespaces})
    return {"matchExpressions": [{"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": left_alone}]}


def _system_conditions(spec: AdmissionSpec) -> dict[str, str]:
    if not spec.system_prefixes:
        return {}
    inside = f"{texts(spec.system_prefixes)}.exists(prefix, request.?namespace.orValue('').startsWith(prefix))"
    return {"not-of-the-platform": f"!{inside}"}


def _validation(policy: Policy, number: int, check: Check, spec: AdmissionSpec) -> Manifest:
    faults = f"variables.faults{number}"
    waivable = check.stated is None or check.stated.statement.waivable
    excepted = _excepted(policy.rule, spec) if waivable else ""
    who = f"{policy.rule} ({check.stated.name})" if check.stated else policy.rule
    after = f" {check.says}; what passes: {check.passes}"
    return {
        "expression": f"{excepted}{faults}.size() == 0",
        "message": f"{who}: something{after}",
        "messageExpression": f"{text(f'{who}: ')} + {faults}.join(', ') + {text(after)}",
        # Nodes look for themselves only after a plain Forbidden; and what it is, it is: not a wrong object, a refused one.
        "reason": "Forbidden",
    }


def _excepted(rule: str, spec: AdmissionSpec) -> str:
    """Return what is true of objects that a region excepts from a rule, followed by ``||``; empty when there are none."""
    terms: list[str] = []
    for _, exception in sorted(spec.exceptions.items()):
        if exception.rule != rule:
            continue
        term = f"request.?namespace.orValue('') == {text(exception.namespace)}"
        if exception.name is not None:
            term += f" && object.metadata.?name.orValue('') == {text(exception.name)}"
        terms.append(f"({term}) || ")
    return "".join(terms)
