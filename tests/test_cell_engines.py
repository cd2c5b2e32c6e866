"""The compiled engine against the pure-integer reference, and against exact values for its error bounds.

More than 400 lines: two engines on the same networks.
"""

import json
import pickle
import subprocess
import sys
from contextlib import nullcontext
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from published import ABSENT, FOLDER

import tropical.complexes.compiled as compiled
import tropical.complexes.growing_arrays as growing_arrays
import tropical.complexes.kernels as kernels
import tropical.complexes.modular as modular
from tropical import Box, BudgetExceeded, Interrupted, InvalidInput, Polyhedron, ReLUNetwork, cells, families, parse
from tropical.complexes.compiled_complex import _pointed
from tropical.complexes.reduction import Reduction
from tropical.domains import as_polyhedron
from tropical.network import NetworkResolver
from tropical.testing import networks, rationals

deep = st.integers(1, 3).flatmap(lambda d: networks(d, max_width=4, max_depth=3))
fractional = st.integers(1, 2).flatmap(lambda d: networks(d, entries=rationals(2, 3), max_depth=2))


def has_work(net):
    """Whether the compiled engine takes the network: it has a hidden layer that reads something."""
    return len(net.weights) > 1 and any(map(any, net.weights[0]))


def described(complex_):
    """Everything that both engines have to agree on, in an order of its own."""
    cells_ = {cell.label: (cell.pieces, frozenset(cell.constraints)) for cell in complex_}
    label = [cell.label for cell in complex_]
    adjacent = {(label[i], label[j], form) for i, j, form in complex_.adjacent()}
    numbers = (complex_.n_cells, complex_.n_regions, complex_.n_pieces)
    return numbers, complex_.tables, cells_, adjacent


def agree(net, domain=None):
    fast, slow = (cells(net, domain, engine=engine) for engine in ("compiled", "reference"))
    assert described(fast) == described(slow)
    for cell in fast:
        values = net(cell.point)
        pieces = [fast.piece_of(cell, j) for j in range(net.outputs)]
        expected = [
            g.constant + sum((u * x for u, x in zip(g.gradient, cell.point, strict=True)), Fraction(0)) for g in pieces
        ]
        assert expected == ([values] if net.outputs == 1 else list(values))
    return fast


@given(deep)
@settings(max_examples=60)
def test_every_network_on_all_of_space(net):
    if has_work(net):
        agree(net)


@given(fractional)
@settings(max_examples=40)
def test_networks_with_fractional_weights(net):
    if has_work(net):
        agree(net)


@given(networks(2, max_width=4, max_depth=2))
@settings(max_examples=30)
def test_boxes_and_polyhedra(net):
    if has_work(net):
        agree(net, Box([-1, "-1/2"], [2, 3]))
        agree(net, Polyhedron([[1, 1]], [1]))  # a half-plane: unbounded, with a line
        agree(net, Polyhedron([[1, 0], [0, 1], [-1, -1]], [1, 1, 2]))


@given(networks(2, outputs=3, max_depth=2))
@settings(max_examples=15)
def test_vector_outputs(net):
    if has_work(net):
        agree(net)


