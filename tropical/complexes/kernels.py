r"""Compiled kernels of the cell engine: splitting the cells of one layer, in float64 with proven error bounds.

Everything happens in homogeneous coordinates: a cell is a pointed cone, a *vertex* one of its rays (a true vertex, or a
direction of an unbounded cell). Preactivations of a layer are linear on the cells of the layers before, so the values
at a new vertex are interpolated between the two ends of its edge, and the exact sign of a neuron at a vertex is

* inherited, where the two ends of the edge do not have opposite signs: no arithmetic, so structural zeros are exact;
* 0 for the neuron whose hyperplane made the vertex;
* the sign of the float value, where that exceeds its error bound;
* the product of the signs of two determinants otherwise, found modulo primes (:mod:`tropical.complexes.modular`);
* found in integers by the caller where that takes too many primes (status UNDECIDED).

**Error bound of interpolation.** Let P, Q be the computed values at the ends, each within e_P, e_Q of the true ones,
a = \|P_j\|, b = \|Q_j\|, and N = (b P + a Q)/(a + b). With weights μ = a/(a + b) and their true counterparts μ*,
N* - N = (1 - μ*)(P* - P) + μ*(Q* - Q) + (μ* - μ)(Q - P) and \|μ* - μ\| <= max(e_P, e_Q)/(a + b - e_P - e_Q), so

.. math:: |N^* - N| \le \max(e_P, e_Q)\left(1 + \frac{\max|Q - P|}{a + b - e_P - e_Q}\right) + 16 u \max(|P|, |Q|)

the last term for the roundings of N, of a + b and of this bound (u = 2^-53).

More than 400 lines: all kernels are in this one file, because numba's cache on disk notices changes of a kernel's own
file only.
"""

# pyright: reportCallIssue=false, reportGeneralTypeIssues=false
# numba takes the types of arguments from the calls.
# pyright: reportMissingParameterType=false
from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

__all__ = [
    "DONE",
    "GROW_CELLS",
    "GROW_STACK",
    "GROW_VERTICES",
    "MASK_FULL",
    "UNDECIDED",
    "evaluate_layer",
    "fill_table",
    "split_layer",
]

DONE, UNDECIDED, GROW_VERTICES, GROW_CELLS, GROW_STACK, MASK_FULL = 0, 1, 2, 3, 4, 5
_U = 2.0**-53
_ONE = np.uint64(1)
_ZERO = np.uint64(0)
_BITS = 29.99  # of a prime; see tropical.complexes.modular


@intrinsic
def _popcount(typing_context, word):  # noqa: ANN001, ANN202
    """Return the number of one bits of a uint64 (one instruction)."""

    def generate(context, builder, signature, arguments):  # noqa: ANN001, ANN202
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), generate


@intrinsic
def _trailing_zeros(typing_context, word):  # noqa: ANN001, ANN202
    """Return the number of trailing zero bits of a uint64 that is not zero."""

    def generate(context, builder, signature, arguments):  # noqa: ANN001, ANN202
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.uint64(types.uint64), generate


@njit(cache=True)
def evaluate_layer(  # noqa: ANN201
    inputs,  # noqa: ANN001 - float64 (n, fan_in)
    last,  # noqa: ANN001 - float64 (n,): the last homogeneous coordinate
    input_error,  # noqa: ANN001 - float64 (n,)
    matrix,  # noqa: ANN001 - float64 (width, fan_in)
    bias,  # noqa: ANN001 - float64 (width,)
    reach,  # noqa: ANN001 - the largest sum of absolute values in a row of (matrix, bias)
    multiplied,  # noqa: ANN001 - whether `values` has the products of matrix and inputs already
    values,  # noqa: ANN001 - float64 (capacity, width + 1), as all that follow
    error,  # noqa: ANN001
    positive,  # noqa: ANN001
    negative,  # noqa: ANN001
    undecided,  # noqa: ANN001
):
    """Set values, error bounds and sign words at all vertices; return how many signs are undecided.

    Each value is a sum of fan_in + 1 products, of weights that were rounded twice. In whatever order they are summed,
    the relative error of each term is below (fan_in + 8) u; the error of the inputs comes to that.
    """
    count = 0
    width, fan_in = matrix.shape
    for v in range(inputs.shape[0]):
        size = abs(last[v])
        for i in range(fan_in):
            size = max(size, abs(inputs[v, i]))
        bound = max(reach * (input_error[v] + (fan_in + 8) * _U * size), input_error[v])
        error[v] = bound
        values[v, width] = last[v]
        for w in range(positive.shape[1]):
            positive[v, w] = _ZERO
            negative[v, w] = _ZERO
            undecided[v, w] = _ZERO
        for j in range(width):
            if multiplied:
                value = values[v, j]
            else:
                value = 0.0
                for i in range(fan_in):
                    value += matrix[j, i] * inputs[v, i]
            value += bias[j] * last[v]
            values[v, j] = value
            bit = _ONE << np.uint64(j & 63)
            if value > bound:
                positive[v, j >> 6] |= bit
            elif value < -bound:
                negative[v, j >> 6] |= bit
            elif bias[j] != 0.0 or not _vanishes(inputs[v], matrix[j]):
                undecided[v, j >> 6] |= bit
                count += 1
    return count


