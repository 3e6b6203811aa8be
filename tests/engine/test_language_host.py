"""The Python language host stand-in under the real engine: programs, plugins, policy packs, and rough ends."""

import json
import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import psutil
import pytest

from aifactory.errors import EngineError, RunInterruptedError
from aifactory.local import engine as engines
from aifactory.local import tools
from tests.engine.support.workbench import STACK, Workbench

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def cli(paths, reporter):
    """The CLI alone: nothing here needs a cluster."""
    return tools.ensure(["pulumi"], paths, reporter)


@pytest.fixture
def bench(tmp_path, cli):
    workbench = Workbench(tmp_path, cli)
    yield workbench
    workbench.end()


@pytest.fixture(scope="module")
def shared(tmp_path_factory, cli):
    """One workbench for tests that leave no resources."""
    workbench = Workbench(tmp_path_factory.mktemp("shared"), cli)
    yield workbench
    workbench.end()


TWO_ITEMS = """
first = Item("first", value="{value}")
second = Item("second", value=first.value.apply(lambda text: text + "!"), identity="{identity}")
pulumi.export("text", second.value)
"""


class TestLife:
    """Guards the main road: a program that previews, comes up, stays, changes, is replaced and goes."""

    def test_from_preview_to_destroy(self, bench):
        bench.write(TWO_ITEMS.format(value="a", identity="one"))
        planned = bench.preview()
        assert planned.changes == {"create": 3}
        assert bench.items() == []

        first = bench.up()
        assert first.changes == {"create": 3}
        assert first.outputs == {"text": "a!"}
        assert bench.items() == ["first", "second"]

        again = bench.up()
        assert again.unchanged
        assert again.changes == {"same": 3}

        bench.write(TWO_ITEMS.format(value="b", identity="one"))
        changed = bench.up()
        assert [(step.op, step.name) for step in changed.steps] == [("update", "first"), ("update", "second")]
        assert changed.outputs == {"text": "b!"}

        bench.write(TWO_ITEMS.format(value="b", identity="two"))
        replaced = bench.preview()
        assert any(step.op == "replace" and step.replaces == ("identity",) for step in replaced.steps)

        gone = bench.destroy()
        assert gone.changes == {"delete": 3}
        assert bench.items() == []
        bench.wait_for_silence()

    def test_refresh_finds_what_vanished(self, bench):
        bench.write(TWO_ITEMS.format(value="a", identity="one"))
        bench.up()
        (bench.world / "second.item").unlink()
        bench.refresh()
        assert bench.up().changes == {"create": 1, "same": 2}

    def test_the_checkout_stays_as_it_was(self, bench):
        """`pulumi stack init` writes a salt into the project; a dirty checkout after `up` is nobody's wish."""
        bench.write(TWO_ITEMS.format(value="a", identity="one"))
        before = sorted(path.name for path in bench.project.rglob("*"))
        bench.up()
        after = sorted(path.name for path in bench.project.rglob("*") if path.name != "__pycache__")
        assert after == before

    def test_plain_configuration_of_the_project_reaches_the_program(self, bench):
        bench.write('pulumi.export("size", pulumi.Config().require_int("size"))')
        (bench.project / "stacks" / f"Pulumi.{STACK}.yaml").write_text("config:\n  bench:size: 3\n")
        assert bench.up().outputs == {"size": 3}


