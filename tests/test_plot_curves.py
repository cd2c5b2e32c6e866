"""Pictures of tropical curves and their dual subdivisions."""

from fractions import Fraction

import numpy as np
import pytest
from matplotlib.figure import Figure

import tropical as tp
from tropical import InvalidInput, InvalidType, plot

x, y = tp.TropicalPolynomial.variables(2, convention="max")
CURVES = {
    "line": x + y + x**0,
    "conic": x**2 + (x * y).scale(1) + y**2 + x.scale(1) + y.scale(1) + x**0,
    "weights": x**3 + (x * y).scale(-1) + y**2 + x**0 + (x * y * y).scale(-5),
    "parallel lines": x**2 + x.scale(1) + x**0,
    "oblique lines": (x * y) ** 2 + x * y + x**0,
    "fractions": tp.TropicalPolynomial({("1/2", 0): 0, (0, "1/3"): 1, (-1, -1): "1/7"}, convention="max"),
    "min": tp.TropicalPolynomial({(0, 0): 0, (1, 0): "1/2", (0, 2): -1, (1, 1): 3}, convention="min"),
    "one term": x * y,
}


def blank():
    return Figure().add_subplot()


def collection(ax, gid):
    (found,) = (c for c in ax.collections if c.get_gid() == gid)
    return found


def gap(P, point):
    """The distance between the best and the second best term."""
    values = np.array([float(c) + sum(float(u) * t for u, t in zip(e, point, strict=True)) for c, e in P.terms])
    best, second = np.sort(values if P.convention == "max" else -values)[::-1][:2]
    return best - second


@pytest.mark.parametrize("name", CURVES)
def test_two_terms_tie_along_every_segment(name):
    P = CURVES[name]
    ax = plot.tropical_curve(P, blank(), window=9)
    segments = collection(ax, "curve P").get_segments()
    for one, other in segments:
        for share in (0.0, 0.3, 1.0):
            assert gap(P, (1 - share) * one + share * other) == pytest.approx(0.0, abs=1e-9)
        assert np.abs([one, other]).max() <= 9.0
    assert len(segments) == len(P.hypersurface().cells)


@pytest.mark.parametrize("name", CURVES)
def test_the_curve_is_all_of_it(name):
    """Along a line across the window the terms that win change only where a segment is crossed."""
    P = CURVES[name]
    segments = collection(plot.tropical_curve(P, blank(), window=9), "curve P").get_segments()
    rng = np.random.default_rng(0)
    for a, b in rng.uniform(-9, 9, (20, 2, 2)):
        terms = [int(np.argmax([s * (float(c) + float(e[0]) * p[0] + float(e[1]) * p[1]) for c, e in P.terms]))
                 for s in [1 if P.convention == "max" else -1] for p in (a, b)]  # fmt: skip
        crossed = any(crosses(a, b, *ends) for ends in segments)
        assert crossed or terms[0] == terms[1]


def crosses(a, b, c, d):
    matrix = np.array([b - a, c - d]).T
    if abs(np.linalg.det(matrix)) < 1e-12:
        return False
    s, t = np.linalg.solve(matrix, c - a)
    return 0 <= s <= 1 and -1e-9 <= t <= 1 + 1e-9


def test_weights_and_vertices_are_written():
    ax = plot.tropical_curve(CURVES["weights"], blank())
    weights = sorted(text.get_text() for text in ax.texts if text.get_gid() == "weight")
    surface = CURVES["weights"].hypersurface()
    assert weights == sorted(str(cell.weight) for cell in surface.cells if cell.weight != 1)
    assert len(collection(ax, "vertices").get_offsets()) == len(surface.ridges)
    assert not plot.tropical_curve(CURVES["weights"], blank(), labels=False).texts


