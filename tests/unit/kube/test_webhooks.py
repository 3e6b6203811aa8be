"""Whose webhook an API server could not call, by its own words."""

import httpx2
import pytest

from aifactory.catalog import releases
from aifactory.kube.api import Api, ApiRefusalError
from aifactory.kube.webhooks import failed_call, owners, titles

REFUSED = (
    'Internal error occurred: failed calling webhook "mleaderworkerset.kb.io": failed to call webhook: Post '
    '"https://lws-webhook-service.lws-system.svc:443/mutate-leaderworkerset?timeout=10s": dial tcp 10.0.0.7:443: connect: '
    "connection refused"
)
NOT_FOUND = (
    'Internal error occurred: failed calling webhook "mclusterqueue.kb.io": failed to call webhook: Post '
    '"https://kueue-webhook-service.kueue-system.svc:443/mutate?timeout=10s": service "kueue-webhook-service" not found'
)
CONVERSION = (
    "conversion webhook for kueue.x-k8s.io/v1beta1, Kind=ClusterQueue failed: Post "
    '"https://kueue-webhook-service.kueue-system.svc:443/convert?timeout=30s": no endpoints available for service '
    '"kueue-webhook-service"'
)
STRANGER = (
    'failed calling webhook "check.example.org": failed to call webhook: Post '
    '"https://checker.policies.svc:443/?timeout=10s": context deadline exceeded'
)


class TestWhose:
    """Prevents a person from being told of a service and never of the operator that is down."""

    @pytest.mark.parametrize(
        ("message", "webhook", "place", "operators"),
        [
            (REFUSED, "mleaderworkerset.kb.io", ("lws-system", "lws-webhook-service"), ["leaderworkerset"]),
            (NOT_FOUND, "mclusterqueue.kb.io", ("kueue-system", "kueue-webhook-service"), ["kueue"]),
            (CONVERSION, "ClusterQueue", ("kueue-system", "kueue-webhook-service"), ["kueue"]),
            (STRANGER, "check.example.org", ("policies", "checker"), []),
        ],
    )
    def test_words_of_the_api_server(self, message: str, webhook: str, place: tuple[str, str], operators: list[str]) -> None:
        call = failed_call(message)
        assert call is not None
        assert (call.webhook, (call.namespace, call.service), call.operators) == (webhook, place, operators)

    @pytest.mark.parametrize(
        "message",
        [
            "",
            'admission webhook "vclusterqueue.kb.io" denied the request: spec.cohortName is wrong',
            'clusterqueues.kueue.x-k8s.io "science" not found',
        ],
    )
    def test_a_webhook_that_answers_has_not_failed(self, message: str) -> None:
        assert failed_call(message) is None

    def test_a_conversion_is_known_by_its_kind_wherever_the_operator_runs(self) -> None:
        elsewhere = failed_call(CONVERSION.replace("kueue-system", "queues"))
        assert elsewhere is not None
        assert elsewhere.operators == ["kueue"]

    def test_an_operator_is_known_in_the_namespace_that_olm_puts_it_in(self) -> None:
        package = releases()["kueue"].olm
        assert package is not None
        assert owners(package.namespace) == ["kueue"]

    def test_of_several_in_a_namespace_the_one_that_defines_the_kind_counts(self) -> None:
        home = str(releases()["cloudnative-pg"].namespace)
        assert owners(home) == ["cloudnative-pg", "barman-cloud"]
        assert owners(home, ["barmancloud.cnpg.io"]) == ["barman-cloud"]
        assert owners(home, ["example.org"]) == ["cloudnative-pg", "barman-cloud"]
        assert (
            titles(owners(home)) == "CloudNativePG (cloudnative-pg) or Barman Cloud plugin of CloudNativePG (barman-cloud)"
        )

    def test_nothing_known_is_nobody(self) -> None:
        assert owners("") == []
        assert titles([]) == ""


class TestWords:
    """Prevents an error that leaves a person without the next step."""

    def test_admission(self) -> None:
        call = failed_call(REFUSED)
        assert call is not None
        assert call.why == (
            "webhook mleaderworkerset.kb.io behind service lws-system/lws-webhook-service looks at such objects before "
            "the API server takes them; it is of LeaderWorkerSet (leaderworkerset)"
        )
        assert "`kubectl get pods,endpointslices --namespace lws-system`" in call.fix
        assert "LeaderWorkerSet (leaderworkerset) does not answer" in call.fix

    def test_conversion(self) -> None:
        call = failed_call(CONVERSION)
        assert call is not None
        assert "converts such objects" in call.why
        assert call.why.endswith("it is of Kueue (kueue)")

    def test_a_stranger_is_called_one(self) -> None:
        call = failed_call(STRANGER)
        assert call is not None
        assert call.why.endswith("it is of an operator that is not in the catalog")
        assert "why the operator does not answer" in call.fix

    def test_a_webhook_outside_of_the_cluster_has_no_namespace_to_look_in(self) -> None:
        call = failed_call('failed calling webhook "x": Post "https://hooks.example.org/x?timeout=10s": EOF')
        assert call is not None
        assert (call.service, call.operators) == ("", [])
        assert call.fix == "see why the operator does not answer, then repeat"
        assert "behind" not in call.why


class TestRefusals:
    """Prevents the words from being known and not said."""

    def refused(self, message: str) -> ApiRefusalError:
        def answer(_: httpx2.Request) -> httpx2.Response:
            return httpx2.Response(500, json={"message": message})

        api = Api(httpx2.Client(base_url="https://127.0.0.1:1", transport=httpx2.MockTransport(answer)))
        with pytest.raises(ApiRefusalError) as raised:
            api.request("GET", "/apis/kueue.x-k8s.io/v1beta1/clusterqueues")
        return raised.value

    def test_a_read_that_needs_a_conversion_names_the_operator(self) -> None:
        refusal = self.refused(CONVERSION)
        assert "it is of Kueue (kueue)" in str(refusal)
        assert refusal.reason == CONVERSION

    def test_another_refusal_says_nothing_of_webhooks(self) -> None:
        assert str(self.refused("no")).endswith("refused (500): no")