class TestSettings:
    """Guards what a program is told: a wrong stack name or a lost secret mark goes unnoticed until it hurts."""

    def test_the_program_knows_where_it_is(self, shared):
        shared.write("""
        import os, sys
        pulumi.export("project", pulumi.get_project())
        pulumi.export("stack", pulumi.get_stack())
        pulumi.export("organization", pulumi.get_organization())
        pulumi.export("root", pulumi.runtime.get_root_directory())
        pulumi.export("here", os.getcwd())
        pulumi.export("path", sys.path[0])
        pulumi.export("argv", sys.argv)
        pulumi.export("dry", pulumi.runtime.is_dry_run())
        """)
        stacks = str(shared.project / "stacks")
        assert shared.up().outputs == {
            "project": "bench",
            "stack": STACK,
            "organization": "organization",
            "root": str(shared.project),
            "here": stacks,
            "path": stacks,
            "argv": [stacks],
            "dry": False,
        }

    def test_configuration_is_there_in_threads_of_the_program(self, shared):
        """Context variables do not reach threads; the official host falls back on the environment there."""
        shared.write("""
        import threading
        found = []
        config = pulumi.Config()
        thread = threading.Thread(target=lambda: found.append(config.get("size")))
        thread.start()
        thread.join()
        pulumi.export("found", found)
        """)
        (shared.project / "stacks" / f"Pulumi.{STACK}.yaml").write_text('config:\n  bench:size: "7"\n')
        try:
            assert shared.up().outputs == {"found": ["7"]}
        finally:
            (shared.project / "stacks" / f"Pulumi.{STACK}.yaml").unlink()

    def test_main_may_name_a_file(self, shared):
        shared.write('pulumi.export("file", __file__)', main="stacks/other.py", file="other.py")
        assert shared.up().outputs == {"file": str(shared.project / "stacks" / "other.py")}

    def test_modules_beside_the_program_and_none_of_the_host(self, shared):
        """`host`, `runner`, ... are modules beside our runner; a program's own of that name must win."""
        (shared.project / "stacks").mkdir(parents=True, exist_ok=True)
        (shared.project / "stacks" / "host.py").write_text("WORD = 'mine'\n")
        shared.write("""
        import host
        import importlib.util
        pulumi.export("word", host.WORD)
        pulumi.export("runner", importlib.util.find_spec("children") is None)
        """)
        assert shared.up().outputs == {"word": "mine", "runner": True}

    def test_the_virtual_environment_of_the_project_runs_the_program(self, bench):
        directory = bench.root / "project" / "venv"
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", directory], check=True)
        site = next((directory / "lib").glob("python*/site-packages"))
        here = Path(pulumi_location()).parent
        (site / "borrowed.pth").write_text(f"{here}\n")
        bench.write(
            'import sys; pulumi.export("prefix", sys.prefix); import os; pulumi.export("env", os.environ["VIRTUAL_ENV"])',
            options="{virtualenv: venv}",
        )
        assert bench.up().outputs == {"prefix": str(directory), "env": str(directory)}

    def test_a_virtual_environment_that_is_not_there(self, shared):
        shared.write("", options="{virtualenv: nowhere}")
        with pytest.raises(EngineError, match=r"nowhere has no bin/python"):
            shared.preview()


def pulumi_location() -> str:
    import pulumi

    return str(Path(pulumi.__file__).parent)


