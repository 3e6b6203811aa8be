"""Evidence of a stack that never heard of aifactory: what its state tells, read as the policy pack reads it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Final, cast

from aifactory.evidence.dossier import Dossier
from aifactory.evidence.report import AID, Report
from aifactory.evidence.state import HIDDEN_VALUE, StackState, StateResource
from aifactory.evidence.table import NO_CLUSTER, Origin, Register, Row, words
from aifactory.sovereignty.assess import Assessment
from aifactory.sovereignty.fact import Fact, Kept, Located, Managed, Moved, Operated, Place, Pulled, Reported, Sent
from aifactory.sovereignty.finding import Finding
from aifactory.sovereignty.judge import judge
from aifactory.sovereignty.profile import statements_of
from aifactory.sovereignty.world import world_of

if TYPE_CHECKING:
    from aifactory.policy.resource import Resource

COLUMNS: Final = {
    "type": "type",
    "fact": "rule",
    "what": "what the state tells",
    "country": "country",
    "operator": "operator",
}
_NO_FACTORY: Final = "declared nowhere: no factory.yaml describes this stack"


def foreign_dossier(
    state: StackState, on: date, profiles: Iterable[str] = (), *, time: str = "", actor: str = "", catalog: str = ""
) -> Dossier:
    """Return the dossier of a foreign stack.

    Args:
        state: its state.
        on: the day of the judgement.
        profiles: shipped profiles to judge it by; none: it is only described.
        time: when it is made.
        actor: who has it made.
        catalog: version of the catalog of facts.
    """
    from aifactory import __version__

    named = tuple(profiles)
    facts = tuple(_facts(state))
    found = _judged([fact for _, fact in facts], named, on, state.stack)
    assessment = Assessment(state.project, on, (state.stack,), found, ())
    judged = f"profiles {', '.join(named)}" if named else "no profiles"
    return Dossier(
        title=f"Evidence of the stack {state.project}/{state.stack}",
        subtitle=f"A stack that no factory.yaml describes; judged for {on} by {judged}. {AID}",
        report=Report(assessment, __version__, "the Pulumi state"),
        registers=(_data_map(state, facts, found), _unread(state, {resource.urn for resource, _ in facts})),
        sources={
            "declared": _NO_FACTORY,
            "state": state.words,
            "observed": NO_CLUSTER,
            "made": f"{time or 'at a time that nobody said'} by {actor or 'somebody who did not say who'}",
            "tool": f"aifactory {__version__}, catalog of facts {catalog or 'of the same version'}",
        },
        factory=state.project,
        region=state.stack,
        time=time,
        actor=actor,
        catalog=catalog,
    )


def resource_of(one: StateResource, providers: "dict[str, StateResource]") -> "Resource":
    """Return a resource of a state as the policy pack takes it; a secret is a value that nobody knows.

    Args:
        one: the resource.
        providers: providers of the stack by URN.
    """
    from aifactory.policy.resource import Resource

    provider = providers.get(one.provider.rpartition("::")[0])
    return Resource(
        type=one.type,
        name=one.name,
        urn=one.urn,
        properties=_known(one.inputs),
        provider=_known(provider.inputs) if provider else {},
    )


def _known(value: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _plain(item) for key, item in value.items()}


def _plain(value: Any) -> Any:  # noqa: ANN401 - plain values of any shape
    from aifactory.policy.values import UNKNOWN

    if value is HIDDEN_VALUE:
        return UNKNOWN
    if isinstance(value, Mapping):
        return _known(cast("Mapping[str, Any]", value))
    return [_plain(item) for item in cast("list[Any]", value)] if isinstance(value, list) else value


def _facts(state: StackState) -> Iterator[tuple[StateResource, Fact]]:
    from aifactory.policy.extract import seen
    from aifactory.policy.observation import Setting

    providers = {one.urn: one for one in state.resources if one.type.startswith("pulumi:providers:")}
    for one in state.resources:
        for observation in seen(resource_of(one, providers), Setting()).observations:
            yield one, observation.fact


def _judged(facts: list[Fact], profiles: tuple[str, ...], on: date, stack: str) -> tuple[Finding, ...]:
    return judge(facts, statements_of(profiles, {}, on), world_of(on), stack) if profiles else ()


def _data_map(state: StackState, facts: Iterable[tuple[StateResource, Fact]], found: tuple[Finding, ...]) -> Register:
    verdicts = {(one.rule, one.subject): one.verdict.value for one in found}
    origin = Origin(_NO_FACTORY, f"in the state of {state.stack}", NO_CLUSTER)
    rows = tuple(
        Row(fact.subject, _cells(resource, fact), origin, verdicts.get((fact.rule, fact.subject), ""))
        for resource, fact in facts
    )
    about = "What the state tells of where resources are, who runs them, and how they are reached and encrypted."
    return Register("data-map", "Data map", about, COLUMNS, rows)


def _cells(resource: StateResource, fact: Fact) -> dict[str, str | None]:
    place = fact.place if isinstance(fact, Located | Moved) else None
    operator = fact.operator if isinstance(fact, Operated | Managed) else None
    return {
        "type": resource.type,
        "fact": fact.rule,
        "what": _what(fact),
        "country": "-" if place is None else place.country,
        "operator": operator or ("-" if not isinstance(fact, Operated | Managed) else None),
    }


def _what(fact: Fact) -> str:
    match fact:
        case Located():
            return f"{fact.kind} {_place(fact.place)}"
        case Moved():
            return f"{fact.kind} from {_place(fact.origin)} to {_place(fact.place)}"
        case Kept():
            return f"encrypted: {_said(fact.encrypted)}; key custody: {fact.custody.value if fact.custody else 'unknown'}"
        case Managed():
            return f"{fact.service}, managed by somebody else: {_said(fact.managed)}"
        case Sent():
            return f"encrypted on its way: {_said(fact.encrypted)}"
        case Pulled():
            return f"from {fact.host or 'unknown'}, pinned by digest: {_said(fact.pinned)}"
        case Reported():
            return f"reports to {fact.vendor or 'a sink'}, switched off: {_said(fact.silenced)}"
        case Operated():
            return f"run by {fact.operator or 'nobody knows whom'}"
        case _:
            return fact.rule


def _place(place: Place) -> str:
    where = place.location or place.country or "nobody knows where"
    return f"{where} (several places, and so none)" if place.logical else where


def _said(value: bool | None) -> str:  # noqa: FBT001 - a value that is put into words
    return "unknown" if value is None else "yes" if value else "no"


def _unread(state: StackState, told: set[str]) -> Register:
    """Return the types of which nothing was understood: what nobody looked at must not look like nothing."""
    quiet = Counter(
        one.type for one in state.resources if one.urn not in told and not one.type.startswith(("pulumi:", "aifactory:"))
    )
    names: dict[str, list[str]] = {}
    for one in state.resources:
        if one.type in quiet and one.urn not in told:
            names.setdefault(one.type, []).append(one.name)
    origin = Origin(_NO_FACTORY, f"in the state of {state.stack}", NO_CLUSTER)
    rows = tuple(
        Row(kind, {"number": str(number), "names": words(sorted(names[kind])[:10])}, origin)
        for kind, number in sorted(quiet.items())
    )
    return Register(
        "not-understood",
        "Resources that tell nothing",
        "Types of resources that yield no fact: they hold no data that rules speak of, or nobody taught us to read them.",
        {"number": "how many", "names": "names"},
        rows,
    )