NANO, GIGA = "1/1000000000", 10**9
ADVERSARIAL = {
    "walls 1e-12 apart": ([[[1, 0], [1, 0], [1, "1/1000000000000"]], [1, -2, 1]], [[0, "1/1000000000000", 0], 0]),
    "weights from 1e-9 to 1e9": (
        [[[NANO, 1], [GIGA, 3], [1, "-" + NANO]], [[1, -1, GIGA], [NANO, 1, 2]], [1, 1]],
        [[1, -1, NANO], [0, NANO], 0],
    ),
    "five concurrent lines": ([[[1, 0], [0, 1], [1, 1], [1, -1], [2, 1]], [1, 1, 1, 1, 1]], None),
    "concurrent off the origin": ([[[1, 0], [0, 1], [1, 1], [3, -7]], [1, 1, 1, 1]], [[-1, -1, -2, 4], 0]),
    "equal, opposite and multiple neurons": (
        [[[1, 2], [1, 2], [-1, -2], [2, 4], ["1/3", "2/3"]], [1, 2, 3, 4, 5]],
        None,
    ),
    "dead and constant neurons": ([[[0, 0], [0, 0], [1, 1]], [[1, 1, 1], [0, 0, 0]], [1, 1]], [[1, -1, 0], [-2, 3], 0]),
    "a layer of zeros": ([[[1, 0], [0, 1]], [[0, 0], [0, 0]], [[1, 1]], [1]], None),
    "a gadget for the maximum": ([[[1, -1], [0, 1], [0, -1]], [1, 1, -1]], None),
    "a neuron that is zero on a cell": ([[[1, 0], [0, 1]], [[1, 1], [1, -1]], [[1, -1], [1, 1]], [1, 1]], None),
    "huge integers": ([[[10**30, 1], [1, 10**30]], [[1, -1], [10**30, 1]], [1, 1]], [[1, 10**30], [0, -(10**59)], 0]),
}  # fmt: skip


@pytest.mark.parametrize("name", ADVERSARIAL)
def test_adversarial_networks(name):
    weights, biases = ADVERSARIAL[name]
    net = ReLUNetwork(weights, biases)
    agree(net)
    agree(net, Box([-3, -3], [3, 3]))


def every_sign_exactly(monkeypatch, way):
    """Let no float prove a sign, and the signs be found in one of the three ways."""
    honest = compiled.float_layers
    monkeypatch.setattr(
        compiled, "float_layers", lambda layers: [replace(one, reach=one.reach * 1e12) for one in honest(layers)]
    )
    monkeypatch.setattr(modular, "_MOST", 0 if way == "python" else modular._MOST)
    monkeypatch.setattr(modular, "_WORD", -1.0 if way == "residues" else modular._WORD)


@pytest.mark.parametrize("way", ["64 bits", "residues", "python"])
def test_all_ways_to_an_exact_sign(monkeypatch, way):
    every_sign_exactly(monkeypatch, way)
    in_python = []
    decide = compiled._Work._decide
    monkeypatch.setattr(compiled._Work, "_decide", lambda *some: (in_python.append(1), decide(*some)))
    for weights, biases in ADVERSARIAL.values():
        net = ReLUNetwork(weights, biases)
        agree(net)
        agree(net, Box([-3, -3], [3, 3]))
    agree(families.random_network((3, 5, 4, 1), 2, biases=True, denominator=8, largest=8))
    agree(families.random_network((2, 66, 1), 2, denominator=8, largest=8), Box([1, 1], [2, 2]))
    assert bool(in_python) == (way == "python")


def test_too_few_primes_are_caught(monkeypatch):
    every_sign_exactly(monkeypatch, "residues")
    net, box = (
        families.random_network((3, 5, 3, 1), 0, biases=True, denominator=10**6, largest=10**6),
        Box([-10] * 3, [10] * 3),
    )
    labels = {cell.label for cell in cells(net, box, engine="reference")}
    assert patterns(net, box) == labels
    bits = modular._neuron_bits
    monkeypatch.setattr(modular, "_neuron_bits", lambda layers: bits(layers) / 8)  # a Hadamard bound that is none
    assert patterns(afresh(net), box) != labels


def patterns(net, box):
    """The patterns that the compiled engine finds, without a look at vertices or facets."""
    source = cells(net, box, engine="compiled").source
    return {source.label(i) for i in range(len(source))}


def afresh(net):
    """Return an equal network for which nothing has been prepared."""
    return ReLUNetwork(net.weights, net.biases)


def test_vertices_with_bad_values_are_computed_anew(monkeypatch):
    net = nearly_parallel()
    expected = described(cells(net, Box([-10, -10], [10, 10]), engine="reference"))
    for limit in (0.0, 1.0):
        monkeypatch.setattr(modular, "_limits", lambda floats, limit=limit: (limit,) * len(floats))
        fresh = afresh(net)
        assert described(cells(fresh, Box([-10, -10], [10, 10]), engine="compiled")) == expected


