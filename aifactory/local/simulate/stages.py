"""KWOK stages that set the statuses of operators which cannot run without containers.

Each stage waits for an object that asks for it, creates what the operator would create, writes the status, and marks
the object with `SIMULATED_ANNOTATION` and the generation that it has seen, so that a changed spec is answered again.
An object with `WITHHOLD_ANNOTATION` is left alone: a test sees what happens when an operator says nothing.
"""

import json
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Final

import yaml

from aifactory.conventions import GROUP, SIMULATED_ANNOTATION
from aifactory.local.crds.documents import Document, load_yaml

from .statuses import Condition, SimulatedKind, simulated_kinds

WITHHOLD_ANNOTATION: Final = f"{GROUP}/withhold-status"
"""Set to ``"true"`` on an object (or, for pods, in the template) so that nothing is simulated for it."""

GENERATION_ANNOTATION: Final = f"{GROUP}/simulated-generation"
"""Generation of the object that the simulated status answers."""

_PRELUDE: Final = """\
{{- $now := dateInZone "2006-01-02T15:04:05Z" now "UTC" }}
{{- $status := or .status (dict) }}
{{- $self := dict "apiVersion" .apiVersion "kind" .kind "name" .metadata.name "uid" .metadata.uid }}
{{- $owner := list (set $self "controller" true) }}
{{- $address := printf "198.51.100.%d" (add 1 (mod (adler32sum .metadata.uid | int64) 254)) }}
{{- $since := dict }}
{{- range $held := append (concat (or $status.parents list) (or $status.listeners list)) $status }}
{{- range $held.conditions }}{{ $_ := set $since (printf "%s=%s" .type .status) .lastTransitionTime }}{{ end }}
{{- end }}
"""
"""Sets the variables that `operators/README.md` promises to every template. An address of TEST-NET-2 (RFC 5737) is
routed nowhere, so nobody can take a simulated gateway for a real one."""

_SETTLED: Final = (
    f'.metadata.annotations["{SIMULATED_ANNOTATION}"] == "true" and '
    f'.metadata.annotations["{GENERATION_ANNOTATION}"] == (.metadata.generation | tostring)'
)


def stages() -> list[Document]:
    """Return every stage: kubelets (`kubelet.yaml`) first, then the operators by name."""
    kubelet = load_yaml((files("aifactory.local.simulate") / "kubelet.yaml").read_text(encoding="utf-8"))
    return kubelet + [stage(row) for row in sorted(simulated_kinds(), key=lambda row: row.name)]


def stage_files(directory: Path) -> list[Path]:
    """Write the stages into `directory`, one file per API group, and return the files, for ``kwok --config``.

    KWOK 0.8 ends at its start when a stage names a kind that the API server does not serve. The control plane holds
    such stages back and starts KWOK again once the custom resource definitions are installed.

    Args:
        directory: made when it is not there; files of an earlier version are overwritten.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    by_file: dict[str, list[Document]] = {}
    for document in stages():
        group = str(document["spec"]["resourceRef"]["apiGroup"]).rpartition("/")[0] or "core"
        by_file.setdefault(f"{group}.yaml", []).append(document)
    written: list[Path] = []
    for name, documents in sorted(by_file.items()):
        path = directory / name
        path.write_text(yaml.safe_dump_all(documents, sort_keys=False, width=1000), encoding="utf-8")
        written.append(path)
    return written


def stage(row: SimulatedKind) -> Document:
    """Return the KWOK stage of one row."""
    expressions = [
        _jq(".metadata.deletionTimestamp", "DoesNotExist"),
        _jq(f'.metadata.annotations["{WITHHOLD_ANNOTATION}"]', "NotIn", "true"),
        _jq(row.settled or _SETTLED, "NotIn", "true"),
    ]
    if row.when is not None:
        expressions.append(_jq(row.when, "In", "true"))
    steps: list[Document] = [{"apply": {"template": _PRELUDE + template}} for template in row.objects]
    if content := _status(row):
        patch: Document = {"root": "status", "type": "merge", "template": _PRELUDE + content}
        if row.status_subresource:
            patch["subresource"] = "status"
        steps.append({"patch": patch})
    # Last: an object that bears the mark has its status, whenever KWOK was interrupted.
    steps.append({"patch": {"root": "metadata", "type": "merge", "template": _mark()}})
    return {
        "apiVersion": "kwok.x-k8s.io/v1alpha1",
        "kind": "Stage",
        "metadata": {"name": row.name},
        "spec": {
            "resourceRef": {"apiGroup": row.api_version, "kind": row.kind},
            "selector": {"matchExpressions": expressions},
            "steps": steps,
        },
    }


def _jq(key: str, operator: str, *values: str) -> Document:
    selector: Document = {"key": key, "operator": operator}
    if values:
        selector["values"] = list(values)
    return {"jq": selector}


def _mark() -> str:
    return (
        f'annotations:\n  {SIMULATED_ANNOTATION}: "true"\n  {GENERATION_ANNOTATION}: "{{{{ or .metadata.generation 0 }}}}"\n'
    )


def _status(row: SimulatedKind) -> str:
    return row.status.rstrip("\n") + "\n" + _conditions(row.conditions, row) if row.conditions else row.status


def _conditions(conditions: Sequence[Condition], row: SimulatedKind) -> str:
    lines = ["conditions:"]
    for condition in conditions:
        lines += [f"- type: {condition.type}", f'  status: "{condition.status}"']
        if condition.reason is not None:
            lines.append(f"  reason: {condition.reason}")
        if condition.message is not None:
            lines.append(f"  message: {json.dumps(condition.message)}")
        if row.observed:
            lines.append("  observedGeneration: {{ .metadata.generation }}")
        if row.timed:
            key = f"{condition.type}={condition.status}"
            lines.append(f'  lastTransitionTime: {{{{ or (get $since "{key}") $now | quote }}}}')
    return "\n".join(lines) + "\n"
