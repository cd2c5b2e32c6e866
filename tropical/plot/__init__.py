"""Pictures of cells, curves, polygons, orders and graphs, with matplotlib (the extra ``viz``).

Every function takes the axes to draw on, or makes new ones, and returns them; geometry is exact until it is drawn.
Colours are those of Okabe and Ito and the map cividis, which all kinds of colour vision tell apart.
"""

from tropical.plot.boundary_pictures import decision_boundary
from tropical.plot.cell_pictures import cells
from tropical.plot.curve_pictures import newton_polygon, tropical_curve
from tropical.plot.graph_pictures import graph
from tropical.plot.order_pictures import hasse_diagram
from tropical.plot.region_pictures import region_graph

__all__ = [
    "cells",
    "decision_boundary",
    "graph",
    "hasse_diagram",
    "newton_polygon",
    "region_graph",
    "tropical_curve",
]
