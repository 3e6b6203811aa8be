"""The last gate: credentials go, everything else stays as it was written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aifactory.evidence.redact import HIDDEN, clean, clean_text

SECRET = "s3cr3t-canary-value"


class TestCleanText:
    """Prevents credentials from passing, and words that only look like one from being taken."""

    @pytest.mark.parametrize(
        "text",
        [
            f"https://user:{SECRET}@host/path",
            f"https://{SECRET}@host",
            f"s3://bucket?region=eu&token={SECRET}",
            f"HTTPS://USER:{SECRET}@HOST",
            f"password={SECRET}",
            f"Password: {SECRET}",
            f"api_key={SECRET};",
            f"Authorization: Bearer {SECRET}",
            f"client-secret = {SECRET}",
            f"-----BEGIN RSA PRIVATE KEY-----\n{SECRET}\n-----END RSA PRIVATE KEY-----",
            f"-----BEGIN PRIVATE KEY-----\n{SECRET}",
        ],
    )
    def test_takes_out(self, text: str) -> None:
        assert SECRET not in clean_text(text)
        assert HIDDEN in clean_text(text)

    @pytest.mark.parametrize(
        "token",
        [
            "hf_" + "a" * 30,
            "ghp_" + "A" * 36,
            "AKIA" + "B" * 16,
            "pul-" + "0" * 40,
            "nvapi-" + "x" * 30,
            "glpat-" + "y" * 20,
        ],
    )
    def test_takes_out_tokens_of_known_shapes(self, token: str) -> None:
        assert clean_text(f"signed with {token}, last week") == f"signed with {HIDDEN}, last week"

    @pytest.mark.parametrize(
        "text",
        [
            "would pass: AT, BE, BG",
            "s3://acme-state?region=eu-central-1",
            "https://logs.acme.internal:3100/push",
            "secrets_provider passphrase",
            "the secret of the operator is kept elsewhere",
            "ghcr.io/acme/web@sha256:" + "a" * 64,
            "arn:aws:iam::1:role/backup",
            "key custody: customer",
            "azblob://state?storage_account=acme",
        ],
    )
    def test_leaves(self, text: str) -> None:
        assert clean_text(text) == text

    @given(st.text())
    def test_twice_is_once(self, text: str) -> None:
        assert clean_text(clean_text(text)) == clean_text(text)

    @given(
        st.text(alphabet=st.characters(min_codepoint=97, max_codepoint=122), min_size=8, max_size=30), st.text(max_size=30)
    )
    def test_a_user_of_an_address_never_passes(self, word: str, around: str) -> None:
        assert f"{word}zq9@host" not in clean_text(f"{around} https://{word}zq9@host/{around}")


class TestClean:
    """Prevents values that are no text from carrying one past the gate."""

    def test_goes_through_everything(self) -> None:
        value = {f"https://a:{SECRET}@b": [(f"token={SECRET}",), {1, 2}], "n": 1, "none": None, "yes": True}
        assert clean(value) == {f"https://{HIDDEN}@b": [[f"token={HIDDEN}"], [1, 2]], "n": 1, "none": None, "yes": True}

    def test_what_is_no_plain_value_becomes_its_clean_text(self) -> None:
        class Odd:
            def __str__(self) -> str:
                return f"password={SECRET}"

        assert clean({"odd": Odd()}) == {"odd": f"password={HIDDEN}"}
