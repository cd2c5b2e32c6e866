"""Exact decisions against z3 and HiGHS, on the networks of the shared data folder."""

from __future__ import annotations

import random
from fractions import Fraction
from time import perf_counter

import numpy as np

import tropical
from benchmarks import milp
from benchmarks.jobs import record_ratio
from benchmarks.networks import shared_networks
from benchmarks.timing import alternate

__all__ = ["run"]

Timing = tuple[float, float, float]  # median, fastest, slowest

CAP = 60.0  # seconds that z3 and HiGHS get for one question


def run() -> None:
    """Print times and ratios; some minutes, most of them spent waiting for the solvers."""
    networks = shared_networks()
    if not networks:
        print("decide: no data folder; set TROPICAL_DATA")
        return
    _equality(networks)
    _optimisation(networks)
    _formulas()
    _two_level()
    _where_enumeration_ends()


# ---------------------------------------------------------------- equality


def _equality(networks: dict[str, tuple[tropical.ReLUNetwork, tropical.Box, int]]) -> None:
    print(f"decide: a network = its permuted and rescaled copy, in its box; z3 has {CAP:.0f} s")
    for name in ("2-16-16-1-wide-s0", "3-16-16-1-wide-s0", "2-32-32-1-wide-s0"):
        net, box, n = networks[name]
        copy = rescaled_copy(net)
        other = changed_copy(net, copy, box)
        assert tropical.same_function(net, copy, box)
        ours, changed = alternate(
            lambda net=net, copy=copy, box=box: tropical.same_function(net, copy, box),
            lambda net=net, other=other, box=box: tropical.same_function(net, other, box),
            repeats=5,
        )
        record_ratio("decide", f"{name}, one weight changed / a copy", changed, ours)
        start = perf_counter()
        certificate = tropical.same_function(net, copy, box).certificate
        made = perf_counter() - start
        assert certificate is not None
        start = perf_counter()
        assert tropical.check(certificate, net, copy, domain=box)
        replayed = perf_counter() - start
        same = _z3_ratio(f"{name}, a copy", net, copy, box, ours)
        different = _z3_ratio(f"{name}, one weight changed", net, other, box, changed)
        print(
            f"  {name:<22} {n:>5} cells: yes in {ours[0] * 1e3:6.1f} ms; z3 {same}; "
            f"one weight + 1/1000: no in {changed[0] * 1e3:6.1f} ms, z3 {different}; "
            f"certificate {made:.1f} s, replay {replayed:.1f} s"
        )


def rescaled_copy(net: tropical.ReLUNetwork, seed: int = 0) -> tropical.ReLUNetwork:
    """Return the same function by other weights: hidden units permuted and scaled by positive numbers."""
    generator = random.Random(seed)
    weights = [[list(row) for row in layer] for layer in net.weights]
    biases = [list(bias) for bias in net.biases]
    for depth in range(len(weights) - 1):
        order = generator.sample(range(len(weights[depth])), len(weights[depth]))
        factors = [Fraction(generator.randint(1, 5), generator.randint(1, 5)) for _ in order]
        rows, constants = weights[depth], biases[depth]
        weights[depth] = [[f * a for a in rows[i]] for f, i in zip(factors, order, strict=True)]
        biases[depth] = [f * constants[i] for f, i in zip(factors, order, strict=True)]
        following = weights[depth + 1]
        weights[depth + 1] = [[row[i] / f for f, i in zip(factors, order, strict=True)] for row in following]
    return tropical.ReLUNetwork(weights, biases)


def changed_copy(net: tropical.ReLUNetwork, copy: tropical.ReLUNetwork, box: tropical.Box) -> tropical.ReLUNetwork:
    """Return the copy with 1/1000 added to one weight of the second layer, the first one that matters in the box."""
    for i, row in enumerate(copy.weights[1]):
        for j in range(len(row)):
            weights = [[list(row) for row in layer] for layer in copy.weights]
            weights[1][i][j] += Fraction(1, 1000)
            other = tropical.ReLUNetwork(weights, copy.biases)
            if not tropical.same_function(net, other, box):
                return other
    raise AssertionError("no weight of the second layer matters")


def _z3_ratio(
    what: str, left: tropical.ReLUNetwork, right: tropical.ReLUNetwork, box: tropical.Box, ours: Timing
) -> str:
    try:
        import z3
    except ImportError:
        return "not installed (pip install 'tropical-learner[smt]')"
    x = [z3.Real(f"x{i}") for i in range(left.dimension)]
    solver = z3.Solver()
    solver.set("timeout", int(CAP * 1000))
    for variable, low, high in zip(x, box.lo, box.hi, strict=True):
        solver.add(variable >= z3.RealVal(str(low)), variable <= z3.RealVal(str(high)))
    solver.add(_network_term(z3, left, x) != _network_term(z3, right, x))
    start = perf_counter()
    answer = solver.check()
    seconds = perf_counter() - start
    stopped = answer == z3.unknown
    record_ratio("decide", f"{what} / z3", ours, (seconds,) * 3, stopped=stopped)
    if stopped:
        return f"gives up after {seconds:.0f} s (more than {seconds / ours[0]:.0f} times as long)"
    return f"takes {seconds / ours[0]:.0f} times as long"


