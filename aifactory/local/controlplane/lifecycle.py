"""Start, stop and look at a local control plane. Start and stop may be repeated, and may meet."""

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aifactory.errors import ControlPlaneError
from aifactory.local import processes
from aifactory.local.controlplane import health, kubeconfig, parts, pki, ports, stages, supervise
from aifactory.local.controlplane.parts import START_ORDER, Part, PartName
from aifactory.local.controlplane.pki import API, Pki
from aifactory.local.controlplane.supervise import Record
from aifactory.local.locks import hold
from aifactory.local.paths import Instance
from aifactory.local.progress import Reporter
from aifactory.local.tools import Toolset

if TYPE_CHECKING:
    from lightkube import Client

StageFiles = Callable[[Path], Sequence[Path]]
"""Writes the stages that KWOK is to play into a directory and returns the files."""

_PATIENCE_SECONDS: Final = 10.0
"""A part that runs and is not well for longer than this is started again; the API server, say, needs a moment after
etcd was."""

_DISCOVERY_SECONDS: Final = 60.0
"""The API server describes its custom resources some time after it says that it is ready: 84 of them took 10 s on two
busy cores."""

_ACCOUNT_SECONDS: Final = 60.0
_POLL_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True)
class ControlPlane:
    """A control plane that runs and is well.

    Attributes:
        instance: where its state is.
        kubeconfig: kubeconfig of an administrator, mode 0600, certificates inside.
        context: the context in it.
        server: URL of the API server, ``https://127.0.0.1:PORT``.
        version: what the API server says it is, as in ``v1.36.3``.
        started: parts that this call started; empty when all of them ran already.
        ready_seconds: how long this call took until everything was well.
    """

    instance: Instance
    kubeconfig: Path
    context: str
    server: str
    version: str
    started: tuple[str, ...]
    ready_seconds: float

    def client(self) -> "Client":
        """Return a client of the API server, as administrator."""
        from lightkube import Client, KubeConfig

        # Proxies and certificates of the environment are for the world outside of this machine.
        return Client(config=KubeConfig.from_file(self.kubeconfig), trust_env=False)


@dataclass(frozen=True, slots=True)
class PartStatus:
    """How one part of a control plane is.

    Attributes:
        name: the part.
        pid: its process; None when it does not run.
        port: the loopback port that it serves, or served last; None when it was never started.
        healthy: whether it says that it is well.
        since: when its process started, seconds since the epoch; None when it does not run.
        memory_bytes: resident memory; the parts share their program's pages, which count in each.
        log: what it has said.
        reason: why it is not healthy, with its last lines when it died; empty when it is.
    """

    name: PartName
    pid: int | None
    port: int | None
    healthy: bool
    since: float | None
    memory_bytes: int
    log: Path
    reason: str


def start(instance: Instance, tools: Toolset, reporter: Reporter, *, stage_files: StageFiles | None = None) -> ControlPlane:
    """Bring the control plane up, or find it up; what died is started again, what is well is left alone.

    KWOK plays the stages of the kinds that the cluster knows; after custom resource definitions were installed,
    `start_simulation` adds those of their kinds.

    Args:
        instance: whose control plane.
        tools: the programs; all of `aifactory.local.tools.CONTROL_PLANE`.
        reporter: is told what happens.
        stage_files: what KWOK plays; by default `aifactory.local.simulate.stage_files`.

    Raises:
        ControlPlaneError: a part did not start; what this call had started is stopped again.
    """
    begun = time.monotonic()
    with hold(instance.lock, f"starting the control plane of {instance.name}", reporter):
        instance.create()
        starter = _Starter(instance, tools, reporter, stage_files or _simulation())
        try:
            version = starter.run()
        except BaseException:
            # Ctrl-C included: half a control plane would only puzzle whoever finds it.
            supervise.stop_parts(instance, starter.started)
            raise
        return ControlPlane(
            instance=instance,
            kubeconfig=instance.kubeconfig,
            context=kubeconfig.context_name(instance.name),
            server=parts.server_url(starter.ports),
            version=version,
            started=tuple(starter.started),
            ready_seconds=time.monotonic() - begun,
        )


