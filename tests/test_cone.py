"""Double description: both descriptions are of the same cone, whatever the position of the hyperplanes."""

from fractions import Fraction

import z3
from hypothesis import assume, given
from hypothesis import strategies as st

from tropical._exact.cone import Cone
from tropical._exact.linear import rank
from tropical._exact.rational import dot, primitive
from tropical.testing import vectors

small = st.integers(-2, 2)

normals = st.integers(1, 4).flatmap(lambda m: st.lists(vectors(m, small), min_size=0, max_size=7).map(lambda n: (m, n)))


def build(m, candidates):
    cone = Cone.whole_space(m)
    for normal in candidates:
        part = cone.part(tuple(normal))
        if part is not None:
            cone = part
    return cone


@given(normals)
def test_rays_and_lines_satisfy_the_constraints(case):
    cone = build(*case)
    for a in cone.constraints:
        assert all(dot(a, line) == 0 for line in cone.lines)
        assert all(dot(a, ray) >= 0 for ray in cone.rays)


@given(normals)
def test_incidence_is_the_vanishing_of_constraints(case):
    cone = build(*case)
    for ray, mask in zip(cone.rays, cone.incidence, strict=True):
        assert [dot(a, ray) == 0 for a in cone.constraints] == [
            bool(mask >> c & 1) for c in range(len(cone.constraints))
        ]


@given(normals)
def test_rays_are_extreme_and_distinct(case):
    m, _ = case
    cone = build(*case)
    assert len(set(cone.rays)) == len(cone.rays)
    for ray, mask in zip(cone.rays, cone.incidence, strict=True):
        tight = [[Fraction(x) for x in a] for c, a in enumerate(cone.constraints) if mask >> c & 1]
        assert rank(tight, m) == m - len(cone.lines) - 1, (ray, tight)


@given(normals)
def test_the_cone_spans_and_its_interior_point_is_inside(case):
    m, _ = case
    cone = build(*case)
    assert rank([[Fraction(x) for x in v] for v in (*cone.rays, *cone.lines)], m) == m
    point = cone.interior_point()
    assert all(dot(a, point) > 0 for a in cone.constraints if any(a))


@given(normals, st.data())
def test_no_ray_is_missing(case, data):
    """A form that is nonnegative on all rays and lines is nonnegative on the cone of the constraints: z3 agrees."""
    m, _ = case
    cone = build(*case)
    form = tuple(data.draw(vectors(m, small)))
    side = cone.side(form)
    x = [z3.Int(f"x{i}") for i in range(m)]
    solver = z3.Solver()
    for a in cone.constraints:
        solver.add(z3.Sum([int(c) * v for c, v in zip(a, x, strict=True)]) >= 0)
    solver.add(z3.Sum([int(c) * v for c, v in zip(form, x, strict=True)]) < 0)
    assert (solver.check() == z3.unsat) == (side in (0, 1))


@given(normals, st.data())
def test_combination_proves_nonnegativity(case, data):
    m, _ = case
    cone = build(*case)
    weights = data.draw(st.lists(st.integers(0, 3), min_size=len(cone.constraints), max_size=len(cone.constraints)))
    form = tuple(sum(w * a[i] for w, a in zip(weights, cone.constraints, strict=True)) for i in range(m))
    scale, multipliers = cone.combination(form)
    assert scale > 0
    assert all(weight >= 0 for weight in multipliers.values())
    assert len(multipliers) <= m
    total = [sum(w * cone.constraints[c][i] for c, w in multipliers.items()) for i in range(m)]
    assert total == [scale * a for a in form]


@given(normals, st.data())
def test_split_parts_are_the_two_sides(case, data):
    m, _ = case
    cone = build(*case)
    normal = primitive(data.draw(vectors(m, small)))
    assume(cone.side(normal) is None)
    up, down = cone.split(normal)
    assert up.side(normal) == 1
    assert down.side(normal) == -1
    assert up.part(tuple(-a for a in normal)) is None


@given(normals)
def test_facets_define_the_cone_and_none_can_be_dropped(case):
    m, _ = case
    cone = build(*case)
    facets = [cone.constraints[c] for c in cone.facets()]
    again = build(m, facets)
    assert all(again.side(a) in (0, 1) for a in cone.constraints)
    for c in range(len(facets)):
        assert build(m, facets[:c] + facets[c + 1 :]).side(facets[c]) is None
