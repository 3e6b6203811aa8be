"""One exception tree: whoever catches `AifactoryError` has caught everything that is the user's to mend.

Each error says what is wrong, what follows from it, and what to do. The command line prints `str(error)` and
exits with `error.exit_code`; a traceback is only ever shown for a defect of aifactory itself.
"""

from dataclasses import asdict, dataclass


class AifactoryError(Exception):
    """Base of all errors that a user can mend.

    Args:
        message: what is wrong, in one sentence that names the value.
        why: what would have followed, one sentence; empty when the message says it.
        fix: the nearest value or command that works; empty when there is none to offer.
    """

    exit_code = 1

    def __init__(self, message: str, *, why: str = "", fix: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.why = why
        self.fix = fix

    def __str__(self) -> str:
        parts = [self.message]
        if self.why:
            parts.append(f"  why: {self.why}")
        if self.fix:
            parts.append(f"  fix: {self.fix}")
        return "\n".join(parts)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with an input; a `SpecError` holds all of them.

    Attributes:
        where: dotted path of the field, such as ``regions.local.databases[0].instances``.
        value: the value found, shortened and free of secrets, as the user wrote it; empty when it is missing.
        rule: what the field must be, and what follows otherwise.
        nearest: the nearest value that works; empty when there is none to offer.
        line: line of the file, 1-based; None when the input was no file.
    """

    where: str
    value: str
    rule: str
    nearest: str = ""
    line: int | None = None

    def __str__(self) -> str:
        place = self.where if self.line is None else f"line {self.line}: {self.where}"
        shown = f" = {self.value}" if self.value else ""
        hint = f"; use {self.nearest}" if self.nearest else ""
        return f"{place}{shown}: {self.rule}{hint}"


class SpecError(AifactoryError):
    """An input (factory.yaml, the args of a component) is wrong; every problem is listed, none is dropped."""

    exit_code = 2

    def __init__(self, source: str, problems: list[Problem]) -> None:
        self.source = source
        self.problems = tuple(problems)
        count = len(problems)
        noun = "problem" if count == 1 else "problems"
        lines = "\n".join(f"  - {problem}" for problem in problems)
        super().__init__(f"{source}: {count} {noun}, nothing was created\n{lines}")

    def as_json(self) -> list[dict[str, str | int | None]]:
        """Return the problems as plain values, for programs."""
        return [asdict(problem) for problem in self.problems]


class DeniedError(AifactoryError):
    """Sovereignty rules deny what an input describes; the message has every finding and what would pass."""

    exit_code = 1


class ToolError(AifactoryError):
    """A program that is needed (Pulumi, Go, Helm, ...) is missing, unfit, or failed to build."""

    exit_code = 3


class ControlPlaneError(AifactoryError):
    """The local control plane did not start, or a part of it stopped."""

    exit_code = 3


class EngineError(AifactoryError):
    """The Pulumi engine was run and failed; its own words are in the message."""

    exit_code = 4


class RunInterruptedError(EngineError):
    """A run of the engine was stopped by Ctrl-C or a termination signal; what it had begun was finished."""

    exit_code = 130


class PreflightError(AifactoryError):
    """A cluster that was given cannot carry the region as it is; the message lists what is missing."""

    exit_code = 5
