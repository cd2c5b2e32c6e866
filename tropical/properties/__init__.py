"""Properties of a network as VNN-LIB states them: is there an x such that x and y = F(x) satisfy a formula?

A formula is built with ``and`` and ``or`` from linear inequalities in x and y. It is written as an ``or`` of *cases*,
each an ``and`` of inequalities (:mod:`.formulas`). Those that read x alone are a polyhedron (:mod:`.input_sets`), whose
affine hull is found exactly (:mod:`.elimination`); the rest is a system for :func:`tropical.is_unreachable` on that
hull (:mod:`.decision`). Where no case has a solution, each has a proof of that (:mod:`.proofs`).
"""

from tropical.properties.decision import PropertyVerdict, verify_property
from tropical.properties.formulas import Property
from tropical.properties.proofs import PropertyProof, check_property

__all__ = ["Property", "PropertyProof", "PropertyVerdict", "check_property", "verify_property"]