@njit(cache=True)
def _vanishes(inputs, weights):  # noqa: ANN001, ANN202
    """Return whether each product has a factor zero; inputs are 0.0 where they truly are, and nowhere else."""
    for i in range(inputs.shape[0]):  # noqa: SIM110 - compiled
        if weights[i] != 0.0 and inputs[i] != 0.0:
            return False
    return True


@njit(cache=True)
def _slot(table, parents, low, high, neuron):  # noqa: ANN001, ANN202
    """Return the place in the hash table of the vertex on the edge (low, high) cut by a neuron, or of its absence."""
    size = np.uint64(table.shape[0] - 1)
    key = np.uint64(low) * np.uint64(0x9E3779B97F4A7C15)
    key ^= np.uint64(high) * np.uint64(0xC2B2AE3D27D4EB4F)
    key ^= np.uint64(neuron) * np.uint64(0x165667B19E3779F9)
    key ^= key >> np.uint64(29)
    place = key & size
    while True:
        vertex = table[place]
        if vertex < 0:
            return place
        if parents[vertex, 0] == low and parents[vertex, 1] == high and parents[vertex, 2] == neuron:
            return place
        place = (place + _ONE) & size


@njit(cache=True)
def fill_table(table, parents, count):  # noqa: ANN001, ANN201
    """Enter the vertices made so far into an empty hash table."""
    for v in range(count):
        if parents[v, 0] >= 0:
            table[_slot(table, parents, parents[v, 0], parents[v, 1], parents[v, 2])] = v


# No value is ever NaN, and the sign of a zero means nothing: saying so lets the maxima run in vector registers. Nothing
# else is relaxed; the error bound holds for IEEE arithmetic in the order written.
@njit(cache=True, fastmath={"nnan", "nsz"})
def _interpolate(values, error, v, p, q, neuron):  # noqa: ANN001, ANN202
    """Set the values and the error bound at a new vertex between p and q, where a neuron is zero."""
    a, b = abs(values[p, neuron]), abs(values[q, neuron])
    worst = max(error[p], error[q])
    margin = (a + b) * (1.0 - 8.0 * _U) - error[p] - error[q]
    step, size = 0.0, 0.0
    if not margin > 0.0:
        error[v] = np.inf
        for i in range(values.shape[1]):
            values[v, i] = 0.0
        return
    share = a / (a + b)
    rest = b / (a + b)
    for i in range(values.shape[1]):
        values[v, i] = rest * values[p, i] + share * values[q, i]
    for i in range(values.shape[1]):
        step = max(step, abs(values[q, i] - values[p, i]))
    for i in range(values.shape[1]):
        size = max(size, abs(values[p, i]))
    for i in range(values.shape[1]):
        size = max(size, abs(values[q, i]))
    values[v, neuron] = 0.0
    error[v] = (worst * (1.0 + step / margin) + 16.0 * _U * size) * (1.0 + 16.0 * _U)


