"""Functions that the lemmas are checked on, degenerate ones among them."""

from known_functions import ASSEMBLY_EXAMPLE, COARSE_FAILS_BIAS_FREE, COARSE_FAILS_BIASED, MEDIAN

from tropical import LatticePolynomial, ReLUNetwork, families, parse

ZERO = ReLUNetwork([[[0, 0]], [1]])
CONSTANT = LatticePolynomial([([0], "3/2")], [[0]])
AFFINE = parse("x0 + 2*x1 - 1")
DUPLICATED = ReLUNetwork([[[1, -1], [1, -1], [-1, 1], [0, 0]], [1, 1, 2, 5]], [[0, 0, 0, 1], None])
CANCELLING = ReLUNetwork([[[1, 0], [-1, 0], [0, 1], [0, -1]], [1, 1, 1, -1]])  # |x0| + x1
FLAT = LatticePolynomial([([1, 1], 0), ([1, 1], 0), ([2, 2], 0), ([0, 0], 0)], [[0, 2], [1, 3], [0, 1, 2]])

EVERY = {
    "zero": ZERO,
    "constant": CONSTANT,
    "affine": AFFINE,
    "duplicated units": DUPLICATED,
    "cancelling units": CANCELLING,
    "flat": FLAT,
    "median": MEDIAN,
    "coarse fails, bias-free": COARSE_FAILS_BIAS_FREE,
    "coarse fails, biased": COARSE_FAILS_BIASED,
    "assembly": ASSEMBLY_EXAMPLE,
    "maximum": families.maximum_of(3),
    "random": families.random_network((2, 3, 1), 4, biases=True),
}
BIAS_FREE = {name: F for name, F in EVERY.items() if F.is_bias_free()}
