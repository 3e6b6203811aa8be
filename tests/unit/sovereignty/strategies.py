"""Strategies of factories and rules: right ones, at random, over everything that rules speak of."""

from datetime import date
from typing import Any

from hypothesis import strategies as st

DAY = date(2026, 7, 8)
COUNTRIES = st.sampled_from(["DE", "FR", "IE", "NL", "CH", "GB", "US", "CN", "HK", "BR"])
PLACES = st.sampled_from(
    [
        ("on-prem", "hall", "DE"),
        ("edge", "tower", "FR"),
        ("aws", "eu-west-1", "IE"),
        ("aws", "eu-west-2", "GB"),
        ("aws", "eu-west-9", "IE"),
        ("azure", "europe", "NL"),
        ("azure", "brazilsouth", "BR"),
    ]
)
OPERATORS = st.sampled_from(["self", "aws", "microsoft", "t-systems", "somebody", "here"])
CLASSES = st.sampled_from([None, "customers", "readings"])
BLOCS = st.sampled_from(["eu", "eea", "eu-adequacy", "uk-gdpr"])
CUSTODIES = st.sampled_from(["provider", "customer", "hsm", "external", "client"])
DAYS = st.one_of(st.none(), st.dates(date(2026, 6, 1), date(2026, 8, 1)))


def some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Draw a mapping; a field that is drawn as None is left out."""
    return st.fixed_dictionaries(fields).map(lambda found: {key: value for key, value in found.items() if value is not None})


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), values)


def several(values: st.SearchStrategy[Any], *, least: int = 0) -> st.SearchStrategy[list[Any]]:
    return st.lists(values, min_size=least, max_size=3, unique=True)


REALMS = some(countries=several(COUNTRIES), blocs=several(BLOCS), deny=several(COUNTRIES))

_BOUNDS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "residency": some(within=REALMS),
    "transfer": some(
        free=REALMS,
        adequate=several(st.just("eu-adequacy")),
        mechanisms=several(st.sampled_from(["scc", "bcr"])),
        protection=maybe(CUSTODIES),
    ),
    "operator": some(
        allowed=several(OPERATORS),
        forbidden=several(OPERATORS),
        seat=REALMS,
        exposure=maybe(REALMS),
        each=st.sampled_from([None, 0, 24, 100]),
        together=st.sampled_from([None, 0, 39, 100]),
    ),
    "key-custody": some(minimum=CUSTODIES, within=maybe(REALMS), apart=st.booleans()),
    "managed-service": some(allowed=several(st.sampled_from(["kubernetes", "object-store", "state", "key-management"]))),
    "portability": some(
        licences=st.sampled_from(["osi", "any", ["MIT"]]),
        exit_target=st.booleans(),
        tested_within_days=st.sampled_from([None, 1, 400]),
    ),
    "in-transit": some(inside=st.booleans()),
    "admin-locality": some(within=REALMS, public=st.booleans()),
    "telemetry": some(within=REALMS, vendors=st.booleans()),
    "registry": some(hosts=several(st.sampled_from(["ghcr.io", "quay.io", "docker.io"])), digests=st.booleans()),
    "gpu-export": some(groups=several(st.sampled_from(["ear-gpu-headquarters", "ear-d5", "ear-a5"]), least=1)),
    "support": some(within=REALMS),
    "retention": some(min_days=st.sampled_from([None, 0, 10]), max_days=st.sampled_from([20, 400])),
}
"""Rules by name, each with the bounds that a statement of it may have."""

RULE_NAMES = tuple(_BOUNDS)


@st.composite
def statements(draw: st.DrawFn, rules: tuple[str, ...] = RULE_NAMES) -> dict[str, Any]:
    rule = draw(st.sampled_from(rules))
    common = some(
        classes=st.sampled_from(["all", "personal", ["readings"]]),
        since=st.sampled_from([None, date(2026, 7, 8), date(2026, 7, 9)]),
        until=st.sampled_from([None, date(2026, 7, 8)]),
        mandatory=st.sampled_from([True, True, False]),
        waivable=st.booleans(),
    )
    text = {"rule": rule, "says": "A statement that was made up.", "source": "made up"}
    return text | draw(common) | draw(_BOUNDS[rule])


@st.composite
def profiles(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a profile of one to four statements."""
    found = draw(st.lists(statements(), min_size=1, max_size=4))
    return profile(found)


def profile(found: list[dict[str, Any]]) -> dict[str, Any]:
    named = {f"s{index}": statement for index, statement in enumerate(found)}
    title = "Some statements that were made up"
    return {"title": title, "dated": date(2026, 1, 1), "review_by": date(2026, 7, 8), "statements": named}


def _sinks() -> st.SearchStrategy[dict[str, Any]]:
    sink = some(
        signals=st.lists(st.sampled_from(["logs", "metrics", "traces"]), min_size=1, max_size=4),
        endpoint=st.sampled_from(["https://logs.example.com", "http://logs.example.com", "syslog://here"]),
        country=COUNTRIES,
        operator=OPERATORS,
        data_class=CLASSES,
        retention_days=st.sampled_from([None, 5, 30]),
        key=st.sampled_from([None, "vault"]),
    )
    return st.dictionaries(st.sampled_from(["one", "two"]), sink, max_size=2)


def _support() -> st.SearchStrategy[dict[str, Any]]:
    contract = some(
        vendor=OPERATORS,
        countries=st.lists(COUNTRIES, min_size=1, max_size=3),
        access=st.sampled_from(["none", "supervised", "remote"]),
        reference=st.just("contract 7"),
    )
    return st.dictionaries(st.sampled_from(["desk", "night"]), contract, max_size=2)


