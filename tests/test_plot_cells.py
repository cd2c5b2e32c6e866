"""Pictures of cells: what is drawn is the complex, exactly, cut to the window.

More than 400 lines: the pictures of one complex, drawn on the same examples.
"""

import subprocess
import sys
from fractions import Fraction

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure

import tropical as tp
from tropical import InvalidInput, InvalidType, plot
from tropical.plot.figures import OKABE_ITO, colouring
from tropical.plot.planes import (
    area,
    clipped,
    counter_clockwise,
    on_plane,
    plane_view,
    square_around,
    value_at,
)

matplotlib.use("Agg")

MEDIAN = tp.parse("max(min(0, x0), min(0, x1), min(x0, x1))")
NET = tp.families.random_network((2, 4, 3, 1), seed=3, biases=True)
DEEP = tp.families.random_network((5, 3, 3, 1), seed=1, biases=True)
FLAT = tp.families.random_network((8, 4, 3, 1), seed=5, rank=2)
QUOTIENT = tp.to_rational(tp.families.random_network((2, 3, 1), seed=4, biases=True))
ONE_FORM = tp.parse("max(x0 + x1, 0, 2*x0 + 2*x1 - 1)")
CONSTANT = tp.parse("3", dimension=2)
TWICE = tp.ReLUNetwork([[[1, -1], [-1, 1], [2, -2], [0, 0]], [1, 1, 0, 5]])  # coincident, dead and constant units
FUNCTIONS = {
    "lattice": MEDIAN,
    "network": NET,
    "quotient": QUOTIENT,
    "rank one": ONE_FORM,
    "constant": CONSTANT,
    "coincident": TWICE,
}


def blank(**options):
    return Figure().add_subplot(**options)


def collection(ax, gid):
    (found,) = (c for c in ax.collections if c.get_gid() == gid)
    return found


def float_area(path):
    x, y = path.vertices[:-1].T
    return abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2


@pytest.mark.parametrize("name", FUNCTIONS)
def test_there_is_one_polygon_a_cell_and_they_tile_the_window(name):
    window = tp.Box([-2, "-3/2"], ["5/2", 2])
    ax = plot.cells(FUNCTIONS[name], blank(), window=window)
    paths = collection(ax, "cells").get_paths()
    assert len(paths) == tp.cells(FUNCTIONS[name], window).n_cells
    assert sum(map(float_area, paths)) == pytest.approx(4.5 * 3.5, rel=1e-12)
    view = plane_view(FUNCTIONS[name], window=window)
    assert sum(area(cell.polygon) for cell in view.cells) == Fraction(9, 2) * Fraction(7, 2)
    assert (ax.get_xlim(), ax.get_ylim()) == ((-2.0, 2.5), (-1.5, 2.0))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_forms_drawn_are_the_function(name):
    for cell in plane_view(FUNCTIONS[name], window=2).cells:
        for point in cell.polygon:
            assert value_at(cell.forms[0], point) == FUNCTIONS[name](point)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_complex_is_cut_to_the_window_as_the_function_is(name):
    F = FUNCTIONS[name]
    whole = plane_view(tp.cells(F), window=1)
    assert sum(area(cell.polygon) for cell in whole.cells) == 4
    if not isinstance(F, tp.LatticePolynomial):  # whose cells depend on the domain
        polygons = {frozenset(cell.polygon) for cell in plane_view(F, window=1).cells}
        assert {frozenset(counter_clockwise(cell.polygon)) for cell in whole.cells} == {
            frozenset(counter_clockwise(p)) for p in polygons
        }


def test_a_domain_is_kept():
    triangle = tp.Polyhedron([[-1, 0], [0, -1], [1, 1]], [0, 0, 1])
    view = plane_view(tp.cells(MEDIAN, triangle), window=3)
    assert sum(area(cell.polygon) for cell in view.cells) == Fraction(1, 2)