@njit(cache=True)
def _make_vertex(v, p, q, neuron, values, error, positive, negative, undecided, line):  # noqa: ANN001, ANN202
    """Fill in the new vertex on the edge between p and q; return whether all its signs are decided."""
    # An edge that was cut before lies on a longer one. Interpolating between the ends of that one keeps the chain of
    # interpolations short, and with it the error bound.
    if (
        line[p, 0] == q
        or line[p, 1] == q
        or (line[p, 0] >= 0 and line[p, 0] == line[q, 0] and line[p, 1] == line[q, 1])
    ):
        line[v, 0], line[v, 1] = line[p, 0], line[p, 1]
    elif line[q, 0] == p or line[q, 1] == p:
        line[v, 0], line[v, 1] = line[q, 0], line[q, 1]
    else:
        line[v, 0], line[v, 1] = p, q
    _interpolate(values, error, v, line[v, 0], line[v, 1], neuron)
    decided = True
    bound = error[v]
    for w in range(positive.shape[1]):
        up = positive[p, w] | positive[q, w]
        down = negative[p, w] | negative[q, w]
        crossing = up & down
        up &= ~crossing
        down &= ~crossing
        unknown = _ZERO
        if neuron >> 6 == w:
            crossing &= ~(_ONE << np.uint64(neuron & 63))
        while crossing != _ZERO:
            bit = crossing & (~crossing + _ONE)
            crossing ^= bit
            value = values[v, w * 64 + np.int64(_trailing_zeros(bit))]
            if value > bound:
                up |= bit
            elif value < -bound:
                down |= bit
            else:
                unknown |= bit
                decided = False
        positive[v, w] = up
        negative[v, w] = down
        undecided[v, w] = unknown
    return decided


@njit(cache=True, error_model="numpy")
def _inverse(number, prime):  # noqa: ANN001, ANN202
    """Return the inverse of a number that a prime does not divide (Euclid)."""
    old, new = np.int64(prime), np.int64(number)
    before, factor = np.int64(0), np.int64(1)
    while new != 0:
        quotient = old // new
        old, new = new, old - quotient * new
        before, factor = factor, before - quotient * factor
    return np.uint64(before if before >= 0 else before + np.int64(prime))


@njit(cache=True, error_model="numpy")
def _form(plane, depth, neuron, network, forms, pattern, out):  # noqa: ANN001, ANN202
    """Set `out` to a neuron's form on a cell, where the active ones of the layer before it are known.

    Modulo a prime; residues are below 2^30, so fifteen products and one residue more fit in 64 bits. Or, if the forms
    of all neurons do, in 64 bits themselves, where overflow on the way does no harm.
    """
    moduli, _, residues, places, words, widths, _ = network
    modulus, size = moduli[plane], out.shape[0]
    fan_in = widths[depth]
    base = places[depth] + neuron * (fan_in + 1)
    if depth == 0:
        for c in range(size):
            out[c] = residues[plane, base + c]
        return
    for c in range(size):
        out[c] = _ZERO
    first = 0
    for before in range(depth - 1):
        first += widths[before + 1]
    count = 0
    for w in range(words[depth - 1], words[depth]):
        left = pattern[w]
        while left != _ZERO:
            i = (w - words[depth - 1]) * 64 + np.int64(_trailing_zeros(left))
            left &= left - _ONE
            weight = residues[plane, base + i]
            if weight == _ZERO:
                continue
            for c in range(size):
                out[c] += weight * forms[plane, first + i, c]
            count += 1
            if count == 15 and modulus != _ZERO:
                count = 0
                for c in range(size):
                    out[c] %= modulus
    if size > widths[0]:
        out[size - 1] += residues[plane, base + fan_in]
    if modulus != _ZERO:
        for c in range(size):
            out[c] %= modulus


@njit(cache=True, error_model="numpy")
def _active_forms(plane, cell, depth, network, forms, forms_cell, pattern):  # noqa: ANN001, ANN202
    """Compute the forms of the active neurons of all layers before the present one, unless the cell is the last."""
    if forms_cell[plane] == cell:
        return
    words, widths = network[4], network[5]
    first = 0
    for layer in range(depth):
        for w in range(words[layer], words[layer + 1]):
            left = pattern[w]
            while left != _ZERO:
                i = (w - words[layer]) * 64 + np.int64(_trailing_zeros(left))
                left &= left - _ONE
                _form(plane, layer, i, network, forms, pattern, forms[plane, first + i])
        first += widths[layer + 1]
    forms_cell[plane] = cell


@njit(cache=True, error_model="numpy")
def _row(r, depth, number, network, primes, walls, forms, pattern, raw, out):  # noqa: ANN001, ANN202
    """Set `out` to a wall of the domain (depth -1) or to a neuron's form, modulo prime r.

    A form that fits in 64 bits is left in `raw` by the first call, for the primes after.
    """
    size, prime = out.shape[0], primes[r]
    if depth < 0:
        residues = walls[0]
        for c in range(size):
            out[c] = residues[r, number, c]
        return
    whole = network[0][0] == _ZERO
    if r == 0 or not whole:
        _form(r, depth, number, network, forms, pattern, raw)
    for c in range(size):
        out[c] = np.uint64(np.int64(raw[c]) % np.int64(prime)) if whole else raw[c]


