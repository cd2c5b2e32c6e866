r"""Grids of experiments that can be interrupted: teachers × samples for each input × seeds.

``sweep`` runs every cell (teacher, α, seed) once: α·d samples are drawn, a model is fitted, and the result is compared
with the teacher on fresh samples. Cells are independent, so they run on processes of this machine (joblib) or on a Dask
cluster; each finished one is on disk before the next is waited for (:mod:`learner.results_file`), and a second call
with the same file runs only what is missing.
"""

from __future__ import annotations

import functools
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import nullcontext
from dataclasses import asdict, dataclass, fields
from numbers import Integral, Real
from time import perf_counter
from typing import Any

import numpy as np

from learner.regressor import LatticeRegressor
from learner.results_file import ResultsFile
from learner.sampling import Teacher, as_noise, as_sample_size, as_teacher, sample
from learner.time_limit import TimeIsUp, time_limit
from tropical import BudgetExceeded, relevant_subspace
from tropical._arguments import as_count, as_flag, as_jobs, as_real
from tropical._display import Record, Records
from tropical._exact.rational import as_items
from tropical.exceptions import FormatError, InvalidInput, InvalidType, shown

__all__ = ["SweepCell", "sweep"]


@dataclass(frozen=True, slots=True, repr=False)
class SweepCell(Record):
    """What came of one cell of a grid; a number that there is none of is None.

    Attributes
    ----------
    teacher : str
    alpha : float
        Samples for each input.
    seed : int
    n, d : int
        Numbers of samples and of inputs.
    status : {"done", "timeout", "failed"}
    explained : float
        Share of fresh samples whose error is at most 1e-9 standard deviations of y.
    nmse : float
        Mean squared error on fresh samples over the variance of y.
    sine : float
        Of the largest angle from the relevant subspace of the teacher to the model's ``components_``.
    rank : int
        Number of the model's ``components_``.
    seconds : float
        Wall time of the fit.
    confidence : str
        What the model says of itself, ``confidence_``.
    error : str
        Of a failed cell.
    cap : float
        Seconds allowed.
    setting : str
        A hash of all that the result depends on besides alpha and seed: values of the teacher, the estimator, noise,
        number of fresh samples.
    """

    teacher: str
    alpha: float
    seed: int
    n: int
    d: int
    status: str
    explained: float | None = None
    nmse: float | None = None
    sine: float | None = None
    rank: int | None = None
    seconds: float | None = None
    confidence: str = ""
    error: str = ""
    cap: float | None = None
    setting: str = ""

    def _facts(self) -> Iterable[tuple[str, Any]]:
        for name, value in Record._facts(self):
            if name != "setting" and value not in (None, ""):
                yield name, f"{value:.4g}" if isinstance(value, float) else value


def sweep(
    teachers: Mapping[str, Teacher],
    alphas: Sequence[float],
    seeds: Sequence[int],
    *,
    estimator: Any = None,
    results: str | os.PathLike[str] | None = None,
    noise: float = 0.0,
    n_test: int = 10_000,
    cap: float | None = None,
    n_jobs: int = 1,
    client: Any = None,
    progress: bool = False,
) -> list[SweepCell]:
    """Run a grid of experiments, or what is missing of it.

    Parameters
    ----------
    teachers : mapping from names to teachers
    alphas : sequence of float
        Numbers of samples for each input.
    seeds : sequence of int
        A seed fixes the samples (those of a smaller alpha are the first ones of a larger) and the model's random state.
    estimator : estimator, or callable that takes a seed and returns one; LatticeRegressor by default
        An estimator is cloned, and its ``random_state`` set where it has one.
    results : path, optional
        A ``.parquet`` file (needs pyarrow) or a ``.jsonl`` file. Cells found there are not run again, unless they
        failed, or ran out of a time that was shorter than `cap`.
    noise : float
        Standard deviation of label noise on the samples to learn from.
    n_test : int
        Number of fresh samples, noise-free.
    cap : float, optional
        Seconds for the fit of one cell. A call into compiled code ends first.
    n_jobs : int
        Processes of this machine, as in joblib: -1 is one a core.
    client : distributed.Client, optional
        Run the cells on a Dask cluster instead.
    progress : bool
        Whether a bar on stderr shows the cells.

    Returns
    -------
    list of SweepCell
        In the order of the grid: teachers, then alphas, then seeds.

    Raises
    ------
    InvalidInput
        Also where the file holds cells of other teachers by the same names, or of another estimator.

    Examples
    --------
    >>> import tropical as tp
    >>> (cell,) = sweep({"fan": tp.families.cyclic(4)}, [400], [0])
    >>> cell.status, cell.n, cell.d, cell.explained
    ('done', 800, 2, 1.0)
    """
    _check(teachers, alphas, seeds, noise, n_test, cap, n_jobs, progress)
    if estimator is None:
        estimator = LatticeRegressor()
    if not callable(estimator) and not (hasattr(estimator, "fit") and hasattr(estimator, "get_params")):
        cure = "pass LatticeRegressor(), say"
        raise InvalidType("estimator", "an estimator, or a callable that takes a seed", estimator, cure)
    if client is not None and not hasattr(client, "submit"):
        raise InvalidType("client", "a distributed.Client or None", client, "leave it out")
    settings = {name: _setting(teacher, estimator, noise, n_test) for name, teacher in teachers.items()}
    grid = [(name, float(alpha), int(seed)) for name in teachers for alpha in alphas for seed in seeds]
    file = ResultsFile(results) if results is not None else None
    found = _finished(file.rows if file else [], settings, cap)
    missing = [key for key in dict.fromkeys(grid) if key not in found]
    truths = {name: _truth(teachers[name]) for name in dict.fromkeys(name for name, _, _ in missing)}
    jobs = [
        functools.partial(
            _run, name, teachers[name], truths[name], alpha, seed, estimator, noise, n_test, cap, settings[name]
        )
        for name, alpha, seed in missing
    ]
    bar = nullcontext()
    if progress:
        from tqdm import tqdm

        bar = tqdm(total=len(set(grid)), initial=len(set(grid)) - len(missing), unit=" cells", desc="sweep")
    try:
        with bar as shown:
            for cell in _results(jobs, n_jobs, client):
                found[cell.teacher, cell.alpha, cell.seed] = cell
                if file:
                    file.append(asdict(cell))
                if shown is not None:
                    shown.update()
    finally:
        if file:
            file.close()
    return Records(found[key] for key in grid)