class TestFailures:
    """Guards that a program's failure fails the run and shows what the user needs, nothing of ours."""

    def fail(self, bench, program):
        bench.write(program)
        with pytest.raises(EngineError) as caught:
            bench.preview()
        bench.wait_for_silence()
        return str(caught.value)

    def test_an_exception_shows_the_users_own_frames(self, shared):
        text = self.fail(shared, "def wrong():\n    raise ValueError('no good')\n\nwrong()\n")
        assert "ValueError: no good" in text
        assert f'File "{shared.project}/stacks/__main__.py"' in text
        assert "in wrong" in text
        assert "runner.py" not in text
        assert "asyncio" not in text

    def test_a_run_error_shows_its_words_alone(self, shared):
        text = self.fail(shared, "raise pulumi.RunError('bring an umbrella')")
        assert "bring an umbrella" in text
        assert "Traceback" not in text

    def test_a_failing_apply_fails_the_run(self, shared):
        text = self.fail(shared, "pulumi.export('x', pulumi.Output.from_input(0).apply(lambda n: 1 / n))")
        assert "ZeroDivisionError" in text

    def test_a_syntax_error_names_the_line(self, shared):
        text = self.fail(shared, "this is no python\n")
        assert "SyntaxError" in text
        assert "this is no python" in text

    @pytest.mark.parametrize("code", [1, 3, 255])
    def test_an_exit_code_fails_the_run_and_is_named(self, shared, code):
        assert f"non-zero exit code: {code}" in self.fail(shared, f"import sys; sys.exit({code})")

    def test_the_code_that_means_reported_is_reported_when_the_program_takes_it(self, shared):
        assert "exited with code 32" in self.fail(shared, "import sys; sys.exit(32)")

    def test_exiting_with_a_text_prints_it(self, shared):
        shared.write("import sys; sys.exit('it rains')")
        done = shared.pulumi("preview", "--stack", STACK, "--config-file", str(shared.stack().config_file), check=False)
        assert done.returncode != 0
        assert "it rains" in done.stdout
        assert "non-zero exit code: 1" in done.stdout

    @pytest.mark.parametrize("argument", ["", "0", "None"])
    def test_exiting_with_success_is_success(self, shared, argument):
        shared.write(f"import sys; pulumi.export('a', 1); sys.exit({argument})")
        assert shared.up().outputs == {"a": 1}

    def test_a_program_that_dies_by_a_signal_is_named(self, shared):
        text = self.fail(shared, "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
        assert "killed by SIGKILL" in text

    def test_there_is_no_program(self, shared):
        shared.write("", main="stacks/absent/", file="unused.py")
        (shared.project / "stacks" / "absent").mkdir(exist_ok=True)
        with pytest.raises(EngineError, match=r"no Python program"):
            shared.preview()

    def test_output_is_shown(self, shared):
        shared.write("import sys; print('to stdout'); print('to stderr', file=sys.stderr)")
        done = shared.pulumi("preview", "--stack", STACK, "--config-file", str(shared.stack().config_file))
        assert "to stdout" in done.stdout
        assert "to stderr" in done.stdout

    def test_what_the_program_left_running_does_not_hold_the_engine(self, shared):
        shared.write("import subprocess; subprocess.Popen(['sleep', '600'])")
        begun = time.monotonic()
        shared.preview()
        assert time.monotonic() - begun < 60
        shared.wait_for_silence()


class TestRefusal:
    """Guards production: the stand-in must not run a stack that is not local."""

    def refused(self, bench, **environment):
        bench.write("pulumi.export('a', 1)")
        stack = bench.stack()
        return subprocess.run(
            [bench.engine.pulumi, "preview", "--stack", STACK, "--config-file", stack.config_file, "--non-interactive"],
            cwd=bench.project,
            env={**os.environ, **bench.engine.environment, **environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def test_without_a_local_region(self, shared):
        done = self.refused(shared, AIFACTORY_LOCAL_INSTANCE="")
        assert done.returncode != 0
        assert "is refused for this stack: AIFACTORY_LOCAL_INSTANCE is not set" in done.stdout

    def test_code_generation_is_refused_in_words(self, shared):
        shared.write("")
        done = shared.pulumi("package", "gen-sdk", "echo", "--language", "python", check=False)
        assert done.returncode != 0

    def test_install_changes_nothing_that_is_not_the_projects(self, shared):
        shared.write("")
        (shared.project / "stacks" / "requirements.txt").write_text("pulumi>=3\n")
        done = shared.pulumi("install")
        assert "nothing was installed by the stand-in" in done.stdout + done.stderr
        (shared.project / "stacks" / "requirements.txt").write_text("no-such-package-anywhere\n")
        refused = shared.pulumi("install", check=False)
        (shared.project / "stacks" / "requirements.txt").unlink()
        assert refused.returncode != 0
        assert "lacks no-such-package-anywhere" in refused.stdout + refused.stderr

    def test_about_names_the_stand_in(self, shared):
        shared.write("")
        assert "aifactory stand-in of pulumi-language-python" in shared.pulumi("about").stdout


COMPONENT = """
from typing import Optional, TypedDict
import pulumi
from pulumi.provider.experimental import component_provider_host


class GreetingArgs(TypedDict):
    who: pulumi.Input[str]
    \"\"\"Whom to greet.\"\"\"


class Greeting(pulumi.ComponentResource):
    \"\"\"Says hello.\"\"\"

    text: pulumi.Output[str]

    def __init__(self, name: str, args: GreetingArgs, opts: Optional[pulumi.ResourceOptions] = None):
        super().__init__("greet:index:Greeting", name, {}, opts)
        self.text = pulumi.Output.concat("hello ", args["who"])
        self.register_outputs({"text": self.text})


if __name__ == "__main__":
    component_provider_host(name="greet", components=[Greeting], version="1.0.0")
"""

YAML_PROGRAM = """
name: greeter
runtime: yaml
packages:
  greet: {plugin}
resources:
  greeting:
    type: greet:index:Greeting
    properties:
      who: world
outputs:
  text: ${{greeting.text}}
"""


@pytest.fixture
def component(tmp_path):
    directory = tmp_path / "greet"
    directory.mkdir()
    (directory / "PulumiPlugin.yaml").write_text("runtime: python\n")
    (directory / "__main__.py").write_text(COMPONENT)
    return directory


class TestComponentPlugin:
    """Guards the component path: other languages use aifactory's blocks through RunPlugin of this host."""

    def test_its_schema_is_read(self, bench, component):
        bench.write("")
        schema = json.loads(bench.pulumi("package", "get-schema", str(component)).stdout)
        assert schema["name"] == "greet"
        resource = schema["resources"]["greet:index:Greeting"]
        assert resource["isComponent"]
        assert resource["inputProperties"]["who"]["description"] == "Whom to greet."
        bench.wait_for_silence()

    def test_a_plugin_that_fails_to_start_says_why(self, bench, component):
        bench.write("")
        (component / "__main__.py").write_text("raise RuntimeError('no components today')\n")
        done = bench.pulumi("package", "get-schema", str(component), check=False)
        assert done.returncode != 0
        assert "no components today" in done.stderr + done.stdout
        bench.wait_for_silence()

    def test_a_directory_without_a_plugin(self, bench, component):
        bench.write("")
        (component / "__main__.py").unlink()
        done = bench.pulumi("package", "get-schema", str(component), check=False)
        assert done.returncode != 0
        assert "there is no Python plugin in" in done.stderr + done.stdout

    def test_a_yaml_program_uses_it(self, bench, component, paths, reporter):
        yaml = tools.ensure(["pulumi-language-yaml"], paths, reporter)
        tool = yaml.entries["pulumi-language-yaml"]
        engines.link_plugin(bench.engine, "language", "yaml", tool.version, tool.path)
        bench.project.mkdir()
        (bench.project / "Pulumi.yaml").write_text(YAML_PROGRAM.format(plugin=component))
        assert bench.up().outputs == {"text": "hello world"}
        assert bench.up().unchanged
        bench.destroy()
        bench.wait_for_silence()


POLICY = """
from pulumi_policy import EnforcementLevel, PolicyPack, ResourceValidationPolicy


def no_b(args, report):
    if args.resource_type == "echo:index:Item" and args.props.get("value") == "b":
        report("the letter b is forbidden")


PolicyPack(
    name="letters",
    enforcement_level=EnforcementLevel.MANDATORY,
    policies=[ResourceValidationPolicy(name="no-b", description="No b.", validate=no_b)],
)
"""


class TestPolicyPack:
    """Guards the rules: a pack that does not start, or whose violation is not fatal, lets everything pass."""

    @pytest.fixture
    def pack(self, tmp_path):
        pytest.importorskip("pulumi_policy", reason="extra `policy` is not installed")
        directory = tmp_path / "pack"
        directory.mkdir()
        (directory / "PulumiPolicy.yaml").write_text("runtime: python\nversion: 0.1.0\n")
        (directory / "__main__.py").write_text(POLICY)
        return directory

    def test_what_it_allows_passes(self, bench, pack):
        bench.write(TWO_ITEMS.format(value="a", identity="one"))
        assert bench.preview(args=["--policy-pack", str(pack)]).changes == {"create": 3}
        bench.wait_for_silence()

    def test_a_mandatory_violation_fails_and_names_the_resource(self, bench, pack):
        bench.write(TWO_ITEMS.format(value="b", identity="one"))
        with pytest.raises(EngineError, match=r"first: policy no-b: (.|\n)*the letter b is forbidden"):
            bench.preview(args=["--policy-pack", str(pack)])
        with pytest.raises(EngineError, match="forbidden"):
            bench.up(args=["--policy-pack", str(pack)])
        assert "first" not in bench.items()
        bench.wait_for_silence()


class TestSecrets:
    """Guards that a secret is in clear nowhere that outlives or leaves the process that needs it."""

    CANARY = "canary-7f3a91c4-do-not-show"

    def test_a_canary_is_nowhere_in_clear(self, bench):
        bench.write("""
        import os, time
        secret = pulumi.Config().require_secret("word")
        Item("holder", value=secret, seconds=1)
        pulumi.export("word", secret)
        pulumi.export("marked", pulumi.Output.is_secret(secret))
        leaked = [name for name, value in os.environ.items() if "7f3a91c4" in value]
        pulumi.export("environment", leaked)
        time.sleep(1)
        """)
        bench.set_secret("bench:word", self.CANARY)
        seen: list[str] = []
        stop = threading.Event()
        watcher = threading.Thread(target=self.watch, args=(bench, seen, stop))
        watcher.start()
        told: list[str] = []
        try:
            bench.preview(news=told.append)
            result = bench.up(news=told.append)
            shown = bench.pulumi(
                "preview", "--diff", "--stack", STACK, "--config-file", str(bench.stack().config_file)
            ).stdout
        finally:
            stop.set()
            watcher.join()
        assert result.outputs["word"] == "[secret]"
        assert result.outputs["marked"] is True
        assert result.outputs["environment"] == []
        assert any("runner.py" in line for line in seen), "the watcher saw no program, so it proves nothing"
        everything = {"arguments": "\n".join(seen), "news": "\n".join(told), "preview": shown}
        assert [where for where, text in everything.items() if self.CANARY in text] == []
        assert self.files_with_canary(bench) == []
        # The plugin had to have it, or the test would prove nothing.
        assert json.loads((bench.world / "holder.item").read_text())["value"] == self.CANARY

    def watch(self, bench, seen, stop):
        while not stop.is_set():
            for process in bench.processes().values():
                try:
                    seen.append(" ".join(process.cmdline()))
                except psutil.Error:
                    continue
            time.sleep(0.02)

    def files_with_canary(self, bench):
        kept = [bench.instance.root, bench.project]
        return [
            path for root in kept for path in root.rglob("*") if path.is_file() and self.CANARY.encode() in path.read_bytes()
        ]


SLOW = """
for number in range(8):
    Item(f"item{number}", value=str(number), seconds=0.3, opts=pulumi.ResourceOptions(
        depends_on=[previous] if number else []))
    previous = Item(f"after{number}", value="x")
"""

# Other seeds in every run, and the same ones for every worker of a run.
_RUN = random.Random(os.environ.get("PYTEST_XDIST_TESTRUNUID"))
SEEDS = [int(seed) for seed in os.environ.get("AIFACTORY_TEST_SEEDS", "").split(",") if seed] or [
    _RUN.randrange(10**6) for _ in range(2)
]


class TestRoughEnds:
    """Guards against what a power cut, an out-of-memory killer or an impatient person leaves: nothing."""

    EVERYTHING = sorted([*(f"item{number}" for number in range(8)), *(f"after{number}" for number in range(8))])

    def converges(self, bench):
        bench.wait_for_silence()
        bench.up()
        assert bench.items() == self.EVERYTHING
        created = [line for line in bench.journal() if line.startswith("created")]
        assert len(created) == len(set(created)) == len(self.EVERYTHING), "something came twice"
        again = bench.up()
        assert again.unchanged
        assert again.warnings == (), "something is still pending in the state"
        bench.wait_for_silence()

    @pytest.mark.parametrize("seed", SEEDS)
    @pytest.mark.parametrize("victim", ["engine", "host", "program", "plugin", "driver"])
    def test_kill_at_a_random_moment(self, bench, victim, seed):
        print(f"AIFACTORY_TEST_SEEDS={seed}")
        chance = random.Random(f"{victim}{seed}")
        bench.write(SLOW)
        driver = bench.drive()
        wanted = "engine" if victim == "driver" else victim
        bench.wait_for(lambda: wanted in bench.processes(), f"no {wanted}")
        bench.wait_for(lambda: len(bench.journal()) >= 1 or victim == "host", "nothing was begun")
        time.sleep(chance.uniform(0, 2.0))
        target = driver if victim == "driver" else bench.processes().get(victim)
        if target is not None:
            target.send_signal(signal.SIGKILL)
        driver.communicate(timeout=60)
        self.converges(bench)

    def test_the_lock_of_a_killed_engine_is_removed_and_that_of_a_living_one_is_not(self, bench):
        bench.write(SLOW)
        driver = bench.drive()
        bench.wait_for(bench.journal, "nothing was begun")
        (held,) = engines.locks(bench.engine, bench.stack())
        assert held.is_held
        with pytest.raises(EngineError, match=rf"worked on by process {held.pid} on"):
            bench.up()
        bench.processes()["engine"].kill()
        driver.communicate(timeout=60)
        (left,) = engines.locks(bench.engine, bench.stack())
        assert not left.is_held
        told: list[str] = []
        bench.up(news=told.append)
        assert any(f"removed the lock of process {left.pid}" in line for line in told)

    def test_the_passphrase_and_state_are_private(self, bench):
        bench.write(TWO_ITEMS.format(value="a", identity="one"))
        bench.up()
        assert bench.instance.passphrase_file.stat().st_mode & 0o777 == 0o600
        assert bench.instance.backend.stat().st_mode & 0o777 == 0o700


class TestInterrupt:
    """Guards Ctrl-C: what was begun is finished and recorded, the rest is left, and nobody sees a traceback."""

    @pytest.mark.parametrize("moment", ["program", "resource"])
    def test_one_interrupt_ends_in_order(self, bench, moment):
        blocking = "import time; time.sleep(60)" if moment == "program" else SLOW
        bench.write(blocking)
        driver = bench.drive()
        bench.wait_for(lambda: "program" in bench.processes(), "no program")
        if moment == "resource":
            bench.wait_for(bench.journal, "nothing was begun")
        else:
            time.sleep(1.5)
        begun = time.monotonic()
        driver.send_signal(signal.SIGINT)
        out, err = driver.communicate(timeout=60)
        assert driver.returncode == RunInterruptedError.exit_code
        assert time.monotonic() - begun < 20
        assert "was interrupted" in err
        assert "Traceback" not in out + err + (bench.engine.logs / "pulumi-up.log").read_text()
        assert engines.locks(bench.engine, bench.stack()) == []
        bench.wait_for_silence()
        if moment == "resource":
            known = json.loads(bench.pulumi("stack", "export", "--stack", STACK, cwd=bench.stack().directory).stdout)
            names = {item["urn"].rpartition("::")[2] for item in known["deployment"]["resources"]}
            assert set(bench.items()) <= names, "a resource exists that the state does not know"

    def test_ctrl_c_in_a_terminal_with_the_exports(self, bench):
        """A person runs `pulumi` by hand; the terminal interrupts its whole foreground group."""
        bench.write(SLOW)
        stack = bench.stack()
        command = ["up", "--yes", "--skip-preview", "--stack", STACK, "--config-file", str(stack.config_file)]
        process = subprocess.Popen(
            [bench.engine.pulumi, *command],
            cwd=bench.project,
            env={**os.environ, **bench.engine.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            process_group=0,
        )
        bench.wait_for(bench.journal, "nothing was begun")
        os.killpg(process.pid, signal.SIGINT)
        out, _ = process.communicate(timeout=60)
        assert process.returncode != 0
        assert "Traceback" not in out
        bench.wait_for_silence()
        assert bench.up().outputs == {}
        assert bench.items() == TestRoughEnds.EVERYTHING

    def test_an_interrupt_while_a_plugin_runs_leaves_nothing(self, bench, component):
        bench.write("")
        (component / "__main__.py").write_text(
            textwrap.dedent("""
            import time
            time.sleep(60)
        """)
        )
        process = subprocess.Popen(
            [bench.engine.pulumi, "package", "get-schema", str(component)],
            cwd=bench.project,
            env={**os.environ, **bench.engine.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            process_group=0,
        )
        bench.wait_for(lambda: "program" in bench.processes(), "no plugin")
        process.kill()
        process.communicate(timeout=30)
        bench.wait_for_silence()