def _databases() -> st.SearchStrategy[dict[str, Any]]:
    database = some(
        namespace=st.just("data"),
        instances=st.sampled_from([1, 3]),
        data_class=CLASSES,
        storage_class=st.sampled_from([None, "fast"]),
        clients=st.sampled_from([None, ["data"]]),
        backup=st.sampled_from([None, {"store": "backups"}, {"store": "backups", "retention": "2w"}]),
    )
    return st.dictionaries(st.sampled_from(["billing", "orders"]), database, max_size=2)


def _machines() -> st.SearchStrategy[dict[str, Any]]:
    digest = "0" * 64
    sources = [
        "blank",
        f"registry://quay.io/images/disk:1@sha256:{digest}",
        f"registry://quay.io/images/disk@sha256:{digest}",
        "https://here/disk.img",
        "https://images.example.com/disk.img",
        "pvc://data/golden",
    ]
    disk = some(size_gib=st.just(10), source=st.sampled_from(sources[1:]))
    machine = some(
        namespace=st.just("data"),
        cpu=st.just(1),
        memory_gib=st.just(2),
        root=disk,
        data_disks=st.dictionaries(st.sampled_from(["extra", "more"]), disk, max_size=2),
        data_class=CLASSES,
    )
    return st.dictionaries(st.sampled_from(["old", "older"]), machine, max_size=2)


_SERVICES = st.dictionaries(
    st.sampled_from(["mail", "login"]),
    some(
        title=st.just("a service of the house"),
        kind=st.sampled_from(["mail", "state"]),
        operator=OPERATORS,
        country=COUNTRIES,
        managed=st.booleans(),
        licence=st.sampled_from([None, "MIT", "BUSL-1.1", "no licence at all"]),
        exit_target=st.sampled_from([None, "another one"]),
        data_class=CLASSES,
    ),
    max_size=2,
)


@st.composite
def regions(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a region without its profiles."""
    provider, location, country = draw(PLACES)
    store = some(
        destination=st.just("s3://backups"),
        country=COUNTRIES,
        operator=OPERATORS,
        location=st.sampled_from([None, "azure/brazilsouth", "azure/northeurope", "aws/eu-west-1"]),
        redundancy=st.sampled_from([None, "local", "geo"]),
        key=st.sampled_from([None, "vault"]),
    )
    region: dict[str, Any] = {
        "site": {"provider": provider, "location": location, "country": country, "operator": draw(OPERATORS)},
        "state": {"backend": draw(st.sampled_from(["s3://state", "file:///srv/state"])), "secrets_provider": "passphrase"}
        | draw(some(country=maybe(COUNTRIES), operator=maybe(OPERATORS), key=st.sampled_from([None, "vault"]))),
        "cluster": {"kind": "existing", "context": "here"} | draw(some(managed=maybe(st.booleans()))),
        "access": {"kind": draw(st.sampled_from(["runner", "in-cluster"]))}
        | draw(some(countries=maybe(several(COUNTRIES)), identity=maybe(some(operator=OPERATORS, country=COUNTRIES)))),
        "operators": {name: {"install": "adopt"} for name in ("cloudnative-pg", "barman-cloud", "kubevirt", "cdi")},
        "namespaces": {"data": {}},
        "keys": {"vault": draw(some(custody=CUSTODIES, country=COUNTRIES, operator=OPERATORS))},
        "storage_classes": draw(st.sampled_from([{}, {"default": {"encrypted": True, "key": "vault"}}])),
        "gpu_pools": {"h100": {"accelerator": "h100-sxm-80gb", "nodes": 1, "gpus_per_node": 8}},
        "object_stores": {"backups": draw(store)},
        "databases": draw(_databases()),
        "virtualization": {},
        "virtual_machines": draw(_machines()),
        "services": draw(_SERVICES),
    }
    region |= draw(
        some(
            telemetry=maybe(_sinks().map(lambda sinks: {"sinks": sinks})),
            support=maybe(_support()),
            exit=maybe(some(target=st.just("another hall of ours"), plan=st.just("plan-1"), tested=DAYS)),
            export=maybe(some(end_users=several(OPERATORS, least=1))),
        )
    )
    return region


@st.composite
def factories(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a factory of one region, `hall`, under the profiles `one` and `two`."""
    transfer = some(
        countries=several(COUNTRIES, least=1),
        data_classes=several(st.sampled_from(["customers", "readings"]), least=1),
        recipient=OPERATORS,
        mechanism=st.sampled_from(["scc", "bcr"]),
        reference=st.just("contract 8"),
        since=st.just(date(2026, 1, 1)),
        until=st.sampled_from([date(2026, 7, 7), date(2026, 7, 8)]),
    )
    owners = st.dictionaries(
        st.sampled_from(["founders", "aws", "somebody", "self"]), st.sampled_from([None, 1, 24, 25]), max_size=3
    )
    me = some(title=st.just("Example"), seat=maybe(COUNTRIES), owners=owners, dated=st.just(DAY), source=st.just("made up"))
    return {
        "version": 1,
        "name": "drawn",
        "data_classes": {
            "customers": {"description": "who our customers are", "personal": True},
            "readings": {"description": "what our meters say", "personal": False},
        },
        "organizations": draw(st.one_of(st.just({}), me.map(lambda found: {"self": found}))),
        "profiles": {"one": draw(profiles()), "two": draw(profiles())},
        "transfers": draw(st.dictionaries(st.sampled_from(["east", "west"]), transfer, max_size=2)),
        "regions": {"hall": draw(regions()) | {"profiles": ["one", "two"]}},
    }
