"""Equality of a network with its lattice polynomial: ours, with certificate and replay, against z3."""

from __future__ import annotations

import tropical
from benchmarks.timing import alternate

__all__ = ["run"]


def run() -> None:
    """Print times of the decision and the replay, and z3's time on the same pair as a multiple of the decision's."""
    try:
        import z3
    except ImportError:
        print("decide: z3 is not installed (pip install 'tropical-learner[smt]')")
        return
    print("decide: network = its lattice polynomial on R^d; z3 is asked for a point of difference, no budget")
    for widths, rank in (((2, 4, 1), None), ((2, 4, 4, 1), None), ((30, 4, 4, 1), 2)):
        net = tropical.families.random_network(widths, 1, rank=rank)
        F = tropical.lattice(net)
        assert isinstance(F, tropical.LatticePolynomial)
        certificate = tropical.same_function(net, F).certificate
        assert certificate is not None

        def ask_z3(net: tropical.ReLUNetwork = net, F: tropical.LatticePolynomial = F) -> None:
            assert _differ(z3, net, F).check() == z3.unsat

        ours, replay, theirs = alternate(
            lambda net=net, F=F: tropical.same_function(net, F),
            lambda c=certificate, net=net, F=F: tropical.check(c, net, F),
            ask_z3,
            repeats=3,
        )
        print(
            f"  {'-'.join(map(str, widths)):>12}, {len(F.pieces):>2} pieces: {ours[0] * 1e3:7.1f} ms, "
            f"replay {replay[0] * 1e3:6.1f} ms, z3 takes {theirs[0] / ours[0]:6.1f} times as long"
        )


def _differ(z3, net, F):  # noqa: ANN001, ANN202
    """Return a z3 solver that asks for a point where the two functions differ."""
    x = [z3.Real(f"x{i}") for i in range(net.dimension)]

    def affine(coefficients, values, constant):  # noqa: ANN001, ANN202
        products = [z3.RealVal(str(c)) * v for c, v in zip(coefficients, values, strict=True) if c]
        return z3.Sum([z3.RealVal(str(constant)), *products])

    values = x
    for depth, (matrix, bias) in enumerate(zip(net.weights, net.biases, strict=True)):
        if depth:
            values = [z3.If(v >= 0, v, z3.RealVal(0)) for v in values]
        values = [affine(row, values, b) for row, b in zip(matrix, bias, strict=True)]

    def fold(better, terms):  # noqa: ANN001, ANN202
        result = terms[0]
        for term in terms[1:]:
            result = z3.If(better(term, result), term, result)
        return result

    pieces = [affine(piece.gradient, x, piece.constant) for piece in F.pieces]
    minima = [fold(lambda a, b: a <= b, [pieces[i] for i in clause]) for clause in F.clauses]
    solver = z3.Solver()
    solver.add(values[0] != fold(lambda a, b: a >= b, minima))
    return solver
