"""What may be in a bundle's YAML, and how it is read."""

from pathlib import Path

import pytest
import yaml

from aifactory import SpecError
from aifactory.bundles import contents
from tests.unit.bundles.objects import bundle, crd, deployment, thing


def objects(text: str) -> list[dict]:
    found, problems = contents.read_objects(text, "it.yaml")
    assert problems == []
    return found


def problems(text: str) -> str:
    return "\n".join(str(problem) for problem in contents.read_objects(text, "it.yaml")[1])


class TestReading:
    """Prevents objects that mean something else here than they do to kubectl, and files that fill the memory."""

    def test_documents_and_lists(self) -> None:
        listed = {"apiVersion": "v1", "kind": "List", "items": [thing("ConfigMap", "a", "x"), thing("ConfigMap", "b", "x")]}
        text = yaml.safe_dump_all([None, listed, thing("ConfigMap", "c", "x")])
        assert [found["metadata"]["name"] for found in objects(text)] == ["a", "b", "c"]

    def test_an_equals_sign_and_a_date_are_texts(self) -> None:
        (found,) = objects("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {one: =, two: 2020-01-02}\n")
        assert found["data"] == {"one": "=", "two": "2020-01-02"}

    @pytest.mark.parametrize(
        "text",
        ["just words", "[1, 2]", "kind: ConfigMap", "apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: a-}"],
    )
    def test_what_is_no_object(self, text: str) -> None:
        assert "must be an object with apiVersion, kind and metadata.name" in problems(text)

    def test_what_is_no_yaml(self) -> None:
        assert "is no YAML" in problems("a: [")
        assert "is no YAML" in problems("!!python/object/apply:os.system ['true']")

    def test_a_few_lines_that_stand_for_millions_of_values(self) -> None:
        lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
        lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
        assert "stands for more than" in problems("\n".join(lines))

    def test_the_same_object_twice(self) -> None:
        text = yaml.safe_dump_all([thing("ConfigMap", "a", "x"), thing("ConfigMap", "a", "y"), thing("ConfigMap", "a", "x")])
        assert problems(text) == "it.yaml: ConfigMap x/a: is there twice; which one is meant?"


class TestDefinitions:
    """Prevents something else from being applied, protected and kept as a definition."""

    @pytest.mark.parametrize(
        ("wrong", "words"),
        [
            (thing("ConfigMap", "a", "x"), "use manifests.yaml"),
            (
                crd() | {"apiVersion": "apiextensions.k8s.io/v1beta1"},
                "is no CustomResourceDefinition of apiextensions.k8s.io/v1",
            ),
            (crd() | {"metadata": {"name": "other.test.dev"}}, "use things.test.dev"),
            (crd() | {"spec": "text"}, "must be called after the plural and the group"),
        ],
    )
    def test_what_is_none(self, tmp_path: Path, wrong: dict, words: str) -> None:
        with pytest.raises(SpecError, match=words):
            bundle(tmp_path, crds=[wrong])


class TestManifests:
    """Prevents hooks that run at the wrong time, objects in the wrong namespace, and images that change by themselves."""

    @pytest.mark.parametrize(
        ("wrong", "words"),
        [
            (crd(), "use crds.yaml"),
            (thing("Job", "prune", "x", "batch/v1") | {
                "metadata": {"name": "p", "namespace": "x", "annotations": {"helm.sh/hook": "post-delete"}}
            }, "helm template --no-hooks"),
            (thing("ServiceAccount", "a"), "names no namespace"),
            (thing("Role", "a", None, "rbac.authorization.k8s.io/v1"), "names no namespace"),
            (deployment("a", "x", "registry.test/it"), "has no version"),
            (deployment("a", "x", "registry.test:5000/it"), "has no version"),
            (deployment("a", "x", "registry.test/it:latest"), "has no version"),
        ],
    )  # fmt: skip
    def test_what_may_not_be_there(self, tmp_path: Path, wrong: dict, words: str) -> None:
        with pytest.raises(SpecError, match=words):
            bundle(tmp_path, manifests=[wrong])

    def test_what_may(self, tmp_path: Path) -> None:
        cluster_wide = thing("ClusterRole", "a", None, "rbac.authorization.k8s.io/v1")
        digest = deployment("a", "x", f"registry.test:5000/it@sha256:{'0' * 64}")
        bundle(
            tmp_path,
            manifests=[thing("Namespace", "x"), cluster_wide, digest, thing("KubeVirt", "kv", None, "kubevirt.io/v1")],
        )

    def test_images_wherever_a_pod_template_is(self) -> None:
        pod = {"initContainers": [{"name": "a", "image": "one:1"}], "containers": [{"name": "b", "image": "two:2"}, "odd"]}
        cron = thing("CronJob", "c", "x", "batch/v1", spec={"jobTemplate": {"spec": {"template": {"spec": pod}}}})
        assert contents.images_of(cron) == ["one:1", "two:2"]
        assert contents.images_of(thing("Pod", "p", "x", spec=pod)) == ["one:1", "two:2"]
        assert contents.images_of(thing("ConfigMap", "p", "x", data={"image": "three:3"})) == []
