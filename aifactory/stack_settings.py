"""A region's Pulumi stack settings: derived from factory.yaml, and refused when they say something else.

`stacks/Pulumi.<region>.yaml` holds only what Pulumi must have (who encrypts secrets, which factory and region this is) and
secrets. Whatever else a region is stands in factory.yaml, where it is checked.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import yaml

from aifactory.errors import Problem, SpecError
from aifactory.model import LOCAL_BACKEND, FactorySpec, StateSpec

FACTORY_KEY: Final = "aifactory:factory"
REGION_KEY: Final = "aifactory:region"
DEFAULT_PROVIDERS_KEY: Final = "pulumi:disable-default-providers"
KEYS_OF_PULUMI: Final = ("encryptionsalt", "encryptedkey", "secretsprovider")
"""What Pulumi itself writes into a stack's settings about its secrets."""

HEADER: Final = (
    "# Derived from factory.yaml by `aifactory region add {region}`; the file is the truth, this follows it.\n"
    "# Only secrets are added here: `pulumi config set --secret --stack {region} NAME`.\n"
)

Settings = dict[str, Any]


@dataclass(frozen=True, slots=True)
class InUse:
    """What Pulumi really uses for the stack of a region.

    Attributes:
        backend: address of the backend; empty when it cannot be told.
        secrets_provider: who encrypts the secrets in the state; empty when it cannot be told.
    """

    backend: str
    secrets_provider: str


def settings_file(stacks: Path, region: str) -> Path:
    """Return the path of a region's settings."""
    return stacks / f"Pulumi.{region}.yaml"


def read(file: Path) -> Settings:
    """Return the settings in a file; empty when it is not there.

    Raises:
        SpecError: it is no YAML mapping.
    """
    try:
        content: object = yaml.safe_load(file.read_text(encoding="utf-8")) if file.exists() else None
    except (yaml.YAMLError, OSError, UnicodeDecodeError) as error:
        raise SpecError(str(file), [Problem("file", "", f"cannot be read: {type(error).__name__}")]) from None
    if content is not None and not isinstance(content, dict):
        raise SpecError(str(file), [Problem("file", "", "must be a mapping, as Pulumi writes it")])
    return cast("Settings", content or {})


def derive(factory: FactorySpec, region: str, existing: Settings | None = None) -> Settings:
    """Return the settings of a region, with the secrets and keys that are in the existing ones.

    Raises:
        SpecError: there is no such region.
    """
    spec = factory.region(region)
    found = existing or {}
    config = cast("dict[str, Any]", found.get("config") or {})
    kept = {key: value for key, value in config.items() if is_secret(value)}
    settings: Settings = {key: found[key] for key in KEYS_OF_PULUMI if key in found}
    if spec.state.secrets_provider not in {"passphrase", "default"}:
        settings["secretsprovider"] = spec.state.secrets_provider
    return settings | {"config": _config(factory, region) | kept}


def _config(factory: FactorySpec, region: str) -> dict[str, Any]:
    return {
        FACTORY_KEY: factory.name,
        REGION_KEY: region,
        # An object whose provider somebody forgot would go to whatever cluster or account the shell points at.
        DEFAULT_PROVIDERS_KEY: ["aws", "azure-native", "kubernetes"],
    }


def is_secret(value: object) -> bool:
    """Return whether a value of the configuration is encrypted, or an object with an encrypted part."""
    if isinstance(value, Mapping):
        mapping = cast("Mapping[str, Any]", value)
        return set(mapping) == {"secure"} or any(is_secret(inner) for inner in mapping.values())
    return isinstance(value, list) and any(is_secret(item) for item in cast("list[object]", value))


def dump(settings: Settings, region: str) -> str:
    """Write settings as the text of their file."""
    return HEADER.format(region=region) + yaml.safe_dump(settings, sort_keys=False)


def write(stacks: Path, factory: FactorySpec, region: str) -> tuple[Path, bool]:
    """Derive a region's settings and write them; return the file and whether it changed.

    Raises:
        SpecError: there is no such region, or its settings cannot be read.
    """
    file = settings_file(stacks, region)
    existing = read(file)
    settings = derive(factory, region, existing)
    if file.exists() and settings == existing:
        return file, False
    text = dump(settings, region)
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    draft.write_text(text, encoding="utf-8")
    draft.replace(file)
    return file, True