def test_heavy_lines_are_where_the_function_bends():
    view = plane_view(NET, window=2)
    regions, pieces = view.regions(), view.pieces()
    ax = plot.cells(NET, blank(), window=2)
    bends, straight = (len(collection(ax, gid).get_segments()) for gid in ("bends", "facets"))
    assert bends == sum(pieces[f.cells[0]] != pieces[f.cells[1]] for f in view.facets)
    assert bends + straight == len(view.facets) == len(tp.cells(NET, tp.Box([-2, -2], [2, 2])).adjacent())
    assert len(set(regions.values())) == tp.cells(NET, tp.Box([-2, -2], [2, 2])).n_regions
    for facet in view.facets:
        for point in facet.ends:
            values = {value_at(c.forms[0], point) for c in view.cells if c.number in facet.cells}
            assert values == {NET(point)}


def test_all_vertices_are_shown_by_default():
    ax = plot.cells(QUOTIENT, blank())
    known = tp.cells(QUOTIENT)
    for vertex in {v for i in range(len(known)) for v in known.vertices(i)}:
        assert ax.get_xlim()[0] < vertex[0] < ax.get_xlim()[1]
        assert ax.get_ylim()[0] < vertex[1] < ax.get_ylim()[1]
    assert len(collection(ax, "cells").get_paths()) == known.n_cells


def test_of_many_vertices_the_outermost_are_left_out():
    points = [(Fraction(i), Fraction(i * i)) for i in range(-20, 21)]
    box, whole = square_around(points, most=True), square_around(points)
    for axis in (0, 1):
        inside = [p for p in points if box.lo[axis] <= p[axis] <= box.hi[axis]]
        assert 36 < len(inside) <= 41
    assert box.hi[1] - box.lo[1] < whole.hi[1] - whole.lo[1]
    assert all(p in whole for p in points)
    assert square_around([]) == tp.Box([-1, -1], [1, 1])


def test_new_surfaces_are_looked_at_uphill():
    from matplotlib import pyplot

    ax = plot.graph(tp.parse("max(x0, x0 + x1)"), window=1)
    assert np.allclose((ax.azim + 180) % 360, np.degrees(np.arctan2(0.5, 1.0)))
    pyplot.close(ax.figure)


def test_equal_pieces_have_equal_colours_and_neighbours_differ():
    view = plane_view(NET, window=2)
    colours = collection(plot.cells(NET, blank(), window=2), "cells").get_facecolors()
    shown = {cell.number: tuple(colours[i]) for i, cell in enumerate(view.cells)}
    pieces = view.pieces(0)
    for facet in view.facets:
        i, j = facet.cells
        assert (shown[i] == shown[j]) == (pieces[i] == pieces[j])


def test_regions_with_one_piece_can_be_told_apart():
    colours = collection(plot.cells(MEDIAN, blank(), window=1, color="region"), "cells").get_facecolors()
    assert len({tuple(colour) for colour in colours}) == tp.cells(MEDIAN).n_regions == 6
    assert len({tuple(c) for c in collection(plot.cells(MEDIAN, blank(), window=1), "cells").get_facecolors()}) == 3


def test_greedy_colours_differ_between_neighbours():
    ring = [(i, (i + 1) % 21) for i in range(21)]
    chosen = colouring(21, ring)
    assert all(chosen[i] != chosen[j] for i, j in ring)
    assert len(set(chosen)) == len(OKABE_ITO)
    assert colouring(3, [(0, 1)]) == [0, 1, 2]


def test_patterns_are_written_into_their_cells():
    ax = plot.cells(NET, blank(), window=2, color="pattern", labels=True)
    written = {text.get_text() for text in ax.texts}
    known = tp.cells(NET, tp.Box([-2, -2], [2, 2]))
    assert written == {"|".join("".join(map(str, layer)) for layer in cell.label) for cell in known}
    with pytest.raises(InvalidInput, match="pass a network"):
        plot.cells(MEDIAN, blank(), color="pattern")


def test_gradients_are_lengths_and_arrows():
    ax = plot.cells(MEDIAN, blank(), window=1, color="gradient")
    bar = ax.figure.axes[-1]
    assert bar.get_ylabel() == r"$\|\nabla F\|_2$"
    assert bar.get_ylim() == (0.0, 1.0)
    assert plot.cells(tp.parse("max(3*x0, -4*x1)"), blank(), color="gradient").figure.axes[-1].get_ylim() == (0.0, 4.0)
    for arrow in ax.texts:  # annotations without text; they point along the gradient x0 or x1
        (x, y), (a, b) = arrow.xyann, arrow.xy
        assert (a - x == 0) != (b - y == 0)
        assert (a - x) + (b - y) > 0


