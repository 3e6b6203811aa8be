"""The backend of a region: derived from its state and its site, held against what places are known to be."""

from collections.abc import Iterator
from dataclasses import dataclass

from aifactory.backends import aws, azure, google, own
from aifactory.backends.address import (
    Address,
    BackendKind,
    KeyKind,
    SecretsProvider,
    address_of,
    address_problems,
    provider_of,
    provider_problems,
)
from aifactory.backends.shell import Step
from aifactory.catalog import Location, locations
from aifactory.errors import Problem, SpecError
from aifactory.model import FactorySpec, RegionSpec, nearest


@dataclass(frozen=True, slots=True)
class BackendPlan:
    """What keeps the state of a region, and what makes it.

    Attributes:
        region: name of the region.
        address: the backend.
        provider: who encrypts the secrets.
        place: where the backend lies, as its provider names it; empty where it has no such name.
        country: country that the state lies in; None when nobody said.
        operator: who runs the backend; None when nobody said.
        steps: what makes it, in order; empty where another command does.
    """

    region: str
    address: Address
    provider: SecretsProvider
    place: str
    country: str | None
    operator: str | None
    steps: tuple[Step, ...]

    @property
    def can_make(self) -> bool:
        """Whether it is made without anybody's cloud: a directory, with secrets under a passphrase."""
        return self.address.kind is BackendKind.FILE


def plan_backend(factory: FactorySpec, name: str, location: str | None = None) -> BackendPlan:
    """Return the backend of a region.

    Args:
        factory: the factory.
        name: the region.
        location: the cloud's name of the place, where neither the file nor the region's site tells it.

    Raises:
        SpecError: there is no such region; or its state names a place that is not where it is said to be, or something that
            would be read by others on its way. All of it at once.
    """
    region = factory.region(name)
    address, provider = address_of(region.state.backend), provider_of(region.state.secrets_provider)
    problems = [*address_problems(address), *provider_problems(provider)]
    if problems:
        raise SpecError(f"region {name}", problems)
    place, problems = _place(region, address, provider, location)
    key_place = _key_place(region, provider, place)
    problems += [*_missing(address, provider, place, key_place), *_elsewhere(region, address, provider, place, key_place)]
    if problems:
        raise SpecError(f"region {name}", problems)
    steps = tuple(_steps(factory.name, name, region, address, provider, place, key_place))
    country = region.state.country or (region.site.country if region.state.stays else None)
    operator = region.state.operator or (region.site.operator if region.state.stays else None)
    return BackendPlan(name, address, provider, place, country, operator, steps)


def _place(
    region: RegionSpec, address: Address, provider: SecretsProvider, location: str | None
) -> tuple[str, list[Problem]]:
    """Return where the backend lies: what its address says, what its key says, where the region is, what somebody says."""
    site = region.site
    if address.kind is BackendKind.S3 and "endpoint" not in address.query:
        said = address.query.get("region") or (provider.region if provider.kind is KeyKind.AWS else "")
        found = said or (site.location if site.provider == "aws" else "")
    elif address.kind is BackendKind.AZURE:
        found = site.location if site.provider == "azure" else ""
    elif address.kind is BackendKind.GOOGLE:
        found = google.key_location(provider)
    else:
        return "", []
    if found and location and location != found:
        return found, [Problem("--location", location, "is not where the backend is by factory.yaml", found)]
    return found or location or "", []


def _key_place(region: RegionSpec, provider: SecretsProvider, place: str) -> str:
    """Return the AWS region or Azure location of the key; empty where it has none."""
    site = region.site
    if provider.kind is KeyKind.AWS:
        return provider.region or (site.location if site.provider == "aws" else "")
    if provider.kind is KeyKind.AZURE:
        return site.location if site.provider == "azure" else place
    return ""


def _missing(address: Address, provider: SecretsProvider, place: str, key_place: str) -> Iterator[Problem]:
    """Yield what is not said and would be decided by whoever's shell runs the commands."""
    if address.kind is BackendKind.S3 and "endpoint" not in address.query and not place:
        yield Problem("state.backend", address.url.partition("?")[0], "does not say its AWS region", "?region=eu-central-1")
    if address.kind is BackendKind.AZURE and "storage_account" not in address.query:
        rule = "does not say its account, which whoever's shell it is would decide"
        yield Problem("state.backend", address.url.partition("?")[0], rule, "?storage_account=NAME")
    if address.kind in {BackendKind.AZURE, BackendKind.GOOGLE} and not place:
        yield Problem("state.backend", address.url.partition("?")[0], "does not say where it lies", "--location NAME")
    if provider.kind in {KeyKind.AWS, KeyKind.AZURE} and not key_place:
        nearest_value = "?region=eu-central-1" if provider.kind is KeyKind.AWS else "--location NAME"
        yield Problem("state.secrets_provider", provider.url.partition("?")[0], "does not say where it lies", nearest_value)


