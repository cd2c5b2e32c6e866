"""Independent answers: z3 on the functions themselves, written without any code of the package's engine."""

import z3

from tropical import ReLUNetwork


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
    pieces = [
        z3.Sum([_number(piece.constant), *[_number(u) * v for u, v in zip(piece.gradient, variables, strict=True)]])
        for piece in function.pieces
    ]
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
