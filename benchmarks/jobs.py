"""Resumable grids: every cell of a grid is a job with a cap, and what is finished is not repeated.

A job is parameters and a seed. It runs in a process of its own, which is ended at the cap. Its record is one line of
JSON in ``benchmarks/results/NAME.jsonl``, appended in one write: a run that is stopped loses the job it was at, and the
next run goes on from there. To measure a cell again, delete its line, or pass ``--again``: the last line counts.
"""

from __future__ import annotations

import json
import math
import multiprocessing
import os
import platform
import signal
import subprocess
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import perf_counter
from typing import Any

from threadpoolctl import threadpool_limits

try:
    import resource
except ImportError:  # Windows
    resource = None

__all__ = [
    "RESULTS",
    "Job",
    "Selection",
    "finished",
    "grouped",
    "machine",
    "parsed",
    "record_ratio",
    "run_jobs",
    "slowness",
]

_PATIENCE = 10.0
_OUT_OF_TIME = int(getattr(signal, "SIGXCPU", 0))
RESULTS = Path(__file__).parent / "results"

Parameters = dict[str, Any]
Selection = dict[str, set[str]]  # name of a parameter, or "seed": the values to run, as text


def _print(line: str) -> None:
    print(line, flush=True)


@dataclass(frozen=True)
class Job:
    """One cell of a grid.

    Parameters
    ----------
    parameters : dict
        Plain values: strings, numbers.
    seed : int
    cap : float
        Seconds of processor time, after which the process is ended and the record says "capped":
        other work on the machine then changes nothing. Where the system has no such limit, and for processes that
        sleep, `_PATIENCE` times as many seconds of wall time.
    """

    parameters: Parameters
    seed: int
    cap: float

    @property
    def key(self) -> str:
        """What makes two jobs the same one."""
        return _key(self.parameters, self.seed)

    def chosen(self, only: Selection) -> bool:
        """Return whether each parameter that the selection names has one of its values; one without it is left out."""
        values = {**self.parameters, "seed": self.seed}
        return all(name in values and _text(values[name]) in allowed for name, allowed in only.items())


def run_jobs(
    name: str,
    work: Callable[..., Parameters],
    jobs: Iterable[Job],
    *,
    folder: Path | None = None,
    again: bool = False,
    only: Selection | None = None,
    report: Callable[[str], None] | None = _print,
) -> list[dict[str, Any]]:
    """Run the jobs that are not finished, and return the records of all of them.

    Parameters
    ----------
    name : str
        Of the file of results.
    work : callable
        Called as ``work(**parameters, seed=seed, cap=cap)`` in a process of its own, with one BLAS thread; returns
        plain values.
    jobs : iterable of Job
    folder : Path, optional
        Where the file lies; default `RESULTS`.
    again : bool
        Run finished jobs again.
    only : dict, optional
        Leave out jobs that are not `Job.chosen`.
    report : callable, optional
        Told one line a job.
    """
    path = (folder or RESULTS) / f"{name}.jsonl"
    done = {} if again else finished(path)
    records = []
    for job in jobs:
        if only and not job.chosen(only):
            continue
        if job.key not in done:
            record = {**asdict(job), **_in_process(work, job), "machine": machine(), "load": round(_load(), 1)}
            _append(path, record)
            done[job.key] = record
            if report is not None:
                report(f"  {_words(job)}: {_outcome(record)}")
        records.append(done[job.key])
    return records


def finished(path: Path) -> dict[str, dict[str, Any]]:
    """Return the last record of each job in a file."""
    return parsed(path.read_text()) if path.is_file() else {}


def parsed(text: str) -> dict[str, dict[str, Any]]:
    """Return the last record of each job in lines of JSON; a line that was cut off is passed over."""
    records: dict[str, dict[str, Any]] = {}
    for line in text.splitlines():
        try:
            record = json.loads(line)
            records[_key(record["parameters"], record["seed"])] = record
        except (ValueError, KeyError, TypeError):
            continue
    return records


