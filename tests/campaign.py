"""Random small instances on which independent ways to an answer have to agree, one for each seed.

===========  ==========================================================================================================
``engines``  cells of the compiled engine and of the integer reference; equality, order, range and Lipschitz constant
             against the vertices of the reference cells; every certificate replayed, every witness evaluated
``z3``       equality, order and range against z3 on the functions themselves
``lemmas``   every lemma of the catalogue on instances of its own strategy; certificates in its reports replayed
===========  ==========================================================================================================

``python tests/campaign.py engines 0 100000`` runs the seeds of a range, prints counts as it goes, and exits with 1
where something disagreed; the next range goes on from there. `test_campaign.py` runs some hundred of each.
"""

from __future__ import annotations

import random
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from tropical import (
    Box,
    Certificate,
    Polyhedron,
    ReLUNetwork,
    cells,
    check,
    is_below,
    lattice,
    lemmas,
    lipschitz,
    same_function,
    value_range,
)
from tropical.exceptions import BudgetExceeded, NotExact

# ---------------------------------------------------------------- instances


@dataclass(frozen=True)
class Instance:
    """Two networks of as many inputs, their difference, and a domain."""

    F: ReLUNetwork
    G: ReLUNetwork
    difference: ReLUNetwork
    domain: Box | Polyhedron | None


def instance(seed: int) -> Instance:
    """Return the instance of a seed: one to three inputs and hidden layers, some units, many zeros and ties."""
    rng = random.Random(seed)
    d = rng.choice((1, 2, 2, 2, 3))
    depth = rng.choice((1, 1, 2, 2, 3) if d < 3 else (1, 1, 2))
    entry = rng.choice((_signs, _integers, _fractions))
    F = _network(rng, d, depth, entry, rng.random() < 0.6)
    change = rng.choice((_rewritten, _rewritten, _nudged, _raised, _other))
    G = change(rng, F, entry)
    return Instance(F, G, minus(F, G), _domain(rng, d))


def _signs(rng: random.Random) -> Fraction:
    return Fraction(rng.choice((-1, 0, 1)))


def _integers(rng: random.Random) -> Fraction:
    return Fraction(rng.choice((-3, -2, -1, -1, 0, 0, 1, 1, 2, 3)))


def _fractions(rng: random.Random) -> Fraction:
    return Fraction(rng.randint(-6, 6), rng.randint(1, 4))


Layers = tuple[list[list[list[Fraction]]], list[list[Fraction]]]


def _network(
    rng: random.Random, d: int, depth: int, entry: Callable[[random.Random], Fraction], biased: bool
) -> ReLUNetwork:
    widths = [d, *(rng.randint(1, 4 if depth == 1 else 3) for _ in range(depth)), 1]
    weights = [[[entry(rng) for _ in range(m)] for _ in range(n)] for m, n in pairwise(widths)]
    biases = [[entry(rng) if biased else Fraction(0) for _ in range(n)] for n in widths[1:]]
    return ReLUNetwork(weights, biases)


def _layers(net: ReLUNetwork) -> Layers:
    return [[list(row) for row in layer] for layer in net.weights], [list(layer) for layer in net.biases]


def _rewritten(rng: random.Random, F: ReLUNetwork, _: object) -> ReLUNetwork:
    """The same function: units permuted and scaled, one doubled, one added that nothing reads."""
    weights, biases = _layers(F)
    for i in range(len(weights) - 1):
        order = rng.sample(range(len(weights[i])), len(weights[i]))
        scales = [Fraction(rng.choice((1, 2, 3)), rng.choice((1, 2))) for _ in order]
        weights[i] = [[s * w for w in weights[i][j]] for s, j in zip(scales, order, strict=True)]
        biases[i] = [s * biases[i][j] for s, j in zip(scales, order, strict=True)]
        weights[i + 1] = [[row[j] / s for s, j in zip(scales, order, strict=True)] for row in weights[i + 1]]
    way = rng.randrange(3)
    if way:
        i = rng.randrange(len(weights) - 1)
        j = rng.randrange(len(weights[i]))
        share = Fraction(rng.randint(-2, 3), 2) if way == 1 else Fraction(0)
        weights[i].append(list(weights[i][j]))
        biases[i].append(biases[i][j])
        for row in weights[i + 1]:
            row.append(share * row[j])
            row[j] -= row[-1]
    return ReLUNetwork(weights, biases)


def _nudged(rng: random.Random, F: ReLUNetwork, entry: Callable[[random.Random], Fraction]) -> ReLUNetwork:
    """One number changed, at times by very little."""
    weights, biases = _layers(F)
    i = rng.randrange(len(weights))
    change = rng.choice((entry(rng), Fraction(1, 10**9), Fraction(-1, 10**12)))
    if rng.random() < 0.5:
        row = rng.choice(weights[i])
        row[rng.randrange(len(row))] += change
    else:
        biases[i][rng.randrange(len(biases[i]))] += change
    return ReLUNetwork(weights, biases)


