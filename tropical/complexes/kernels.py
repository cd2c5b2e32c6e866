r"""Compiled kernels of the cell engine: splitting the cells of one layer, in float64 with proven error bounds.

Everything happens in homogeneous coordinates: a cell is a pointed cone, a *vertex* one of its rays (a true vertex, or a
direction of an unbounded cell). Preactivations of a layer are linear on the cells of the layers before, so the values
at a new vertex are interpolated between the two ends of its edge, and the exact sign of a neuron at a vertex is

* inherited, where the two ends of the edge do not have opposite signs: no arithmetic, so structural zeros are exact;
* 0 for the neuron whose hyperplane made the vertex;
* the sign of the float value, where that exceeds its error bound;
* found in integers otherwise: here, where int64 holds all numbers, else by the caller (status UNDECIDED).

**Error bound of interpolation.** Let P, Q be the computed values at the ends, each within e_P, e_Q of the true ones,
a = \|P_j\|, b = \|Q_j\|, and N = (b P + a Q)/(a + b). With weights μ = a/(a + b) and their true counterparts μ*,
N* - N = (1 - μ*)(P* - P) + μ*(Q* - Q) + (μ* - μ)(Q - P) and \|μ* - μ\| <= max(e_P, e_Q)/(a + b - e_P - e_Q), so

.. math:: |N^* - N| \le \max(e_P, e_Q)\left(1 + \frac{\max|Q - P|}{a + b - e_P - e_Q}\right) + 16 u \max(|P|, |Q|)

the last term for the roundings of N, of a + b and of this bound (u = 2^-53).

All kernels are in this one file, because numba's cache on disk notices changes of a kernel's own file only.
"""

# pyright: reportCallIssue=false, reportGeneralTypeIssues=false
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
_FITS = 2.0**62


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
            else:
                undecided[v, j >> 6] |= bit
                count += 1
    return count


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
):
    """Split every cell along the neurons of a layer that cross it.

    Returns a status. After anything but DONE the caller mends what is missing and calls again: the stack is as it was,
    and work goes on with the part on its top.
    """
    needed = dimension - 2
    words = positive.shape[1]
    capacity = values.shape[0]
    n_vertices, n_out, depth = state[1], state[2], state[5]
    for cell in range(state[0], cell_offsets.shape[0] - 1):
        state[0] = cell
        if depth == 0:
            size = cell_offsets[cell + 1] - cell_offsets[cell]
            if size > stack_vertices.shape[0]:
                state[1], state[2], state[5] = n_vertices, n_out, 0
                return GROW_STACK
            for i in range(size):
                stack_vertices[i] = cell_vertices[cell_offsets[cell] + i]
                stack_masks[i] = cell_masks[cell_offsets[cell] + i]
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
            # Behind the cell its vertices are written sorted: above, on and below the hyperplane, then the new ones, of
            # which there are at most size²/4, one for each pair on both sides.
            size = stop - start
            new = stop + size
            if depth + 2 >= stack_cells.shape[0] or new + 2 * size + size * size > stack_vertices.shape[0]:
                state[1], state[2], state[5] = n_vertices, n_out, depth
                return GROW_STACK
            if n_vertices + size * size // 4 + 1 > capacity or 2 * (n_vertices + size * size // 4 + 1) > table.shape[0]:
                state[1], state[2], state[5] = n_vertices, n_out, depth
                return GROW_VERTICES
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
                    low = min(stack_vertices[p], stack_vertices[q])
                    high = max(stack_vertices[p], stack_vertices[q])
                    place = _slot(table, parents, low, high, first_neuron + neuron)
                    v = table[place]
                    if v < 0:
                        v = n_vertices
                        n_vertices += 1
                        parents[v, 0], parents[v, 1], parents[v, 2] = low, high, first_neuron + neuron
                        table[place] = v
                        _make_vertex(v, low, high, neuron, values, error, positive, negative, undecided, line)
                    for w in range(words):
                        if undecided[v, w] != _ZERO:
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