def _elsewhere(
    region: RegionSpec, address: Address, provider: SecretsProvider, place: str, key_place: str
) -> Iterator[Problem]:
    """Yield what is said to be in one country and lies in another: rules would judge what is said."""
    state = region.state
    key = region.keys.get(state.key or "")
    cloud = {BackendKind.S3: "aws", BackendKind.AZURE: "azure"}.get(address.kind)
    key_cloud = {KeyKind.AWS: "aws", KeyKind.AZURE: "azure"}.get(provider.kind)
    if cloud and place:
        yield from _at_odds("state.backend", "state.country", cloud, place, state.country)
    if key_cloud and key_place:
        said = key.country if key else None
        yield from _at_odds("state.secrets_provider", f"keys.{state.key}.country", key_cloud, key_place, said)


def _at_odds(where: str, field: str, cloud: str, place: str, said: str | None) -> Iterator[Problem]:
    known = locations().get(f"{cloud}/{place}")
    if known is None or not known.is_place:
        rule = f"is no place of {cloud} that the catalog knows; where state lies must be known"
        named = nearest(place, [location.name for location in locations().values() if _is_of(location, cloud)])
        yield Problem(where, place, rule, named)
    elif said is not None and known.country is not None and said != known.country:
        yield Problem(field, said, f"{cloud} {place} is in {known.country}: {known.source}", known.country)


def _is_of(location: Location, cloud: str) -> bool:
    return location.provider == cloud and location.is_place


def _steps(
    factory: str,
    name: str,
    region: RegionSpec,
    address: Address,
    provider: SecretsProvider,
    place: str,
    key_place: str,
) -> Iterator[Step]:
    if address.kind is BackendKind.LOCAL:
        return
    group = f"{factory}-{name}-state"
    if address.kind is BackendKind.AZURE or provider.kind is KeyKind.AZURE:
        yield azure.group_step(group, place if address.kind is BackendKind.AZURE else key_place)
    held = region.keys.get(region.state.key or "")
    custody = held.custody if held else None
    in_aws = place if address.kind is BackendKind.S3 else key_place if provider.kind is KeyKind.AWS else ""
    if in_aws:
        yield aws.partition_step(in_aws, _partition(in_aws))
    if provider.kind is KeyKind.AWS:
        yield aws.key_step(provider, key_place, custody)
    elif provider.kind is KeyKind.AZURE:
        yield azure.key_step(provider, key_place, custody)
    elif provider.kind is KeyKind.GOOGLE:
        yield google.key_step(provider, custody)
    elif provider.kind is KeyKind.VAULT:
        yield own.vault_step(provider)
    elif provider.kind is KeyKind.PASSPHRASE:
        yield own.passphrase_step()
    yield from _backend_steps(address, provider, place)
    yield own.stack_step(address, provider, name, _unsaid_region(address, provider, place, key_place))


def _unsaid_region(address: Address, provider: SecretsProvider, place: str, key_place: str) -> str:
    """Return the AWS region that Pulumi would otherwise take from whoever's shell it is; empty when addresses say it."""
    if provider.kind is KeyKind.AWS and not provider.region:
        return key_place
    return place if address.kind is BackendKind.S3 and not address.query.get("region") else ""


def _backend_steps(address: Address, provider: SecretsProvider, place: str) -> Iterator[Step]:
    if address.kind is BackendKind.S3 and "endpoint" in address.query:
        yield from aws.store_steps(address)
    elif address.kind is BackendKind.S3:
        yield from aws.bucket_steps(address, provider, place, _partition(place))
    elif address.kind is BackendKind.AZURE:
        yield from azure.blob_steps(address, provider, place)
    elif address.kind is BackendKind.GOOGLE:
        yield from google.bucket_steps(address, provider, place)
    elif address.kind is BackendKind.POSTGRES:
        yield own.database_step(address)
    elif address.kind is BackendKind.FILE:
        yield own.directory_step(address)


def _partition(region: str) -> str:
    """Return the partition of an AWS region: every one of the catalog has one."""
    return locations()[f"aws/{region}"].partition or ""
