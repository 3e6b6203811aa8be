"""Code that can be taken along, and an exit that has been tried."""

from typing import Any

import pytest

from aifactory.model.statement import Portability
from aifactory.sovereignty.fact import NO_CODE, Portable
from aifactory.sovereignty.rules.portability import judge
from tests.unit.sovereignty.rules.world import ALLOW, DENY, SAYS, UNKNOWN, said, world


def stated(**bounds: Any) -> Portability:
    return Portability(rule="portability", **{**SAYS, **bounds})


def portable(licence: str | None = "Apache-2.0", **facts: Any) -> Portable:
    return Portable(subject="frankfurt/service ledger", licence=licence, **facts)


class TestLicences:
    """Prevents a licence that is not open, or that nobody read, from passing for one that is."""

    @pytest.mark.parametrize(
        ("licence", "verdict"),
        [
            ("Apache-2.0", ALLOW),
            ("apache-2.0", ALLOW),
            ("PostgreSQL", ALLOW),
            ("BUSL-1.1", DENY),
            ("SSPL-1.0", DENY),
            ("Elastic-2.0", DENY),
            ("BUSL-1.1 OR Apache-2.0", ALLOW),
            ("BUSL-1.1 AND Apache-2.0", DENY),
            ("MIT AND (BUSL-1.1 OR BSD-3-Clause)", ALLOW),
            ("MIT OR BUSL-1.1 AND SSPL-1.0", ALLOW),
            ("(MIT OR BUSL-1.1) AND SSPL-1.0", DENY),
            ("GPL-2.0-only WITH Classpath-exception-2.0", ALLOW),
            ("GPL-2.0+", ALLOW),
            ("Apache-2.0+", ALLOW),
            ("Our-Own-1.0", UNKNOWN),
            ("LicenseRef-NVIDIA", UNKNOWN),
            ("Our-Own-1.0 OR MIT", ALLOW),
            ("Our-Own-1.0 AND BUSL-1.1", DENY),
            ("Our-Own-1.0 AND MIT", UNKNOWN),
            ("Our-Own-1.0 OR BUSL-1.1", UNKNOWN),
            ("MIT WITH Our-Own-exception", UNKNOWN),
            ("MIT OR", UNKNOWN),
            ("(MIT", UNKNOWN),
            ("MIT)", UNKNOWN),
            ("MIT Apache-2.0", UNKNOWN),
            ("OR MIT", UNKNOWN),
            ("MIT WITH AND", UNKNOWN),
            ("()", UNKNOWN),
        ],
    )
    def test_osi(self, licence: str, verdict: Any) -> None:
        found = said(judge(stated(), portable(licence), world()), verdict, f"licence {licence}", "Open Source Initiative")
        assert "SPDX License List" in found.sources[0]

    def test_nobody_said(self) -> None:
        said(judge(stated(), portable(None), world()), UNKNOWN, "nobody said under which licence", "Open Source Initiative")

    def test_none_that_is_open(self) -> None:
        said(judge(stated(), portable(""), world()), DENY, "no licence that is open", "Open Source Initiative")

    @pytest.mark.parametrize(
        ("licence", "verdict"),
        [
            ("MIT", ALLOW),
            ("mit", ALLOW),
            ("Apache-2.0", DENY),
            ("LicenseRef-House", ALLOW),
            ("LicenseRef-Other", UNKNOWN),
            ("Apache-2.0 OR MIT", ALLOW),
            ("Apache-2.0 AND MIT", DENY),
        ],
    )
    def test_by_name(self, licence: str, verdict: Any) -> None:
        statement = stated(licences=["MIT", "LicenseRef-House"])
        said(judge(statement, portable(licence), world()), verdict, licence, "MIT, LicenseRef-House")

    def test_any(self) -> None:
        assert judge(stated(licences="any"), portable(None), world()) is None

    def test_what_is_no_code_needs_none(self) -> None:
        assert judge(stated(), portable(NO_CODE), world()) is None
        said(judge(stated(), portable(NO_CODE, needs_exit=True, export_format="qcow2"), world()), DENY, "exit target")


class TestExit:
    """Prevents a service that nobody could leave, and an exit that was only written down."""

    OUT: dict[str, Any] = {"needs_exit": True, "exit_target": "munich", "export_format": "pg_dump"}  # noqa: RUF012

    def test_with_both(self) -> None:
        said(judge(stated(), portable(**self.OUT), world()), ALLOW, "munich", "pg_dump")

    @pytest.mark.parametrize("missing", ["exit_target", "export_format"])
    def test_without_one(self, missing: str) -> None:
        fact = portable(**{**self.OUT, missing: None})
        found = said(judge(stated(), fact, world()), DENY, missing.replace("_", " "), "not set")
        assert found.passing == (missing.replace("_", " "),)
        said(judge(stated(**{missing: False}), fact, world()), ALLOW)

    def test_not_asked_of_what_needs_none(self) -> None:
        said(judge(stated(tested_within_days=1), portable(), world()), ALLOW)

    @pytest.mark.parametrize(
        ("ago", "verdict", "word"),
        [
            (365, ALLOW, "365 days ago"),
            (366, DENY, "366 days ago"),
            (0, ALLOW, "0 days ago"),
            (-1, DENY, "to be tried in 1 days"),
            (None, DENY, "never tried"),
        ],
    )
    def test_tried(self, ago: int | None, verdict: Any, word: str) -> None:
        fact = portable(**self.OUT, tested_days_ago=ago)
        found = judge(stated(tested_within_days=365), fact, world())
        said(found, verdict, word, "within 365 days")
        said(judge(stated(), fact, world()), ALLOW)

    def test_a_missing_exit_beats_an_unknown_licence(self) -> None:
        fact = portable(None, **{**self.OUT, "exit_target": None})
        found = said(judge(stated(), fact, world()), DENY, "exit target")
        assert "licence" not in found.because