def start_simulation(
    instance: Instance, tools: Toolset, reporter: Reporter, *, stage_files: StageFiles | None = None
) -> None:
    """Have KWOK play all its stages: it is started again if the API server knows more of their kinds by now.

    To be called once custom resource definitions were installed; `start` must have been called before.

    Args:
        instance: whose control plane.
        tools: the programs.
        reporter: is told what happens, and which stages cannot be played.
        stage_files: what KWOK plays; by default `aifactory.local.simulate.stage_files`.

    Raises:
        ControlPlaneError: the control plane does not run, or KWOK did not start.
    """
    with hold(instance.lock, f"starting the simulation of {instance.name}", reporter):
        unwell = [part for part in status(instance) if part.name == "kube-apiserver" and not part.healthy]
        if unwell:
            raise ControlPlaneError(
                f"the API server of {instance.name} is not well: {unwell[0].reason}", fix="aifactory local up"
            )
        _Starter(instance, tools, reporter, stage_files or _simulation()).simulate()


def stop(instance: Instance, *, purge: bool = False, reporter: Reporter) -> None:
    """Stop every part, the API server before etcd; afterwards no process and no port of it is left.

    Args:
        instance: whose control plane; that it does not run is no error.
        purge: throw the state away too: every object of the cluster, certificates, logs, the stacks' state.
        reporter: is told what happens.
    """
    if not instance.root.exists():
        return
    with hold(instance.lock, f"stopping the control plane of {instance.name}", reporter):
        with reporter.step(f"Stop the control plane of {instance.name}"):
            supervise.stop_parts(instance)
        if purge:
            with reporter.step(f"Delete the state of {instance.name}"):
                shutil.rmtree(instance.root)


def status(instance: Instance) -> list[PartStatus]:
    """Return how each part is; it changes nothing and waits for nobody but the parts."""
    known = Pki(instance.pki)
    return [_status(instance, name, known) for group in START_ORDER for name in group]


