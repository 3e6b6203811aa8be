"""The engine's event stream, line by line."""

import json

import pytest

from aifactory.local.engine.events import Report

URN = "urn:pulumi:local::aifactory::kubernetes:core/v1:Namespace::models"


def line(**event):
    return json.dumps({"sequence": 1, "timestamp": 1, **event})


def step(op, urn=URN, **metadata):
    return line(resourcePreEvent={"metadata": {"op": op, "urn": urn, "type": "kubernetes:core/v1:Namespace", **metadata}})


def say(severity, message, **more):
    return line(diagnosticEvent={"severity": severity, "message": message, **more})


@pytest.fixture
def news():
    return []


@pytest.fixture
def feed(news):
    """A report, and a function that feeds it lines."""
    report = Report()

    def take(*lines):
        report_lines = [report.feed(text, news.append) for text in lines]
        return report, report_lines

    return take


class TestSteps:
    """Guards the count and the names of changes, by which a person decides whether an `up` is harmless."""

    def test_a_change_is_told_and_kept(self, feed, news):
        report, logged = feed(step("replace", keys=["metadata"], diffs=["metadata", "spec"]))
        (change,) = report.changes
        assert (change.op, change.name, change.replaces, change.diffs) == (
            "replace",
            "models",
            ("metadata",),
            ("metadata", "spec"),
        )
        assert news == logged == ["replace kubernetes:core/v1:Namespace models"]

    @pytest.mark.parametrize("op", ["same", "read"])
    def test_what_changes_nothing_is_not(self, feed, news, op):
        report, logged = feed(step(op))
        assert (report.changes, news, logged) == ([], [], [""])

    def test_lists_may_be_null(self, feed):
        report, _ = feed(step("create", keys=None, diffs=None))
        assert report.changes[0].replaces == ()


class TestDiagnostics:
    """Guards the engine's own words: all that a person has when something fails."""

    def test_errors_and_warnings_with_their_resource(self, feed):
        report, logged = feed(say("error", "<{%fg 1%}>it <{%reset%}>broke\n", urn=URN), say("warning", "look out"))
        assert report.errors == ["models: it broke"]
        assert report.warnings == ["look out"]
        assert logged == ["error: models: it broke", "warning: look out"]

    def test_debugging_and_empty_lines_are_dropped(self, feed):
        report, logged = feed(say("debug", "registering"), say("info", "  "))
        assert (report.errors, report.warnings, logged) == ([], [], ["", ""])

    def test_progress_is_news_and_no_diagnostic(self, feed, news):
        report, _ = feed(say("warning", "waiting for pods", urn=URN, ephemeral=True))
        assert news == ["models: waiting for pods"]
        assert report.warnings == []

    def test_what_the_program_prints_is_logged(self, feed):
        _, logged = feed(say("info#err", "hello"))
        assert logged == ["info#err: hello"]

    @pytest.mark.parametrize(("level", "kept"), [("mandatory", "errors"), ("advisory", "warnings")])
    def test_policies(self, feed, level, kept):
        report, _ = feed(
            line(policyEvent={"resourceUrn": URN, "policyName": "no-b", "message": "not b", "enforcementLevel": level})
        )
        assert getattr(report, kept) == ["models: policy no-b: not b"]


class TestSummary:
    """Guards the counts that tests and the summary stand on."""

    def test_counts(self, feed):
        report, logged = feed(line(summaryEvent={"resourceChanges": {"create": 3, "same": 0}, "result": "succeeded"}))
        assert report.counts == {"create": 3}
        assert report.result == "succeeded"
        assert logged == ["succeeded: 3 create"]

    def test_an_empty_stack(self, feed):
        report, _ = feed(line(summaryEvent={"resourceChanges": None, "result": "succeeded"}))
        assert report.counts == {}


class TestOtherLines:
    """Guards against losing what the CLI says before the engine starts, which is why it did not."""

    @pytest.mark.parametrize(
        "text", ["error: no Pulumi.yaml found", "{ not json", '{"some": "json without a sequence"}', "[1]"]
    )
    def test_they_are_kept_as_words(self, feed, text):
        report, logged = feed(text)
        assert report.words == [text]
        assert logged == [text]

    def test_empty_lines_and_unknown_events_are_not(self, feed):
        report, logged = feed("", line(cancelEvent={}))
        assert (report.words, logged) == ([], ["", ""])
