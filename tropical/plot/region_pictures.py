"""Which linear regions are neighbours."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from tropical._arguments import as_flag
from tropical._exact.rational import as_number_below
from tropical._protocol import as_function
from tropical.complexes import CellComplex
from tropical.complexes import cells as enumerated
from tropical.plot.drawing import MOST_LABELS, ROOM_FOR_TEXT, area_of_window, centroid, draw_facets, prepared
from tropical.plot.figures import BLACK, OKABE_ITO, axes_of, colouring, pale
from tropical.plot.planes import area, plane_view

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["region_graph"]


def region_graph(
    F: Any,
    ax: Axes | None = None,
    *,
    window: Any = None,
    plane: Any = None,
    origin: Any = None,
    output: int = 0,
    background: bool = True,
    max_cells: int | None = 20_000,
) -> Axes:
    """Draw the adjacency graph of the linear regions: an edge where two of them share a facet.

    On a plane each node lies in its region, with the cells behind it. Functions of more variables, without a `plane`,
    have no picture to lie in: there the graph of all their regions is laid out by its distances (Kamada and Kawai).

    Parameters
    ----------
    F, ax, window, plane, origin, output, max_cells
        As for :func:`cells`.
    background : bool
        Whether to draw the cells.

    Returns
    -------
    Axes
        Its collection ``"edges"`` holds the edges, ``"nodes"`` the nodes, in the order of the regions. On a plane an
        edge bends in the middle of the longest common facet: it stays in its two regions where they are convex.
    """
    known = F if isinstance(F, CellComplex) else None
    if known is None and plane is None and as_function(F).dimension > 2:
        known = enumerated(as_function(F), None, max_cells)
    if plane is None and known is not None and known.coordinates().dimension > 2 and len(known.basis) != 2:
        return _abstract_graph(axes_of(ax), known, output)
    as_flag(background, "background")
    view = plane_view(F if known is None else known, window=window, plane=plane, origin=origin, max_cells=max_cells)
    number = as_number_below(output, "output", len(view.complex_.tables), "outputs")
    axes = prepared(axes_of(ax), view)
    if background:
        draw_facets(axes, view, number, "#c8c8c8")
    regions, pieces = view.regions(number), view.pieces(number)
    nodes: dict[int, Node] = {}
    sizes: dict[int, Fraction] = {}
    for cell in view.cells:
        region, size = regions[cell.number], area(cell.polygon)
        if size > sizes.get(region, Fraction(0)):
            large = float(size / area_of_window(view)) ** 0.5 > ROOM_FOR_TEXT
            sizes[region] = size
            nodes[region] = Node(centroid(cell.polygon), pieces[cell.number][0], large)
    if sum(node.named for node in nodes.values()) > MOST_LABELS:
        nodes = {region: node._replace(named=False) for region, node in nodes.items()}
    paths: dict[tuple[int, int], tuple[Fraction, tuple[float, float]]] = {}
    for facet in view.facets:
        i, j = sorted(regions[cell] for cell in facet.cells)
        (a, b), (c, d) = facet.ends
        length = (c - a) ** 2 + (d - b) ** 2
        if i != j and ((i, j) not in paths or length > paths[i, j][0]):
            paths[i, j] = length, (float(a + c) / 2, float(b + d) / 2)
    _draw_graph(axes, nodes, {pair: [middle] for pair, (_, middle) in sorted(paths.items())})
    return axes


class Node(NamedTuple):
    """Where a region is drawn, the number of its piece, and whether there is room for its name."""

    place: tuple[float, float]
    piece: int
    named: bool


def _abstract_graph(axes: Axes, known: CellComplex, output: int) -> Axes:
    import networkx

    number = as_number_below(output, "output", len(known.tables), "outputs")
    pieces = [numbers[number] for numbers in known.piece_numbers()]
    joined = networkx.Graph()
    joined.add_nodes_from(range(len(known)))
    joined.add_edges_from((i, j) for i, j, _ in known.adjacent() if pieces[i] == pieces[j])
    region = {cell: r for r, part in enumerate(networkx.connected_components(joined)) for cell in part}
    graph = networkx.Graph()
    graph.add_nodes_from(sorted(set(region.values())))
    graph.add_edges_from((region[i], region[j]) for i, j, _ in known.adjacent() if region[i] != region[j])
    pieces_of = {region[cell]: pieces[cell] for cell in reversed(range(len(known)))}
    few = len(graph) <= MOST_LABELS
    layout = networkx.kamada_kawai_layout(graph)
    nodes = {node: Node((float(x), float(y)), pieces_of[node], few) for node, (x, y) in layout.items()}
    _draw_graph(axes, nodes, {(min(edge), max(edge)): [] for edge in graph.edges})
    axes.margins(0.1)
    axes.set_axis_off()
    return axes


def _draw_graph(axes: Axes, nodes: dict[int, Node], paths: dict[tuple[int, int], list[tuple[float, float]]]) -> None:
    """Draw nodes, coloured by their piece, and edges by the points on their way."""
    from matplotlib.collections import LineCollection

    order = {piece: place for place, piece in enumerate(sorted({node.piece for node in nodes.values()}))}
    near = [(order[nodes[i].piece], order[nodes[j].piece]) for i, j in paths if nodes[i].piece != nodes[j].piece]
    chosen = colouring(len(order), near)
    lines = [[nodes[i].place, *way, nodes[j].place] for (i, j), way in paths.items()]
    axes.add_collection(LineCollection(lines, colors=OKABE_ITO[5], linewidths=1.2, zorder=3, gid="edges"))
    drawn = [nodes[number] for number in sorted(nodes)]
    colours = [pale(OKABE_ITO[chosen[order[node.piece]]], 0.8) for node in drawn]
    sizes = [260 if node.named else 36 for node in drawn]
    x, y = ([node.place[a] for node in drawn] for a in (0, 1))
    axes.scatter(x, y, s=sizes, c=colours, edgecolors=BLACK, linewidths=0.8, zorder=4, gid="nodes")
    for node in drawn:
        if node.named:
            axes.text(*node.place, f"$g_{{{node.piece}}}$", ha="center", va="center", fontsize="small", zorder=5)
