"""Where what is declared, what is in the state and what the cluster shows disagree."""

from collections.abc import Iterator

from aifactory.evidence.case import Case, named_text, names_in
from aifactory.evidence.table import NO_CLUSTER, NO_STATE, Origin, Register, Row, words
from aifactory.model import FlowKind

COLUMNS = {"what": "what", "difference": "difference"}


def differences(case: Case) -> Register:
    """Return what differs."""
    rows = [*_site(case), *_blocks(case), *_beside(case), *_images(case), *_storage(case), *_policies(case)]
    notes = [NO_STATE] if case.state is None else []
    notes += [NO_CLUSTER] if case.observed is None else [f"could not be read: {one}" for one in case.observed.unread]
    return Register(
        "differences",
        "Differences between declared, state and observed",
        "What disagrees. Nothing here means that nothing was found where somebody looked, and no more.",
        COLUMNS,
        tuple(rows),
        tuple(notes),
    )


def _row(subject: str, what: str, difference: str, origin: Origin) -> Row:
    return Row(subject, {"what": what, "difference": difference}, origin)


def _site(case: Case) -> Iterator[Row]:
    origin = case.site_origin()
    for text in origin.differs:
        yield _row(f"{case.region}/site", "place of the nodes", text, origin)
    state = case.state
    if state is not None and state.stack and state.stack != case.region:
        text = f"the state is of stack {state.stack}, and the region is {case.region}: their names are the same by design"
        yield _row(f"{case.region}/state", "stack", text, origin)
    declared = case.spec.state.secrets_provider.partition("://")[0]
    if state is not None and state.secrets_provider:
        used = {"cloud": "a service key"}.get(state.secrets_provider, state.secrets_provider)
        if (used == "passphrase") != (declared == "passphrase"):
            text = f"declared {declared}, and the state's secrets are encrypted with {used}"
            yield _row(f"{case.region}/state", "secrets provider", text, case.origin(case.around.source("state")))


def _blocks(case: Case) -> Iterator[Row]:
    for block in dict.fromkeys(flow.block for flow in case.flows):
        origin = case.origin(case.around.source("").removesuffix("."), block)
        for text in origin.differs:
            yield _row(f"{case.region}/{block}", block, text, origin)


def _beside(case: Case) -> Iterator[Row]:
    """Yield objects of the state that nobody declared: made beside our components, or left behind."""
    if case.state is None:
        return
    wanted = {named for item in case.objects for named in names_in(item)}
    extra = [named for named in case.state.objects() if named not in wanted]
    # Charts and manifests of operators bring objects of their own; without their bundles nobody knows which.
    if extra and case.objects:
        text = f"in the state, and not declared: {named_text(sorted(extra), most=20)}"
        yield _row(f"{case.region}/state", "objects", text, case.site_origin())


def _images(case: Case) -> Iterator[Row]:
    if case.observed is None:
        return
    declared = {image for flow in case.flows if flow.kind is FlowKind.IMAGE_PULL for image in flow.images}
    known = {image.partition("@")[0] for image in declared}
    other = [image for image in case.observed.images if image.partition("@")[0] not in known]
    if other:
        origin = Origin(
            case.declared(case.around.source("").removesuffix(".")), observed=f"{len(case.observed.images)} images"
        )
        yield _row(f"{case.region}/images", "images of pods", f"run, and not declared: {words(other)}", origin)


def _storage(case: Case) -> Iterator[Row]:
    if case.observed is None:
        return
    there = {one.name for one in case.observed.storage_classes}
    default = any(one.default for one in case.observed.storage_classes)
    observed = words(sorted(there), "no storage class")
    for name in sorted(set(case.spec.storage_classes) - {"node-disks"}):
        if (not default) if name == "default" else name not in there:
            origin = Origin(case.declared(case.around.source(f"storage_classes.{name}")), observed=observed)
            yield _row(f"{case.region}/storage class {name}", "storage class", "declared, and not in the cluster", origin)


def _policies(case: Case) -> Iterator[Row]:
    if case.observed is None:
        return
    declared = {
        str(one["metadata"]["name"])
        for item in case.objects
        for one in item.manifests
        if one["kind"] == "ValidatingAdmissionPolicy"
    }
    lost = sorted(declared - set(case.observed.policies))
    if lost:
        origin = Origin(case.declared(case.around.source("profiles")), observed=words(case.observed.policies, "no policy"))
        text = f"declared, and not enforced in the cluster: {words(lost)}"
        yield _row(f"{case.region}/admission", "admission policies", text, origin)