@pytest.mark.parametrize("seed", range(6))
def test_random_networks_with_many_zeros_and_layers(seed):
    rng = np.random.default_rng(seed)
    widths = [2, 5, 5, 4, 1]
    weights = [rng.integers(-2, 3, (after, before)).tolist() for before, after in pairwise(widths)]
    agree(ReLUNetwork(weights, [rng.integers(-2, 3, len(rows)).tolist() for rows in weights]))


def test_all_published_counts():
    if not FOLDER.is_dir():
        pytest.skip(ABSENT)
    cases = json.loads((FOLDER / "nets.json").read_text())["networks"]
    assert len(cases) == 27
    for case in cases:
        den = case["den"]
        net = ReLUNetwork(
            [[[Fraction(w, den) for w in row] for row in layer["W"]] for layer in case["layers"]],
            [[Fraction(b, den) for b in layer["b"]] for layer in case["layers"]],
        )
        (low, high), d = case["box"], net.dimension
        assert cells(net, Box([low] * d, [high] * d), engine="compiled").n_cells == case["cells_in_box"], case["name"]


def test_the_ambient_dimension_costs_linear_algebra_only():
    net = families.random_network((500, 6, 5, 1), 3, rank=3)
    complex_ = cells(net, engine="compiled")
    core = ReLUNetwork(
        [[[row[p] for p in complex_.coordinates().pivots] for row in net.weights[0]], *net.weights[1:]], net.biases
    )
    assert len(complex_.basis) == 3
    assert {cell.label for cell in complex_} == {cell.label for cell in cells(core, engine="reference")}


def nearly_parallel():
    """Lines within 1e-6 of one direction: where they meet, rounding is amplified a million times."""
    rng = np.random.default_rng(0)
    rows = [[1, Fraction(int(a), 10**9)] for a in rng.integers(-1000, 1000, 8)] + [[0, 1], [1, 1]]
    offsets = [Fraction(int(a), 10**9) for a in rng.integers(-1000, 1000, 8)] + [-20, 30]
    second = rng.integers(-9, 10, (4, 10)).tolist()
    return ReLUNetwork([rows, second, [[1, 1, 1, 1]]], [offsets, [0] * 4, 0])


BOUNDED = {
    "box": families.random_network((3, 8, 8, 4, 1), 0, biases=True, denominator=1000, largest=1000),
    "cones": families.random_network((3, 8, 8, 4, 1), 1, denominator=1000, largest=1000),
    "nearly parallel": nearly_parallel(),
}


def test_concurrent_walls_in_four_dimensions():
    # x0 + x1 >= 0 touches the cells with x0, x1 >= 0 in a polygon only, whose diagonals are no edges
    rows = [
        [1, 1, 0, 0],
        [1, 0, 0, 0],
        [0, 1, 0, 0],
        [0, 0, 1, 0],
        [0, 0, 1, 1],
        [0, 0, 0, 1],
        [0, 0, 2, -1],
        [0, 0, 1, 3],
    ]
    net = ReLUNetwork([rows, [[1] * 8, [1, -1, 2, 0, 1, -3, 1, 1]], [[1, 1]]], [[0, 0, 0, 0, 0, 0, 1, -1], [-2, 1], 0])
    box = Box([-2] * 4, [2] * 4)
    fast, slow = (cells(net, box, engine=engine) for engine in ("compiled", "reference"))
    assert {cell.label: frozenset(cell.constraints) for cell in fast} == {
        cell.label: frozenset(cell.constraints) for cell in slow
    }
    rays = [
        {cell.label: frozenset(region.cone.rays) for cell, region in zip(c, c.regions(), strict=True)}
        for c in (fast, slow)
    ]
    assert rays[0] == rays[1]