def disagreements(factory: FactorySpec, region: str, settings: Settings) -> list[Problem]:
    """Return where a region's settings say something else than factory.yaml."""
    expected = _config(factory, region)
    config = cast("dict[str, Any]", settings.get("config") or {})
    remedy = f"`aifactory region add {region}` derives it anew"
    found: list[Problem] = []
    for key, value in expected.items():
        if key not in config:
            found.append(Problem(key, "", f"is required, and {value} by factory.yaml; {remedy}", _shown(value)))
        elif config[key] != value:
            rule = f"factory.yaml says {_shown(value)}, and where the two disagree nothing is made; {remedy}"
            found.append(Problem(key, _shown(config[key]), rule, _shown(value)))
    for key, value in config.items():
        if key not in expected and not is_secret(value):
            rule = "is neither a secret nor derived from factory.yaml; two truths about a region would drift apart"
            found.append(Problem(key, _shown(value), rule, "the field of factory.yaml that decides it"))
    return found


def _shown(value: object) -> str:
    return "[" + ", ".join(map(str, cast("list[object]", value))) + "]" if isinstance(value, list) else str(value)


def in_use(root: Path, settings: Settings, environment: Mapping[str, str]) -> InUse:
    """Return what Pulumi uses, found in the order in which Pulumi looks.

    Args:
        root: directory of Pulumi.yaml.
        settings: of the stack.
        environment: of the process.
    """
    backend = environment.get("PULUMI_BACKEND_URL") or _project_backend(root) or _logged_in(environment)
    provider = str(settings.get("secretsprovider") or "")
    if not provider or provider == "default":
        provider = "passphrase" if "encryptionsalt" in settings else "default" if backend.startswith("https://") else ""
    return InUse(backend, provider)


def _project_backend(root: Path) -> str:
    content = read(root / "Pulumi.yaml")
    return str(cast("dict[str, Any]", content.get("backend") or {}).get("url") or "")


def _logged_in(environment: Mapping[str, str]) -> str:
    home = Path(environment.get("PULUMI_HOME") or Path(environment.get("HOME", "/")) / ".pulumi")
    try:
        credentials = cast("object", json.loads((home / "credentials.json").read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return ""
    return str(cast("dict[str, Any]", credentials).get("current") or "") if isinstance(credentials, dict) else ""


def state_disagreements(state: StateSpec, used: InUse) -> list[Problem]:
    """Return where the backend or the secrets provider in use is not the declared one."""
    found: list[Problem] = []
    fits = used.backend.startswith("file://") if state.backend == LOCAL_BACKEND else used.backend == state.backend
    if not fits:
        shown = used.backend or "unknown"
        rule = f"factory.yaml declares {state.backend}; state with every secret of the region would go elsewhere"
        remedy = "aifactory local up" if state.backend == LOCAL_BACKEND else f"pulumi login {state.backend}"
        found.append(Problem("state.backend", shown, rule, f"`{remedy}`"))
    if used.secrets_provider != state.secrets_provider:
        shown = used.secrets_provider or "unknown"
        rule = f"factory.yaml declares {state.secrets_provider}; somebody else's key would open the region's secrets"
        remedy = f"`pulumi stack change-secrets-provider {state.secrets_provider}`"
        found.append(Problem("state.secrets_provider", shown, rule, remedy))
    return found


def require_settings(factory: FactorySpec, region: str, stacks: Path) -> None:
    """Refuse to go on without settings for a region, or with ones that say something else than factory.yaml.

    Raises:
        SpecError: they are missing, or disagree; all disagreements are listed.
    """
    file = settings_file(stacks, region)
    settings = _present(file, region)
    problems = disagreements(factory, region, settings)
    if problems:
        raise SpecError(str(file), problems)


def _present(file: Path, region: str) -> Settings:
    if not file.exists():
        rule = "is not there, so nobody has said which stack this is"
        raise SpecError(str(file), [Problem("file", "", rule, f"`aifactory region add {region}`")])
    return read(file)


def require_agreement(
    factory: FactorySpec, region: str, *, stacks: Path, environment: Mapping[str, str] | None = None
) -> None:
    """Refuse to go on when the stack in use is not the one that factory.yaml describes.

    Args:
        factory: the factory.
        region: name of the region, which is the stack's name.
        stacks: directory of the regions' settings.
        environment: of the process; None is this one's.

    Raises:
        SpecError: settings, backend or secrets provider disagree with factory.yaml; all disagreements are listed.
    """
    variables = os.environ if environment is None else environment
    # The CLI takes every option from the environment as well; a local region keeps its settings out of the checkout.
    chosen = variables.get("PULUMI_OPTION_CONFIG_FILE")
    file = Path(chosen) if chosen else settings_file(stacks, region)
    settings = _present(file, region)
    spec = factory.region(region)
    used = in_use(stacks.parent, settings, variables)
    problems = disagreements(factory, region, settings) + state_disagreements(spec.state, used)
    if problems:
        raise SpecError(str(file), problems)
