"""`kubernetes:helm.sh/v3:Release`: a chart installed, upgraded and uninstalled by Helm itself.

The rendered chart's checksum is an input, as in the official plugin, so that a change inside a local chart
directory is a difference. A release that a crashed run left behind is known by a label that Helm keeps with
it.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

import yaml

from aifactory.errors import AifactoryError
from aifactory.local.plugins import codec
from aifactory.local.plugins.codec import Properties
from aifactory.local.plugins.kubernetes import state
from aifactory.local.plugins.kubernetes.charts import checksum_of, resource_names, with_value_files
from aifactory.local.plugins.kubernetes.checks import Checked, Failure
from aifactory.local.plugins.kubernetes.client import CancelledError
from aifactory.local.plugins.kubernetes.diff import compare
from aifactory.local.plugins.kubernetes.helm import REPOSITORY, Helm, HelmError, Repository
from aifactory.local.plugins.kubernetes.holding import LET_GO, wait_for_definitions
from aifactory.local.plugins.kubernetes.objects import (
    Object,
    items,
    mapping,
    name_in,
    number,
    parse_id,
    text,
    token_of,
    without_nulls,
)
from aifactory.local.plugins.kubernetes.ownership import TakenError
from aifactory.local.plugins.kubernetes.redaction import Redactor
from aifactory.local.plugins.kubernetes.session import Session
from aifactory.local.plugins.kubernetes.work import Diffed, PartialFailureError, Written

RELEASE_TOKEN: Final = "kubernetes:helm.sh/v3:Release"  # noqa: S105 - a type token, no password

DEFAULT_TIMEOUT_SECONDS: Final = 300
"""How long Helm waits for a release; the official plugin's default."""

RESOURCE_LABEL: Final = "aifactory-resource"
"""Label of a Helm release that says which Pulumi resource made it (a hash of its URN)."""

IDENTITY: Final = ("name", "namespace")

_SWITCHES: Final = {
    "atomic": "--atomic",
    "dependencyUpdate": "--dependency-update",
    "devel": "--devel",
    "disableOpenapiValidation": "--disable-openapi-validation",
    "renderSubchartNotes": "--render-subchart-notes",
    "skipCrds": "--skip-crds",
    "verify": "--verify",
    "waitForJobs": "--wait-for-jobs",
}
_INSTALL_SWITCHES: Final = {"createNamespace": "--create-namespace", "disableWebhooks": "--no-hooks", "replace": "--replace"}
_UPGRADE_SWITCHES: Final = {
    "cleanupOnFail": "--cleanup-on-fail",
    "disableCRDHooks": "--no-hooks",
    "forceUpdate": "--force",
}
_RENDER_SWITCHES: Final = ("dependencyUpdate", "devel", "skipCrds", "verify")


@dataclass(frozen=True, slots=True)
class _Release:
    """One release, its inputs plain and merged.

    Attributes:
        urn: the resource's URN.
        given: its inputs as they came, secrets wrapped.
        plain: the same without wrappers.
        redact: cuts its secrets out of Helm's words.
    """

    urn: str
    given: Properties
    plain: Object
    redact: Redactor

    @classmethod
    def of(cls, urn: str, inputs: Mapping[str, Any]) -> "_Release":
        given = dict(inputs)
        return cls(urn, given, cast("Object", codec.reveal(given)), Redactor.of(given))

    @property
    def name(self) -> str:
        return text(self.plain, "name")

    @property
    def namespace(self) -> str:
        return text(self.plain, "namespace")

    @property
    def id(self) -> str:
        return f"{self.namespace}/{self.name}"

    @property
    def repository(self) -> Repository:
        return Repository.parse(mapping(self.plain, "repositoryOpts"))

    @property
    def chart(self) -> str:
        chart = text(self.plain, "chart")
        return f"{REPOSITORY}/{chart}" if self.repository.is_private else chart

    @property
    def values(self) -> Object:
        """Values for the chart; nulls, which remove its defaults, only where the program allows them."""
        values = mapping(self.plain, "values")
        return values if self.plain.get("allowNullValues") is True else cast("Object", without_nulls(values))

    @property
    def label(self) -> str:
        return resource_label(self.urn)

    def switches(self, *tables: Mapping[str, str]) -> list[str]:
        found = [flag for table in tables for key, flag in table.items() if self.plain.get(key) is True]
        for key, flag in (("version", "--version"), ("keyring", "--keyring"), ("postrender", "--post-renderer")):
            if value := text(self.plain, key):
                found += [flag, value]
        return found

    def waiting(self) -> list[str]:
        """How Helm waits: until everything is ready, unless the program says otherwise."""
        seconds = number(self.plain, "timeout", default=DEFAULT_TIMEOUT_SECONDS) or DEFAULT_TIMEOUT_SECONDS
        return [] if self.plain.get("skipAwait") is True else ["--wait", "--timeout", f"{seconds}s"]