def record_ratio(name: str, what: str, ours: Sequence[float], other: Sequence[float], *, stopped: bool = False) -> None:
    """Append the ratio of two timings, each (median, fastest, slowest), to the results of a benchmark.

    Where the other one was `stopped` before it had an answer, the ratio is less than what is recorded.
    """
    ratio: dict[str, Any] = {"ratio": ours[0] / other[0], "low": ours[1] / other[2], "high": ours[2] / other[1]}
    if stopped:
        ratio["stopped"] = True
    facts = {"machine": machine(), "load": round(_load(), 1)}
    record = {"parameters": {"what": what}, "seed": 0, "status": "done", "result": ratio, **facts}
    _append(RESULTS / f"{name}.jsonl", record)


def grouped(records: Iterable[dict[str, Any]]) -> list[tuple[Parameters, list[dict[str, Any]]]]:
    """Return the records of each cell, all seeds together, in the order in which cells first appear."""
    groups: dict[str, tuple[Parameters, list[dict[str, Any]]]] = {}
    for record in records:
        key = json.dumps(record["parameters"], sort_keys=True)
        groups.setdefault(key, (record["parameters"], []))[1].append(record)
    return list(groups.values())


@cache
def machine() -> str:
    """Return the machine and the versions in one line."""
    packages = []
    for package in ("numpy", "scipy", "scikit-learn", "torch", "xrfm", "statsmodels"):
        try:
            packages.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    commit = _commit()
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{_processor()}, {os.cpu_count()} cores, {python}, {', '.join(packages)}, commit {commit}"


def slowness() -> float:
    """Return how many seconds of wall time one of processor time takes now, by the load: for limits of wall time."""
    return max(1.0, 1.5 * _load() / (os.cpu_count() or 1))


# ------------------------------------------------------------ one job


def _in_process(work: Callable[..., Parameters], job: Job) -> Parameters:
    """Run the job in a child process, so that a cap ends it, whatever it is at."""
    methods = multiprocessing.get_all_start_methods()
    context: Any = multiprocessing.get_context("fork" if "fork" in methods else "spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(work, job, theirs), daemon=True)
    start = perf_counter()
    process.start()
    theirs.close()
    status, result = "capped", {}
    try:
        if ours.poll(_PATIENCE * job.cap):
            status, result = ours.recv()
    except EOFError:
        process.join()
        if process.exitcode != -_OUT_OF_TIME:
            status, result = "failed", {"error": "the process ended without a result"}
    finally:
        if process.is_alive():
            process.join(1.0)
            process.kill()
        process.join()
    return {"status": status, "result": result, "wall": round(perf_counter() - start, 3)}


def _child(work: Callable[..., Parameters], job: Job, pipe: Any) -> None:
    if resource is not None:
        seconds = math.ceil(job.cap)
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
    try:
        with threadpool_limits(1):
            answer = ("done", work(**job.parameters, seed=job.seed, cap=job.cap))
    except Exception as error:  # the record says what went wrong, and the grid goes on
        answer = ("failed", {"error": f"{type(error).__name__}: {error}"[:300]})
    pipe.send(answer)
    pipe.close()


def _append(path: Path, record: Parameters) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    line = (json.dumps(record, ensure_ascii=False) + "\n").encode()
    cut_off = path.is_file() and path.stat().st_size > 0 and not path.read_bytes().endswith(b"\n")
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(file, (b"\n" if cut_off else b"") + line)
    finally:
        os.close(file)


# ------------------------------------------------------------ words


def _key(parameters: Parameters, seed: int) -> str:
    return json.dumps([parameters, seed], sort_keys=True)


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _words(job: Job) -> str:
    return ", ".join([*(f"{name} {value}" for name, value in job.parameters.items()), f"seed {job.seed}"])


def _outcome(record: Parameters) -> str:
    if record["status"] != "done":
        return f"{record['status']} {record['result'].get('error', '')} [{record['wall']:.1f} s]"
    shown = [
        f"{name} {value:.3g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in record["result"].items()
        if not isinstance(value, str) or len(value) < 20
    ]
    return ", ".join(shown)


def _load() -> float:
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _commit() -> str:
    command = ["git", "-C", str(Path(__file__).parent), "rev-parse", "--short", "HEAD"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
