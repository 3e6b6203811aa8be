"""The provider's configuration: what the program gave, what the environment adds, and what changing it means.

A provider's properties reach a plugin as strings, each a JSON text unless it is a string itself
(`pulumi.Output.json_stringify` in the SDKs).
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast

import yaml
from lightkube.config.kubeconfig import KubeConfig, SingleConfig
from lightkube.core.exceptions import ConfigError

from aifactory.errors import AifactoryError
from aifactory.local.plugins.codec import UNKNOWN
from aifactory.local.plugins.kubernetes.objects import DEFAULT_NAMESPACE, mapping, maps, text

CLUSTER_KEYS: Final = ("kubeconfig", "context", "cluster")
"""The properties that together say which cluster is meant."""

CLUSTER_IDENTIFIER: Final = "clusterIdentifier"

_ENVIRONMENT: Final = {
    "deleteUnreachable": "PULUMI_K8S_DELETE_UNREACHABLE",
    "enableConfigMapMutable": "PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE",
    "enablePatchForce": "PULUMI_K8S_ENABLE_PATCH_FORCE",
    "enableSecretMutable": "PULUMI_K8S_ENABLE_SECRET_MUTABLE",
    "enableServerSideApply": "PULUMI_K8S_ENABLE_SERVER_SIDE_APPLY",
    "skipUpdateUnreachable": "PULUMI_K8S_SKIP_UPDATE_UNREACHABLE",
    "suppressDeprecationWarnings": "PULUMI_K8S_SUPPRESS_DEPRECATION_WARNINGS",
    "upsertExistingObjects": "PULUMI_K8S_UPSERT_EXISTING_OBJECTS",
}
"""Environment variables that count where the program says nothing; the official plugin reads the same."""


class SettingError(AifactoryError):
    """A property of the provider cannot be used; `setting` names it."""

    def __init__(self, setting: str, message: str, *, why: str = "", fix: str = "") -> None:
        super().__init__(message, why=why, fix=fix)
        self.setting = setting


@dataclass(frozen=True, slots=True)
class HelmSettings:
    """How Helm is run for `Release` resources; None leaves Helm its own default."""

    driver: str = "secret"
    plugins_path: str | None = None
    registry_config_path: str | None = None
    repository_cache: str | None = None
    repository_config_path: str | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """The configuration of one provider.

    Attributes:
        kubeconfig: contents of a kubeconfig or the path of one; empty means ``$KUBECONFIG`` or
            ``~/.kube/config``.
        context: name of the context to use; empty means the kubeconfig's current one.
        cluster: name of the kubeconfig's cluster to use instead of the context's; empty means the context's.
        namespace: namespace of objects that name none; empty means the context's, else ``default``.
        upsert_existing_objects: take over objects that exist, whoever owns them.
        patch_force: take over fields that other field managers hold, on every object.
        config_map_mutable, secret_mutable: change data in place; otherwise a change of data replaces the
            object, as in the official plugin, unless it is nothing but an addition of metadata.
        delete_unreachable: what is on an unreachable cluster counts as deleted.
        skip_update_unreachable: what is on an unreachable cluster counts as unchanged at refresh.
        suppress_deprecation_warnings: do not pass on the API server's warnings.
        helm: how Helm is run.
    """

    kubeconfig: str = ""
    context: str = ""
    cluster: str = ""
    namespace: str = ""
    upsert_existing_objects: bool = False
    patch_force: bool = False
    config_map_mutable: bool = False
    secret_mutable: bool = False
    delete_unreachable: bool = False
    skip_update_unreachable: bool = False
    suppress_deprecation_warnings: bool = False
    helm: HelmSettings = field(default_factory=HelmSettings)

    @classmethod
    def parse(cls, properties: Mapping[str, Any], environment: Mapping[str, str] | None = None) -> "Settings":
        """Return the settings in a provider's properties, the environment filling in.

        Raises:
            SettingError: a property has a value that cannot be used, or asks for what the stand-in cannot do.
        """
        reader = _Reader(properties, os.environ if environment is None else environment)
        if reader.string("renderYamlToDirectory"):
            raise SettingError(
                "renderYamlToDirectory",
                "this stand-in does not render YAML",
                fix="use the official plugin, or render with the official plugin in CI",
            )
        if not reader.flag("enableServerSideApply", default=True):
            raise SettingError(
                "enableServerSideApply",
                "this stand-in only knows server-side apply",
                fix="leave enableServerSideApply at its default, true",
            )
        return cls(
            kubeconfig=reader.string("kubeconfig"),
            context=reader.string("context"),
            cluster=reader.string("cluster"),
            namespace=reader.string("namespace"),
            upsert_existing_objects=reader.flag("upsertExistingObjects"),
            patch_force=reader.flag("enablePatchForce"),
            config_map_mutable=reader.flag("enableConfigMapMutable"),
            secret_mutable=reader.flag("enableSecretMutable"),
            delete_unreachable=reader.flag("deleteUnreachable"),
            skip_update_unreachable=reader.flag("skipUpdateUnreachable"),
            suppress_deprecation_warnings=reader.flag("suppressDeprecationWarnings"),
            helm=_helm(reader.table("helmReleaseSettings")),
        )


class _Reader:
    """Typed looks into properties that may be strings of JSON."""

    def __init__(self, properties: Mapping[str, Any], environment: Mapping[str, str]) -> None:
        self._properties, self._environment = properties, environment

    def string(self, name: str) -> str:
        value = self._properties.get(name)
        return value if isinstance(value, str) else ""

    def flag(self, name: str, *, default: bool = False) -> bool:
        value = self._properties.get(name)
        if value is None or value == "":
            value = self._environment.get(_ENVIRONMENT.get(name, ""), "")
        if isinstance(value, bool):
            return value
        if value in ("", UNKNOWN):
            return default
        if value not in ("true", "false"):
            raise SettingError(name, f"{name} of the provider is {value!r}", fix="give true or false")
        return value == "true"

    def table(self, name: str) -> dict[str, Any]:
        value = self._properties.get(name)
        if isinstance(value, str) and value:
            try:
                value = json.loads(value)
            except json.JSONDecodeError as error:
                raise SettingError(name, f"{name} of the provider is no JSON: {error}") from error
        return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _helm(table: Mapping[str, Any]) -> HelmSettings:
    return HelmSettings(
        driver=text(table, "driver") or "secret",
        plugins_path=text(table, "pluginsPath") or None,
        registry_config_path=text(table, "registryConfigPath") or None,
        repository_cache=text(table, "repositoryCache") or None,
        repository_config_path=text(table, "repositoryConfigPath") or None,
    )


# --- kubeconfig ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Kubeconfig:
    """A kubeconfig as read.

    Attributes:
        document: its contents.
        path: the file it was read from; None when its contents were given.
    """

    document: Mapping[str, Any]
    path: Path | None


def read_kubeconfig(given: str, environment: Mapping[str, str] | None = None) -> Kubeconfig:
    """Return the kubeconfig that `given` holds or names; nothing given means the usual places.

    Raises:
        SettingError: there is no such file, or it is no kubeconfig. No part of its contents is in the
            message.
    """
    where = os.environ if environment is None else environment
    if "\n" in given or given.lstrip().startswith("{"):
        return Kubeconfig(_parse(given, "the kubeconfig given"), None)
    path = Path(given or where.get("KUBECONFIG") or "~/.kube/config").expanduser()
    try:
        contents = path.read_text()
    except OSError as error:
        raise SettingError(
            "kubeconfig",
            f"kubeconfig {path} cannot be read: {error.strerror}",
            fix="give `kubeconfig`, or set KUBECONFIG; `aifactory local env` prints the local region's",
        ) from error
    return Kubeconfig(_parse(contents, f"kubeconfig {path}"), path)


def _parse(contents: str, name: str) -> Mapping[str, Any]:
    try:
        document: object = yaml.safe_load(contents)
    except yaml.YAMLError as error:
        raise SettingError("kubeconfig", f"{name} is neither YAML nor JSON") from error
    if not isinstance(document, dict) or not {"clusters", "contexts"} <= document.keys():
        raise SettingError("kubeconfig", f"{name} is no kubeconfig: it has no clusters and contexts")
    return cast("Mapping[str, Any]", document)


def select(kubeconfig: Kubeconfig, settings: Settings) -> SingleConfig:
    """Return the one context, cluster and user to use.

    Raises:
        SettingError: the context, its cluster or its user is not in the kubeconfig.
    """
    document = dict(kubeconfig.document)
    wanted = settings.context or text(document, "current-context")
    if settings.cluster:
        contexts = [
            {**entry, "context": {**mapping(entry, "context"), "cluster": settings.cluster}}
            if entry.get("name") == wanted
            else entry
            for entry in maps(document, "contexts")
        ]
        document["contexts"] = contexts
    try:
        config = _kubeconfig(document, kubeconfig.path).get(wanted or None)
    except (ConfigError, KeyError) as error:
        names = ", ".join(text(entry, "name") for entry in maps(document, "contexts"))
        raise SettingError(
            "context" if settings.context else "kubeconfig",
            f"the kubeconfig has no usable context {wanted!r} ({error})",
            fix=f"one of: {names}",
        ) from error
    if config is None:
        raise SettingError("context", "the kubeconfig has no current context", fix="give `context`")
    # An identity without credentials is how lightkube says "no authentication".
    return config if config.user is not None else config._replace(user=_anonymous())


def _kubeconfig(document: dict[str, Any], path: Path | None) -> KubeConfig:
    # Its signature has a bare `Dict`, which the strict checker does not accept.
    parse = cast("Any", KubeConfig).from_dict
    return cast("KubeConfig", parse(document, fname=path))


def _anonymous() -> Any:  # noqa: ANN401
    from lightkube.config.models import User

    return User()


def namespace_for(settings: Settings, config: SingleConfig) -> str:
    """Return the namespace of objects that name none."""
    return settings.namespace or config.context.namespace or DEFAULT_NAMESPACE


# --- changes of the configuration ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ConfigDiff:
    """What changed in a provider's configuration.

    Attributes:
        changed: names of the properties that changed.
        replaces: those of them that mean another cluster, so that everything on it must be made anew.
    """

    changed: tuple[str, ...]
    replaces: tuple[str, ...]


def diff(old: Mapping[str, Any], new: Mapping[str, Any]) -> ConfigDiff:
    """Compare two configurations of a provider, both without secret wrappers.

    A rotated credential keeps the cluster; another server, or another certificate authority, is another
    cluster. ``clusterIdentifier``, once set, decides alone.
    """
    changed = tuple(sorted(key for key in {*old, *new} if old.get(key) != new.get(key)))
    identifier_before, identifier_now = old.get(CLUSTER_IDENTIFIER), new.get(CLUSTER_IDENTIFIER)
    if identifier_before and identifier_now:
        return ConfigDiff(changed, (CLUSTER_IDENTIFIER,) if identifier_before != identifier_now else ())
    suspects = tuple(key for key in CLUSTER_KEYS if key in changed)
    if any(new.get(key) is UNKNOWN for key in suspects):
        return ConfigDiff(changed, suspects)
    if not suspects:
        return ConfigDiff(changed, ())
    before, now = _cluster_meant(old), _cluster_meant(new)
    other = before is not None and now is not None and before != now
    return ConfigDiff(changed, suspects if other else ())


def _cluster_meant(properties: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the entry of the cluster that a configuration means, or None when it cannot be told."""
    reader = _Reader(properties, {})
    try:
        document = read_kubeconfig(reader.string("kubeconfig")).document
    except SettingError:
        return None
    name = reader.string("cluster")
    if not name:
        wanted = reader.string("context") or text(document, "current-context")
        chosen = [entry for entry in maps(document, "contexts") if entry.get("name") == wanted]
        name = text(chosen[0], "context", "cluster") if chosen else ""
    found = [entry for entry in maps(document, "clusters") if entry.get("name") == name]
    return mapping(found[0], "cluster") if found else None
