"""Files and other libraries: networks come in exactly, functions go out in the syntax of their readers.

==================================================  ================================================================
in                                                  out
==================================================  ================================================================
:func:`load`, by the suffix                         :func:`save`, by the suffix
:func:`from_onnx`                                   :func:`to_onnx`
:func:`from_safetensors`                            :func:`to_safetensors`
:func:`from_torch`, :func:`from_state_dict`
:func:`from_sklearn`
:func:`tropical.parse`                              :func:`to_text`, :func:`to_latex`
:func:`tropical.load_property`                      :func:`to_smtlib`, :func:`to_smtlib_equality`
:func:`tropical.from_sympy`                         :func:`tropical.to_sympy`, :func:`to_sage`, :func:`to_polymake`
==================================================  ================================================================

Floats that come in become the dyadic rationals that they are. Loading executes nothing, and what a file declares is
checked before memory is spent on it. Files are written whole or not at all.
"""

from tropical.io.computer_algebra import to_polymake, to_sage
from tropical.io.files import load, save
from tropical.io.formulas import to_latex, to_text
from tropical.io.frameworks import from_sklearn, from_state_dict, from_torch
from tropical.io.onnx_reading import from_onnx
from tropical.io.onnx_writing import to_onnx
from tropical.io.safetensors_format import from_safetensors, to_safetensors
from tropical.io.smtlib import to_smtlib, to_smtlib_equality

__all__ = [
    "from_onnx",
    "from_safetensors",
    "from_sklearn",
    "from_state_dict",
    "from_torch",
    "load",
    "save",
    "to_latex",
    "to_onnx",
    "to_polymake",
    "to_safetensors",
    "to_sage",
    "to_smtlib",
    "to_smtlib_equality",
    "to_text",
]