@njit(cache=True, error_model="numpy")
def _pivot(rows, k, pivots, prime):  # noqa: ANN001, ANN202
    """Reduce row k by the rows before it and make its pivot 1; return what the pivot was, 0 for a dependent row."""
    size = rows.shape[1]
    for i in range(k):
        factor = rows[k, pivots[i]]
        if factor != _ZERO:
            factor = prime - factor
            for c in range(size):
                rows[k, c] = (rows[k, c] + factor * rows[i, c]) % prime
    for c in range(size):
        if rows[k, c] != _ZERO:
            pivots[k] = c
            lead = rows[k, c]
            inverse = _inverse(lead, prime)
            for j in range(size):
                rows[k, j] = rows[k, j] * inverse % prime
            return lead
    return _ZERO


@njit(cache=True, error_model="numpy")
def _choose_rows(v, depth, zeros, positive, negative, undecided, network, primes, walls, forms, pattern, chosen):  # noqa: ANN001, ANN202
    """Choose independent hyperplanes through a vertex, as (layer, number), as many as fix it; return how many.

    Walls come first, then the neurons in the order of the layers: early ones have the smallest coefficients.
    """
    words, widths = network[4], network[5]
    size = forms.shape[2]
    rows, raw = np.empty((size, size), dtype=np.uint64), np.empty(size, dtype=np.uint64)
    pivots = np.empty(size, dtype=np.int64)
    wall_words = zeros.shape[1] - words[depth]
    count, first_prime = 0, np.int64(0)
    for w in range(zeros.shape[1] + positive.shape[1]):
        layer, start = np.int64(-1), np.int64(0)
        if w >= zeros.shape[1]:
            layer, start = depth, np.int64(zeros.shape[1])
            left = ~(positive[v, w - start] | negative[v, w - start] | undecided[v, w - start])
        else:
            left = zeros[v, w]
            if w >= wall_words:
                layer = np.int64(0)
                while words[layer + 1] <= w - wall_words:
                    layer += 1
                start = wall_words + words[layer]
        while left != _ZERO:
            number = (w - start) * 64 + np.int64(_trailing_zeros(left))
            left &= left - _ONE
            if layer >= 0 and number >= widths[layer + 1]:
                break
            _row(first_prime, layer, number, network, primes, walls, forms, pattern, raw, rows[count])
            if _pivot(rows, count, pivots, primes[0]) != _ZERO:
                chosen[count, 0], chosen[count, 1] = layer, number
                count += 1
                if count == size - 1:
                    return count
    return count


@njit(cache=True, error_model="numpy")
def _cofactors(rows, count, prime, out):  # noqa: ANN001, ANN202
    """Set `out` to the vector c with <c, x> = det(rows, x) modulo a prime, by elimination of the first d rows."""
    size = count + 1
    pivots = np.empty(size, dtype=np.int64)
    determinant = _ONE
    for c in range(size):
        out[c] = _ZERO
    for k in range(count):
        lead = _pivot(rows, k, pivots, prime)
        if lead == _ZERO:
            return  # modulo this prime all cofactors vanish
        determinant = determinant * lead % prime
    free = size * (size - 1) // 2
    for k in range(count):
        free -= pivots[k]
    pivots[count] = free
    for i in range(size):
        for j in range(i):
            if pivots[j] > pivots[i]:  # an inversion
                determinant = (prime - determinant) % prime
    out[free] = determinant
    for k in range(count - 1, -1, -1):  # <row, c> = 0 for every row
        total = _ZERO
        for c in range(size):
            if c != pivots[k]:
                total = (total + rows[k, c] * out[c]) % prime
        out[pivots[k]] = (prime - total) % prime


@njit(cache=True, error_model="numpy")
def _digits(residues, count, primes, inverses, out):  # noqa: ANN001, ANN202
    """Set `out` to the mixed radix digits of the number between 0 and the product of the primes (Garner)."""
    for j in range(count):
        prime = primes[j]
        digit = residues[j]
        for i in range(j):
            digit = (digit + prime - out[i] % prime) * inverses[i, j] % prime
        out[j] = digit