class Releases:
    """Handles the releases of one provider; see `provider.Handler`."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._helm = Helm(session.kubeconfig, session.context, session.settings.helm, session.cluster.stop)

    def check(self, urn: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Checked:
        """Fill in defaults, merge value files, render the chart, and refuse what cannot work."""
        given = with_value_files(dict(news))
        if not given.get("namespace"):
            given["namespace"] = self._session.namespace
        if given.get("timeout") is None and codec.reveal(given.get("skipAwait")) is not True:
            given["timeout"] = DEFAULT_TIMEOUT_SECONDS
        failures: list[Failure] = []
        if not given.get("name"):
            reason = "a release needs a fixed name: a made-up one differs between preview and up"
            failures.append(Failure("name", reason))
        if not given.get("chart"):
            failures.append(Failure("chart", "a release needs a chart: a directory, a name in a repository, or oci://"))
        if not failures and not codec.has_unknown(given):
            failures += self._render_into(given, urn, olds)
        return Checked(given, tuple(failures))

    def _render_into(self, given: Properties, urn: str, olds: Mapping[str, Any]) -> list[Failure]:
        """Set checksum and resource names from the rendered chart; one that does not render is a failure."""
        release = _Release.of(urn, given)
        before = {key: olds[key] for key in ("checksum", "resourceNames") if key in olds}
        try:
            manifest = self._render(release)
            checksum = checksum_of(manifest)
            given |= {"checksum": checksum, "resourceNames": resource_names(manifest)}
            if before and before.get("checksum") != checksum and checksum_of(self._render(release)) != checksum:
                # The chart makes up something on each rendering (a password); a difference would be one
                # every time.
                given |= before
        except HelmError as error:
            return [Failure("chart", f"{error}; check the chart, its repository and the values")]
        return []

    def _render(self, release: _Release) -> str:
        switches = release.switches({key: _SWITCHES[key] for key in _RENDER_SWITCHES})
        if "--skip-crds" not in switches:
            switches.append("--include-crds")
        version = text(self._session.cluster.get("/version"), "gitVersion")
        arguments = ["template", release.name, release.chart, "--namespace", release.namespace]
        return self._run(release, [*arguments, "--kube-version", version, *switches])

    def _run(self, release: _Release, arguments: list[str]) -> str:
        return self._helm.run(arguments, values=release.values, repository=release.repository, redact=release.redact)

    def diff(self, urn: str, outputs: Mapping[str, Any], old_inputs: Mapping[str, Any], news: Mapping[str, Any]) -> Diffed:
        """Return what changed; another name or namespace is another release."""
        held: Any = codec.reveal(dict(old_inputs)) or codec.reveal(outputs.get(state.INPUTS_KEY)) or {}
        old, new = cast("Object", without_nulls(held)), cast("Object", without_nulls(codec.reveal(dict(news))))
        return Diffed(tuple(compare(old, new, IDENTITY)), delete_before_replace=False)

    def create(self, urn: str, inputs: Mapping[str, Any], *, dry: bool, timeout_seconds: float | None = None) -> Written:
        """Install a chart; one that a crashed run of this resource installed is upgraded instead.

        Raises:
            TakenError: the name is taken by a release that this resource did not make.
            PartialFailureError: it was installed and failed.
            HelmError: Helm refused.
        """
        release = _Release.of(urn, inputs)
        if dry and codec.has_unknown(release.plain):
            return Written("", release.given)
        existing = self._status(release.namespace, release.name)
        if existing is not None and not self._is_ours(release):
            raise TakenError(
                f"Helm release {release.id} exists already and was not made by this resource",
                why="upgrading it would change what someone else installed",
                fix=f"`pulumi import {token_of(urn)} {name_in(urn)} {release.id}`, or choose another name",
            )
        if dry:
            return Written("", release.given)
        if existing is not None and text(existing, "info", "status").startswith("pending"):
            self._run_plain(["uninstall", release.name, "--namespace", release.namespace, "--wait"])
            existing = None
        return self._install(release) if existing is None else self._upgrade(release)

    def update(
        self,
        urn: str,
        outputs: Mapping[str, Any],
        old_inputs: Mapping[str, Any],
        news: Mapping[str, Any],
        *,
        dry: bool,
        timeout_seconds: float | None = None,
    ) -> Written:
        """Upgrade a release; one that is gone is installed, one stuck half-way is rolled back first."""
        release = _Release.of(urn, news)
        if dry:
            return Written("", release.given)
        existing = self._status(release.namespace, release.name)
        if existing is None:
            return self._install(release)
        if text(existing, "info", "status").startswith("pending"):
            undo = "rollback" if number(existing, "version") > 1 else "uninstall"
            self._run_plain([undo, release.name, "--namespace", release.namespace, "--wait"])
            if undo == "uninstall":
                return self._install(release)
        return self._upgrade(release)

    def _install(self, release: _Release) -> Written:
        switches = release.switches(_SWITCHES, _INSTALL_SWITCHES)
        return self._change(release, ["install", *switches, "--labels", f"{RESOURCE_LABEL}={release.label}"])

    def _upgrade(self, release: _Release) -> Written:
        # Without --reset-values Helm keeps the earlier values when the new ones are empty.
        keep = "--reuse-values" if release.plain.get("reuseValues") is True else "--reset-values"
        switches = [*release.switches(_SWITCHES, _UPGRADE_SWITCHES), keep]
        if history := number(release.plain, "maxHistory"):
            switches += ["--history-max", str(history)]
        return self._change(release, ["upgrade", *switches, "--labels", f"{RESOURCE_LABEL}={release.label}"])

    def _change(self, release: _Release, command: list[str]) -> Written:
        if description := text(release.plain, "description"):
            command += ["--description", description]
        place = [release.name, release.chart, "--namespace", release.namespace]
        self._session.engine.progress(f"helm {command[0]} {release.id}", release.urn)
        try:
            self._run(release, [command[0], *place, *command[1:], *release.waiting(), "--output", "json"])
        except HelmError as error:
            self._fail(release, _explained(release, error))
        except CancelledError as error:
            self._fail(release, error)
        return Written(release.id, self._outputs(release))

    def _fail(self, release: _Release, error: AifactoryError) -> None:
        """Raise `error`, as a partial failure when Helm left a release behind."""
        try:
            left = None if isinstance(error, CancelledError) else self._status(release.namespace, release.name)
        except AifactoryError:
            left = None
        if left is None and not isinstance(error, CancelledError):
            raise error
        # After a cancellation nobody can ask Helm any more; the label lets the next run find what is there.
        if left is None:
            raise error
        told = {**release.given, "status": status_of(left), state.INPUTS_KEY: codec.secret(release.plain)}
        raise PartialFailureError(error.message, release.id, told, [str(error)]) from None

    def _outputs(self, release: _Release) -> Properties:
        found = self._status(release.namespace, release.name)
        if found is None:
            raise HelmError(f"Helm release {release.id} is gone right after Helm made it")
        return {**release.given, "status": status_of(found), state.INPUTS_KEY: codec.secret(release.plain)}

    def read(self, urn: str, identifier: str, outputs: Mapping[str, Any], old_inputs: Mapping[str, Any]) -> Written | None:
        """Return a release as Helm has it now; changed values and versions show as differences."""
        namespace, name = parse_id(identifier)
        namespace = namespace or self._session.namespace
        found = self._status(namespace, name)
        if found is None:
            return None
        values = self._helm.find(["get", "values", name, "--namespace", namespace]) or {}
        status = status_of(found)
        inputs = dict(old_inputs)
        if inputs:
            held = cast("Object", codec.reveal(inputs))
            release = _Release.of(urn, inputs)
            if release.values != values:
                inputs["values"] = codec.with_secrets_of(values, inputs.get("values"))
            if text(held, "version") and text(held, "version") != status["version"]:
                inputs["version"] = status["version"]
        else:
            inputs = {"name": name, "namespace": namespace, "chart": status["chart"], "version": status["version"]}
            inputs |= {"values": values, "timeout": DEFAULT_TIMEOUT_SECONDS}
        told = {**inputs, "status": status, state.INPUTS_KEY: codec.secret(codec.reveal(inputs))}
        if status["status"] != "deployed" and old_inputs:
            reason = f"Helm release {identifier} is {status['status']}: {text(found, 'info', 'description')}"
            raise PartialFailureError(reason, identifier, told, [_Release.of(urn, inputs).redact(reason)], inputs)
        return Written(identifier, told, inputs)

    def delete(
        self,
        urn: str,
        identifier: str,
        outputs: Mapping[str, Any],
        old_inputs: Mapping[str, Any],
        *,
        timeout_seconds: float | None = None,
    ) -> None:
        """Uninstall a release and wait until its objects are gone; one that is gone already is fine."""
        namespace, name = parse_id(identifier)
        held = cast("Object", codec.reveal(dict(old_inputs or outputs)))
        waiting = [] if held.get("skipAwait") is True and held.get("atomic") is not True else ["--wait"]
        seconds = int(timeout_seconds or number(held, "timeout") or DEFAULT_TIMEOUT_SECONDS)
        self._session.engine.progress(f"helm uninstall {identifier}", urn)
        place = [name, "--namespace", namespace or self._session.namespace]
        said = ""
        try:
            self._run_plain(["uninstall", *place, "--ignore-not-found", *waiting, "--timeout", f"{seconds}s"])
        except HelmError as error:
            said = error.message
        # Helm forgets a release even when its definitions cannot go: the next run would find nothing and call it done.
        names = _definitions(held) if waiting else []
        left = wait_for_definitions(self._session.cluster, names, 0 if said else seconds)
        if said or left:
            said = said or "Helm has uninstalled it, and definitions of it are still being deleted"
            raise HelmError(f"release {identifier}: {said}", why="; ".join(left), fix=LET_GO if left else "")

    def _run_plain(self, arguments: list[str]) -> None:
        self._helm.run(arguments)

    def _status(self, namespace: str, name: str) -> Object | None:
        """Return what Helm says of a release, its chart's metadata included; None when there is none."""
        place = [name, "--namespace", namespace]
        found = self._helm.find(["status", *place])
        chart = None if found is None else self._helm.find(["get", "metadata", *place])
        return None if found is None or chart is None else {**found, "chart": chart}

    def _is_ours(self, release: _Release) -> bool:
        """Whether a release carries the label of this very resource."""
        selector = f"{RESOURCE_LABEL}={release.label}"
        arguments = ["list", "--namespace", release.namespace, "--all", "--selector", selector, "--output", "json"]
        found = cast("list[Object]", yaml.safe_load(self._helm.run(arguments)) or [])
        return any(text(entry, "name") == release.name for entry in found)


