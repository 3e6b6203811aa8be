"""How long a decision takes beside Open Policy Agent: the same rules on the same facts, and the same verdicts first."""

import pickle
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.factory import ON, generated, text
from tests.bench.measure import Comparison, compare
from tests.bench.open_policy_agent import REASONS, RULES, VERDICTS
from tests.bench.question import Question, question, write_data
from tests.bench.turns import compare_turns, playing

SIZES = (10, 50, 200)
"""Regions of the factories."""

GOAL = 1.0
"""Ours is not slower."""

Reasons = Mapping[str, Mapping[str, str]]
"""What each statement says of each fact, by the fact's id and the statement's name."""


@dataclass(frozen=True)
class Match:
    """A question as files, and the commands of both sides that answer it.

    Attributes:
        asked: the question.
        folder: where the files are.
        program: Open Policy Agent.
    """

    asked: Question
    folder: Path
    program: Path

    def write(self) -> None:
        """Write the files."""
        self._data.parent.mkdir(parents=True, exist_ok=True)
        write_data(self.asked, self._data)
        self._pickled.write_bytes(pickle.dumps(self.asked))

    @property
    def ours(self) -> list[str]:
        """Our side, in turns."""
        return [sys.executable, "-m", "tests.bench.decide", str(self._pickled)]

    def theirs(self, query: str = VERDICTS) -> list[str]:
        """Their side, in turns."""
        return [str(self.program), "turns", str(RULES), str(self._data), query]

    @property
    def ours_whole(self) -> list[str]:
        """Our side as a process of its own, which loads facts and statements and prints the verdicts."""
        return [*self.ours, "once"]

    @property
    def theirs_whole(self) -> list[str]:
        """Their side as a process of its own, which loads rules and data and prints the verdicts."""
        return [str(self.program), "eval", "--format", "raw", "--data", str(self._data), "--data", str(RULES), VERDICTS]

    def reasons(self) -> tuple[Reasons, Reasons]:
        """Return what both say, ours first."""
        return _shown(self.ours), _shown(self.theirs(REASONS))

    @property
    def _data(self) -> Path:
        return self.folder / "data.json"

    @property
    def _pickled(self) -> Path:
        return self.folder / "question.pickle"


def differences(ours: Reasons, theirs: Reasons) -> Iterator[str]:
    """Yield where the two do not say the same: a statement that speaks on one side alone is one too."""
    for key in sorted({*ours, *theirs}):
        mine, other = ours.get(key, {}), theirs.get(key, {})
        for name in sorted({*mine, *other}):
            if mine.get(name) != other.get(name):
                yield f"{key} {name}: ours {mine.get(name, 'nothing')}, theirs {other.get(name, 'nothing')}"


def decisions(program: Path, runs: int, sizes: Sequence[int] = SIZES) -> Iterator[Comparison]:
    """Yield for each size the decision alone, and whole processes.

    Raises:
        SystemExit: the two do not say the same, so that there is nothing to compare.
    """
    for size in sizes:
        with TemporaryDirectory() as folder:
            match = Match(question(generated(size), ON), Path(folder), program)
            match.write()
            unlike = list(differences(*match.reasons()))
            if unlike:
                raise SystemExit(f"{len(unlike)} verdicts on {size} regions differ:\n" + "\n".join(unlike[:20]))
            yield compare_turns(
                f"decide {size} regions / Open Policy Agent", match.ours, match.theirs(), runs=runs, goal=GOAL
            )
            few = max(3, runs // 2)
            yield compare(f"load and decide {size} regions / opa eval", match.ours_whole, match.theirs_whole, runs=few)


def checks(program: Path, runs: int, size: int = SIZES[0]) -> Iterator[Comparison]:
    """Yield what the whole check of a file takes; only it reads YAML, derives the facts, and renders every object."""
    with TemporaryDirectory() as folder:
        match = Match(question(generated(size), ON), Path(folder), program)
        match.write()
        file = Path(folder) / "factory.yaml"
        file.write_text(text(size), encoding="utf-8")
        check = [sys.executable, "-m", "aifactory.cli", "check", str(file), "--as-of", str(ON)]
        # Some regions are denied, which is what 1 says.
        yield compare(f"check {size} regions / opa eval", check, match.theirs_whole, runs=runs, codes=(0, 1))


def _shown(command: Sequence[str]) -> Reasons:
    with playing(command) as player:
        return player.take(show=True).value
