"""Residency of machines: in which country a node says that it stands, and which countries pods ask for."""

from collections.abc import Iterator, Sequence
from typing import Final

from aifactory.model.statement import Residency
from aifactory.render.admission.pods import POD_KINDS, VARIABLES, only_new
from aifactory.render.admission.policy import Check, Match, Policy
from aifactory.render.admission.verdicts import passes
from aifactory.render.admission.words import COUNTRY_LABEL, shown, texts
from aifactory.sovereignty.fact import Located, Place
from aifactory.sovereignty.profile import Stated
from aifactory.sovereignty.world import World

NODES: Final = (Match("", ("nodes",), ("v1",)),)

PLACED_KINDS: Final = (*POD_KINDS, Match("kubevirt.io", ("virtualmachineinstances", "virtualmachines")))

_NO_LABEL: Final = f"'no label {COUNTRY_LABEL}'"


def placement_policies(statements: Sequence[Stated], world: World) -> Iterator[Policy]:
    """Yield the policies of the statements on where machines stand: one for nodes, one for pods."""
    held = [stated for stated in statements if _speaks(stated)]
    if not held:
        return
    nodes = tuple(_node_check(stated, _countries(stated, world)) for stated in held)
    pods = tuple(_pod_check(stated, _countries(stated, world)) for stated in held)
    yield Policy("nodes", "residency", NODES, nodes, _NODE_VARIABLES)
    yield Policy("placement", "residency", PLACED_KINDS, pods, VARIABLES | _POD_VARIABLES)


def _speaks(stated: Stated) -> bool:
    statement = stated.statement
    return isinstance(statement, Residency) and (not statement.kinds or "compute" in statement.kinds)


def _countries(stated: Stated, world: World) -> tuple[str, ...]:
    """Return the countries in which a statement lets machines stand."""
    statement = stated.statement
    named = world.countries(statement.within) if isinstance(statement, Residency) else frozenset[str]()
    located = ((country, Located(subject="node", kind="compute", place=Place(country=country))) for country in named)
    return tuple(sorted(country for country, fact in located if passes(fact, stated, world)))


_NODE_VARIABLES: Final = {
    "country": f"object.metadata.?labels[?'{COUNTRY_LABEL}'].orValue('')",
    # Taints, cordons and heartbeats of a node that is there already must go on, whatever its label says.
    "changed": f"oldObject == null || oldObject.metadata.?labels[?'{COUNTRY_LABEL}'].orValue('') != variables.country",
}


def _node_check(stated: Stated, allowed: Sequence[str]) -> Check:
    shown_value = f"variables.country == '' ? {_NO_LABEL} : variables.country"
    return Check(
        stated,
        f"variables.changed && !(variables.country in {texts(allowed)}) ? [{shown_value}] : []",
        "is no country that this node may stand in",
        f"the label {COUNTRY_LABEL} with one of {shown(allowed)}",
    )


def _terms(pod: str) -> str:
    """Return the terms of a pod's node affinity, those that must hold and those that had better."""
    affinity = f"{pod}.?affinity.?nodeAffinity"
    return (
        f"({affinity}.?requiredDuringSchedulingIgnoredDuringExecution.?nodeSelectorTerms.orValue([]) + "
        f"{affinity}.?preferredDuringSchedulingIgnoredDuringExecution.orValue([]).map(item, item.preference))"
    )


def _asked(pod: str) -> str:
    """Return what a pod says of countries: texts of one or more countries, with spaces between them."""
    selected = f"[{pod}.?nodeSelector[?'{COUNTRY_LABEL}'].orValue('')]"
    wanted = (
        f"{_terms(pod)}.map(term, term.?matchExpressions.orValue([])"
        f".filter(item, item.key == '{COUNTRY_LABEL}' && item.operator == 'In')"
        ".map(item, item.?values.orValue([]).join(' ')).join(' '))"
    )
    return f"({selected} + {wanted}).filter(text, text != '')"


_POD_VARIABLES: Final = {
    "askedBefore": _asked("variables.oldPod"),
    "asked": only_new(_asked("variables.pod"), "variables.askedBefore"),
}


def _pod_check(stated: Stated, allowed: Sequence[str]) -> Check:
    return Check(
        stated,
        f"variables.asked.filter(text, text.split(' ').exists(country, !(country in {texts(allowed)})))",
        "is asked for by the pod's node selector or affinity, and is not allowed",
        f"no {COUNTRY_LABEL} in them, or one of {shown(allowed)}",
    )
