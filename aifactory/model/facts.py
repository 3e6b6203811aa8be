"""What regions tell each other: `stacks/facts/<region>.json`, an allow-listed document without a secret.

Regions may keep their state in different backends, and a stack reference does not cross backends. So each region's `up`
writes down what others need of it, in a file that lies in git, where a reviewer sees it. What is not named here cannot be
in it.
"""

import json
import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from aifactory.errors import Problem, SpecError
from aifactory.model.base import DNS_LABEL_PATTERN, CountryCode, ShortDnsLabel, Spec
from aifactory.model.problems import problems_of

MAX_BYTES = 1_000_000
"""Largest document read; that of a region with hundreds of databases is near 100 kB."""

Host = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", max_length=253)]
"""A host name."""

Url = Annotated[str, Field(pattern=r"^(https|s3|gs)://[^\s@?#]+$", max_length=500)]
"""An address without user, password, query or fragment: those may hold a key."""


class PlaceFacts(Spec):
    """Where a region stands."""

    provider: str
    """Whose infrastructure."""
    location: str
    """The provider's name of the place."""
    country: CountryCode
    """Country in which the machines stand."""
    operator: str
    """Who runs them."""
    subdivision: str | None = None
    """Part of the country; None when nobody said."""


class DatabaseFacts(Spec):
    """A database as another region sees it: where it is backed up, and under which name."""

    host: Host
    """Host of the primary, inside its cluster."""
    store: Url | None = None
    """Object store that its backups are in."""
    server_name: Annotated[str, Field(pattern=DNS_LABEL_PATTERN, max_length=100)] | None = None
    """Name of its backups in that store."""


class ModelFacts(Spec):
    """A served model as another region sees it."""

    url: Url
    """Where it answers."""
    source: Annotated[str, Field(pattern=r"^(pvc|oci)://[^\s?#]+$", max_length=500)]
    """Where its weights come from."""


class RegionFacts(Spec):
    """What one region tells the others."""

    version: Literal[1] = 1
    """Version of this document's form."""
    factory: ShortDnsLabel
    """Name of the factory."""
    region: ShortDnsLabel
    """Name of the region."""
    simulated: bool
    """Whether it is a region on one machine, with nothing behind it."""
    site: PlaceFacts
    """Where it stands."""
    profiles: tuple[str, ...]
    """Sovereignty profiles that hold there."""
    operators: dict[str, str]
    """Version of each operator."""
    databases: dict[ShortDnsLabel, DatabaseFacts]
    """Databases by name."""
    models: dict[ShortDnsLabel, ModelFacts]
    """Models by name."""


def facts_file(directory: Path, region: str) -> Path:
    """Return the path of a region's facts."""
    return directory / f"{region}.json"


def dump_facts(facts: RegionFacts) -> str:
    """Write facts as the text of their file: the same facts give the same text, with no date in it."""
    return json.dumps(facts.model_dump(mode="json", exclude_none=True), indent=2, sort_keys=True) + "\n"


def write_facts(directory: Path, facts: RegionFacts) -> bool:
    """Write a region's facts, whole or not at all; return whether they changed."""
    file, text = facts_file(directory, facts.region), dump_facts(facts)
    if file.exists() and file.read_text(encoding="utf-8") == text:
        return False
    directory.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    draft.write_text(text, encoding="utf-8")
    draft.replace(file)
    return True


def load_facts(directory: Path, region: str) -> RegionFacts:
    """Read what another region told.

    Raises:
        SpecError: it has told nothing yet, or the document holds anything that is not allowed in it.
    """
    file = facts_file(directory, region)
    try:
        if file.stat().st_size > MAX_BYTES:
            raise SpecError(str(file), [Problem("file", "", f"must be at most {MAX_BYTES} bytes")])
        facts = RegionFacts.model_validate_json(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        rule = f"is not there: region {region} was not brought up since it had something to tell"
        raise SpecError(str(file), [Problem("file", "", rule, f"`pulumi up --stack {region}`")]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SpecError(str(file), [Problem("file", "", f"cannot be read: {type(error).__name__}")]) from None
    except ValidationError as error:
        raise SpecError(str(file), problems_of(error, RegionFacts)) from None
    if facts.region != region:
        rule = f"are of region {facts.region}; a file of another name would speak for the wrong region"
        raise SpecError(str(file), [Problem("region", facts.region, rule, region)])
    return facts
