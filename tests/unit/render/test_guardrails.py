"""A namespace in which nothing is allowed that was not named."""

from aifactory.model import NamespaceSpec, PodSecurity
from aifactory.render import render_namespace
from tests.unit.render.objects import SCOPE, pick


class TestNamespace:
    """Prevents pods that run as root, reach anything, or take every GPU, because a namespace forgot to forbid it."""

    def test_pod_security_is_enforced_at_a_fixed_version(self) -> None:
        labels = pick(render_namespace(SCOPE, "ai", NamespaceSpec()), "Namespace")["metadata"]["labels"]
        assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
        assert labels["pod-security.kubernetes.io/enforce-version"].startswith("v1.")

    def test_a_weaker_level_is_a_choice(self) -> None:
        objects = render_namespace(SCOPE, "vm", NamespaceSpec(pod_security=PodSecurity.PRIVILEGED))
        assert pick(objects, "Namespace")["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "privileged"

    def test_all_traffic_is_denied_both_ways(self) -> None:
        policy = pick(render_namespace(SCOPE, "ai", NamespaceSpec()), "NetworkPolicy", "deny-all")["spec"]
        assert policy == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}

    def test_names_can_be_asked_of_the_cluster_alone(self) -> None:
        policy = pick(render_namespace(SCOPE, "ai", NamespaceSpec()), "NetworkPolicy", "allow-dns")["spec"]
        (rule,) = policy["egress"]
        assert rule["to"][0]["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "kube-system"}
        assert {port["port"] for port in rule["ports"]} == {53}
        assert "Ingress" not in policy["policyTypes"]

    def test_no_gpus_unless_asked_for(self) -> None:
        for quota in (0, 4):
            rendered = pick(render_namespace(SCOPE, "ai", NamespaceSpec(gpu_quota=quota)), "ResourceQuota")
            assert rendered["spec"]["hard"] == {"requests.nvidia.com/gpu": str(quota)}

    def test_the_namespace_comes_first(self) -> None:
        assert render_namespace(SCOPE, "ai", NamespaceSpec())[0]["kind"] == "Namespace"
