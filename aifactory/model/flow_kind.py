"""Why data goes somewhere: the kinds of flows that rules speak of."""

from enum import StrEnum


class FlowKind(StrEnum):
    """Why data goes somewhere."""

    STORAGE = "storage"
    """It lies on a volume."""
    REPLICA = "replica"
    """A copy that follows the original."""
    BACKUP = "backup"
    """Base backups and write-ahead log."""
    COPY = "copy"
    """A copy that a provider makes by itself, such as geo-redundant storage in a paired region."""
    IMAGE_PULL = "image-pull"
    """A container or disk image that a node fetches: code from outside."""
    MODEL_PULL = "model-pull"
    """Weights that are fetched."""
    DISK_PULL = "disk-pull"
    """Contents of a virtual disk that are fetched."""
    REQUEST = "request"
    """Requests and answers of clients."""
    ROUTING = "routing"
    """Requests that another region answers."""
    LOGS = "logs"
    """What programs write down."""
    METRICS = "metrics"
    """Measurements that are read by whatever collects them."""
    TRACES = "traces"
    """The way of single requests, often with parts of what they hold."""
    TELEMETRY = "telemetry"
    """What a program reports to its maker."""
    STATE = "state"
    """Pulumi state, with the outputs and secrets in it."""
    KEY = "key"
    """Secrets that are decrypted by somebody's key."""
    ADMIN = "admin"
    """Whoever reaches the cluster's API."""
    SUPPORT = "support"
    """Whoever helps under a contract, and what they are shown."""

    @property
    def is_code(self) -> bool:
        """Whether code or weights come in by it, and no data of a class goes out."""
        return self in {FlowKind.IMAGE_PULL, FlowKind.MODEL_PULL}

    @property
    def keeps(self) -> bool:
        """Whether data lies somewhere because of it."""
        return self in _KEEPS


_KEEPS = frozenset(
    {FlowKind.STORAGE, FlowKind.REPLICA, FlowKind.BACKUP, FlowKind.COPY, FlowKind.STATE, FlowKind.LOGS, FlowKind.TRACES}
)
