"""What was seen of a resource: a fact for the rules, and what must be said beside it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from aifactory.model import KeySpec, StorageClassSpec
from aifactory.sovereignty.fact import Fact, Place


@dataclass(frozen=True, slots=True)
class Observation:
    """A fact of a resource.

    Attributes:
        fact: what rules judge.
        unknown: properties that the fact rests on and whose values are only known at `pulumi up`.
        late: whether other resources of the stack may say what this one does not: judged when all of them are there.
    """

    fact: Fact
    unknown: tuple[str, ...] = ()
    late: bool = False


@dataclass(frozen=True, slots=True)
class Setting:
    """What nobody can read off a resource, and the configuration of the pack or factory.yaml says.

    Attributes:
        place: where the cluster stands that Kubernetes objects are put into.
        operator: who runs the machines of that cluster; None when nobody said.
        administrators: countries from which people administer; None when nobody said.
        identity_country: where their identity provider runs; None when nobody said.
        storage_classes: what is known of the cluster's storage classes; ``default`` is that of claims that name none.
        keys: keys by the name that storage classes, and tags of keys, give.
        key_tag: tag of a key of a cloud that names one of `keys`.
        class_tag: tag, label or annotation that says the class of a resource's data.
        classes: classes of data that there are: a tag that says another says nothing.
        reporting: makers that software may report to.
        seats: countries of the seats of organizations, by their keys.
    """

    place: Place = field(default_factory=Place)
    operator: str | None = None
    administrators: tuple[str, ...] | None = None
    identity_country: str | None = None
    storage_classes: Mapping[str, StorageClassSpec] = field(default_factory=dict[str, StorageClassSpec])
    keys: Mapping[str, KeySpec] = field(default_factory=dict[str, KeySpec])
    key_tag: str = "sovereignty-key"
    class_tag: str = "data-class"
    classes: frozenset[str] = frozenset()
    reporting: frozenset[str] = frozenset()
    seats: Mapping[str, str | None] = field(default_factory=dict[str, str | None])
