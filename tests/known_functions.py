"""Functions with known answers, used by several tests."""

from tropical import LatticePolynomial, ReLUNetwork

# Two functions on which one clause for each activation cell gives more than F (docs/theory.md, lemma R).
COARSE_FAILS_BIAS_FREE = ReLUNetwork([[[0, 1], [1, 0]], [[2, -5], [1, -2]], [2, -2]])
COARSE_FAILS_BIASED = ReLUNetwork(
    # F = max(-1, min(0, h)), h = 2|y - r| - x - 1, r = relu(-x - 1). Units: r, b = relu(x + 1), c = relu(x + y + 1),
    # e = relu(-x - y - 1), so that y - r = c - e - b and x + 1 = b - r; then relu(±(y - r)), b, r; then relu(-h); then
    # F = -1 + relu(1 - relu(-h)). No unit cuts the region F = 0 on x < -1 but along y = r.
    [
        [[-1, 0], [1, 0], [1, 1], [-1, -1]],
        [[0, -1, 1, -1], [0, 1, -1, 1], [0, 1, 0, 0], [1, 0, 0, 0]],
        [[-2, -2, 1, -1]],
        [[-1]],
        [1],
    ],
    [[-1, 1, 1, -1], None, None, [1], -1],
)
# max(0, min(x + 1, 1 - x), min(100 (x - 2), (x + 5) / 10)): a sample in each region is not enough for assembly.
ASSEMBLY_EXAMPLE = LatticePolynomial(
    [([0], 0), ([1], 1), ([-1], 1), ([100], -200), (["1/10"], "1/2")], [[0], [1, 2], [3, 4]]
)
# The same function as a network. With t = 1 - |x| and
# s = (x + 5)/10 - relu((x + 5)/10 - 100 (x - 2)): F = relu(t + relu(s - t)).
ASSEMBLY_NETWORK = ReLUNetwork(
    [
        [[1], [-1], ["-999/10"]],  # relu(x), relu(-x), relu((x + 5)/10 - 100 (x - 2))
        [[-1, -1, 0], [1, 1, 0], ["11/10", "9/10", -1]],  # t as relu(t) and relu(-t); relu(s - t)
        [[1, -1, 1]],
        [1],
    ],
    [[0, 0, "401/2"], [1, -1, "-1/2"], None, None],
)
MEDIAN = LatticePolynomial([([0, 0], 0), ([1, 0], 0), ([0, 1], 0)], [[0, 1], [0, 2], [1, 2]])