@njit(cache=True, error_model="numpy")
def _sign(residues, count, primes, inverses, digits):  # noqa: ANN001, ANN202
    """Return the sign of an integer that is below half the product of the primes in absolute value.

    Half the product, rounded down, has the digits (p - 1)/2: integers above it stand for negative ones.
    """
    _digits(residues, count, primes, inverses, digits)
    for j in range(count - 1, -1, -1):
        half = primes[j] >> _ONE
        if digits[j] != half:
            if digits[j] > half:
                return -1
            break
    for j in range(count):
        if digits[j] != _ZERO:
            return 1
    return 0


@njit(cache=True, error_model="numpy")
def _float(residues, count, primes, inverses, digits):  # noqa: ANN001, ANN202
    """Return that integer in float64, with a relative error below 2 count u: it is summed up without cancellation."""
    sign = _sign(residues, count, primes, inverses, digits)
    if sign < 0:
        for j in range(count):
            residues[j] = (primes[j] - residues[j]) % primes[j]
        _digits(residues, count, primes, inverses, digits)
    value = 0.0
    for j in range(count - 1, -1, -1):
        value = value * np.float64(primes[j]) + np.float64(digits[j])
    return sign * value


@njit(cache=True, error_model="numpy")
def _bits(first, layer, number, network, walls):  # noqa: ANN001, ANN202
    """Return the bits of the norm of a wall (layer -1) or a neuron's form."""
    return walls[1][number] if layer < 0 else network[6][first[layer] + number]


@njit(cache=True, error_model="numpy")
def _settle(v, cell, depth, values, error, positive, negative, undecided, zeros, stage, network, walls):  # noqa: ANN001, ANN202
    """Decide all signs at a vertex of a cell by determinants, and compute its values anew if their bound is large.

    Returns False if there are too few primes for the bound, or one divides what it should not.
    """
    primes, inverses = network[1]
    patterns, cone, forms, forms_cell, floats, reach, limit = stage
    if primes.shape[0] == 0:
        return False
    pattern, size = patterns[cell], forms.shape[2]
    # the hyperplanes that fix the vertex, a wall that is positive there, and the neurons in question
    asked = size
    for w in range(undecided.shape[1]):
        asked += np.int64(_popcount(undecided[v, w]))
    lines = np.empty((asked, 2), dtype=np.int64)
    _active_forms(np.int64(0), cell, depth, network, forms, forms_cell, pattern)
    arrays = (zeros, positive, negative, undecided)
    if _choose_rows(v, depth, *arrays, network, primes, walls, forms, pattern, lines) < size - 1:
        return False
    wall, stop = walls[2][cone[cell]], walls[2][cone[cell] + 1]
    while wall < stop and zeros[v, wall >> 6] >> np.uint64(wall & 63) & _ONE != _ZERO:
        wall += 1
    if wall == stop:
        return False
    lines[size - 1, 0], lines[size - 1, 1] = -1, wall
    asked = size
    for w in range(undecided.shape[1]):
        left = undecided[v, w]
        while left != _ZERO:
            lines[asked, 0], lines[asked, 1] = depth, w * 64 + np.int64(_trailing_zeros(left))
            left &= left - _ONE
            asked += 1
    # Hadamard: |det| is at most the product of the rows' norms; the sign takes one bit more
    first = np.zeros(depth + 1, dtype=np.int64)
    for layer in range(depth):
        first[layer + 1] = first[layer] + network[5][layer + 1]
    total, largest = 1.0, 0.0
    for k in range(asked):
        bits = _bits(first, lines[k, 0], lines[k, 1], network, walls)
        if k < size - 1:
            total += bits
        else:
            largest = max(largest, bits)
    if not total + largest < _BITS * primes.shape[0]:  # an infinite bound, too
        return False
    needed = np.int64((total + largest) / _BITS) + 1
    raw = np.empty((asked, size), dtype=np.uint64)
    rows = np.empty((asked, size), dtype=np.uint64)
    cofactors = np.empty((needed, size), dtype=np.uint64)
    found = np.zeros((asked, needed), dtype=np.uint64)
    digits = np.empty(needed, dtype=np.uint64)
    for r in range(needed):
        prime = primes[r]
        if r < forms_cell.shape[0]:
            _active_forms(r, cell, depth, network, forms, forms_cell, pattern)
        for k in range(asked):
            _row(r, lines[k, 0], lines[k, 1], network, primes, walls, forms, pattern, raw[k], rows[k])
        _cofactors(rows, size - 1, prime, cofactors[r])
        for k in range(size - 1, asked):
            for c in range(size):
                found[k, r] = (found[k, r] + cofactors[r, c] * rows[k, c]) % prime
    orientation = 0
    for k in range(size - 1, asked):
        sign = _sign(found[k], needed, primes, inverses, digits)
        if k == size - 1:
            orientation = sign
            if sign == 0:
                return False
            continue
        w, bit = lines[k, 1] >> 6, _ONE << np.uint64(lines[k, 1] & 63)
        undecided[v, w] &= ~bit
        if sign == orientation:
            positive[v, w] |= bit
        elif sign != 0:
            negative[v, w] |= bit
    if error[v] > limit:
        point, greatest = np.empty(size), 0.0
        for c in range(size):
            for r in range(needed):
                found[0, r] = cofactors[r, c]
            point[c] = orientation * _float(found[0], needed, primes, inverses, digits)
            greatest = max(greatest, abs(point[c]))
        for c in range(size):
            point[c] /= greatest
        _forward(v, depth, point, (2 * needed + 2) * _U, values, error, pattern, network, floats, reach)
    return True


