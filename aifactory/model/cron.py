"""When something is done again and again: cron with five fields, as everybody writes it, and no more than operators take.

CloudNativePG reads schedules with robfig/cron 1.2, which puts a field for seconds in front. A schedule of five fields is
legal there too and means something else (the seconds take the minutes' place), so a nightly backup runs every hour. People
write five fields here; `render` puts the seconds in front.
"""

from datetime import UTC, datetime
from typing import Final

from cronsim import CronSim, CronSimError

EXAMPLE: Final = "30 2 * * sun for half past two on Sundays"

_FIELDS: Final = ("minute", "hour", "day", "month", "weekday")
_MONTHS: Final = frozenset(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"])
_WEEKDAYS: Final = frozenset(["sun", "mon", "tue", "wed", "thu", "fri", "sat"])
_NAMES: Final = {"month": _MONTHS, "weekday": _WEEKDAYS}

_WORDS: Final = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}

_ANY_DAY: Final = datetime(2025, 1, 1, tzinfo=UTC)
"""A schedule is right or wrong whatever the day; a fixed one, since no rule reads a clock."""


def checked_schedule(schedule: str) -> str:
    """Return the schedule as it was given, with single spaces.

    Raises:
        ValueError: it is no cron of five fields, the operator would not take it, or it never comes.
    """
    fields = schedule.split()
    _count(fields)
    for name, field in zip(_FIELDS, fields, strict=True):
        _check_field(name, field)
    plain = " ".join(fields)
    try:
        next(CronSim(plain, _ANY_DAY))
    except CronSimError as error:
        place = str(error).removeprefix("Bad ").replace("day-of-month", "day").replace("day-of-week", "weekday")
        raise ValueError(f"its {place} is out of range, or never comes; write it like {EXAMPLE}") from None
    except StopIteration:
        raise ValueError(f"no such day ever comes, so nothing would be done; write it like {EXAMPLE}") from None
    return plain


def with_seconds(schedule: str) -> str:
    """Return a checked schedule of five fields with the field for seconds in front, as robfig/cron 1.2 wants it."""
    return f"0 {schedule}"


def _count(fields: list[str]) -> None:
    first = fields[0].lower() if fields else ""
    if first.startswith("@"):
        hint = f"; write {_WORDS[first]}" if first in _WORDS else f"; write it like {EXAMPLE}"
        raise ValueError(f"words such as {first} are not taken: five fields say what is meant{hint}")
    if len(fields) == len(_FIELDS) + 1:
        rest = " ".join(fields[1:])
        raise ValueError(f"has six fields; five are expected, the seconds are added for the operator; write {rest}")
    if len(fields) != len(_FIELDS):
        names = ", ".join(_FIELDS)
        raise ValueError(f"has {len(fields)} fields; five are expected ({names}); write it like {EXAMPLE}")


def _check_field(name: str, field: str) -> None:
    """Refuse what cronsim would take and the operator would not: `L`, `#`, and Sunday as 7."""
    for part in field.lower().split(","):
        values, *_ = part.split("/")
        for word in values.split("-"):
            if word != "*" and not (word.isascii() and word.isdigit()) and word not in _NAMES.get(name, frozenset()):
                rule = "numbers, *, names such as sun, and lists, ranges and steps of them; the operator takes nothing else"
                raise ValueError(f"{name} {field!r} must be made of {rule}; write it like {EXAMPLE}")
            if name == "weekday" and word.isdigit() and int(word) > 6:
                raise ValueError(
                    f"weekday {word}: the operator counts from 0 to 6, so it would be refused; Sunday is 0 or sun"
                )