@dataclass(slots=True)
class _Starter:
    """One run of `start`."""

    instance: Instance
    tools: Toolset
    reporter: Reporter
    stage_files: StageFiles
    started: list[str] = field(default_factory=list[str])
    ports: Mapping[str, int] = field(default_factory=dict[str, int])

    def run(self) -> str:
        """Start what is not well and return the version of the API server."""
        instance = self.instance
        supervise.stop_parts(instance, supervise.strays(instance))
        keys = pki.ensure(instance.pki)
        self.ports = ports.choose(instance.run / "ports.json", self._listening())
        self._write_kubeconfigs(keys)
        self._bring_up_database(keys)
        self._bring_up([parts.api_server(instance, self.tools, keys, self.ports)], keys)
        self._select_stages(keys)
        rest = [
            parts.controller_manager(instance, self.tools, keys, self.ports),
            parts.scheduler(instance, self.tools, keys, self.ports),
            self._kwok(keys),
        ]
        self._bring_up(rest, keys)
        if self.started:
            with self.reporter.step("Wait for the first service account"):
                _wait_for_accounts(keys, self.ports["kube-apiserver"])
        found = health.get_json(keys, API, "admin", self.ports["kube-apiserver"], "/version")
        return str((found or {})["gitVersion"])

    def _bring_up_database(self, keys: Pki) -> None:
        """Start etcd; a database that was cut short before it was ever ready is made anew.

        Killed between writing its log's header and its first entry, etcd comes back as a member of a cluster without
        members and waits for ever. Nothing can be lost: the API server is started only after etcd was ready.
        """
        instance = self.instance
        etcd = parts.etcd(instance, self.tools, keys, self.ports)
        ready_once = instance.root / "etcd-was-ready"
        if not ready_once.exists() and not self._runs_well(etcd, keys):
            supervise.stop_parts(instance, ["etcd"])
            shutil.rmtree(instance.data)
            instance.create()
        self._bring_up([etcd], keys)
        ready_once.touch(mode=0o600)

    def simulate(self) -> None:
        """Start KWOK again if it does not play all the stages that it could."""
        keys = pki.ensure(self.instance.pki)
        self.ports = ports.choose(self.instance.run / "ports.json", self._listening())
        held = self._select_stages(keys)
        if held:
            self.reporter.note(f"Not simulated, since the cluster does not know the kind: {', '.join(held)}")
        self._bring_up([self._kwok(keys)], keys)

    def _select_stages(self, keys: Pki) -> tuple[str, ...]:
        """Choose what KWOK plays, having waited for the kinds that are on their way; return those it cannot play."""
        get = stages.api_server(keys, self.ports["kube-apiserver"])
        files = self.stage_files(self.instance.run / "stages")
        selection = stages.select(files, get, self._stages)
        if selection.awaited:
            deadline = time.monotonic() + _DISCOVERY_SECONDS
            with self.reporter.step("Wait for the API server to know its custom resources"):
                while selection.awaited and time.monotonic() < deadline:
                    time.sleep(_POLL_SECONDS)
                    selection = stages.select(files, get, self._stages)
        return (*selection.awaited, *selection.unknown)

    @property
    def _stages(self) -> Path:
        return self.instance.run / "stages.yaml"

    def _kwok(self, keys: Pki) -> Part:
        return parts.kwok(self.instance, self.tools, keys, self.ports, [self._stages])

    def _listening(self) -> set[str]:
        alive = {name for name in ports.PORTS if (record := self._record(name)) is not None and record.alive}
        return alive | {"etcd-peer"} if "etcd" in alive else alive

    def _record(self, name: str) -> Record | None:
        return supervise.read_record(self.instance, name)

    def _write_kubeconfigs(self, keys: Pki) -> None:
        server = parts.server_url(self.ports)
        files = {"admin": self.instance.kubeconfig}
        files |= {
            client: parts.client_kubeconfig(self.instance, client) for client in ("controller-manager", "scheduler", "kwok")
        }
        for client, path in files.items():
            kubeconfig.write(path, keys, server=server, client=client, instance=self.instance.name)

    def _bring_up(self, group: Sequence[Part], keys: Pki) -> None:
        """Start those of `group` that do not run as they should, and wait until they are well."""
        wanting = [part for part in group if not self._runs_well(part, keys)]
        if not wanting:
            return
        names = [part.name for part in wanting]
        supervise.stop_parts(self.instance, names)
        with self.reporter.step(f"Start {', '.join(names)}"):
            for part in wanting:
                self.started.append(part.name)  # before it is: an interrupt may come in between
                supervise.spawn(self.instance, part)
            supervise.wait_ready(self.instance, wanting, keys)

    def _runs_well(self, part: Part, keys: Pki) -> bool:
        record = self._record(part.name)
        if record is None:
            return False
        if not record.alive:
            self.reporter.note(f"{part.name} (process {record.pid}) has ended by itself; it is started again")
            return False
        if record.signature != part.signature:
            return False
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while complaint := health.complaint(part.name, part.port, keys):
            if time.monotonic() > deadline or not record.alive:
                self.reporter.note(f"{part.name} is not well and is started again: {complaint}")
                return False
            time.sleep(_POLL_SECONDS)
        return True


def _wait_for_accounts(keys: Pki, port: int) -> None:
    """Wait until pods can be made: they are refused in a namespace that has no service account yet."""
    path = "/api/v1/namespaces/default/serviceaccounts/default"
    deadline = time.monotonic() + _ACCOUNT_SECONDS
    while health.get_json(keys, API, "admin", port, path) is None:
        if time.monotonic() > deadline:
            raise ControlPlaneError(
                f"namespace default has no service account after {_ACCOUNT_SECONDS:.0f} s",
                why="no pod could be made in it",
                fix="look at the log of kube-controller-manager",
            )
        time.sleep(_POLL_SECONDS)


def _status(instance: Instance, name: PartName, keys: Pki) -> PartStatus:
    record = supervise.read_record(instance, name)
    log = parts.log_file(instance, name)
    absent = PartStatus(
        name=name, pid=None, port=None, healthy=False, since=None, memory_bytes=0, log=log, reason="it does not run"
    )
    if record is None:
        return absent
    if not record.alive:
        said = supervise.last_words(instance, name)
        return replace(absent, port=record.port, reason=f"it has ended by itself; its last lines:\n{said}")
    complaint = health.complaint(name, record.port, keys)
    return PartStatus(
        name=name,
        pid=record.pid,
        port=record.port,
        healthy=not complaint,
        since=record.started,
        memory_bytes=processes.resident_bytes(record.process),
        log=log,
        reason=complaint,
    )


def _simulation() -> StageFiles:
    from aifactory.local import simulate

    return simulate.stage_files
