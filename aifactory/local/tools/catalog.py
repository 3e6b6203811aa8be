"""Which programs a local region needs, which versions of them fit, and from which pinned Go modules they are built.

The versions and the checksums of everything that is compiled are in ``aifactory/local/go/<module>/go.mod`` and
``go.sum``; the version that is written here again names the build and is linked into the program, and a test holds
the two together.
"""

import hashlib
import platform
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

ToolName = Literal[
    "pulumi",
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubectl",
    "kwok",
    "helm",
    "pulumi-language-yaml",
]

Version = tuple[int, int, int]

SOURCES: Final = Path(__file__).resolve().parent.parent / "go"
"""Directory of the Go modules, one each; package data."""


def parse_version(text: str) -> Version | None:
    """Return the first ``major.minor.patch`` in what a program says of itself; None when there is none."""
    found = re.search(r"\bv?(\d+)\.(\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def parse_go_version(text: str) -> Version | None:
    """Return the version in ``go1.26.8``, ``go1.27rc1`` (as 1.27.0) or a go directive; None when there is none."""
    found = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", text)
    return (int(found[1]), int(found[2]), int(found[3] or 0)) if found else None


@dataclass(frozen=True, slots=True)
class VersionRange:
    """Versions that fit: from `least` on, below `below`."""

    least: Version
    below: Version

    def __contains__(self, version: Version) -> bool:
        return self.least <= version < self.below

    def __str__(self) -> str:
        return f">= {_short(self.least)}, < {_short(self.below)}"


def _short(version: Version) -> str:
    major, minor, patch = version
    return f"{major}.{minor}.{patch}" if patch else f"{major}.{minor}"


@dataclass(frozen=True, slots=True)
class Program:
    """One program and what makes a copy that is found on the machine fit.

    Attributes:
        name: what it is called.
        fits: versions that are used when found; None: it cannot be asked for its version and is always built.
        version_arguments: how it is asked for its version.
        module: the Go module it is built from otherwise; a key of `MODULES`.
        target: the Go package, as in `GoModule.targets`.
        why: what a region cannot do without it, for messages.
    """

    name: ToolName
    fits: VersionRange | None
    version_arguments: tuple[str, ...]
    module: str
    target: str
    why: str


@dataclass(frozen=True, slots=True, eq=False)
class GoModule:
    """One pinned Go module, and what building it costs.

    Attributes:
        name: its directory under `SOURCES`.
        version: version of what it builds, for people.
        targets: Go package -> names under which the resulting program is to be found.
        variables: Go string variable -> value, linked in with ``-X``: the version that a program reports is set
            by its project's release scripts, which `go build` knows nothing of.
        packages: how many Go packages it compiles, to tell a warm build cache from a cold one.
        cpu_seconds: processor time of a build with an empty cache (measured, x86-64, Go 1.26); divided by the
            number of cores it is the estimate that is shown.
        link_seconds: processor time of the part that no cache saves.
        cache_gib: disk that a build with an empty cache takes, in modules and Go build cache, with a margin.
        memory_gib: memory that the compiler and linker take at their peak, on two cores, with a margin.
    """

    name: str
    version: str
    targets: Mapping[str, tuple[str, ...]]
    variables: Mapping[str, str]
    packages: int
    cpu_seconds: float
    link_seconds: float
    cache_gib: float
    memory_gib: float

    @property
    def source(self) -> Path:
        """Directory with go.mod, go.sum and, where there is one, main.go."""
        return SOURCES / self.name

    @property
    def files(self) -> tuple[Path, ...]:
        """The module's files in a fixed order."""
        return tuple(sorted(path for path in self.source.iterdir() if path.name in {"go.mod", "go.sum", "main.go"}))

    @property
    def link_flags(self) -> str:
        """Flags of the linker: no symbol table and no debug data (a third of the size), and the versions."""
        return " ".join(["-s", "-w", *(f"-X={name}={value}" for name, value in sorted(self.variables.items()))])

    @property
    def least_go(self) -> Version:
        """The oldest Go that can build it, as its go.mod says."""
        found = re.search(r"^go (\S+)$", (self.source / "go.mod").read_text(encoding="utf-8"), re.MULTILINE)
        version = found and parse_go_version(found[1])
        if not version:
            raise ValueError(f"{self.source / 'go.mod'} has no go directive")
        return version

    @property
    def key(self) -> str:
        """Name of its builds: they are made anew when a pin, the program or the platform changes, and only then."""
        digest = hashlib.sha256(f"{sys.platform}/{platform.machine()}\n{self.link_flags}\n".encode())
        for path in self.files:
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
        return f"{self.name}-{self.version}-{digest.hexdigest()[:12]}"


_PULUMI: Final = "v3.258.0"
_KUBERNETES: Final = "v1.36.3"
_HELM: Final = "v3.20.2"
_YAML: Final = "v1.30.0"

HELM_PACKAGE: Final = "helm.sh/helm/v3/cmd/helm"
KWOK_PACKAGE: Final = "sigs.k8s.io/kwok/cmd/kwok"
PULUMI_PACKAGE: Final = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
YAML_PACKAGE: Final = "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml"


def _kubernetes_version_variables() -> dict[str, str]:
    major, minor, _ = _KUBERNETES.removeprefix("v").split(".")
    values = {"gitVersion": _KUBERNETES, "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
    # The servers report the first; client-go puts the second into its user agent.
    places = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
    return {f"{place}.{name}": value for place in places for name, value in values.items()}


MODULES: Final[Mapping[str, GoModule]] = {
    module.name: module
    for module in (
        GoModule(
            name="pulumi",
            version=_PULUMI.removeprefix("v"),
            targets={PULUMI_PACKAGE: ("pulumi",)},
            variables={"github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": _PULUMI},
            packages=1680,
            cpu_seconds=570.0,
            link_seconds=20.0,
            cache_gib=6.0,
            memory_gib=3.0,
        ),
        # One module for the control plane, KWOK and Helm: they agree on one client-go, which compiles once.
        GoModule(
            name="kube",
            version=_KUBERNETES.removeprefix("v"),
            targets={
                ".": ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl"),
                HELM_PACKAGE: ("helm",),
                KWOK_PACKAGE: ("kwok",),
            },
            variables={
                **_kubernetes_version_variables(),
                "helm.sh/helm/v3/internal/version.version": _HELM,
                "helm.sh/helm/v3/internal/version.gitTreeState": "clean",
            },
            packages=2949,
            cpu_seconds=800.0,
            link_seconds=40.0,
            cache_gib=8.0,
            memory_gib=3.0,
        ),
        # The YAML language host does not compile against the Pulumi that the command line is built from.
        GoModule(
            name="yaml",
            version=_YAML.removeprefix("v"),
            targets={YAML_PACKAGE: ("pulumi-language-yaml",)},
            variables={"github.com/pulumi/pulumi-yaml/pkg/version.Version": _YAML},
            packages=757,
            cpu_seconds=180.0,
            link_seconds=10.0,
            cache_gib=4.0,
            memory_gib=3.0,
        ),
    )
}

_KUBERNETES_FITS: Final = VersionRange((1, 36, 0), (1, 37, 0))
"""One minor release for all servers: the controller manager and scheduler must not be newer than the API server."""


def _server(name: ToolName, why: str) -> Program:
    return Program(name, _KUBERNETES_FITS, ("--version",), "kube", ".", why)


PROGRAMS: Final[Mapping[ToolName, Program]] = {
    program.name: program
    for program in (
        Program(
            # The engine of the SDK 3.25x and later speaks the protocol the stand-ins were tested with.
            "pulumi",
            VersionRange((3, 250, 0), (4, 0, 0)),
            ("version",),
            "pulumi",
            PULUMI_PACKAGE,
            "the engine that brings a region up",
        ),
        # Kubernetes 1.36 is built and tested with etcd 3.6.
        Program("etcd", VersionRange((3, 6, 0), (3, 7, 0)), ("--version",), "kube", ".", "the cluster's database"),
        _server("kube-apiserver", "the cluster's API"),
        _server("kube-controller-manager", "the cluster's controllers"),
        _server("kube-scheduler", "places workloads on nodes"),
        # Kubernetes supports a kubectl one minor release older or newer than the server.
        Program(
            "kubectl",
            VersionRange((1, 35, 0), (1, 38, 0)),
            ("version", "--client"),
            "kube",
            ".",
            "looks at the cluster",
        ),
        Program(
            "kwok",
            VersionRange((0, 8, 0), (0, 9, 0)),
            ("--version",),
            "kube",
            KWOK_PACKAGE,
            "simulates nodes and operators",
        ),
        # helm/helm 4 has another command line and other defaults; Release of pulumi-kubernetes 4 embeds Helm 3.
        Program(
            "helm",
            VersionRange((3, 16, 0), (4, 0, 0)),
            ("version", "--template", "{{.Version}}"),
            "kube",
            HELM_PACKAGE,
            "installs and renders charts",
        ),
        Program("pulumi-language-yaml", None, (), "yaml", YAML_PACKAGE, "runs Pulumi programs that are written in YAML"),
    )
}
