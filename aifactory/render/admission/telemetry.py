"""Telemetry: programs that report to their makers, and network policies that open the way to sinks nobody declared."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from aifactory.catalog.telemetry_switch import TelemetrySwitch, telemetry_switches
from aifactory.model.namespace import AdmissionSpec
from aifactory.model.statement import Telemetry
from aifactory.render.admission.pods import POD_KINDS, VARIABLES, containers
from aifactory.render.admission.policy import Check, Match, Policy
from aifactory.render.admission.verdicts import passes
from aifactory.render.admission.words import shown, text, texts
from aifactory.render.manifest import PRIVATE_CIDRS
from aifactory.sovereignty.fact import Reported
from aifactory.sovereignty.profile import Stated
from aifactory.sovereignty.world import World

RULE: Final = "telemetry"

NETWORK_POLICIES: Final = (Match("networking.k8s.io", ("networkpolicies",), ("v1",)),)

INSIDE: Final = (*PRIVATE_CIDRS, "100.64.0.0/10", "169.254.0.0/16", "fc00::/7", "fe80::/10")
"""Address ranges that no internet is behind: private (RFC 1918), shared by carriers and clouds (RFC 6598), link-local
(RFC 3927, where a node's own DNS cache answers), and the same of IPv6 (RFC 4193, RFC 4291)."""


def telemetry_policies(statements: Sequence[Stated], world: World, spec: AdmissionSpec) -> Iterator[Policy]:
    """Yield the policies of the statements on telemetry: one for programs, one for network policies."""
    held = [stated for stated in statements if isinstance(stated.statement, Telemetry)]
    checks = tuple(check for stated in held for check in _switch_checks(stated, world, spec))
    if checks:
        variables = (
            VARIABLES
            | {"containersBefore": containers("variables.oldPod")}
            | {"containers": f"{containers('variables.pod')}.filter(container, !(container in variables.containersBefore))"}
        )
        yield Policy("reporting", RULE, POD_KINDS, checks, variables)
    if held:
        sinks = tuple(_sink_check(stated, spec) for stated in held)
        yield Policy("egress", RULE, NETWORK_POLICIES, sinks)


def _switch_checks(stated: Stated, world: World, spec: AdmissionSpec) -> Iterator[Check]:
    """Yield a check for each program that the statement does not let report."""
    for name, switch in sorted(telemetry_switches().items()):
        maker = world.organizations.get(switch.maker)
        reported = Reported(
            subject=f"program {name}",
            declared=switch.maker in spec.reporting,
            vendor=switch.maker,
            silenced=False,
            country=maker.seat if maker else None,
        )
        if passes(reported, stated, world):
            continue
        faults = (
            f"variables.containers.filter(container, container.?image.orValue('').matches({text(_pattern(switch))})"
            f" && !({_silenced(switch)})).map(container, 'container ' + container.name)"
        )
        yield Check(stated, faults, f"runs {name} and may report to {switch.maker}", _needed(switch))


def _pattern(switch: TelemetrySwitch) -> str:
    """Return what images of a program match, whichever registry they are of."""
    paths = "|".join(re.escape(path).replace("\\-", "-") for path in switch.images)
    return f"(^|/)({paths})(:[^/@]*)?(@.*)?$"


def _silenced(switch: TelemetrySwitch) -> str:
    """Return whether a container says each of the switches; of a variable that stands there twice, both count."""
    return " && ".join(f"({' || '.join(_said(*pair) for pair in sorted(one.items()))})" for one in switch.switches)


def _said(name: str, value: str) -> str:
    entries = f"container.?env.orValue([]).filter(item, item.name == {text(name)})"
    return f"({entries}.size() > 0 && {entries}.all(item, item.?value.orValue('') == {text(value)}))"


def _needed(switch: TelemetrySwitch) -> str:
    words = [" or ".join(f"{name}={value}" for name, value in sorted(one.items())) for one in switch.switches]
    return f"env {' and '.join(words)}, or {switch.maker} under telemetry.reporting where the profile lets makers be told"


def _sink_check(stated: Stated, spec: AdmissionSpec) -> Check:
    """Return the check of a network policy: what it opens outside of private ranges is a sink that nobody declared."""
    inside = (*INSIDE, *spec.egress_cidrs)
    open_block = f"!{texts(inside)}.exists(range, isCIDR(peer.ipBlock.cidr) && cidr(range).containsCIDR(peer.ipBlock.cidr))"
    faults = (
        "'Egress' in object.spec.?policyTypes.orValue([]) ? "
        "(dyn(object).spec.?egress.orValue([]).exists(rule, rule.?to.orValue([]).size() == 0)"
        " ? ['egress to everywhere'] : [])"
        " + dyn(object).spec.?egress.orValue([]).map(rule, rule.?to.orValue([])"
        f".filter(peer, has(peer.ipBlock) && {open_block}).map(peer, peer.ipBlock.cidr).join(' '))"
        ".filter(found, found != '') : []"
    )
    unchanged = "(oldObject != null && object.spec == oldObject.spec)"
    return Check(
        stated,
        f"{unchanged} ? [] : ({faults})",
        "is open, and nobody declared a sink there",
        f"peers by selector, private addresses{_declared(spec)}",
    )


def _declared(spec: AdmissionSpec) -> str:
    return f", or {shown(spec.egress_cidrs)}" if spec.egress_cidrs else ", or ranges that the region declares"