def _raised(rng: random.Random, F: ReLUNetwork, _: object) -> ReLUNetwork:
    """F plus a constant, and at times plus a multiple of a unit that is not negative."""
    weights, biases = _layers(F)
    biases[-1][0] += Fraction(rng.choice((-1, 0, 0, 1)), rng.choice((1, 7)))
    if rng.random() < 0.7:
        weights[-1][0][rng.randrange(len(weights[-1][0]))] += Fraction(rng.choice((1, 1, -1)), 3)
    return ReLUNetwork(weights, biases)


def _other(rng: random.Random, F: ReLUNetwork, entry: Callable[[random.Random], Fraction]) -> ReLUNetwork:
    return _network(rng, F.dimension, len(F.weights) - 1, entry, rng.random() < 0.6)


def minus(F: ReLUNetwork, G: ReLUNetwork) -> ReLUNetwork:
    """F - G as one network, for networks of the same depth."""
    weights, biases = [], []
    for i, (A, B) in enumerate(zip(F.weights, G.weights, strict=True)):
        last, m, n = i == len(F.weights) - 1, len(A[0]), len(B[0])
        if last:
            weights.append([[*A[0], *(-w for w in B[0])]])
            biases.append([F.biases[i][0] - G.biases[i][0]])
            continue
        upper = [[*row, *([0] * (n if i else 0))] for row in A]
        weights.append([*upper, *([*([0] * (m if i else 0)), *row] for row in B)])
        biases.append([*F.biases[i], *G.biases[i]])
    return ReLUNetwork(weights, biases)


def _domain(rng: random.Random, d: int) -> Box | Polyhedron | None:
    kind = rng.randrange(5)
    if kind < 2:
        return None
    if kind < 4:
        low = [Fraction(rng.randint(-6, 2), 2) for _ in range(d)]
        return Box(low, [a + rng.randint(1, 4) for a in low])
    rows = [[rng.randint(-2, 2) for _ in range(d)] for _ in range(rng.randint(1, 3))]
    rows = [row for row in rows if any(row)] or [[1] * d]
    return Polyhedron(rows, [rng.randint(1, 4) for _ in rows])  # the origin is inside


# ---------------------------------------------------------------- engines


def engines(seed: int, count: Counter) -> None:
    """Cells of both engines, and decisions against vertices and rays of the reference."""
    one = instance(seed)
    F, G, domain = one.F, one.G, one.domain
    nets = (one.difference, F) if seed % 4 == 0 else (one.difference,)
    exact = [cells(_afresh(net), domain, engine="reference") for net in nets]
    for net, slow in zip(nets, exact, strict=True):
        if any(map(any, net.weights[0])):
            fast = cells(_afresh(net), domain, engine="compiled")
            _equal(_described(fast), _described(slow), "cells")
            count["complexes"] += 1
            count["cells"] += slow.n_cells
    low, high = extremes(one.difference, exact[0])
    same = same_function(F, G, domain)
    _equal(bool(same), (low, high) == (0, 0), "same_function")
    _evidence(same, F, G, domain, count, lambda a, b: a != b)
    below = is_below(F, G, domain)
    _equal(bool(below), high is not None and high <= 0, "is_below")
    _evidence(below, F, G, domain, count, lambda a, b: a > b)
    found = value_range(one.difference, domain)
    _equal((found.min, found.max), (low, high), "value_range")
    for value, place in ((found.min, found.argmin), (found.max, found.argmax)):
        if value is not None:
            _equal(one.difference(place), value, "value_range at its end")
    _replay(found.certificate, count, one.difference, domain=domain)
    if domain is None:
        steepest = max(
            (sum(a * a for a in g.gradient) for g in cells(F, engine="reference").pieces), default=Fraction(0)
        )
        _equal(lipschitz(F).squared, steepest, "lipschitz")
    if seed % 4 == 0:
        form = lattice(F)
        verdict = same_function(form, G, domain)
        _equal(bool(verdict), bool(same), "same_function of a lattice form")
        _evidence(verdict, form, G, domain, count, lambda a, b: a != b)
    count["decisions"] += 3 + (domain is None) + (seed % 4 == 0)
    count["equal" if same else "different"] += 1
    count["below"] += bool(below)


def _afresh(net: ReLUNetwork) -> ReLUNetwork:
    """An equal network for which nothing has been prepared."""
    return ReLUNetwork(net.weights, net.biases)


def _described(complex_):
    label = [cell.label for cell in complex_]
    adjacent = {(label[i], label[j], form) for i, j, form in complex_.adjacent()}
    found = {cell.label: (cell.pieces, frozenset(cell.constraints)) for cell in complex_}
    return (complex_.n_cells, complex_.n_regions, complex_.n_pieces), complex_.tables, found, adjacent


