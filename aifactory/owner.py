"""What every component is told besides what it is: whose it is, where it stands, which rules hold."""

# No `from __future__ import annotations` here: the component host reads annotations as objects.

from typing import NotRequired, TypedDict


class SiteArgs(TypedDict):
    """Where a component's region stands and who runs it; what every sovereignty rule starts from."""

    provider: str
    """Whose infrastructure: local, on-prem, edge, aws or azure."""
    location: str
    """The provider's name of the place, such as eu-central-1, or your own name of a data centre."""
    country: str
    """Country in which the machines stand: ISO 3166-1 alpha-2, upper case."""
    operator: str
    """Who runs the machines and can reach them; self when it is the owner of the factory."""
    subdivision: NotRequired[str]
    """Part of the country: ISO 3166-2, such as DE-BB. Default: nobody said."""


class RegistryArgs(TypedDict):
    """Where images come from, and by whose leave."""

    mirror: NotRequired[str]
    """host[/path] that everything comes from, with the original host as the first part of the path. Default: none."""
    mirrors: NotRequired[dict[str, str]]
    """Original host to what replaces it, such as ghcr.io to registry.internal/ghcr. Default: none."""
    only: NotRequired[bool]
    """Whether an image of a host that is not mirrored is refused. Default true."""
    pull_secret: NotRequired[str]
    """Name of a dockerconfigjson Secret in every namespace that pulls. Default: none is needed."""


class KeyArgs(TypedDict):
    """One key, or all keys of one kind and place."""

    custody: str
    """Who can use it, from least to most control: provider, customer, hsm, external or client."""
    country: str
    """Country in which the key lies."""
    operator: str
    """Who runs what holds it; self when it is the owner of the factory."""


class StorageClassArgs(TypedDict):
    """What is known of a storage class."""

    encrypted: bool
    """Whether its volumes are encrypted where they lie."""
    key: NotRequired[str]
    """Key that encrypts them. Default: nobody said whose it is."""


class DataClassArgs(TypedDict):
    """A class of data."""

    description: str
    """What belongs to it."""
    personal: NotRequired[bool]
    """Whether it holds data of persons. Default false."""


class OrganizationArgs(TypedDict):
    """Who somebody is."""

    title: str
    """Its name for people."""
    kind: NotRequired[str]
    """company (default), state, person or foundation; the last three belong to nobody."""
    seat: NotRequired[str]
    """Country of its seat. Default: unknown, which rules on operators deny."""
    owners: NotRequired[dict[str, float]]
    """Who owns it, with the share in percent. Default: nobody owns a part that counts."""
    ultimate_parent: NotRequired[str]
    """Who stands at the end of the chain of owners. Default: itself."""
    licensors: NotRequired[list[str]]
    """Whose technology it runs under licence. Default: nobody's."""
    dated: str
    """Day on which this was true."""
    source: str
    """Where it was read."""


class TransferArgs(TypedDict):
    """A transfer that somebody has assessed."""

    countries: list[str]
    """Countries that data go to."""
    data_classes: list[str]
    """Classes of data that go there."""
    recipient: str
    """Who receives them."""
    mechanism: str
    """adequacy, scc, bcr, idta, or another that a profile names."""
    reference: str
    """The contract, and the assessment of it."""
    condition: NotRequired[str]
    """Condition of an adequacy decision that the recipient meets. Default: none."""
    protection: NotRequired[str]
    """Custody of the key that data are encrypted with before they go. Default: encrypted on their way only."""
    since: str
    """First day on which it holds."""
    until: str
    """Last day on which it holds."""


class WaiverArgs(TypedDict):
    """An exception to one finding."""

    rule: str
    """Rule that is waived."""
    subject: str
    """What it is waived for, as the finding writes it."""
    reason: str
    """Why the exception is right."""
    approver: str
    """Who answers for it."""
    approved: str
    """Day of the approval."""
    expires: str
    """Last day on which it holds."""
    controls: list[str]
    """What is done instead, at least one thing."""


class DeclaredArgs(TypedDict):
    """What rules need to know around a component that stands outside of a factory."""

    data_classes: NotRequired[dict[str, DataClassArgs]]
    """Classes of data by name."""
    keys: NotRequired[dict[str, KeyArgs]]
    """Keys by name."""
    storage_classes: NotRequired[dict[str, StorageClassArgs]]
    """What is known of storage classes, by name; default is the one that is used where none is named."""
    organizations: NotRequired[dict[str, OrganizationArgs]]
    """Who somebody is, over what is known; self is whoever runs this."""
    transfers: NotRequired[dict[str, TransferArgs]]
    """Transfers that somebody has assessed, by name."""
    waivers: NotRequired[dict[str, WaiverArgs]]
    """Exceptions to findings, by name."""
    reporting: NotRequired[list[str]]
    """Makers that software may report to. Default: none."""
    as_of: NotRequired[str]
    """Day of the judgement. Default: today, in UTC."""


class OwnerArgs(TypedDict):
    """What every component is told about the factory it belongs to, and the place it stands in."""

    factory: NotRequired[str]
    """Name of the factory, part of the owner annotation of every object. Default: the Pulumi project."""
    region: NotRequired[str]
    """Name of the region. Default: the Pulumi stack."""
    site: NotRequired[SiteArgs]
    """Where the region stands. Required: an unknown place is a denial."""
    profiles: NotRequired[list[str]]
    """Sovereignty profiles that hold here. Required: [none] says in so many words that no rules do."""
    registry: NotRequired[RegistryArgs]
    """Registry that every image of the component is taken from. Default: where their makers keep them."""
    declared: NotRequired[DeclaredArgs]
    """What rules need to know around a component that stands outside of a factory. Default: nothing was said."""