def test_a_slice_is_the_function_on_the_plane():
    u, v, origin = [1, 0, 2, 0, -1], [0, 1, 0, "1/2", 0], [0, 0, 1, 0, 0]
    view = plane_view(DEEP, plane=(u, v), origin=origin, window=2)
    assert view.axes == ("s", "t")
    assert sum(area(cell.polygon) for cell in view.cells) == 16
    steps = [[Fraction(a) for a in row] for row in (u, v, origin)]
    for cell in view.cells:
        for s, t in cell.polygon:
            point = [s * a + t * b + o for a, b, o in zip(*steps, strict=True)]
            assert value_at(cell.forms[0], (s, t)) == DEEP(point)


@pytest.mark.parametrize("F", [tp.lattice(DEEP), tp.to_rational(DEEP), DEEP], ids=["lattice", "rational", "network"])
def test_slices_of_all_types_are_one_function(F):
    plane, origin = ([1, 0, 2, 0, -1], [0, 1, 0, 0, 1]), [1, 0, 0, 0, 0]
    assert tp.same_function(on_plane(F, plane, origin), on_plane(DEEP, plane, origin))


def test_a_slice_of_a_complex_keeps_its_domain():
    box = tp.Box([-1] * 5, [1] * 5)
    simple = tp.parse("max(x0, x1, x4)", dimension=5)
    view = plane_view(tp.cells(simple, box), plane=([1, 1, 0, 0, 0], [0, 0, 0, 0, 1]), window=3)
    assert sum(area(cell.polygon) for cell in view.cells) == 4


def test_functions_of_rank_two_are_shown_in_their_own_coordinates():
    view = plane_view(FLAT, window=2)
    assert view.axes == ("z_0", "z_1")
    assert sum(area(cell.polygon) for cell in view.cells) == 16
    assert len(view.cells) == tp.cells(FLAT).n_cells
    coordinates = tp.cells(FLAT).coordinates()
    for cell in view.cells:
        for point in cell.polygon:
            assert value_at(cell.forms[0], point) == FLAT(coordinates.lift_point(point))
    assert plane_view(tp.parse("max(x1, x3)"), window=1).axes == ("x_{1}", "x_{3}")


def test_what_has_no_picture_is_refused_with_the_cure():
    with pytest.raises(InvalidInput, match=r"plane=\(u, v\)"):
        plot.cells(DEEP, blank())
    with pytest.raises(InvalidInput, match="independent"):
        plot.cells(DEEP, blank(), plane=([1, 0, 0, 0, 0], [2, 0, 0, 0, 0]))
    with pytest.raises(InvalidInput, match="length 5"):
        plot.cells(DEEP, blank(), plane=([1, 0], [0, 1]))
    with pytest.raises(InvalidInput, match="plane"):
        plot.cells(DEEP, blank(), origin=[0] * 5)
    with pytest.raises(InvalidInput, match="dimension 2"):
        plot.cells(NET, blank(), window=tp.Box([0], [1]))
    with pytest.raises(InvalidInput, match="window"):
        plot.cells(NET, blank(), window=-1)
    with pytest.raises(InvalidType):
        plot.cells(NET, blank(), window=0.5)
    with pytest.raises(InvalidType):
        plot.cells("x0", blank())
    with pytest.raises(InvalidInput, match="color"):
        plot.cells(NET, blank(), color="red")
    with pytest.raises(tp.BudgetExceeded):
        plot.cells(NET, blank(), max_cells=2)
    with pytest.raises(InvalidInput, match=r"plot\.graph"):
        plot.cells(tp.parse("abs(x0)"), blank())
    with pytest.raises(InvalidInput, match="part of the domain"):
        plot.cells(tp.cells(MEDIAN, tp.Box([5, 5], [6, 6])), blank(), window=1)


