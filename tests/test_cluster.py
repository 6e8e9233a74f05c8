"""Judging on a cluster: a real scheduler and real workers, on the loopback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from conftest import Command

from conformance.journal import read_records

pytest.importorskip("distributed", reason="the extra cluster is not installed")

SUBJECT = """
import os
import time
from reference.naive import conv2d as right

def conv2d(x, w, strides, padding):
    time.sleep(0.05)
    return right(x, w[::-1], strides, padding)

def fatal(x, w, strides, padding):
    if strides[1] == 2:
        os.abort()
    return right(x, w, strides, padding)
"""


class Cluster:
    """A scheduler and its workers, as processes."""

    def __init__(self, folder: Path, opened: ExitStack) -> None:
        self._folder, self._opened = folder, opened
        contact = folder / "scheduler.json"
        options = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(contact)]
        self._start("dask_scheduler", *options)
        while not contact.exists() or not contact.read_text():
            time.sleep(0.05)
        self.address: str = json.loads(contact.read_text())["address"]

    def worker(self, **environment: str) -> subprocess.Popen[bytes]:
        """Start a worker."""
        return self._start(
            "dask_worker", self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard", **environment
        )

    def _start(self, module: str, *options: str, **environment: str) -> subprocess.Popen[bytes]:
        paths = environment.get("PYTHONPATH"), os.environ.get("PYTHONPATH")
        process = subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{module}", *options],
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **environment, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
        )
        self._opened.callback(process.wait)
        self._opened.callback(process.kill)
        return process

    def wait_for(self, workers: int) -> None:
        """Wait until so many workers are there."""
        text = (
            f"import distributed; client = distributed.Client({self.address!r}); client.wait_for_workers({workers}); "
            "client.close()"
        )
        subprocess.run([sys.executable, "-c", text], check=True, timeout=120, capture_output=True)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """Return a scheduler without workers, in a folder with the subject."""
    (tmp_path / "mine.py").write_text(SUBJECT)
    with ExitStack() as opened:
        yield Cluster(tmp_path, opened)


def written(path: Path) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(path.read_text())
    for result in report["results"]:
        result["seconds"] = 0
    return report


def test_cluster_gives_the_report_of_one_machine(command: Command, cluster: Cluster, tmp_path: Path) -> None:
    for _ in range(2):
        cluster.worker()
    cluster.wait_for(2)
    words = ("run", "-i", "mine.py:fatal", "-k", "notebook", "--diagnose", "0", "--json")
    here = command(*words, "here.json")
    there = command(*words, "there.json", "--scheduler", cluster.address)
    assert (there.returncode, there.stderr) == (here.returncode, here.stderr) == (1, "")
    assert "killed by signal 6 (SIGABRT)" in there.stdout
    one, other = written(tmp_path / "here.json"), written(tmp_path / "there.json")
    assert one["implementations"] == other["implementations"]
    assert one["results"] == other["results"]


def test_workers_are_not_taken_for_lost_where_dask_forgets_them(cluster: Cluster, tmp_path: Path) -> None:
    cluster.worker()
    cluster.wait_for(1)
    often = {**os.environ, "DASK_DISTRIBUTED__CLIENT__SCHEDULER_INFO_INTERVAL": "1ms"}
    words = [sys.executable, "-m", "conformance", "run", "-i", "reference", "--scheduler", cluster.address]
    for _ in range(3):
        done = subprocess.run(
            [*words, "-k", "basic"], cwd=tmp_path, env=often, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")


def test_cases_of_a_lost_worker_go_to_the_others(command: Command, cluster: Cluster, tmp_path: Path) -> None:
    lost = cluster.worker()
    cluster.worker()
    cluster.wait_for(2)
    words = ["run", "-i", "mine.py:conv2d", "-k", "notebook or same or sweep", "--diagnose", "0"]
    assert command(*words, "--json", "here.json", "-j", "2").returncode == 1
    far = [sys.executable, "-m", "conformance", *words, "--scheduler", cluster.address, "--journal", "journal"]
    with subprocess.Popen([*far, "--json", "there.json"], cwd=tmp_path, stdout=subprocess.DEVNULL) as process:
        journal = tmp_path / "journal"
        while process.poll() is None and not (journal.exists() and journal.read_bytes().count(b'{"record"') > 8):
            time.sleep(0.02)
        lost.kill()
        assert process.wait(timeout=120) == 1
    here, there = written(tmp_path / "here.json"), written(tmp_path / "there.json")
    assert here["results"] == there["results"]
    cases = [record.case for record in read_records(journal)]
    assert len(cases) == len(set(cases)) == len(here["results"])


def test_worker_that_is_lost_while_it_imports_is_not_waited_for(cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(
        "import os, pathlib, time\nfrom reference.naive import conv2d\n"
        "pathlib.Path(f'importing-{os.getpid()}').touch()\ntime.sleep(8)\n"
    )
    lost = cluster.worker()
    cluster.worker()
    cluster.wait_for(2)
    words = ["run", "-i", "slow.py:conv2d", "-k", "notebook", "--scheduler", cluster.address]
    with subprocess.Popen(
        [sys.executable, "-m", "conformance", *words], cwd=tmp_path, stdout=subprocess.PIPE
    ) as process:
        while process.poll() is None and len(list(tmp_path.glob("importing-*"))) < 2:
            time.sleep(0.05)
        lost.kill()
        output, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    assert output.decode().splitlines()[-1] == "slow.py:conv2d: 10 passed"


@pytest.mark.parametrize("is_late", [False, True])
def test_workers_with_another_version_are_refused(
    command: Command, cluster: Cluster, tmp_path: Path, is_late: bool
) -> None:
    for version in ("1", "2"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "theirs.py").write_text(
            f"__version__ = '{version}'\nimport time\nfrom reference.naive import conv2d as right\n"
            "def conv2d(x, w, strides, padding):\n    time.sleep(0.2)\n    return right(x, w, strides, padding)\n"
        )
    cluster.worker(PYTHONPATH=str(tmp_path / "1"))
    cluster.wait_for(1)
    words = [sys.executable, "-m", "conformance", "run", "-i", "theirs:conv2d", "--scheduler", cluster.address]
    with subprocess.Popen([*words, "--journal", "journal"], cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
        journal = tmp_path / "journal"
        while is_late and process.poll() is None and not (journal.exists() and b'{"record"' in journal.read_bytes()):
            time.sleep(0.02)
        cluster.worker(PYTHONPATH=str(tmp_path / "2"))
        _, said = process.communicate(timeout=120)
    if not is_late and process.returncode == 0:
        pytest.fail("the second worker came too late to be asked")
    assert process.returncode == 2
    assert "the workers differ: conformance" in said
    assert "install the same everywhere" in said


def test_cluster_that_loses_all_workers_is_not_waited_for_for_ever(cluster: Cluster, tmp_path: Path) -> None:
    lost = cluster.worker()
    cluster.wait_for(1)
    text = (
        "import sys, conformance.cluster.clustered as clustered, conformance.cli as cli\n"
        "clustered._CONNECT_SECONDS = 2\n"
        f"sys.argv = 'conformance run -i mine.py:conv2d --scheduler {cluster.address} --journal journal'.split()\n"
        "cli.main()\n"
    )
    journal = tmp_path / "journal"
    with subprocess.Popen([sys.executable, "-c", text], cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
        while process.poll() is None and not (journal.exists() and b'{"record"' in journal.read_bytes()):
            time.sleep(0.02)
        assert process.poll() is None
        lost.kill()
        _, said = process.communicate(timeout=120)
    assert process.returncode == 2
    assert "no worker is left; start some, and go on with --resume JOURNAL" in said


def test_scheduler_that_is_not_there_is_said(tmp_path: Path) -> None:
    text = (
        "import sys, conformance.cluster.clustered as clustered, conformance.cli as cli\n"
        "clustered._CONNECT_SECONDS = 1\n"
        "sys.argv = ['conformance', 'run', '-i', 'reference', '--scheduler', 'tcp://127.0.0.1:9']\n"
        "cli.main()\n"
    )
    done = subprocess.run([sys.executable, "-c", text], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("--scheduler tcp://127.0.0.1:9: no scheduler with a worker answers")
    assert "Traceback" not in done.stderr


def test_cluster_of_this_machine_is_started_and_ended(command: Command, tmp_path: Path) -> None:
    done = command("run", "-i", "reference", "-k", "notebook", "--scheduler", "local:2")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "reference: 10 passed"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--scheduler", "local:0"], "--scheduler must be an address such as tcp://host:8786, or local:N, but is"),
        (["--scheduler", "local:two"], "--scheduler must be an address such as tcp://host:8786, or local:N, but is"),
        (["--scheduler", "local:2", "-j", "2"], "shares the cases among the workers of a cluster; leave -j and"),
        (["--scheduler", "nonsense"], "--scheduler must be an address such as tcp://host:8786, or local:N, but is"),
    ],
)
def test_scheduler_that_cannot_be_is_refused(command: Command, options: list[str], message: str) -> None:
    done = command("run", "-i", "reference", *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr
