"""One function for all engines."""

from __future__ import annotations

from tropical._arguments import as_flag, as_jobs
from tropical._exact.rational import as_choice, as_limit
from tropical._protocol import PiecewiseLinear, as_function
from tropical.complexes.cell_complex import CellComplex
from tropical.complexes.reduction import Reduction
from tropical.complexes.reference import reference_cells
from tropical.domains import Domain, as_polyhedron
from tropical.exceptions import InvalidInput
from tropical.network import ReLUNetwork

__all__ = ["cells"]

# Below this many hidden units the reference engine has finished before numba is imported.
_SMALL = 10


def cells(
    F: PiecewiseLinear,
    domain: Domain = None,
    max_cells: int | None = None,
    progress: bool = False,
    *,
    engine: str = "auto",
    n_jobs: int = 1,
) -> CellComplex:
    """Enumerate the cells of a piecewise-linear function, exactly.

    Parameters
    ----------
    F : ReLUNetwork, TropicalPolynomial, TropicalRational or LatticePolynomial
        For a network the cells are its activation cells; for a polynomial the regions of its essential terms, for a
        rational function the common refinement of those of numerator and denominator; for a lattice polynomial the
        cells of a subdivision on which one piece is active.
    domain : None, Box or Polyhedron
        None is all of R^d. A bounded domain in many inputs gives up the reduction to the relevant coordinates.
    max_cells : int, optional
        Stop with an error after this many.
    progress : bool
        Whether a bar on stderr shows the cells as they are found.
    engine : {"auto", "compiled", "reference"}
        The compiled engine takes networks, needs numba and compiles once (some ten seconds; kept on disk). The
        reference engine takes everything. By default whichever is faster; both are exact.
    n_jobs : int
        Processes for the compiled engine, -1 for one a core: the cells of the first hidden layer are shared out, and
        the result is the same. It pays from some seconds on; networks with one hidden layer and functions that are no
        networks take one process.

    Returns
    -------
    CellComplex

    Raises
    ------
    BudgetExceeded
        After `max_cells` cells; ``.partial`` holds the complex of the cells found.
    Interrupted
        After Ctrl-C (a KeyboardInterrupt); ``.partial`` holds the complex of some cells.
    InvalidInput
        If the compiled engine is asked for what is no network.

    Notes
    -----
    Linear forms are reduced to their rank k first. Compiled: with N cells of V vertices each and hidden widths n, about
    N·V·(n + V) float operations, and integers only where float64 cannot prove a sign. Reference: the same in Python
    integers, practical to some 10^4 cells. Several processes: of 8.6 s of processor time for the 10^6 cells of
    3-64-64-64-1 in a box 0.8 s stay in the calling one, which bounds what more of them gain.

    Examples
    --------
    >>> from tropical import ReLUNetwork
    >>> complex = cells(ReLUNetwork([[[1], [-1], [2]], [1, 1, 0]]))   # |x|, with a dead end
    >>> complex.n_cells, complex.n_regions, [str(piece) for piece in complex.pieces]
    (2, 2, ['-x0', 'x0'])
    """
    as_choice(engine, "engine", ("auto", "compiled", "reference"), "leave it out")
    as_flag(progress, "progress")
    as_jobs(n_jobs)
    function = as_function(F)
    limit = as_limit(max_cells, "max_cells")
    if engine == "compiled" and not isinstance(function, ReLUNetwork):
        given = type(function).__name__
        raise InvalidInput("engine", '"reference" for functions other than networks', given, "leave it out")
    polyhedron = as_polyhedron(domain, function.dimension)
    if not isinstance(function, ReLUNetwork):
        return reference_cells(function, Reduction([function], polyhedron), limit, progress=progress)
    reduction = function.remembered(polyhedron, lambda: Reduction([function], polyhedron))
    if engine == "compiled" or (engine == "auto" and function.size > _SMALL):
        from tropical.complexes.compiled_complex import compiled_cells

        found = compiled_cells(
            function, reduction, limit, insist=engine == "compiled", progress=progress, n_jobs=n_jobs
        )
        if found is not None:
            return found
    return reference_cells(function, reduction, limit, progress=progress)