def _check(
    teachers: Any, alphas: Any, seeds: Any, noise: Any, n_test: Any, cap: Any, n_jobs: Any, progress: Any
) -> None:
    if not isinstance(teachers, Mapping):
        raise InvalidType("teachers", "a mapping from names to teachers", type(teachers).__name__, 'use {"name": net}')
    for name, teacher in teachers.items():
        as_teacher(teacher, f"teachers[{shown(name)}]")
    largest = max((teacher.dimension for teacher in teachers.values()), default=1)
    for alpha in as_items(alphas, "alphas", "a list of numbers of samples for each input", "pass [10, 20]"):
        requirement, cure = "positive finite numbers", "they are samples for each input"
        number = as_real(alpha, "alphas", requirement, lambda value: 0.0 < value < np.inf, cure)
        as_sample_size(max(1, round(largest * number)), "alphas")
    for seed in as_items(seeds, "seeds", "a list of integers", "use range(10)"):
        as_count(seed, "seeds", 0, (1 << 32) - 1, "use range(10)")
    as_noise(noise)
    as_sample_size(n_test, "n_test")
    if cap is not None:
        as_real(cap, "cap", "None or a positive number of seconds", lambda number: number > 0.0, "leave it out")
    as_jobs(n_jobs)
    as_flag(progress, "progress")


Key = tuple[str, float, int]


def _finished(rows: list[dict[str, Any]], settings: dict[str, str], cap: float | None) -> dict[Key, SweepCell]:
    """Return the cells of a file that need not be run again; the last row of a key counts."""
    found: dict[Key, SweepCell] = {}
    for row in rows:
        cell = _cell_of(row)
        key = (cell.teacher, cell.alpha, cell.seed)
        if cell.teacher in settings and cell.setting != settings[cell.teacher]:
            needed = "cells of the same teachers, estimator, noise and n_test"
            raise InvalidInput("results", needed, f"another setting of {cell.teacher!r}", "use another file")
        found.pop(key, None)
        outgrown = cell.status == "timeout" and cell.cap is not None and (cap is None or cap > cell.cap)
        if cell.status != "failed" and not outgrown:
            found[key] = cell
    return found


def _cell_of(row: dict[str, Any]) -> SweepCell:
    """Return the cell that a row of a file holds."""
    known = {field.name for field in fields(SweepCell)}
    kinds = {"teacher": str, "status": str, "setting": str, "alpha": Real, "seed": Integral}
    for name, kind in kinds.items():
        if not isinstance(row.get(name), kind):
            raise FormatError("results", f"no row of a sweep: {name} is {shown(row.get(name))}; name another file")
    if not isinstance(cap := row.get("cap"), Real | None):
        raise FormatError("results", f"no row of a sweep: cap is {shown(cap)}; name another file")
    try:
        return SweepCell(**{name: value for name, value in row.items() if name in known})
    except TypeError as error:
        raise FormatError("results", f"no row of a sweep: {error}; name another file") from None


def _results(jobs: list[Callable[[], SweepCell]], n_jobs: int, client: Any) -> Iterator[SweepCell]:
    """Yield cells as they end."""
    if client is not None:
        from distributed import as_completed

        futures = [client.submit(job, pure=False, retries=2) for job in jobs]  # a worker may die
        try:
            for future in as_completed(futures):
                yield future.result()
        finally:
            client.cancel(futures)
    elif n_jobs == 1:
        for job in jobs:
            yield job()
    else:
        from joblib import Parallel, delayed

        pool: Any = Parallel(n_jobs=n_jobs, return_as="generator_unordered")
        left = {_key_of(job): job for job in jobs}
        try:
            for cell in pool(delayed(job)() for job in jobs):
                del left[cell.teacher, cell.alpha, cell.seed]
                yield cell
        except BrokenProcessPool:
            yield from _one_by_one(left.values())