def test_what_floats_cannot_tell_apart_is_refused():
    far = tp.Box([10**20, 0], [10**20 + 1, 1])
    for window in (far, tp.Box([0, 0], [10**400, 1]), Fraction(1, 10**400)):
        with pytest.raises(InvalidInput, match="float64"):
            plot.cells(MEDIAN, blank(), window=window)
    with pytest.raises(InvalidInput, match="float64"):
        plot.cells(tp.parse(f"max(x0, {10**400}) + max(x1, 0)"), blank())
    steep = tp.LatticePolynomial([([10**400, 0], 0), ([0, 1], 0)], [[0], [1]])
    assert plot.cells(steep, blank(), window=1)
    with pytest.raises(InvalidInput, match="float64"):
        plot.cells(steep, blank(), window=1, color="gradient")
    with pytest.raises(InvalidInput, match="float64"):
        plot.graph(steep, blank(projection="3d"), window=1)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_degenerate_functions_have_pictures(name):
    F = FUNCTIONS[name]
    colours = ["piece", "region", "gradient"] + ["pattern"] * isinstance(F, tp.ReLUNetwork)
    drawn = [plot.cells(F, blank(), color=color) for color in colours]
    drawn += [plot.decision_boundary(F, blank()), plot.region_graph(F, blank()), plot.graph(F, blank(projection="3d"))]
    for ax in drawn:
        ax.figure.canvas.draw()


@pytest.mark.parametrize("draw", [plot.cells, plot.decision_boundary, plot.region_graph])
def test_axes_go_in_and_out(draw):
    ax = blank()
    assert draw(MEDIAN, ax, window=1) is ax
    from matplotlib import pyplot

    made = draw(MEDIAN, window=1)
    assert made.figure.number in pyplot.get_fignums()
    made.figure.canvas.draw()
    pyplot.close(made.figure)


def test_clipping_is_exact_and_keeps_touching_polygons_out():
    square = (
        (Fraction(0), Fraction(0)),
        (Fraction(1), Fraction(0)),
        (Fraction(1), Fraction(1)),
        (Fraction(0), Fraction(1)),
    )
    third = clipped(square, (Fraction(3), Fraction(0), Fraction(-1)))
    assert area(third) == Fraction(2, 3)
    assert clipped(square, (Fraction(-1), Fraction(0), Fraction(0))) == ()
    assert clipped(square, (Fraction(0), Fraction(0), Fraction(1))) == square


# ---------------------------------------------------------------- level sets


def length(segments):
    return sum(float(np.hypot(*(np.subtract(*ends)))) for ends in segments)


@pytest.mark.parametrize("level", [0, "1/2", -1])
def test_the_boundary_is_the_level_set(level):
    window = tp.Box([-2, -2], [2, 2])
    ax = plot.decision_boundary(NET, blank(), level=level, window=window)
    drawn = collection(ax, "boundary").get_segments()
    parts = [part for part in tp.cells(NET, window).level_set(level) if part.dimension == 1]
    expected = length([[float(a) for a in point] for point in part.vertices] for part in parts)
    walls = 1e-9 if not parts else 1e-9 * expected
    flat = [part for part in tp.cells(NET, window).level_set(level) if part.dimension == 2]
    assert length(drawn) == pytest.approx(expected, abs=walls) or flat
    assert drawn or not parts
    sides = sum(map(float_area, collection(ax, "sides").get_paths()))
    ties = sum(float_area(p) for c in ax.collections if c.get_gid() == "ties" for p in c.get_paths())
    assert sides + ties == pytest.approx(16.0)
    assert bool(ties) == bool(flat)


def test_where_the_function_is_flat_at_the_level_both_sides_tie():
    ax = plot.decision_boundary(tp.parse("max(x0, 0)", dimension=2), blank(), window=1)
    assert [float_area(path) for path in collection(ax, "ties").get_paths()] == [2.0]


def test_several_outputs_compete():
    net = tp.families.random_network((2, 4, 3), seed=1, biases=True)
    ax = plot.decision_boundary(net, blank(), window=2)
    assert sum(map(float_area, collection(ax, "sides").get_paths())) == pytest.approx(16.0)
    for one, other in collection(ax, "boundary").get_segments():
        values = np.sort(net.evaluate((one + other)[None] / 2)[0])
        assert values[-1] == pytest.approx(values[-2], abs=1e-9)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        rf"$\mathrm{{argmax}} = {j}$" for j in range(3)
    ]
    with pytest.raises(InvalidInput, match="several outputs"):
        plot.decision_boundary(net, blank(), level=1)


# ---------------------------------------------------------------- neighbours