@njit(cache=True, error_model="numpy")
def _forward(v, depth, point, bound, values, error, pattern, network, floats, reach):  # noqa: ANN001, ANN202
    """Set the values of a layer at a vertex with known coordinates, and their error bound if it is better."""
    words, widths = network[4], network[5]
    last = point[widths[0]] if point.shape[0] > widths[0] else 0.0
    inputs = point[: widths[0]]
    base = 0
    for layer in range(depth + 1):
        fan_in, width = widths[layer], widths[layer + 1]
        size = abs(last)
        for i in range(fan_in):
            size = max(size, abs(inputs[i]))
        bound = max(reach[layer] * (bound + (fan_in + 8) * _U * size), bound)
        outputs = np.empty(width)
        for j in range(width):
            total = 0.0
            active = layer == depth or pattern[words[layer] + (j >> 6)] >> np.uint64(j & 63) & _ONE != _ZERO
            if active:
                for i in range(fan_in):
                    total += floats[base + i] * inputs[i]
                total += floats[base + fan_in] * last
            outputs[j] = total
            base += fan_in + 1
        inputs = outputs
    if bound < error[v]:
        error[v] = bound
        for j in range(widths[depth + 1]):
            values[v, j] = inputs[j]
        values[v, widths[depth + 1]] = last


@njit(cache=True)
def _free_bit(masks, start, stop, needed):  # noqa: ANN001, ANN202
    """Return a constraint bit that no vertex of the cell uses, 64 if there is none.

    Bits on fewer than `needed` vertices belong to no facet; they are cleared before giving up.
    """
    used = _ZERO
    for i in range(start, stop):
        used |= masks[i]
    if used != ~_ZERO:
        return np.int64(_trailing_zeros(~used))
    free = np.int64(64)
    for bit in range(64):
        flag = _ONE << np.uint64(bit)
        count = 0
        for i in range(start, stop):
            if masks[i] & flag != _ZERO:
                count += 1
        if count < needed:
            for i in range(start, stop):
                masks[i] &= ~flag
            free = bit
    return free


@njit(cache=True)
def _spans_edge(masks, start, stop, p, q, common):  # noqa: ANN001, ANN202
    """Return whether no third vertex lies on all constraints that two vertices share: then they span an edge."""
    for i in range(start, stop):  # noqa: SIM110 - compiled
        if common & ~masks[i] == _ZERO and i != p and i != q:
            return False
    return True


