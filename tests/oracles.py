"""Independent answers: z3 on the functions themselves, written without any code of the package's engine."""

from fractions import Fraction
from itertools import product

import z3

from tropical import Box, ReLUNetwork, TropicalPolynomial, TropicalRational
from tropical.io.plain import from_plain


def _number(value):
    return z3.RealVal(str(value))


def _maximum(values):
    result = values[0]
    for value in values[1:]:
        result = z3.If(value >= result, value, result)
    return result


def _minimum(values):
    return -_maximum([-value for value in values])


def term(function, variables):
    """The function as a z3 term; of several outputs the first."""
    return terms(function, variables)[0]


def terms(function, variables):
    """All outputs of the function as z3 terms."""
    if isinstance(function, ReLUNetwork):
        values = variables
        for depth, (matrix, bias) in enumerate(zip(function.weights, function.biases, strict=True)):
            if depth:
                values = [_maximum([value, z3.RealVal(0)]) for value in values]
            values = [
                z3.Sum([_number(b), *[_number(w) * v for w, v in zip(row, values, strict=True)]])
                for row, b in zip(matrix, bias, strict=True)
            ]
        return values
    if isinstance(function, TropicalRational):
        return [term(function.numerator, variables) - term(function.denominator, variables)]
    pieces = [
        z3.Sum([_number(piece.constant), *[_number(u) * v for u, v in zip(piece.gradient, variables, strict=True)]])
        for piece in function.pieces
    ]
    if isinstance(function, TropicalPolynomial):
        return [(_maximum if function.convention == "max" else _minimum)(pieces)]
    inner, outer = (_minimum, _maximum) if function.form == "max-min" else (_maximum, _minimum)
    return [outer([inner([pieces[i] for i in clause]) for clause in function.clauses])]


def z3_same(F, G):
    """Whether z3 finds no point of difference; fails where z3 gives up."""
    variables = [z3.Real(f"x{i}") for i in range(F.dimension)]
    solver = z3.Solver()
    solver.add(term(F, variables) != term(G, variables))
    answer = solver.check()
    assert answer != z3.unknown
    return answer == z3.unsat


def _satisfiable(constraints):
    solver = z3.Solver()
    solver.add(*constraints)
    answer = solver.check()
    assert answer != z3.unknown
    return answer == z3.sat


def z3_essential(P):
    """The numbers of the terms that somewhere beat all others, by z3."""
    variables = [z3.Real(f"x{i}") for i in range(P.dimension)]
    sign = 1 if P.convention == "max" else -1
    values = [
        z3.Sum([_number(sign * c), *[_number(sign * u) * v for u, v in zip(exponents, variables, strict=True)]])
        for c, exponents in P.terms
    ]
    return [
        i for i, value in enumerate(values) if _satisfiable([value > other for j, other in enumerate(values) if j != i])
    ]


def z3_hull_vertices(points):
    """The points that are no convex combination of the others, by z3."""
    points = sorted(set(points))
    found = []
    for i, point in enumerate(points):
        others = points[:i] + points[i + 1 :]
        weights = [z3.Real(f"w{j}") for j in range(len(others))]
        constraints = [weight >= 0 for weight in weights]
        constraints.append(z3.Sum([z3.RealVal(0), *weights]) == 1)
        for axis, coordinate in enumerate(point):
            total = [w * _number(other[axis]) for w, other in zip(weights, others, strict=True)]
            constraints.append(z3.Sum([z3.RealVal(0), *total]) == _number(coordinate))
        if not _satisfiable(constraints):
            found.append(point)
    return found


# ---------------------------------------------------------------- questions on a domain


def reals(dimension, name="x"):
    """z3 variables for the coordinates of a point."""
    return [z3.Real(f"{name}{i}") for i in range(dimension)]


def inside(domain, variables, *, strict=False):
    """What z3 has to know of the points of a domain (of its interior)."""
    if domain is None:
        return []
    polyhedron = domain.polyhedron() if isinstance(domain, Box) else domain
    sums = [_affine(row, 0, variables) for row in polyhedron.A]
    bounds = [_number(bound) for bound in polyhedron.b]
    return [a < b if strict else a <= b for a, b in zip(sums, bounds, strict=True)]


def contains(domain, point):
    """Whether a point is in a domain, by its inequalities."""
    if domain is None:
        return True
    polyhedron = domain.polyhedron() if isinstance(domain, Box) else domain
    pairs = zip(polyhedron.A, polyhedron.b, strict=True)
    return all(sum(a * x for a, x in zip(row, point, strict=True)) <= bound for row, bound in pairs)


def somewhere(dimension, domain, condition):
    """Whether a point of the domain satisfies ``condition(variables)``, a z3 formula."""
    variables = reals(dimension)
    return _satisfiable([condition(variables), *inside(domain, variables)])


