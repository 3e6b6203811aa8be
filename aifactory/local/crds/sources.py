"""The table of where CustomResourceDefinitions come from, read from the package's own YAML files.

`sources.yaml` (pinned Go modules), `kubevirt.yaml` (facts that KubeVirt keeps in code) and `open.yaml` (kinds that no
module holds) are data, so that a bump of a version is a change of two lines that a reviewer can check.
"""

import hashlib
import json
from collections import Counter
from functools import cache
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from .documents import load_yaml


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ModuleSource(_Row):
    """One Go module that holds an operator's definitions."""

    operator: str
    """The operator's name, as people say it."""
    module: str
    """Module path, without the version."""
    version: str = Field(pattern=r"^v\d+\.\d+\.\d+")
    """Module version, with the leading v."""
    sum: str = Field(pattern=r"^h1:[A-Za-z0-9+/]{43}=$")
    """go.sum hash of the module's files; a module that hashes to anything else is refused."""
    files: tuple[str, ...] = Field(min_length=1)
    """Globs inside the module."""
    provides: dict[str, tuple[str, ...]] = {}
    """Kinds that are taken, by API group."""
    schema_only: dict[str, tuple[str, ...]] = {}
    """Kinds that are taken for their schemas and not installed into a cluster, by API group."""
    form: Literal["manifests", "kubevirt"] = "manifests"
    """How the definitions are written down in `files`."""

    @model_validator(mode="after")
    def _something_is_taken(self) -> "ModuleSource":
        if not self.provides and not self.schema_only:
            raise ValueError(f"{self.module} is taken for nothing: name kinds in provides or schema_only")
        return self

    @property
    def spec(self) -> str:
        """``module@version``, as the go command takes it."""
        return f"{self.module}@{self.version}"

    @property
    def kinds(self) -> frozenset[tuple[str, str]]:
        """(group, kind) of everything that is taken from this module."""
        return _pairs(self.provides) | _pairs(self.schema_only)


def _pairs(kinds_by_group: dict[str, tuple[str, ...]]) -> frozenset[tuple[str, str]]:
    return frozenset((group, kind) for group, kinds in kinds_by_group.items() for kind in kinds)


class KubevirtKind(_Row):
    """What KubeVirt's operator adds to a generated schema to make it a definition."""

    group: str
    kind: str
    schema_key: str = Field(alias="schema")
    plural: str
    short: tuple[str, ...] = ()
    scope: Literal["Namespaced", "Cluster"] = "Namespaced"
    versions: tuple[str, ...] = Field(min_length=1)
    """Served versions; the first is the stored one."""
    status: bool
    scale: bool = False


class OpenKind(_Row):
    """A kind that no registry has: an open definition of our own until the strict one is at hand."""

    operator: str
    group: str
    version: str
    kind: str
    plural: str
    scope: Literal["Namespaced", "Cluster"] = "Namespaced"
    status: bool = True
    """Whether the real definition has the status subresource."""
    reference: str | None = None
    """File of the strict definition below ``crds/`` of the reference folder; None when there is none anywhere."""


class Table(_Row):
    """All rows, with what must hold between them."""

    modules: tuple[ModuleSource, ...]
    kubevirt: tuple[KubevirtKind, ...]
    open: tuple[OpenKind, ...]

    @model_validator(mode="after")
    def _each_kind_once(self) -> "Table":
        every = [pair for row in self.modules for part in (row.provides, row.schema_only) for pair in _pairs(part)]
        every += [(row.group, row.kind) for row in self.open]
        doubled = sorted(f"{kind}.{group}" for (group, kind), count in Counter(every).items() if count > 1)
        if doubled:
            raise ValueError(f"defined by more than one row: {', '.join(doubled)}")
        stated = {pair for row in self.modules if row.form == "kubevirt" for pair in row.kinds}
        if stated != {(row.group, row.kind) for row in self.kubevirt}:
            raise ValueError("sources.yaml and kubevirt.yaml do not name the same KubeVirt kinds")
        return self

    @property
    def schema_only(self) -> frozenset[tuple[str, str]]:
        """(group, kind) of what is fetched for its schema and not installed."""
        return frozenset(pair for row in self.modules for pair in _pairs(row.schema_only))

    def fingerprint(self) -> str:
        """Return the hash under which what the modules hold is cached; a changed row gives a new one."""
        stated = self.model_dump(mode="json", by_alias=True, exclude={"open"})
        text = json.dumps(stated, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@cache
def table() -> Table:
    """Return the package's own table."""
    here = files("aifactory.local.crds")

    def rows(name: str, key: str) -> object:
        (document,) = load_yaml((here / name).read_text(encoding="utf-8"))
        return document[key]

    return Table.model_validate(
        {
            "modules": rows("sources.yaml", "modules"),
            "kubevirt": rows("kubevirt.yaml", "kinds"),
            "open": rows("open.yaml", "kinds"),
        }
    )
