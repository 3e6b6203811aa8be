"""Secrets in the words of others."""

import base64

from hypothesis import given
from hypothesis import strategies as st

from aifactory.local.plugins.codec import Secret
from aifactory.local.plugins.kubernetes.redaction import PLACEHOLDER, Redactor


class TestRedactor:
    """Prevents "Invalid value: hunter2" on the terminal and in the CI log."""

    def test_cuts_out_plain_and_encoded(self):
        redact = Redactor(["hunter2"])
        encoded = base64.b64encode(b"hunter2").decode()
        assert redact(f'Invalid value: "hunter2" ({encoded})') == f'Invalid value: "{PLACEHOLDER}" ({PLACEHOLDER})'

    def test_cuts_out_what_base64_holds(self):
        encoded = base64.b64encode(b"hunter2").decode()
        assert "hunter2" not in Redactor([encoded])("it was hunter2")

    def test_contents_of_secrets_that_nobody_marked(self):
        redact = Redactor.of({"apiVersion": "v1", "kind": "Secret", "stringData": {"a": "hunter2"}})
        assert redact("hunter2") == PLACEHOLDER

    def test_marked_values_anywhere(self):
        redact = Redactor.of({"spec": {"list": [Secret({"deep": "hunter2"})]}})
        assert redact("hunter2") == PLACEHOLDER

    def test_short_secrets_only_in_quotes(self):
        redact = Redactor(["a"])
        assert redact('a bad value "a"') == f'a bad value "{PLACEHOLDER}"'

    def test_the_longest_goes_first(self):
        assert Redactor(["pass", "password"])("password") == PLACEHOLDER

    @given(st.lists(st.text(alphabet="abcdefghijklmnop", min_size=4, max_size=10), min_size=1, max_size=5), st.randoms())
    def test_no_secret_survives(self, secrets, random):
        words = " | ".join(random.sample(secrets, len(secrets)))
        shown = Redactor(secrets)(words).replace(PLACEHOLDER, "")
        assert not any(secret in shown for secret in secrets)