def _network_term(z3, net, x):  # noqa: ANN001, ANN202
    values = x
    for depth, (matrix, bias) in enumerate(zip(net.weights, net.biases, strict=True)):
        if depth:
            values = [z3.If(v >= 0, v, z3.RealVal(0)) for v in values]
        values = [
            z3.Sum([z3.RealVal(str(b)), *[z3.RealVal(str(w)) * v for w, v in zip(row, values, strict=True) if w]])
            for row, b in zip(matrix, bias, strict=True)
        ]
    return values[0]


# ---------------------------------------------------------------- maximum and Lipschitz constant


def _optimisation(networks: dict[str, tuple[tropical.ReLUNetwork, tropical.Box, int]]) -> None:
    print(
        f"decide: maximum over the box, Lipschitz constant for the maximum norm; HiGHS (scipy's milp) has {CAP:.0f} s"
    )
    for name in ("2-16-16-1-nobias-s0", "2-16-16-1-wide-s0", "3-16-16-1-wide-s0"):
        net, box, n = networks[name]
        exact = tropical.value_range(net, box)
        steepness = tropical.lipschitz(net, norm="inf", domain=box)
        assert exact.max is not None
        ours, slope = alternate(
            lambda net=net, box=box: tropical.value_range(net, box),
            lambda net=net, box=box: tropical.lipschitz(net, norm="inf", domain=box),
            repeats=5,
        )
        maximum = _solver_ratio(f"{name}, maximum", milp.maximum(net, box, CAP), float(exact.max), ours)
        lipschitz = _solver_ratio(f"{name}, Lipschitz constant", milp.lipschitz(net, box, CAP), float(steepness), slope)
        print(
            f"  {name:<22} {n:>5} cells: range in {ours[0] * 1e3:6.1f} ms, HiGHS's maximum {maximum}; "
            f"Lipschitz constant in {slope[0] * 1e3:6.1f} ms, HiGHS {lipschitz}"
        )


def _solver_ratio(what: str, answer: milp.Answer, exact: float, ours: Timing) -> str:
    record_ratio("decide", f"{what} / HiGHS", ours, (answer.seconds,) * 3, stopped=not answer.finished)
    if not answer.finished:
        gap = f"bounds {answer.value:.6g} to {answer.bound:.6g}" if answer.value is not None else "no solution"
        return f"not done in {answer.seconds:.0f} s ({gap}; more than {answer.seconds / ours[0]:.0f} times as long)"
    error = abs(answer.value - exact) / max(1.0, abs(exact)) if answer.value is not None else np.inf
    return f"{answer.seconds / ours[0]:.0f} times as long (relative error {error:.0e})"


# ---------------------------------------------------------------- other function types


def _formulas() -> None:
    print("decide: a network = its lattice polynomial on R^d, no unit in common: the certificate is the decision")
    for widths, rank in (((2, 4, 1), None), ((2, 4, 4, 1), None), ((30, 4, 4, 1), 2)):
        net = tropical.families.random_network(widths, 1, rank=rank)
        F = tropical.lattice(net)
        assert isinstance(F, tropical.LatticePolynomial)
        certificate = tropical.same_function(net, F).certificate
        assert certificate is not None
        ours, replay = alternate(
            lambda net=net, F=F: tropical.same_function(net, F),
            lambda c=certificate, net=net, F=F: tropical.check(c, net, F),
            repeats=3,
        )
        name = "-".join(map(str, widths))
        print(f"  {name:<22} {len(F.pieces):>5} pieces: {ours[0] * 1e3:6.1f} ms, replay {replay[0] * 1e3:6.1f} ms")


def _two_level() -> None:
    print("decide: exact range of two-level lattice networks over [-2, 2]^2, random functions, clauses of half of them")
    for size in (8, 16, 32, 64):
        generator = np.random.default_rng(size)
        table = generator.uniform(-1, 1, (size, 3))
        clauses = [np.flatnonzero(generator.random(size) < 0.5).tolist() or [0] for _ in range(size)]
        F = tropical.LatticePolynomial.from_floats(table[:, :2], table[:, 2], clauses)
        box = tropical.Box([-2, -2], [2, 2])
        ((seconds, *_),) = alternate(lambda F=F, box=box: tropical.value_range(F, box), repeats=3)
        print(f"  {size:>3} functions, {size:>3} clauses: {seconds * 1e3:7.1f} ms")


def _where_enumeration_ends() -> None:
    print("decide: range over [-1, 1]^d of random networks: all cells against branch and bound, seconds")
    for widths in ((2, 8, 8, 1), (4, 8, 8, 1), (6, 8, 8, 1), (8, 6, 6, 1), (9, 6, 6, 1), (16, 6, 6, 1), (32, 6, 1)):
        d = widths[0]
        net = tropical.families.random_network(widths, 1, biases=True)
        box = tropical.Box([-1] * d, [1] * d)
        times = []
        for method in ("cells", "branch"):
            if method == "cells" and d > 9:
                times.append("    not tried (2^d vertices)")
                continue
            start = perf_counter()
            found = tropical.value_range(net, box, method=method)
            times.append(f"{method} {perf_counter() - start:8.2f}")
        start = perf_counter()
        certificate = found.certificate
        made = perf_counter() - start
        start = perf_counter()
        assert certificate is not None
        assert tropical.check(certificate, net, domain=box)
        name = "-".join(map(str, widths))
        print(f"  {name:<12} {', '.join(times)}; certificate {made:.2f}, replay {perf_counter() - start:.2f}")