def above(F, G, domain=None):
    """Whether F > G somewhere on the domain, in some output; either may be a number."""

    def condition(x):
        shape = F if hasattr(F, "dimension") else G
        left, right = (terms(H, x) if hasattr(H, "dimension") else [_number(H)] * len(terms(shape, x)) for H in (F, G))
        return z3.Or([f > g for f, g in zip(left, right, strict=True)])

    return somewhere((F if hasattr(F, "dimension") else G).dimension, domain, condition)


def bent(F, domain=None):
    """Whether the middle of some segment of the domain lies above its chord: for a continuous F, not convex."""
    x, y = reals(F.dimension), reals(F.dimension, "y")
    middle = [(a + b) / 2 for a, b in zip(x, y, strict=True)]
    dents = [2 * m > a + b for m, a, b in zip(terms(F, middle), terms(F, x), terms(F, y), strict=True)]
    return _satisfiable([z3.Or(dents), *inside(domain, x), *inside(domain, y)])


def satisfies(F, constraints, domain=None):
    """Whether some point satisfies all of (inputs, outputs, bound, strict)."""

    def condition(x):
        values, rows = terms(F, x), []
        for inputs, outputs, bound, strict in constraints:
            total = _affine([*inputs, *outputs], 0, [*x, *values])
            rows.append(total < _number(bound) if strict else total <= _number(bound))
        return z3.And(rows)

    return somewhere(F.dimension, domain, condition)


def unbounded(F, domain=None, sign=1):
    """Whether sign·F passes every bound: below a bound on all vertices of everything that is small, tried as 10^12."""
    return somewhere(F.dimension, domain, lambda x: sign * term(F, x) > 10**12)


def pieces(difference, dimension, domain=None):
    """All affine pieces (gradient, constant) with an open region in the domain, of a term of the variables.

    While z3 finds an interior point where the function is none of the pieces so far, the piece beside it is added.
    """
    x, found = reals(dimension), []
    function = difference(x)
    known = inside(domain, x, strict=True)
    while True:
        solver = z3.Solver()
        solver.add(*known, *[function != _affine(gradient, constant, x) for gradient, constant in found])
        if solver.check() != z3.sat:
            return found
        model = solver.model()
        point = [_value(model.eval(v, model_completion=True)) for v in x]
        found.append(_beside(difference, point, domain, found))


def _beside(difference, point, domain, found):
    """The piece on an open set close to a point, none of those found."""
    step = Fraction(1, 7)
    while True:
        step /= 50
        center = [a + step * Fraction(1, 3 + 1010 * i) for i, a in enumerate(point)]
        tiny = step / 10**6
        corners = [
            [a + tiny * s for a, s in zip(center, signs, strict=True)] for signs in product((-1, 1), repeat=len(point))
        ]
        values = [_at(difference, corner) for corner in corners]
        middle = _at(difference, center)
        gradient = [
            (_at(difference, [a + tiny * (i == j) for j, a in enumerate(center)]) - middle) / tiny
            for i in range(len(point))
        ]
        constant = middle - sum((u * a for u, a in zip(gradient, center, strict=True)), Fraction(0))
        if (tuple(gradient), constant) in found or not all(contains(domain, corner) for corner in corners):
            continue
        if all(
            value == sum((u * a for u, a in zip(gradient, corner, strict=True)), constant)
            for corner, value in zip(corners, values, strict=True)
        ):
            return tuple(gradient), constant


def value(function, point):
    """The outputs at a rational point, evaluated by z3."""
    return [_value(z3.simplify(t)) for t in terms(function, [_number(a) for a in point])]


def _at(difference, point):
    return _value(z3.simplify(difference([_number(a) for a in point])))


def _value(constant):
    return Fraction(constant.numerator_as_long(), constant.denominator_as_long())


def _affine(gradient, constant, variables):
    return z3.Sum([_number(constant), *[_number(u) * v for u, v in zip(gradient, variables, strict=True)]])


def dual_squared(gradient, norm):
    """The square of the dual norm."""
    lengths = [abs(a) for a in gradient]
    return {"2": sum(a * a for a in lengths), "1": max(lengths) ** 2, "inf": sum(lengths) ** 2}[str(norm)]


def farther(F, G, squared):
    """Whether (F - G)² > squared·|x|² somewhere, for functions of one or two variables without biases.

    Both sides are homogeneous of degree 2: the sides of a square are enough, and on them there is one variable.
    """
    s = z3.Real("s")
    ends = [_number(sign) for sign in (1, -1)]
    places = [[e] for e in ends] if F.dimension == 1 else [p for e in ends for p in ([e, s], [s, e])]
    for place in places:
        gaps = [f - g for f, g in zip(terms(F, place), terms(G, place), strict=True)]
        length = sum(a * a for a in place)
        if any(_satisfiable([gap * gap > _number(squared) * length, s >= -1, s <= 1]) for gap in gaps):
            return True
    return False