@njit(cache=True)
def split_layer(  # noqa: ANN201
    dimension,  # noqa: ANN001 - of the cones
    first_neuron,  # noqa: ANN001 - number of the layer's first neuron among all
    cell_offsets,  # noqa: ANN001 - int64 (cells + 1,): where the cells' vertices stand
    cell_vertices,  # noqa: ANN001 - int32
    cell_masks,  # noqa: ANN001 - uint64: the constraints of the cell on which the vertex lies
    values,  # noqa: ANN001 - float64 (capacity, width + 1)
    error,  # noqa: ANN001 - float64 (capacity,)
    positive,  # noqa: ANN001 - uint64 (capacity, words)
    negative,  # noqa: ANN001
    undecided,  # noqa: ANN001
    parents,  # noqa: ANN001 - int32 (capacity, 3): ends of the edge, ordered, and the neuron
    line,  # noqa: ANN001 - int32 (capacity, 2): ends of the longest edge of this layer on which it lies, or -1
    zeros,  # noqa: ANN001 - uint64 (capacity, words): walls and neurons of earlier layers that vanish at the vertex
    table,  # noqa: ANN001 - int32, a power of two: hash table of the vertices
    out_offsets,  # noqa: ANN001 - int64
    out_parent,  # noqa: ANN001 - int32: the cell of the layer before
    out_vertices,  # noqa: ANN001 - int32
    out_masks,  # noqa: ANN001 - uint64
    out_pattern,  # noqa: ANN001 - uint64 (cells, words): the neurons that are active on the cell
    stack_cells,  # noqa: ANN001 - int64 (depth,): starts of the cells on the stack
    stack_vertices,  # noqa: ANN001 - int32
    stack_masks,  # noqa: ANN001 - uint64
    state,  # noqa: ANN001 - int64: cell at work, vertices, cells out, budget of cells, undecided vertex, stack depth
    layer,  # noqa: ANN001 - its number
    stage,  # noqa: ANN001 - tuples for `_settle`: see complexes.modular
    network,  # noqa: ANN001
    walls,  # noqa: ANN001
):
    """Split every cell along the neurons of a layer that cross it.

    Returns a status. After anything but DONE the caller mends what is missing and calls again: the stack is as it was,
    and work goes on with the part on its top.
    """
    needed = dimension - 2
    words = positive.shape[1]
    capacity = values.shape[0]
    n_vertices, n_out, depth = state[1], state[2], state[5]
    limit, no_primes = stage[6], network[1][0].shape[0] == 0
    for cell in range(state[0], cell_offsets.shape[0] - 1):
        state[0] = cell
        if depth == 0:
            size = cell_offsets[cell + 1] - cell_offsets[cell]
            if size > stack_vertices.shape[0]:
                state[1], state[2], state[5] = n_vertices, n_out, 0
                return GROW_STACK
            for i in range(size):
                v = np.int64(cell_vertices[cell_offsets[cell] + i])
                stack_vertices[i] = v
                stack_masks[i] = cell_masks[cell_offsets[cell] + i]
                open_signs = False
                for w in range(words):
                    open_signs = open_signs or undecided[v, w] != _ZERO
                if open_signs and not _settle(
                    v, cell, layer, values, error, positive, negative, undecided, zeros, stage, network, walls
                ):
                    state[1], state[2], state[4], state[5] = n_vertices, n_out, v, 0
                    return UNDECIDED
            depth = 1
            stack_cells[0] = 0
            stack_cells[1] = size
        while depth > 0:
            start, stop = stack_cells[depth - 1], stack_cells[depth]
            # which neuron crosses the cell?
            neuron = -1
            if n_out + 1 >= out_offsets.shape[0]:
                state[1], state[2], state[5] = n_vertices, n_out, depth
                return GROW_CELLS
            for w in range(words):
                up, down = _ZERO, _ZERO
                for i in range(start, stop):
                    up |= positive[stack_vertices[i], w]
                    down |= negative[stack_vertices[i], w]
                if up & down != _ZERO:
                    neuron = w * 64 + np.int64(_trailing_zeros(up & down))
                    break
                out_pattern[n_out, w] = up
            if neuron < 0:
                size = stop - start
                if n_out == state[3]:
                    state[1], state[2], state[5] = n_vertices, n_out, depth
                    return DONE  # the budget is spent: the caller sees that cells are left
                if out_offsets[n_out] + size > out_vertices.shape[0]:
                    state[1], state[2], state[5] = n_vertices, n_out, depth
                    return GROW_CELLS
                base = out_offsets[n_out]
                for i in range(size):
                    out_vertices[base + i] = stack_vertices[start + i]
                    out_masks[base + i] = stack_masks[start + i]
                out_parent[n_out] = cell
                n_out += 1
                out_offsets[n_out] = base + size
                depth -= 1
                continue
            word, flag = neuron >> 6, _ONE << np.uint64(neuron & 63)
            bit = _free_bit(stack_masks, start, stop, needed)
            if bit == 64:
                state[1], state[2], state[5] = n_vertices, n_out, depth
                return MASK_FULL
            wall = _ONE << np.uint64(bit)
            # Behind the cell its vertices are written sorted: above, on and below the hyperplane, then the new ones;
            # behind these the two parts, each at most as long.
            size = stop - start
            new = stop + size
            if depth + 2 >= stack_cells.shape[0] or new + 2 * size > stack_vertices.shape[0]:
                state[1], state[2], state[5] = n_vertices, n_out, depth
                return GROW_STACK
            on, below = stop, new
            for i in range(start, stop):
                v = stack_vertices[i]
                if positive[v, word] & flag != _ZERO:
                    stack_vertices[on] = v
                    stack_masks[on] = stack_masks[i]
                    on += 1
                elif negative[v, word] & flag != _ZERO:
                    below -= 1
                    stack_vertices[below] = v
                    stack_masks[below] = stack_masks[i]
            place_on = on
            for i in range(start, stop):
                v = stack_vertices[i]
                if (positive[v, word] | negative[v, word]) & flag == _ZERO:
                    stack_vertices[place_on] = v
                    stack_masks[place_on] = stack_masks[i]
                    place_on += 1
            end = new
            for p in range(stop, on):
                mask = stack_masks[p]
                simple = np.int64(_popcount(mask)) == needed + 1
                for q in range(below, new):
                    common = mask & stack_masks[q]
                    count = np.int64(_popcount(common))
                    if count < needed:
                        continue
                    # a vertex on exactly needed + 1 constraints is simple: each needed of them meet in an edge
                    certain = count == needed and (simple or np.int64(_popcount(stack_masks[q])) == needed + 1)
                    if not certain and not _spans_edge(stack_masks, stop, new, p, q, common):
                        continue
                    if end + 1 + 2 * (end + 1 - stop) > stack_vertices.shape[0]:
                        state[1], state[2], state[5] = n_vertices, n_out, depth
                        return GROW_STACK
                    low = min(stack_vertices[p], stack_vertices[q])
                    high = max(stack_vertices[p], stack_vertices[q])
                    slot = _slot(table, parents, low, high, first_neuron + neuron)
                    v = np.int64(table[slot])
                    suspect = False
                    if v < 0:
                        if n_vertices == capacity:
                            state[1], state[2], state[5] = n_vertices, n_out, depth
                            return GROW_VERTICES
                        v = n_vertices
                        n_vertices += 1
                        parents[v, 0], parents[v, 1], parents[v, 2] = low, high, first_neuron + neuron
                        table[slot] = v
                        _make_vertex(v, low, high, neuron, values, error, positive, negative, undecided, line)
                        for w in range(zeros.shape[1]):
                            zeros[v, w] = zeros[low, w] & zeros[high, w]
                        suspect = error[v] > limit
                    open_signs = False
                    for w in range(words):
                        open_signs = open_signs or undecided[v, w] != _ZERO
                    if open_signs or suspect:
                        settled = _settle(
                            v, cell, layer, values, error, positive, negative, undecided, zeros, stage, network, walls
                        )
                        if not settled and (open_signs or no_primes):
                            state[1], state[2], state[4], state[5] = n_vertices, n_out, v, depth
                            return UNDECIDED
                    stack_vertices[end] = v
                    stack_masks[end] = common | wall
                    end += 1
            for i in range(on, below):
                stack_masks[i] |= wall
            # The part below takes the cell's place: on, below, new; the part above, which is taken next, follows it:
            # above, on, new. They are put together behind the new vertices first.
            base = end
            for i in range(on, end):
                stack_vertices[base] = stack_vertices[i]
                stack_masks[base] = stack_masks[i]
                base += 1
            second = base - end
            for i in range(stop, below):
                stack_vertices[base] = stack_vertices[i]
                stack_masks[base] = stack_masks[i]
                base += 1
            for i in range(new, end):
                stack_vertices[base] = stack_vertices[i]
                stack_masks[base] = stack_masks[i]
                base += 1
            moved = base - end
            for i in range(moved):
                stack_vertices[start + i] = stack_vertices[end + i]
                stack_masks[start + i] = stack_masks[end + i]
            stack_cells[depth] = start + second
            stack_cells[depth + 1] = start + moved
            depth += 1
    state[0] = cell_offsets.shape[0] - 1
    state[1], state[2], state[5] = n_vertices, n_out, 0
    return DONE
