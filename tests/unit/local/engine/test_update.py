"""Preview, up, refresh and destroy: how a run is told, logged, and how it fails."""

import json
import os
import signal

import pytest

from aifactory.errors import EngineError
from aifactory.local.engine import destroy, preview, refresh, up
from tests.unit.local.engine.test_stacks import CLI

RUN = (
    CLI
    + """
import os, time
if words[0] in ("preview", "up", "refresh", "destroy"):
    for line in (root / "says").read_text().splitlines():
        print(line, flush=True)
    if (root / "waits").exists():
        import signal
        signal.signal(signal.SIGINT, lambda *_: sys.exit(255))
        print("ready", flush=True)
        time.sleep(60)
    sys.exit(int((root / "code").read_text()))
"""
)

URN = "urn:pulumi:local::shop::kubernetes:core/v1:Namespace::models"


def event(**content):
    return json.dumps({"sequence": 1, **content})


STEP = event(resourcePreEvent={"metadata": {"op": "create", "urn": URN, "type": "kubernetes:core/v1:Namespace"}})
SUMMARY = event(summaryEvent={"resourceChanges": {"create": 1, "same": 2}, "result": "succeeded"})


@pytest.fixture
def project(engine, fake, tmp_path):
    fake(RUN)
    directory = tmp_path / "project"
    directory.mkdir()
    (directory / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    return directory


@pytest.fixture
def says(tmp_path):
    """What the CLI prints for an operation, and its exit code."""

    def write(*lines, code=0):
        (tmp_path / "says").write_text("\n".join(lines))
        (tmp_path / "code").write_text(str(code))

    return write


def last_run(tmp_path):
    return [json.loads(line)[0] for line in (tmp_path / "asked").read_text().splitlines()]


class TestSuccess:
    """Guards the result: what a summary and every engine test stand on."""

    def test_up(self, engine, project, says):
        says(STEP, event(diagnosticEvent={"severity": "warning", "message": "look out"}), SUMMARY)
        news = []
        result = up(engine, project, stack="local", news=news.append)
        assert result.changes == {"create": 1, "same": 2}
        assert [step.name for step in result.steps] == ["models"]
        assert result.outputs == {"url": "http://x", "word": "[secret]"}
        assert result.warnings == ("look out",)
        assert not result.unchanged
        assert result.seconds > 0
        assert news == ["create kubernetes:core/v1:Namespace models"]

    def test_unchanged(self, engine, project, says):
        says(event(summaryEvent={"resourceChanges": {"same": 3}, "result": "succeeded"}))
        assert up(engine, project, stack="local").unchanged

    def test_a_preview_has_no_outputs(self, engine, project, says):
        says(STEP, SUMMARY)
        assert preview(engine, project, stack="local").outputs == {}

    @pytest.mark.parametrize(("verb", "confirmed"), [(up, True), (refresh, True), (destroy, True), (preview, False)])
    def test_arguments(self, engine, project, says, tmp_path, verb, confirmed):
        says(SUMMARY)
        verb(engine, project, stack="local", args=["--policy-pack", "rules"])
        (words,) = [words for words in last_run(tmp_path) if words[0] == verb.__name__]
        assert words[words.index("--stack") + 1] == "local"
        assert words[words.index("--config-file") + 1] == str(engine.home / "projects/shop/Pulumi.local.yaml")
        assert words[-2:] == ["--policy-pack", "rules"]
        assert "--json" in words
        assert "--non-interactive" in words
        assert ("--yes" in words) is confirmed

    def test_the_log_is_private_and_for_people(self, engine, project, says):
        says(STEP, event(diagnosticEvent={"severity": "debug", "message": "noise"}), SUMMARY)
        up(engine, project, stack="local")
        log = engine.logs / "pulumi-up.log"
        assert log.stat().st_mode & 0o777 == 0o600
        assert log.read_text() == "create kubernetes:core/v1:Namespace models\nsucceeded: 1 create, 2 same\n"


class TestFailure:
    """Guards the words of a failure: the engine's own, without ours in their way."""

    def test_the_engines_errors(self, engine, project, says):
        says(STEP, event(diagnosticEvent={"severity": "error", "message": "it\nbroke", "urn": URN}), code=255)
        with pytest.raises(EngineError) as caught:
            up(engine, project, stack="local")
        text = str(caught.value)
        assert text.startswith("`pulumi up` of stack local failed:\n  models: it\n  broke\n")
        assert str(engine.logs / "pulumi-up.log") in text

    def test_many_are_cut(self, engine, project, says):
        says(*(event(diagnosticEvent={"severity": "error", "message": f"error {n}"}) for n in range(50)), code=255)
        with pytest.raises(EngineError) as caught:
            up(engine, project, stack="local")
        assert "error 19" in str(caught.value)
        assert "error 20" not in str(caught.value)
        assert "... and 30 more" in str(caught.value)

    def test_what_the_cli_said_before_the_engine_started(self, engine, project, says):
        says("error: could not find plugin", code=255)
        with pytest.raises(EngineError, match="could not find plugin"):
            up(engine, project, stack="local")

    def test_without_a_word(self, engine, project, says):
        says(code=3)
        with pytest.raises(EngineError, match="exit code 3"):
            up(engine, project, stack="local")

    def test_an_interrupt_is_no_failure_of_the_engine(self, engine, project, says, tmp_path):
        says(STEP)
        (tmp_path / "waits").touch()
        sent = []

        def interrupt(_text):
            if not sent:
                sent.append(1)
                # After the handler of the CLI is there, which says so by a line that is no event.
                signal.setitimer(signal.ITIMER_REAL, 1.5)

        before = signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGINT))
        try:
            with pytest.raises(EngineError, match=r"was interrupted(.|\n)*the same command goes on"):
                up(engine, project, stack="local", news=interrupt)
        finally:
            signal.signal(signal.SIGALRM, before)


class TestConvergence:
    """Guards the run after a kill: locks and pending operations are dealt with before the engine starts."""

    def killed(self, engine):
        state = engine.backend / ".pulumi/stacks/shop/local.json"
        operations = [{"resource": {"urn": URN}, "type": "creating"}]
        state.write_text(json.dumps({"checkpoint": {"latest": {"pending_operations": operations}}}))

    def test_what_was_cut_off_is_done_again_and_said(self, engine, project, says, tmp_path):
        says(SUMMARY)
        up(engine, project, stack="local")
        self.killed(engine)
        news = []
        up(engine, project, stack="local", news=news.append)
        assert news == ["will do again what was cut off: models"]
        assert [words[:2] for words in last_run(tmp_path)][-4:-2] == [["stack", "export"], ["stack", "import"]]

    def test_a_preview_changes_no_state(self, engine, project, says, tmp_path):
        says(SUMMARY)
        up(engine, project, stack="local")
        self.killed(engine)
        preview(engine, project, stack="local")
        assert ["stack", "import"] not in [words[:2] for words in last_run(tmp_path)]