def test_the_region_graph_has_an_edge_a_pair_of_neighbours():
    view = plane_view(NET, window=2)
    regions = view.regions(0)
    pairs = {frozenset(regions[i] for i in facet.cells) for facet in view.facets}
    expected = {pair for pair in pairs if len(pair) == 2}
    ax = plot.region_graph(NET, blank(), window=2)
    assert len(collection(ax, "edges").get_segments()) == len(expected)
    nodes = collection(ax, "nodes").get_offsets()
    assert len(nodes) == len(set(regions.values()))
    assert len({tuple(point) for point in nodes}) == len(nodes)


def test_the_median_has_a_ring_of_six_regions():
    ax = plot.region_graph(MEDIAN, blank())
    assert len(collection(ax, "nodes").get_offsets()) == 6
    assert len(collection(ax, "edges").get_segments()) == 6
    assert sorted(text.get_text() for text in ax.texts) == [
        "$g_{0}$",
        "$g_{0}$",
        "$g_{1}$",
        "$g_{1}$",
        "$g_{2}$",
        "$g_{2}$",
    ]


def test_graphs_of_more_variables_are_laid_out():
    ax = plot.region_graph(DEEP, blank())
    known = tp.cells(DEEP)
    assert len(collection(ax, "nodes").get_offsets()) == known.n_regions
    assert len(collection(ax, "edges").get_segments()) > 0
    assert len(collection(plot.region_graph(known, blank()), "nodes").get_offsets()) == known.n_regions


# ---------------------------------------------------------------- graphs of functions


def test_the_graph_over_a_plane_has_the_function_as_height():
    ax = plot.graph(NET, blank(projection="3d"), window=2)
    ax.figure.canvas.draw()
    view = plane_view(NET, window=2)
    low = min(NET(p) for cell in view.cells for p in cell.polygon)
    high = max(NET(p) for cell in view.cells for p in cell.polygon)
    assert ax.get_zlim() == (float(low), float(high))
    (surface,) = ax.collections
    assert len(surface.get_facecolors()) == len(view.cells)
    with pytest.raises(InvalidInput, match="3d"):
        plot.graph(NET, blank())


def test_colours_by_value_and_a_constant_have_graphs():
    for F in (NET, CONSTANT):
        plot.graph(F, blank(projection="3d"), window=1, color="value").figure.canvas.draw()


def test_the_graph_of_one_variable_is_its_cells():
    F = tp.parse("max(0, min(x0, 1 - x0), x0 - 3)")
    ax = plot.graph(F, blank())
    known = tp.cells(F)
    assert len(ax.lines) == known.n_cells
    for line in ax.lines:
        x, y = line.get_data()
        assert np.allclose(F.evaluate(np.asarray(x)[:, None]), y)
    ends = sorted(line.get_xdata()[0] for line in ax.lines)
    assert ends[0] == ax.get_xlim()[0]
    assert len(plot.graph(F, blank(), window=tp.Box([2], [4])).lines) == 2
    assert len(plot.graph(tp.parse("x0"), blank(), window=2).lines) == 1
    assert len(plot.graph(tp.parse("1"), blank()).lines) == 1
    two = tp.ReLUNetwork([[[1], [-1]], [[1, 1], [1, -1]]])
    for line in plot.graph(two, blank(), output=1, window=1).lines:  # relu(x) - relu(-x)
        assert np.allclose(*line.get_data())


# ---------------------------------------------------------------- matplotlib


def test_nothing_loads_matplotlib_before_a_picture():
    code = "import sys, tropical.plot; print('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"


def test_a_missing_matplotlib_names_the_extra(monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
        monkeypatch.setitem(sys.modules, name, None)
    conic = tp.TropicalPolynomial({(0, 0): 0, (1, 0): 0, (0, 1): 0}, convention="max")
    for draw, F in (
        (plot.cells, MEDIAN),
        (plot.decision_boundary, MEDIAN),
        (plot.region_graph, MEDIAN),
        (plot.graph, MEDIAN),
        (plot.hasse_diagram, MEDIAN),
        (plot.tropical_curve, conic),
        (plot.newton_polygon, conic),
    ):
        with pytest.raises(ImportError, match=r"tropical-learner\[viz\]"):
            draw(F)