@pytest.mark.parametrize("limit", [0.0, 1e-10, 1.0])
@pytest.mark.parametrize("name", BOUNDED)
def test_error_bounds_hold_at_every_vertex(monkeypatch, name, limit):
    """At each vertex the values are a multiple of the exact ones, within the bound that the kernels state.

    At vertices that are computed anew, which are those beyond the limit, too.
    """
    monkeypatch.setattr(modular, "_limits", lambda floats: (limit,) * len(floats))
    net, d = BOUNDED[name], BOUNDED[name].dimension
    reduction = Reduction([net], None if name == "cones" else Box([-10] * d, [10] * d).polyhedron())
    network = reduction.resolvers[0]
    layers = network.layers[:-1]
    cones = list(_pointed(reduction.start().cone, layers[0].matrix, layers[0].bias))
    floats = compiled.float_layers(layers)
    work = compiled._Work(layers, floats, compiled.ModularNetwork(layers, floats), cones, reduction.homogeneous)
    tables = []

    class Spy(compiled.LayerTable):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            tables.append(self)

    original, compiled.LayerTable = compiled.LayerTable, Spy
    try:
        patterns = np.empty((len(cones), 0), dtype=np.uint64)
        for depth in range(len(layers)):
            parent, pattern, _ = work.split(depth, patterns, None)
            patterns = np.concatenate([patterns[parent], pattern], axis=1)
    finally:
        compiled.LayerTable = original
    worst = 0.0
    for depth, table in enumerate(tables):
        exponents, scale = table.layer.exponents, table.layer.scale
        for v in range(table.count):
            pairs = zip(work.exact.values(v, depth), exponents, strict=True)
            exact = [Fraction(x, scale) / Fraction(2) ** e for x, e in pairs]
            exact.append(Fraction(work.exact.last(v)))
            bound = float(table.error[v])
            largest = max(range(len(exact)), key=lambda i: abs(exact[i]))
            if np.isfinite(bound) and exact[largest]:  # an infinite bound says that the values mean nothing
                computed = [Fraction(x) for x in table.values[v].tolist()]
                factor = computed[largest] / exact[largest]
                gap = max(abs(c - factor * x) for c, x in zip(computed, exact, strict=True))
                # the factor itself is known up to bound / |exact|, and no other entry is larger
                assert gap <= 2 * Fraction(bound)
                worst = max(worst, float(gap) / bound)
            for j, x in enumerate(exact[:-1]):
                word, bit = table.signs[:, v, j // 64].tolist(), 1 << (j % 64)
                assert (word[0] & bit > 0, word[1] & bit > 0) == (x > 0, x < 0)
    assert worst > 0  # there was something to bound


def test_the_budget_gives_true_cells():
    net = families.random_network((2, 8, 8, 1), 0, biases=True)
    n = cells(net, engine="reference").n_cells
    labels = {cell.label for cell in cells(net, engine="reference")}
    assert cells(net, max_cells=n, engine="compiled").n_cells == n
    for limit in (1, 5, n - 1):
        with pytest.raises(BudgetExceeded, match="max_cells") as caught:
            cells(net, max_cells=limit, engine="compiled")
        partial = caught.value.partial
        assert partial.n_cells == limit
        assert {cell.label for cell in partial} <= labels


@pytest.mark.parametrize(("engine", "call"), [("compiled", 6), ("reference", 10)])
def test_an_interrupt_leaves_true_cells(monkeypatch, engine, call):
    net = families.random_network((2, 8, 8, 1), 0, biases=True)
    labels = {cell.label for cell in cells(net, engine="reference")}
    monkeypatch.setattr(compiled, "_BATCH", 5)
    calls = []

    def stop(function):
        def counted(*arguments):
            calls.append(None)
            if len(calls) == call:
                raise KeyboardInterrupt
            return function(*arguments)

        return counted

    if engine == "compiled":
        monkeypatch.setattr(kernels, "split_layer", stop(kernels.split_layer))
        monkeypatch.setattr("tropical.complexes.compiled.kernels_ready", lambda: True)
    else:
        monkeypatch.setattr(NetworkResolver, "resolve", stop(NetworkResolver.resolve))
    with pytest.raises(Interrupted, match="cells found") as caught:
        cells(net, engine=engine)
    assert isinstance(caught.value, KeyboardInterrupt)
    found = {cell.label for cell in caught.value.partial}
    assert found
    assert found < labels


def test_an_interrupt_between_two_batches_loses_no_vertex(monkeypatch):
    net = families.random_network((2, 8, 8, 1), 0, biases=True)
    labels = {cell.label for cell in cells(net, engine="reference")}
    calls = []

    def stop_at_once(count):
        if count and not calls:
            calls.append(count)
            raise KeyboardInterrupt

    monkeypatch.setattr("tropical.complexes.compiled_complex.progress_bar", lambda shown: nullcontext(stop_at_once))
    with pytest.raises(Interrupted) as caught:
        cells(net, engine="compiled")
    assert {cell.label for cell in caught.value.partial} <= labels
    assert caught.value.partial.n_cells > 0


@pytest.mark.parametrize("engine", ["compiled", "reference"])
def test_a_bar_is_shown_on_request(capsys, engine):
    net = families.random_network((2, 5, 5, 1), 0, biases=True)
    cells(net, engine=engine)
    assert capsys.readouterr() == ("", "")
    cells(net, progress=True, engine=engine)
    out, err = capsys.readouterr()
    assert out == ""
    assert "cells" in err


def test_many_vertices_and_cells_make_the_arrays_grow(monkeypatch):
    net = families.random_network((3, 8, 8, 1), 1, biases=True)
    expected = described(cells(net, engine="compiled"))
    monkeypatch.setattr(growing_arrays, "_VERTICES", 8)
    monkeypatch.setattr(growing_arrays, "_CELLS", 4)
    monkeypatch.setattr(growing_arrays, "_STACK", 64)
    assert described(cells(net, engine="compiled")) == expected


def test_engines_that_cannot_work_say_why(monkeypatch):
    net = families.random_network((2, 3, 1), 0)
    with pytest.raises(InvalidInput, match="leave it out"):
        cells(net, engine="fast")
    with pytest.raises(InvalidInput, match="functions other than networks"):
        cells(parse("max(x0, 0)"), engine="compiled")
    with pytest.raises(InvalidInput, match="hidden layer"):
        cells(ReLUNetwork([[[1]]]), engine="compiled")
    monkeypatch.setitem(sys.modules, "tropical.complexes.compiled", None)
    with pytest.raises(InvalidInput, match="pip install numba"):
        cells(net, engine="compiled")
    wide = families.random_network((2, 12, 1), 0)
    assert cells(wide).n_cells == cells(wide, engine="reference").n_cells  # without numba: slower, the same


def test_a_first_compile_says_so(capsys, monkeypatch):
    net = families.random_network((2, 3, 1), 0)
    cells(net, engine="compiled")
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(compiled, "kernels_ready", lambda: False)
    cells(net, engine="compiled")
    assert "compiling the cell engine" in capsys.readouterr().err


def test_a_change_inside_the_kernels_is_noticed(tmp_path):
    """The cache on disk must not survive a change in a function that a kernel calls."""
    source = Path(kernels.__file__).read_text()
    program = (
        "import numpy as np, kernels_copy as k\n"
        "table = np.full(4, -1, dtype=np.int32); parents = np.array([[0, 1, 2]], dtype=np.int32)\n"
        "k.fill_table(table, parents, 1); print(table.max())\n"
    )

    def run():
        (tmp_path / "program.py").write_text(program)
        done = subprocess.run(
            [sys.executable, "program.py"], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=300
        )
        return done.stdout.strip()

    file = tmp_path / "kernels_copy.py"
    file.write_text(source)
    assert run() == run() == "0"
    changed = source.replace(
        "        if vertex < 0:\n            return place", "        if vertex < 0:\n            return place * _ZERO"
    )
    assert changed != source
    file.write_text(
        changed.replace(
            "table[_slot(table, parents, parents[v, 0], parents[v, 1], parents[v, 2])] = v",
            "table[_slot(table, parents, parents[v, 0], parents[v, 1], parents[v, 2])] = v + 7",
        )
    )
    assert run() == "7"


# ------------------------------------------------------------ several processes

SHARED = {
    "box": (BOUNDED["box"], Box([-10] * 3, [10] * 3)),
    "cones": (BOUNDED["cones"], None),
    "nearly parallel": (BOUNDED["nearly parallel"], Box([-10] * 2, [10] * 2)),
    "huge integers": (ReLUNetwork(*ADVERSARIAL["huge integers"]), Box([-3, -3], [3, 3])),
    "two outputs": (families.random_network((2, 6, 6, 2), 0, biases=True), None),
    "half-plane": (families.random_network((2, 6, 6, 1), 0, biases=True), Polyhedron([[1, 1]], [1])),
    "one hidden layer": (families.random_network((3, 12, 1), 0, biases=True), None),
}


def everything(complex_):
    cones = [(c.rays, c.incidence, c.constraints) for c in complex_.source.cones()]
    return complex_.cells, complex_.tables, complex_.adjacent(), cones, complex_.n_regions


@pytest.mark.parametrize("name", SHARED)
def test_two_processes_find_what_one_finds_in_the_same_order(name):
    net, domain = SHARED[name]
    one, two = (cells(afresh(net), domain, engine="compiled", n_jobs=jobs) for jobs in (1, 2))
    assert one == two
    assert everything(one) == everything(two)


def test_contenders_of_two_processes_come_in_the_same_order():
    net, box = SHARED["box"]
    one, two = (cells(net, box, engine="compiled", n_jobs=jobs).source.contenders(1) for jobs in (1, 2))
    assert list(dict.fromkeys(ray for _, ray in one)) == list(dict.fromkeys(ray for _, ray in two))


@pytest.mark.parametrize("limit", [3, 40])  # spent on the first layer, and behind it
def test_a_budget_of_several_processes(limit):
    net, box = SHARED["box"]
    partial = []
    for jobs in (1, 2):
        with pytest.raises(BudgetExceeded, match=f"max_cells={limit}") as caught:
            cells(net, box, limit, engine="compiled", n_jobs=jobs)
        partial.append(caught.value.partial)
    assert len(partial[0]) == limit
    assert partial[0] == partial[1]


def test_runs_sent_together_do_not_disturb_each_other(monkeypatch):
    every_sign_exactly(monkeypatch, "python")  # all that a vertex remembers is used
    net, box = SHARED["nearly parallel"]
    work = compiled.begin(*started(afresh(net), box))
    _, patterns, _ = work.split(0, np.empty((len(work.offsets) - 1, 0), dtype=np.uint64), None)
    middle = len(patterns) // 2
    parts = pickle.loads(pickle.dumps([work.part(0, middle), work.part(middle, len(patterns))]))
    runs = [
        compiled.finish(parts[0], 1, patterns[:middle], None),
        compiled.finish(parts[1], 1, patterns[middle:], None),
    ]
    whole = compiled.finish(work, 1, patterns, None)
    assert np.array_equal(np.concatenate([run.patterns for run in runs]), whole.patterns)
    rays = [run.exact.ray(int(v)) for run in runs for v in run.vertices]
    assert rays == [whole.exact.ray(int(v)) for v in whole.vertices]


def started(net, box):
    """What the engine starts from."""
    reduction = Reduction([net], as_polyhedron(box, net.dimension))
    (resolver,) = reduction.resolvers
    return resolver, [reduction.start().cone], reduction.homogeneous


def test_a_number_of_processes_is_a_number():
    for wrong in (0, True, 1.5, "2"):
        with pytest.raises(InvalidInput, match="`n_jobs` needs an integer"):
            cells(SHARED["box"][0], n_jobs=wrong)
