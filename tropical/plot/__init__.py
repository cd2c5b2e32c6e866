"""Pictures of cells, curves, polygons, orders and graphs, with matplotlib (the extra ``viz``).

=====================  ================================================================================
``cells``              cells, regions and pieces of a function of two variables, or of a plane slice
``decision_boundary``  the sides of a level set, or the classes of several outputs
``region_graph``       which linear regions share a facet
``graph``              the graph of a function of one variable, or of two in 3-D
``tropical_curve``     where a tropical polynomial bends, with weights
``newton_polygon``     the exponents, and the subdivision dual to the curve
``hasse_diagram``      the clauses of a lattice polynomial and their intersections, ordered by inclusion
=====================  ================================================================================

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