def test_a_quotient_has_two_curves():
    ax = plot.tropical_curve(CURVES["line"] / CURVES["conic"], blank())
    assert len(collection(ax, "curve P").get_segments()) == 3
    assert len(collection(ax, "curve Q").get_segments()) == len(CURVES["conic"].hypersurface().cells)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["$P$", "$Q$"]


def test_slices_and_hypersurfaces():
    P = tp.TropicalPolynomial({(1, 0, 0): 0, (0, 1, 0): 0, (0, 0, 1): 0, (0, 0, 0): 0}, convention="max")
    with pytest.raises(InvalidInput, match="plane"):
        plot.tropical_curve(P, blank())
    ax = plot.tropical_curve(P, blank(), plane=([1, 0, 0], [0, 1, 0]), origin=[0, 0, -5], window=2)
    assert len(collection(ax, "curve P").get_segments()) == 3
    assert ax.get_xlabel() == "$s$"
    assert len(collection(plot.tropical_curve(CURVES["line"].hypersurface(), blank()), "curve P").get_segments()) == 3
    with pytest.raises(InvalidType, match="to_rational"):
        plot.tropical_curve(tp.parse("max(x0, x1)"), blank())


# ---------------------------------------------------------------- the dual


@pytest.mark.parametrize("name", CURVES)
def test_polygons_tile_the_newton_polygon_and_edges_are_dual(name):
    P = CURVES[name]
    ax = plot.newton_polygon(P, blank())
    found = P.regular_subdivision()
    polygons = collection(ax, "polygons").get_paths()
    assert len(polygons) == (len(found.cells) if found.dimension == 2 else 0)
    whole = collection(plot.newton_polygon(P, blank(), subdivision=False), "polygons").get_paths()
    assert sum(map(float_area, polygons)) == pytest.approx(sum(map(float_area, whole)))
    edges = collection(ax, "edges").get_segments()
    curve = P.hypersurface()
    assert len(edges) == len(curve.cells)  # one dual edge a segment, and at right angles to it
    for edge in edges:
        step = edge[1] - edge[0]
        normals = [np.array([float(a) for a in cell.normal]) * float(cell.weight) for cell in curve.cells]
        assert any(np.allclose(step, n) or np.allclose(step, -n) for n in normals)


def float_area(path):
    a, b = path.vertices[:-1].T
    return abs(a @ np.roll(b, -1) - b @ np.roll(a, -1)) / 2


@pytest.mark.parametrize("name", ["conic", "weights", "fractions", "min"])
def test_polygons_are_named_by_their_vertices(name):
    P = CURVES[name]
    curve, found = P.hypersurface(), P.regular_subdivision()
    names = [text.get_text() for text in plot.newton_polygon(P, blank()).texts if text.get_gid() == "dual"]
    for text, cell in zip(names, found.cells, strict=True):
        point = curve.ridges[int(text[4:-2])].point
        values = [c + sum(u * t for u, t in zip(e, point, strict=True)) for c, e in P.terms]
        best = max(values) if P.convention == "max" else min(values)
        assert tuple(i for i, value in enumerate(values) if value == best) == cell


def test_exponents_below_the_hull_are_hollow():
    ax = plot.newton_polygon(CURVES["weights"], blank())
    assert [tuple(p) for p in collection(ax, "below").get_offsets()] == [(1.0, 1.0)]
    assert len(collection(ax, "used").get_offsets()) == 4


def test_numbers_too_long_to_write_are_left_out():
    P = tp.TropicalPolynomial({(0, 0): Fraction(10**5000 + 1, 3), (1, 0): 0, (0, 1): 0}, convention="max")
    assert "…" in [text.get_text() for text in plot.newton_polygon(P, blank()).texts]


def test_what_has_no_newton_polygon_is_refused():
    with pytest.raises(InvalidType):
        plot.newton_polygon(CURVES["line"] / CURVES["line"], blank())
    with pytest.raises(InvalidInput, match="two variables"):
        plot.newton_polygon(tp.TropicalPolynomial({(0,): 0, (1,): 0}, convention="max"), blank())