def states_truth(document):
    """Whether the statement of a certificate's plain data is true, by z3 on its functions.

    The evidence is ignored, but for the patterns of the kind "complex", which are what that states. Raises where the
    document describes no functions.
    """
    functions = [from_plain(function) for function in document["functions"]]
    domain = None if document["domain"] is None else from_plain(document["domain"])
    kind, claim, F = document["kind"], document["claim"], functions[0]
    d = F.dimension
    if kind in ("same_function", "below"):
        return not above(*functions, domain) and (kind == "below" or not above(*reversed(functions), domain))
    if kind == "range":
        for side, sign in (("min", -1), ("max", 1)):
            if claim[side] is None:
                if claim[f"arg{side}"] is not None or not unbounded(F, domain, sign):
                    return False
                continue
            bound, point = Fraction(claim[side]), [Fraction(a) for a in claim[f"arg{side}"]]
            beyond = above(F, bound, domain) if sign > 0 else above(bound, F, domain)
            if beyond or value(F, point) != [bound] or not contains(domain, point):
                return False
        return True
    if kind == "distance":
        if claim["distance"] is None:
            return claim["point"] is None and _gap_somewhere(functions, domain, 10**12)
        bound, point = Fraction(claim["distance"]), [Fraction(a) for a in claim["point"]]
        gaps = [abs(a - b) for a, b in zip(*(value(H, point) for H in functions), strict=True)]
        return contains(domain, point) and max(gaps) == bound and not _gap_somewhere(functions, domain, bound)
    if kind == "relative_distance":
        squared, point = Fraction(claim["squared"]), [Fraction(a) for a in claim["point"]]
        gaps = [(a - b) ** 2 for a, b in zip(*(value(H, point) for H in functions), strict=True)]
        return max(gaps) == squared * sum(a * a for a in point) > -1 and any(point) and not farther(*functions, squared)
    if kind == "lipschitz":
        gradients = [gradient for gradient, _ in pieces(lambda x: term(F, x), d, domain)]
        claimed = tuple(Fraction(a) for a in claim["gradient"])
        lengths = [dual_squared(gradient, claim["norm"]) for gradient in gradients]
        return claimed in gradients and max(lengths) == Fraction(claim["squared"]) == dual_squared(
            claimed, claim["norm"]
        )
    if kind == "convex":
        return not bent(F, domain)
    if kind == "homogeneous":
        outputs = range(len(terms(F, reals(d))))
        return not any(constant for j in outputs for _, constant in pieces(lambda x, j=j: terms(F, x)[j], d, domain))
    if kind == "complex":
        listed = [tuple(map(tuple, cell["pattern"])) for cell in document["evidence"]["cells"]]
        return sorted(listed) == sorted(activation_patterns(F, domain))
    assert kind == "unreachable", kind
    return not satisfies(
        F, [[row[key] for key in ("inputs", "outputs", "bound", "strict")] for row in claim["constraints"]], domain
    )


def _gap_somewhere(functions, domain, bound):
    F, G = functions

    def condition(x):
        gaps = [f - g for f, g in zip(terms(F, x), terms(G, x), strict=True)]
        return z3.Or([z3.Or(gap > _number(bound), -gap > _number(bound)) for gap in gaps])

    return somewhere(F.dimension, domain, condition)


def activation_patterns(net, domain=None):
    """The activation patterns of all cells that meet the interior of the domain: all patterns are tried."""
    widths = [len(matrix) for matrix in net.weights[:-1]]
    found = []
    for signs in product((0, 1), repeat=sum(widths)):
        rest, conditions, pattern = list(signs), inside(domain, reals(net.dimension), strict=True), []
        values = [[Fraction(int(i == j)) for j in range(net.dimension + 1)] for i in range(net.dimension)]
        for matrix, bias in zip(net.weights[:-1], net.biases[:-1], strict=True):
            sums = [
                [sum(w * v[j] for w, v in zip(row, values, strict=True)) for j in range(net.dimension + 1)]
                for row in matrix
            ]
            sums = [[*total[:-1], total[-1] + b] for total, b in zip(sums, bias, strict=True)]
            on, rest = rest[: len(matrix)], rest[len(matrix) :]
            for total, sign in zip(sums, on, strict=True):
                height = _affine(total[:-1], total[-1], reals(net.dimension))
                if sign or any(total):
                    conditions.append(height > 0 if sign else height < 0)
            values = [total if sign else [Fraction(0)] * len(total) for total, sign in zip(sums, on, strict=True)]
            pattern.append(tuple(on))
        if _satisfiable(conditions):
            found.append(tuple(pattern))
    return found