def _definitions(held: Object) -> list[str]:
    """Return the names of the definitions that a chart makes as ordinary objects, which Helm takes away with it."""
    objects = mapping(held, "resourceNames")
    prefix = "CustomResourceDefinition.apiextensions.k8s.io/"
    return [str(name) for key in objects if key.startswith(prefix) for name in items(objects, key)]


def _explained(release: _Release, error: HelmError) -> HelmError:
    """Return Helm's error with what it means for the cluster and what to do: its own words rarely say why."""
    atomic = release.plain.get("atomic") is True
    why = "it was taken back, so that the next run starts from what was there before" if atomic else ""
    look = f"`kubectl get pods,jobs,events --namespace {release.namespace}`"
    when = "while it comes up shows what it waits for" if atomic else "shows what it waited for"
    return HelmError(
        f"release {release.id}: {error.message}", why=why, fix=f"{look} {when}; mend the chart or its values and repeat"
    )


def resource_label(urn: str) -> str:
    """Return the value of `RESOURCE_LABEL` for a resource."""
    return hashlib.sha256(urn.encode()).hexdigest()[:16]


def status_of(found: Object) -> Object:
    """Return a release's ``status`` output from what `Releases` reads of it."""
    chart = mapping(found, "chart")
    return {
        "name": text(found, "name"),
        "namespace": text(found, "namespace"),
        "revision": number(found, "version"),
        "status": text(found, "info", "status"),
        "chart": text(chart, "chart"),
        "version": text(chart, "version"),
        "appVersion": text(chart, "appVersion"),
    }