def _key_of(job: Any) -> Key:
    name, _, _, alpha, seed, *_ = job.args
    return name, alpha, seed


def _one_by_one(jobs: Iterable[Any]) -> Iterator[SweepCell]:
    """Yield cells that a process of its own computes; a cell whose process dies has failed, and the grid goes on."""
    from joblib.externals.loky import get_reusable_executor

    for job in jobs:
        started = perf_counter()
        try:
            yield get_reusable_executor(max_workers=1).submit(job).result()
        except BrokenProcessPool:
            name, teacher, _, alpha, seed, _, _, _, cap, setting = job.args
            about = {"teacher": name, "alpha": alpha, "seed": seed, "cap": cap, "setting": setting}
            size = {"n": max(1, round(alpha * teacher.dimension)), "d": teacher.dimension}
            text = "its process was killed, for want of memory perhaps"
            yield SweepCell(**about, **size, status="failed", seconds=perf_counter() - started, error=text)


def _run(
    name: str,
    teacher: Teacher,
    truth: np.ndarray | None,
    alpha: float,
    seed: int,
    estimator: Any,
    noise: float,
    n_test: int,
    cap: float | None,
    setting: str,
) -> SweepCell:
    """Run one cell; whatever the model raises is a result, too."""
    d = teacher.dimension
    n = max(1, round(alpha * d))
    about = {"teacher": name, "alpha": alpha, "seed": seed, "n": n, "d": d, "cap": cap, "setting": setting}
    X, y = sample(teacher, n, noise=noise, random_state=seed)
    started = perf_counter()
    try:
        with time_limit(cap):
            model = _model(estimator, seed)
            model.fit(X, y)
        seconds = perf_counter() - started
        fresh = np.random.default_rng([seed, 1]).standard_normal((n_test, d))
        labels = teacher.evaluate(fresh)
        errors, spread = np.asarray(model.predict(fresh)) - labels, float(labels.std())
    except TimeIsUp:
        return SweepCell(**about, status="timeout", seconds=perf_counter() - started)
    except Exception as error:  # one cell that fails is a finding; the grid goes on
        text = f"{type(error).__name__}: {error}"
        return SweepCell(**about, status="failed", seconds=perf_counter() - started, error=text[:500])
    components = getattr(model, "components_", None)
    known = components is not None and truth is not None
    return SweepCell(
        **about,
        status="done",
        explained=float((np.abs(errors) <= 1e-9 * spread).mean()),
        nmse=float(np.mean(errors**2)) / spread**2 if spread else None,
        sine=_sine(truth, np.asarray(components)) if known and truth is not None else None,
        rank=None if components is None else len(components),
        seconds=seconds,
        confidence=str(getattr(model, "confidence_", "")),
    )


def _model(estimator: Any, seed: int) -> Any:
    if not hasattr(estimator, "get_params") or isinstance(estimator, type):
        return estimator(seed)
    from sklearn.base import clone

    model: Any = clone(estimator)
    return model.set_params(random_state=seed) if "random_state" in model.get_params() else model


_MOST_CELLS = 20_000  # some seconds of exact enumeration


def _truth(teacher: Any) -> np.ndarray | None:
    """Return orthonormal rows that span the relevant subspace; with too many cells, all that the teacher reads."""
    if not hasattr(teacher, "linear_forms"):
        return None
    try:
        rows = relevant_subspace(teacher, max_cells=_MOST_CELLS)
    except BudgetExceeded:
        rows = teacher.linear_forms()
    matrix = np.array(rows, dtype=np.float64).reshape(-1, teacher.dimension)
    _, values, directions = np.linalg.svd(matrix, full_matrices=False)
    return directions[values > 1e-12 * max(values, default=0.0)]


def _sine(truth: np.ndarray, found: np.ndarray) -> float:
    """Return the sine of the largest angle from a true direction to the span of orthonormal rows."""
    return min(1.0, float(np.linalg.norm(truth - (truth @ found.T) @ found, 2))) if len(truth) else 0.0


def _setting(teacher: Teacher, estimator: Any, noise: float, n_test: int) -> str:
    """Return a hash of what a result depends on: the teacher by its values at some points."""
    values = teacher.evaluate(np.random.default_rng(0).standard_normal((_PROBED, teacher.dimension)))
    if values.ndim != 1:
        raise InvalidInput("teachers", "one output each", f"{values.shape[1]} outputs", "select one with net[j]")
    # rounded: another machine's matrix product may end in other bits
    probe = [f"{value:.6e}" for value in values.tolist()]
    text = repr((probe, teacher.dimension, _described(estimator), float(noise), int(n_test)))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


_PROBED = 16


def _described(estimator: Any) -> str:
    """Return a text that is the same in the next process: of a function its name, not where it lies in memory."""
    if isinstance(estimator, functools.partial):
        return f"{_described(estimator.func)}{estimator.args}{estimator.keywords}"
    if hasattr(estimator, "__qualname__"):
        return f"{estimator.__module__}.{estimator.__qualname__}"
    return repr(estimator)
