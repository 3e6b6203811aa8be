"""Residency of volumes, and custody of their keys: storage classes that somebody has declared, and no others."""

from collections.abc import Iterator, Sequence
from typing import Final

from aifactory.model import SiteSpec
from aifactory.model.flow_kind import FlowKind
from aifactory.model.namespace import AdmissionSpec
from aifactory.model.statement import KeyCustody, Residency
from aifactory.render.admission.policy import Check, Match, Policy
from aifactory.render.admission.verdicts import passes
from aifactory.render.admission.words import shown, text, texts
from aifactory.sovereignty.fact import Fact, Kept, Located, Place
from aifactory.sovereignty.profile import Stated
from aifactory.sovereignty.world import World

DEFAULT: Final = "default"
"""Word for the storage class that is used where none is named."""

NOT_A_CLASS: Final = frozenset({DEFAULT, "node-disks"})
"""Words of ``storage_classes`` that no StorageClass is called by: the default's, and that of the nodes' own disks."""

_IS_DEFAULT: Final = "metadata.?annotations[?'storageclass.kubernetes.io/is-default-class'].orValue('') == 'true'"

_BY_HAND: Final = "a volume without storage class"

CLAIMS: Final = (
    Match("", ("persistentvolumeclaims", "persistentvolumes"), ("v1",)),
    Match("cdi.kubevirt.io", ("datavolumes",)),
    Match("postgresql.cnpg.io", ("clusters",)),
)


def storage_policies(statements: Sequence[Stated], world: World, spec: AdmissionSpec, site: SiteSpec) -> Iterator[Policy]:
    """Yield the policies of the statements on volumes and on their keys."""
    for rule, kind in (("residency", Residency), ("key-custody", KeyCustody)):
        held = [stated for stated in statements if isinstance(stated.statement, kind) and _speaks(stated, spec)]
        if held:
            yield from _policies(rule, [(stated, _allowed(stated, world, spec, site)) for stated in held])


def _speaks(stated: Stated, spec: AdmissionSpec) -> bool:
    statement = stated.statement
    if isinstance(statement, Residency):
        # Where nobody declared a storage class, volumes are taken to lie where the cluster is, as the model takes it.
        return bool(spec.storage_classes) and (not statement.kinds or FlowKind.STORAGE in statement.kinds)
    return True


def _allowed(stated: Stated, world: World, spec: AdmissionSpec, site: SiteSpec) -> frozenset[str]:
    """Return the declared storage classes that a statement lets pass, ``default`` among them."""
    return frozenset(name for name in spec.storage_classes if passes(_fact(stated, name, spec, site), stated, world))


def _fact(stated: Stated, name: str, spec: AdmissionSpec, site: SiteSpec) -> Fact:
    subject = f"storage class {name}"
    if isinstance(stated.statement, Residency):
        place = Place(country=site.country, subdivision=site.subdivision)
        return Located(subject=subject, data_class=None, kind=FlowKind.STORAGE, place=place)
    declared = spec.storage_classes[name]
    key = spec.keys.get(declared.key or "")
    return Kept(
        subject=subject,
        data_class=None,
        encrypted=declared.encrypted,
        custody=key.custody if key else None,
        country=key.country if key else None,
        holder=key.operator if key else None,
        keeper=site.operator,
    )


def _policies(rule: str, allowed: Sequence[tuple[Stated, frozenset[str]]]) -> Iterator[Policy]:
    """Yield a policy for claims, and one for storage classes themselves: a claim may name one that comes later."""
    word = "volumes" if rule == "residency" else "volume-keys"
    claims = tuple(_claim_check(stated, names) for stated, names in allowed)
    classes = tuple(_class_check(stated, names) for stated, names in allowed)
    parameters = ("storage.k8s.io/v1", "StorageClass")
    yield Policy(word, rule, CLAIMS, claims, {"classes": _named_only_new()}, parameters=parameters)
    kinds = (Match("storage.k8s.io", ("storageclasses",), ("v1",)),)
    # Storage classes cannot be changed in what matters; what was there before the policy must stay editable.
    yield Policy(f"{word}-classes", rule, kinds, classes, operations=("CREATE",))


def _named(spec: str) -> str:
    """Return the storage classes that a claim, a DataVolume or a database names."""
    return (
        f"[{spec}.?storageClassName.orValue(''), {spec}.?storage.?storageClassName.orValue(''), "
        f"{spec}.?pvc.?storageClassName.orValue(''), {spec}.?storage.?storageClass.orValue(''), "
        f"{spec}.?walStorage.?storageClass.orValue('')]"
        f" + {spec}.?tablespaces.orValue([]).map(space, space.?storage.?storageClass.orValue(''))"
    )


def _named_only_new() -> str:
    before = f"(oldObject == null ? [] : {_named('dyn(oldObject).spec')})"
    named = f"({_named('dyn(object).spec')}).filter(name, name != '' && !(name in {before}))"
    # A volume that somebody made by hand may lie anywhere; claims without a storage class are bound to such ones.
    by_hand = "request.resource.resource == 'persistentvolumes' && oldObject == null"
    return f"{named} + ({by_hand} && dyn(object).spec.?storageClassName.orValue('') == '' ? [{text(_BY_HAND)}] : [])"


def _claim_check(stated: Stated, allowed: frozenset[str]) -> Check:
    """Return the check of a claim against one StorageClass of the cluster; the API server makes it for each of them."""
    names = allowed - NOT_A_CLASS
    default = f" && !(params.{_IS_DEFAULT})" if DEFAULT in allowed else ""
    this = f"name == params.metadata.name && !(name in {texts(names)}){default}"
    faults = f"variables.classes.filter(name, name == {text(_BY_HAND)} || ({this}))"
    return Check(stated, faults, _says(stated), _passing(allowed))


def _class_check(stated: Stated, allowed: frozenset[str]) -> Check:
    names = allowed - NOT_A_CLASS
    default = f" && !(object.{_IS_DEFAULT})" if DEFAULT in allowed else ""
    faults = f"!(object.metadata.name in {texts(names)}){default} ? [object.metadata.name] : []"
    return Check(stated, faults, _says(stated), _passing(allowed))


def _says(stated: Stated) -> str:
    if isinstance(stated.statement, Residency):
        return "is nothing that anybody declared, so nobody knows where its data lie"
    return "is nothing of which anybody declared that it is encrypted with a key in the custody that is asked"


def _passing(allowed: frozenset[str]) -> str:
    names = shown(allowed - NOT_A_CLASS)
    if DEFAULT not in allowed:
        return f"storage classes {names}"
    return "the cluster's default storage class" + (f", or {names}" if allowed - NOT_A_CLASS else "")
