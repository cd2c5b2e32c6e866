"""The compiled cell engine against the pure-integer reference, on the networks of the shared data folder."""

from __future__ import annotations

import resource
from collections.abc import Callable

import numpy as np

import tropical
from benchmarks.jobs import record_ratio
from benchmarks.networks import shared_networks
from benchmarks.timing import alternate
from tropical.complexes import CellComplex

__all__ = ["run"]

# The reference takes minutes on the largest ones: these are timed once, the others three times in turn.
COMPARED = (
    "2-16-16-1-wide-s0",
    "3-16-16-1-wide-s0",
    "4-16-16-1-wide-s0",
    "5-12-12-1-wide-s0",
    "6-8-8-1-wide-s0",
)
LARGE = 3_000


def run() -> None:
    """Print time a cell on every network, and the ratio to the reference on five of them; some minutes."""
    networks = shared_networks()
    if not networks:
        print("cells: no data folder; set TROPICAL_DATA")
        return
    unit = _product_time()
    print(
        f"cells: compiled engine in the box of the data file; one product of two float64 4-vectors takes {unit:.0f} ns"
    )
    for name, (net, box, expected) in networks.items():
        ours = alternate(lambda net=net, box=box: tropical.cells(net, box, engine="compiled"), repeats=5)[0]
        n = tropical.cells(net, box, engine="compiled").n_cells
        assert n == expected, name
        line = f"  {name:<28} {n:>6} cells {ours[0] * 1e3:9.2f} ms {ours[0] / n * 1e9:8.0f} ns a cell"
        print(line + (f"   {_ratio(name, net, box, n):6.0f} times the reference" if name in COMPARED else ""))
    _degenerate()
    _large()
    _peer(networks)
    print(f"  peak resident memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def _ratio(name: str, net: tropical.ReLUNetwork, box: tropical.Box, n: int) -> float:
    """Return how many times longer the reference takes, in the same run."""
    repeats = 3 if n < LARGE else 1
    pair = alternate(
        lambda: tropical.cells(net, box, engine="compiled"),
        lambda: tropical.cells(net, box, engine="reference"),
        repeats=repeats,
        warm_up=n < LARGE,
    )
    record_ratio("cells", f"{name}, compiled / reference engine", *pair)
    return pair[1][0] / pair[0][0]


def _degenerate() -> None:
    """Print the time a cell of networks in special position as a multiple of that in general position."""
    for widths in ((2, 16, 16, 1), (2, 64, 64, 1), (3, 24, 24, 1), (4, 12, 12, 1), (5, 10, 10, 1), (6, 8, 8, 1)):
        for biases in (True, False):
            ratios = []
            for seed in (0, 1, 2):
                special, general = (_random(widths, seed, size, biases=biases) for size in (8, 1000))
                times = alternate(lambda special=special: special(), lambda general=general: general(), repeats=5)
                per_cell = [t[1] / task().n_cells for t, task in zip(times, (special, general), strict=True)]
                ratios.append(per_cell[0] / per_cell[1])
            name = "-".join(map(str, widths)) + ("" if biases else " bias-free")
            shown = ", ".join(f"{ratio:.2f}" for ratio in ratios)
            print(f"  {name:<28} weights k/8 against k/1000: {shown} times as long a cell (three networks)")


def _large() -> None:
    for widths in ((2, 128, 128, 128, 1), (8, 8, 8, 1)):
        task = _random(widths, 0, 1000)
        ((seconds, *_),) = alternate(task, repeats=1, warm_up=False)
        n = task().n_cells
        name = "-".join(map(str, widths))
        print(f"  {name:<28} {n:>6} cells {seconds * 1e3:9.2f} ms {seconds / n * 1e9:8.0f} ns a cell")


def _random(widths: tuple[int, ...], seed: int, size: int, *, biases: bool = True) -> Callable[[], CellComplex]:
    """Return the task of enumerating the cells of a random network with weights k/size in a box."""
    net = tropical.families.random_network(widths, seed, biases=biases, denominator=size, largest=size)
    box = tropical.Box([-10] * widths[0], [10] * widths[0])
    return lambda: tropical.cells(net, box, engine="compiled")


def _peer(networks: dict[str, tuple[tropical.ReLUNetwork, tropical.Box, int]]) -> None:
    """Print the time of relucent on three networks, where it is installed (it needs no license for these sizes)."""
    try:
        import relucent  # pyright: ignore[reportMissingImports]
        from relucent.model.model import LinearLayer, ReLULayer  # pyright: ignore[reportMissingImports]
        from relucent.model.model import ReLUNetwork as TheirNetwork  # pyright: ignore[reportMissingImports]
    except ImportError:
        print("  relucent is not installed: no comparison")
        return
    for name in ("2-8-1-s0", "2-16-16-1-wide-s0", "3-8-8-1-s0"):
        net, box, expected = networks[name]
        layers = []
        for matrix, bias in zip(net.weights, net.biases, strict=True):
            layers += [LinearLayer(np.array(matrix, dtype=float), np.array(bias, dtype=float)), ReLULayer()]
        theirs = TheirNetwork(layers[:-1])
        start = np.full((1, net.dimension), 0.123456789)
        searched: list[relucent.Complex] = []

        def search(theirs: object = theirs, start: np.ndarray = start, searched: list[object] = searched) -> None:
            searched.append(relucent.Complex(theirs))
            searched[-1].bfs(start, cube_radius=10.0, cube_mode="intersect", nworkers=1, verbose=0)  # pyright: ignore

        ((ours, *_),) = alternate(lambda net=net, box=box: tropical.cells(net, box, engine="compiled"))
        ((their, *_),) = alternate(search, repeats=1, warm_up=False)
        print(
            f"  {name:<28} relucent: {len(searched[-1])} cells of {expected}, {their / expected * 1e3:.1f} ms a cell, "
            f"{their / ours:.0f} times our time"
        )


def _product_time() -> float:
    """Return the time of one multiply-add product of two short vectors, in a long array of them, in ns."""
    A, B = (np.random.default_rng(i).standard_normal((1_000_000, 4)) for i in (0, 1))
    ((seconds, *_),) = alternate(lambda: np.einsum("ij,ij->i", A, B))
    return seconds / len(A) * 1e9
