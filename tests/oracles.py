"""Independent answers: z3 on the functions themselves, written without any code of the package's engine."""

import z3

from tropical import ReLUNetwork, TropicalPolynomial, TropicalRational


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
    """The function as a z3 term."""
    if isinstance(function, ReLUNetwork):
        values = variables
        for depth, (matrix, bias) in enumerate(zip(function.weights, function.biases, strict=True)):
            if depth:
                values = [_maximum([value, z3.RealVal(0)]) for value in values]
            values = [
                z3.Sum([_number(b), *[_number(w) * v for w, v in zip(row, values, strict=True)]])
                for row, b in zip(matrix, bias, strict=True)
            ]
        return values[0]
    if isinstance(function, TropicalRational):
        return term(function.numerator, variables) - term(function.denominator, variables)
    pieces = [
        z3.Sum([_number(piece.constant), *[_number(u) * v for u, v in zip(piece.gradient, variables, strict=True)]])
        for piece in function.pieces
    ]
    if isinstance(function, TropicalPolynomial):
        return (_maximum if function.convention == "max" else _minimum)(pieces)
    inner, outer = (_minimum, _maximum) if function.form == "max-min" else (_maximum, _minimum)
    return outer([inner([pieces[i] for i in clause]) for clause in function.clauses])


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
