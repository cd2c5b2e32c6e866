"""Networks as folded functions, for tests of what recognises them."""

from fractions import Fraction

import numpy as np

from learner.folds import FoldedFunction
from learner.pieces import Pieces, all_pieces
from tropical import lattice


def pieces_shown(net, Z, y, *, least):
    """The pieces of a network that so many samples show, and how many it has."""
    whole = all_pieces(lattice(net), Z, y)
    counts = whole.counts()
    kept = np.flatnonzero(counts >= least)
    number = np.full(len(counts) + 1, -1)
    number[kept] = np.arange(len(kept))
    pieces = Pieces(whole.gradients[kept], whole.constants[kept], whole.accuracy[kept], number[whole.owner])
    return pieces, len(counts)


def folded_of(net, *, scales=None, dtype=object):
    """A network of two or three layers of weights as a folded function of Fractions, its folds scaled."""
    linear, k = net.is_bias_free(), net.dimension
    folds, units, scales = [], [np.eye(k + (not linear), dtype=object)[i] for i in range(k)], iter(scales or [])
    for matrix, bias in zip(net.weights[:-1], net.biases[:-1], strict=True):
        size = k + (not linear) + len(folds)
        rows = [combination(units, row, b, size, k) for row, b in zip(matrix, bias, strict=True)]
        factors = [next(scales, 1) for _ in rows]
        units = []
        for j, (row, factor) in enumerate(zip(rows, factors, strict=True)):  # relu(h) = (h + |h|)/2
            value = np.full(size + len(rows), Fraction(0))
            value[: len(row)] = row * Fraction(1, 2)
            value[size + j] = Fraction(1, 2) / abs(factor)
            units.append(value)
        folds += [row * factor for row, factor in zip(rows, factors, strict=True)]
    top = combination(units, net.weights[-1][0], net.biases[-1][0], k + (not linear) + len(folds), k)
    rows = [row.astype(dtype) for row in [*folds, top]]
    return FoldedFunction(rows[:-1], rows[-1], linear, k)


def combination(units, weights, bias, size, k):
    result = np.full(size, Fraction(0))
    for unit, weight in zip(units, weights, strict=True):
        result[: len(unit)] = result[: len(unit)] + unit * weight
    if bias:
        result[k] += bias
    return result
