"""The map of a region as geometry: code that comes in, the region's blocks, and the countries that data go to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from aifactory.catalog import conditional_members, country_name, members
from aifactory.evidence.case import ADVISORY, Case
from aifactory.evidence.redact import clean_text
from aifactory.sovereignty.flow import HERE, Flow

WIDTH: Final = 1180
_LEFT: Final = (10, 270)
_MIDDLE: Final = (440, 300)
_RIGHT: Final = (900, 270)
_HEAD: Final = 40
_ROW: Final = 30
_GAP: Final = 18
_TOP: Final = 34
_WEIGHT: Final[Mapping[str, int]] = {
    "": 0,
    "allow": 1,
    f"unknown{ADVISORY}": 2,
    f"deny{ADVISORY}": 3,
    "waived": 4,
    "unknown": 5,
    "deny": 6,
}
_LONGEST: Final = 34


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a card.

    Attributes:
        text: what it says.
        more: smaller, below or beside it.
        verdict: worst verdict of what it stands for; empty when no rule speaks of it.
        y: its middle.
        full: all of it, for whoever points at it.
    """

    text: str
    more: str
    verdict: str
    y: float
    full: str


@dataclass(frozen=True, slots=True)
class Card:
    """A box: a place, with what is there."""

    title: str
    note: str
    x: float
    y: float
    width: float
    height: float
    lines: tuple[Line, ...]
    main: bool = False


@dataclass(frozen=True, slots=True)
class Edge:
    """A curve between two lines.

    Attributes:
        path: path of the curve, in SVG's words.
        verdict: colour.
        sure: whether it is encrypted on its way for certain; else it is dashed.
        words: what it is, for whoever points at it.
    """

    path: str
    verdict: str
    sure: bool
    words: str


@dataclass(frozen=True, slots=True)
class Map:
    """The drawing."""

    width: int
    height: int
    cards: tuple[Card, ...]
    edges: tuple[Edge, ...]
    about: str


@dataclass(frozen=True, slots=True)
class _Arrow:
    """A flow between two lines: where it stands on each side, and how it is drawn."""

    block: str
    place: str
    end: str
    incoming: bool
    verdict: str
    sure: bool
    words: str


def map_of(case: Case) -> Map:
    """Return the map of a region."""
    arrows = tuple(_arrow(flow, case) for flow in case.flows if flow.destination != HERE)
    blocks = _worst(
        {flow.block: "" for flow in case.flows}, ((flow.block, case.verdict(case.facts_of(flow))) for flow in case.flows)
    )
    site = case.spec.site
    where = f"{country_name(site.country)}, {site.provider} {site.location}"
    middle = _card(
        case.report.label(case.region),
        where,
        _MIDDLE,
        [(_block(name, case), "", verdict) for name, verdict in blocks.items()],
        main=True,
    )
    left = _side([one for one in arrows if one.incoming], _LEFT, case)
    right = _side([one for one in arrows if not one.incoming], _RIGHT, case)
    height = max(_height(left), _height(right), middle.height) + 2 * _TOP
    placed = [*_stacked(left, height), *_stacked([middle], height), *_stacked(right, height)]
    starts = dict(zip(blocks, next(card for card in placed if card.main).lines, strict=True))
    ends = {(card.title, line.full): (card, line) for card in placed if not card.main for line in card.lines}
    edges = tuple(_edge(one, starts[one.block], *ends[_title(one.place), one.end]) for one in arrows)
    about = f"{len(blocks)} blocks of region {case.region}, {len(arrows)} flows that leave or enter it"
    return Map(WIDTH, int(height), tuple(placed), tuple(dict.fromkeys(edges)), about)


def _arrow(flow: Flow, case: Case) -> _Arrow:
    incoming = flow.kind.is_code or flow.kind.value in {"disk-pull", "admin"}
    words = f"{flow.block}: {flow.kind.value} {flow.part}".strip()
    return _Arrow(
        flow.block,
        "code" if flow.kind.is_code else "people" if flow.kind.value == "admin" else flow.country or "",
        clean_text(flow.destination),
        incoming,
        case.verdict(case.facts_of(flow)),
        flow.encrypted is True,
        clean_text(f"{words} {'from' if incoming else 'to'} {flow.destination}"),
    )


