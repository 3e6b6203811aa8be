"""The annotations that say how an object is treated."""

import pytest

from aifactory.local.plugins.codec import UNKNOWN
from aifactory.local.plugins.kubernetes import annotations
from aifactory.local.plugins.kubernetes.annotations import AnnotationError, Treatment


def with_annotations(**given):
    return {"metadata": {"annotations": {f"pulumi.com/{key}": value for key, value in given.items()}}}


class TestTreatment:
    """Prevents a wish from being dropped because it was spelt in another case, or not at all."""

    def test_defaults(self):
        assert annotations.treatment({}) == Treatment()
        assert Treatment().propagation == "Background"

    def test_all(self):
        thing = with_annotations(
            waitFor="condition=Ready",
            skipAwait="true",
            timeoutSeconds="30",
            patchForce="True",
            patchFieldManager="me",
            deletionPropagationPolicy="Orphan",
            replaceUnready="true",
        )
        assert annotations.treatment(thing) == Treatment(
            wait_for=("condition=Ready",),
            skip_await=True,
            timeout_seconds=30.0,
            force=True,
            manager="me",
            propagation="Orphan",
            replace_unready=True,
        )

    def test_a_list_of_waits(self):
        thing = with_annotations(waitFor='["condition=A", "jsonpath={.b}=c"]')
        assert annotations.treatment(thing).wait_for == ("condition=A", "jsonpath={.b}=c")

    def test_unknown_values_count_as_not_given(self):
        assert annotations.treatment(with_annotations(timeoutSeconds=UNKNOWN)) == Treatment()

    @pytest.mark.parametrize(
        ("key", "value", "words"),
        [
            ("skipAwait", "yes", '"true" or "false"'),
            ("timeoutSeconds", "5m", "whole seconds"),
            ("deletionPropagationPolicy", "later", "background, foreground, orphan"),
            ("waitFor", "Ready", "condition=Ready"),
            ("waitFor", "[]", "at least one"),
            ("waitFor", "[1]", "condition=Ready"),
        ],
    )
    def test_nonsense_is_refused_with_what_to_write(self, key, value, words):
        with pytest.raises(AnnotationError) as raised:
            annotations.treatment(with_annotations(**{key: value}))
        assert raised.value.annotation == f"pulumi.com/{key}"
        assert words in str(raised.value)

    def test_recorded_nonsense_does_not_block_a_deletion(self):
        assert annotations.lenient(with_annotations(timeoutSeconds="5m")) == Treatment()