def extremes(net: ReLUNetwork, complex_) -> tuple[Fraction | None, Fraction | None]:
    """Smallest and largest value, None where there is none: values at vertices, slopes along rays."""
    lifted = complex_.coordinates().lift_point
    values, up, down = set(), False, False
    for i in range(len(complex_)):
        corners = complex_.vertices(i)
        start = net(corners[0])
        values |= {start, *map(net, corners[1:])}
        for ray in complex_.rays(i):
            slope = net([a + r for a, r in zip(corners[0], lifted(ray), strict=True)]) - start
            up, down = up or slope > 0, down or slope < 0
    return None if down else min(values), None if up else max(values)


def _evidence(verdict, F, G, domain, count, differs) -> None:
    if verdict:
        _replay(verdict.certificate, count, F, G, domain=domain)
        return
    witness = verdict.witness
    _equal((F(witness.point), G(witness.point)), (witness.left, witness.right), "values at a witness")
    _equal(differs(witness.left, witness.right), True, "the witness shows a difference")
    if domain is not None:
        _equal(witness.point in domain, True, "the witness is in the domain")
    count["witnesses"] += 1


def _replay(certificate, count, *subjects, domain=None) -> None:
    if isinstance(certificate, Certificate):
        _equal(check(certificate, *subjects, domain=domain).valid, True, f"certificate {certificate.kind}")
        count["certificates"] += 1


def _equal(found, expected, what) -> None:
    if found != expected:
        raise AssertionError(f"{what}: {found} where {expected} is right")


# ---------------------------------------------------------------- z3


def z3(seed: int, count: Counter) -> None:
    """The same questions, asked to z3."""
    from oracles import above

    one = instance(seed)
    F, G, domain = one.F, one.G, one.domain
    more, less = above(F, G, domain), above(G, F, domain)
    _equal(bool(same_function(F, G, domain)), not more and not less, "same_function")
    _equal(bool(is_below(F, G, domain)), not more, "is_below")
    found = value_range(one.difference, domain)
    if found.max is not None:
        _equal(above(one.difference, found.max, domain), False, "the largest value")
    if found.min is not None:
        _equal(above(found.min, one.difference, domain), False, "the smallest value")
    count["decisions"] += 3
    count["equal" if not more and not less else "different"] += 1


# ---------------------------------------------------------------- lemmas


def lemma_instances(letter: str, first: int, last: int, count: Counter) -> Iterator[str]:
    """Check a lemma on as many instances of its strategy, counting different ones; yield what refutes it."""
    statement, refuted, seen = lemmas.lemma(letter), [], set()

    def judged(*arguments, **keywords):
        seen.add(_hashable((arguments, keywords)))
        try:
            report = statement.check(*arguments, **keywords)
        except (BudgetExceeded, NotExact) as error:
            count[type(error).__name__] += 1
            raise
        count[report.verdict] += 1
        for comparison in report.comparisons:
            if comparison.holds:
                _replay(getattr(comparison.evidence, "certificate", None), count)
        if report.verdict == "fails":
            refuted.append(f"lemma {letter}: {arguments} {keywords} {report}")
        return report

    lemmas.search(judged, statement.instances(), last - first, seed=first)
    count["different"] += len(seen)
    yield from refuted


def _hashable(value):
    if isinstance(value, dict):
        return tuple((name, _hashable(value[name])) for name in sorted(value))
    return tuple(map(_hashable, value)) if type(value) in (list, tuple) else value


# ---------------------------------------------------------------- the runner


def campaign(kind: str, first: int, last: int, *, letters=None, report=None) -> tuple[Counter, list[str]]:
    """Run the seeds of a range; return counts, and what disagreed."""
    count, wrong, clock = Counter(), [], time.monotonic()
    if kind == "lemmas":
        for lemma in lemmas.catalogue():
            if letters is None or lemma.letter in letters:
                own = Counter()
                wrong += lemma_instances(lemma.letter, first, last, own)
                count.update(own)
                if report:
                    report(f"{lemma.letter} {dict(own)} wrong={len(wrong)} {time.monotonic() - clock:.0f} s")
        return count, wrong
    for seed in range(first, last):
        try:
            {"engines": engines, "z3": z3}[kind](seed, count)
        except Exception:
            wrong.append(f"seed {seed}: {traceback.format_exc(limit=3)}")
        count["instances"] += 1
        if report and ((seed + 1) % 1000 == 0 or seed + 1 == last):
            report(f"{kind} {first}..{seed + 1} {dict(count)} wrong={len(wrong)} {time.monotonic() - clock:.0f} s")
    return count, wrong


def main(arguments: list[str]) -> int:
    """Run ``kind first last [letters]`` and return 1 where something disagreed."""
    kind, first, last, *letters = arguments
    _, wrong = campaign(
        kind, int(first), int(last), letters=letters or None, report=lambda line: print(line, flush=True)
    )
    print("\n".join(wrong), flush=True)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
