"""The replicas: vLLM with its weights, its GPUs and nothing to talk to outside."""

from aifactory.catalog import accelerators, images
from aifactory.conventions import POOL_LABEL
from aifactory.model import GpuPoolSpec, ModelSpec
from aifactory.render.inference.names import SERVING_PORT, ModelNames
from aifactory.render.manifest import Manifest, Scope, namespace_peer, network_policy, tcp
from aifactory.render.tenancy import QUEUE_LABEL

MODELS_DIRECTORY = "/models"

PROBE_PERIOD_SECONDS = 10

OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "VLLM_NO_USAGE_STATS": "1",
    "DO_NOT_TRACK": "1",
}
"""vLLM reports usage every ten minutes unless told not to, and libraries fetch what they miss from a hub. The network policy
is what stops them; these keep them from trying."""


def render_workload(
    scope: Scope, names: ModelNames, spec: ModelSpec, pool_name: str, pool: GpuPoolSpec
) -> tuple[tuple[Manifest, ...], tuple[Manifest, ...]]:
    """Return the claim that holds the weights, when it is ours to make, and the replicas with their network policy."""
    claim = (_claim(scope, names, spec),) if spec.claim_gib else ()
    return claim, (_network_policy(scope, names, spec), _deployment(scope, names, spec, pool_name, pool))


def _claim(scope: Scope, names: ModelNames, spec: ModelSpec) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": scope.metadata(str(spec.claim), namespace=names.namespace),
        "spec": {
            # Replicas on several nodes read the same weights.
            "accessModes": ["ReadWriteMany"],
            "resources": {"requests": {"storage": f"{spec.claim_gib}Gi"}},
        },
    }


def _deployment(scope: Scope, names: ModelNames, spec: ModelSpec, pool_name: str, pool: GpuPoolSpec) -> Manifest:
    deadline = spec.startup_timeout_seconds
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        # Pulumi waits a little longer than Kubernetes, so that the reason Kubernetes gives is the one that is shown.
        "metadata": scope.metadata(
            names.model, namespace=names.namespace, labels=_queue(spec), timeout_seconds=deadline + 60
        ),
        "spec": {
            "replicas": spec.replicas,
            "selector": {"matchLabels": names.replica_labels},
            "progressDeadlineSeconds": deadline,
            # No surge: with every GPU in use, a new replica would wait for ever for one to become free.
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}},
            "template": {
                "metadata": {"labels": scope.labels() | names.replica_labels},
                "spec": _pod(names, spec, pool_name, pool),
            },
        },
    }


def _queue(spec: ModelSpec) -> dict[str, str]:
    """Kueue reads the label of the Deployment and puts it on the pods itself, each of which then waits for its quota."""
    return {QUEUE_LABEL: spec.queue} if spec.queue else {}


def _pod(names: ModelNames, spec: ModelSpec, pool_name: str, pool: GpuPoolSpec) -> Manifest:
    product = accelerators()[pool.accelerator].product
    return {
        "automountServiceAccountToken": False,
        # Kubernetes would put VLLM_PORT and the like into the environment, which vLLM reads as its own settings.
        "enableServiceLinks": False,
        "nodeSelector": {POOL_LABEL: pool_name, "nvidia.com/gpu.product": product},
        "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}],
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "terminationGracePeriodSeconds": 60,
        "containers": [_container(names, spec)],
        "volumes": [
            _weights_volume(spec),
            {"name": "scratch", "emptyDir": {}},
            # Tensor parallelism passes tensors between processes through shared memory; the default of 64 MiB is too little.
            {"name": "shared-memory", "emptyDir": {"medium": "Memory"}},
        ],
    }


def _weights_volume(spec: ModelSpec) -> Manifest:
    if spec.claim:
        return {"name": "weights", "persistentVolumeClaim": {"claimName": spec.claim, "readOnly": True}}
    return {
        "name": "weights",
        "image": {"reference": spec.source.removeprefix("oci://"), "pullPolicy": "IfNotPresent"},
    }


def _container(names: ModelNames, spec: ModelSpec) -> Manifest:
    amount = {
        "cpu": f"{round(spec.cpu * 1000)}m",
        "memory": f"{spec.memory_gib}Gi",
        "nvidia.com/gpu": str(spec.gpus_per_replica),
    }
    environment = OFFLINE | {"HOME": "/scratch"}
    return {
        "name": "vllm",
        "image": images()["vllm"].pull,
        "command": ["vllm", "serve", f"{MODELS_DIRECTORY}/{spec.path}".rstrip("/")],
        "args": _arguments(names, spec),
        "env": [{"name": key, "value": value} for key, value in environment.items()],
        "ports": [{"name": "http", "containerPort": SERVING_PORT, "protocol": "TCP"}],
        "resources": {
            "requests": amount,
            "limits": {key: amount[key] for key in ("memory", "nvidia.com/gpu")},
        },
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        "volumeMounts": [
            {"name": "weights", "mountPath": MODELS_DIRECTORY, "readOnly": True},
            {"name": "scratch", "mountPath": "/scratch"},
            {"name": "scratch", "mountPath": "/tmp", "subPath": "tmp"},  # noqa: S108 - the container's, not this machine's
            {"name": "shared-memory", "mountPath": "/dev/shm"},  # noqa: S108
        ],
    } | _probes(spec)


def _arguments(names: ModelNames, spec: ModelSpec) -> list[str]:
    arguments = [
        f"--served-model-name={names.model}",
        f"--port={SERVING_PORT}",
        f"--tensor-parallel-size={spec.gpus_per_replica}",
    ]
    return [*arguments, f"--max-model-len={spec.max_model_len}"] if spec.max_model_len else arguments


def _probes(spec: ModelSpec) -> Manifest:
    """All probes follow from the one startup time: nothing restarts a replica that is still loading its weights."""
    probe = {
        "httpGet": {"path": "/health", "port": "http"},
        "periodSeconds": PROBE_PERIOD_SECONDS,
        "timeoutSeconds": 5,
    }
    attempts = -(-spec.startup_timeout_seconds // PROBE_PERIOD_SECONDS)
    return {
        "startupProbe": probe | {"failureThreshold": attempts},
        "readinessProbe": probe | {"failureThreshold": 2},
        "livenessProbe": probe | {"failureThreshold": 6},
    }


def _network_policy(scope: Scope, names: ModelNames, spec: ModelSpec) -> Manifest:
    """Requests come from the gateway and the endpoint picker; a replica itself opens no connection at all."""
    same_namespace: Manifest = {"podSelector": {"matchLabels": names.picker_labels}}
    gateway: Manifest = {"podSelector": {"matchLabels": {"gateway.networking.k8s.io/gateway-name": names.model}}}
    clients = [namespace_peer(client) for client in spec.clients]
    rules = {
        "podSelector": {"matchLabels": names.replica_labels},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"from": [same_namespace, gateway, *clients], "ports": tcp(SERVING_PORT)}],
        "egress": [],
    }
    return network_policy(scope, f"{names.model}-replicas", names.namespace, rules)