def _title(place: str) -> str:
    if place in {"code", "people"}:
        return {"code": "Code and weights", "people": "Administration"}[place]
    return f"{country_name(place)} ({place})" if place else "Country unknown"


def _note(place: str, case: Case) -> str:
    if place == "code":
        return "registries and hubs that are pulled from"
    if place == "people":
        return "who reaches the cluster's API"
    if not place:
        return "nobody said where this is"
    if place in members("eea", case.on):
        return "EEA"
    if place in members("eu-adequacy", case.on):
        return "third country, adequacy decision (EU)"
    if place in conditional_members("eu-adequacy", case.on):
        return "third country, adequacy with a condition"
    return "third country"


def _side(arrows: Iterable[_Arrow], column: tuple[int, int], case: Case) -> list[Card]:
    places: dict[str, dict[str, list[_Arrow]]] = {}
    for one in arrows:
        places.setdefault(one.place, {}).setdefault(one.end, []).append(one)
    cards: list[Card] = []
    for place in sorted(places, key=lambda name: (name == "", name)):
        lines = [(end, _counted(found), _most(one.verdict for one in found)) for end, found in sorted(places[place].items())]
        cards.append(_card(_title(place), _note(place, case), column, lines))
    return cards


def _counted(arrows: list[_Arrow]) -> str:
    return f"{len(arrows)} flows" if len(arrows) > 1 else ""


def _most(verdicts: Iterable[str]) -> str:
    return max(verdicts, key=lambda verdict: _WEIGHT[verdict], default="")


def _worst(blocks: dict[str, str], found: Iterable[tuple[str, str]]) -> dict[str, str]:
    for block, verdict in found:
        blocks[block] = _most((blocks[block], verdict))
    return blocks


def _block(name: str, case: Case) -> str:
    return "the region itself" if name == f"region {case.region}" else name.replace(f"{case.region}/", "")


def _card(
    title: str, note: str, column: tuple[int, int], lines: Iterable[tuple[str, str, str]], *, main: bool = False
) -> Card:
    rows = list(lines)
    made = tuple(
        Line(_cut(text), more, verdict, _HEAD + index * _ROW + _ROW / 2 + 4, text)
        for index, (text, more, verdict) in enumerate(rows)
    )
    return Card(title, note, column[0], 0, column[1], _HEAD + len(rows) * _ROW + 12, made, main)


def _cut(text: str) -> str:
    shown = (text.partition("://")[2] or text).partition("?")[0]
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"


def _height(cards: list[Card]) -> float:
    return sum(card.height for card in cards) + _GAP * max(0, len(cards) - 1)


def _stacked(cards: list[Card], height: float) -> list[Card]:
    """Return the cards of a column one below the other, in the middle of the height."""
    y = (height - _height(cards)) / 2
    placed: list[Card] = []
    for card in cards:
        lines = tuple(Line(one.text, one.more, one.verdict, one.y + y, one.full) for one in card.lines)
        placed.append(Card(card.title, card.note, card.x, y, card.width, card.height, lines, card.main))
        y += card.height + _GAP
    return placed


def _edge(arrow: _Arrow, block: Line, card: Card, end: Line) -> Edge:
    if arrow.incoming:
        x1, y1, x2, y2 = card.x + card.width, end.y, float(_MIDDLE[0]), block.y
    else:
        x1, y1, x2, y2 = float(_MIDDLE[0] + _MIDDLE[1]), block.y, card.x, end.y
    bend = (x2 - x1) / 2
    path = f"M{x1:.0f},{y1:.1f} C{x1 + bend:.0f},{y1:.1f} {x2 - bend:.0f},{y2:.1f} {x2 - 5:.0f},{y2:.1f}"
    return Edge(path, arrow.verdict, arrow.sure, arrow.words)
