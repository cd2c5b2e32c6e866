"""One way to open a file and one to write it; the suffix says what it is.

===================  ===========================================  ======================================================
suffix               ``load`` gives                               ``save`` writes, options
===================  ===========================================  ======================================================
``.json``, none      what was saved; a network of plain weights   any function, polyhedron or certificate
``.onnx``            a network; ``output``                        a function as Gemm and Relu; ``dtype``, ``rounded``
``.safetensors``     a network; ``layers``                        a function's layers; ``dtype``, ``rounded``
``.txt``             a lattice polynomial; ``dimension``          the formula; ``max_cells``
``.smt2``                                                         definitions in SMT-LIB 2; ``name``
``.tex``                                                          the formula in LaTeX
``.sage``                                                         input for Sage; ``max_terms``
``.polymake``                                                     input for polymake; ``max_terms``
===================  ===========================================  ======================================================

Loading executes nothing: pickles of torch, scikit-learn and joblib are refused.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from tropical._arguments import as_path
from tropical.exceptions import FormatError, InvalidInput
from tropical.io.atomic import write_bytes, write_text
from tropical.io.computer_algebra import to_polymake, to_sage
from tropical.io.formulas import to_latex, to_text
from tropical.io.json_format import load_json, save_json
from tropical.io.limits import read_bytes
from tropical.io.onnx_reading import from_onnx
from tropical.io.onnx_writing import to_onnx
from tropical.io.safetensors_format import from_safetensors, to_safetensors
from tropical.io.smtlib import to_smtlib
from tropical.text import parse

__all__ = ["check_suffix", "load", "save"]


class _Passage(NamedTuple):
    """How a file is read or written, and the options that this takes."""

    run: Callable[..., Any]
    options: tuple[str, ...] = ()


def load(path: str | os.PathLike[str], **options: Any) -> Any:
    """Read a file by its suffix: a function, a polyhedron or a certificate. Nothing in it is executed.

    Parameters
    ----------
    path : path
        ``.json`` (or any other suffix) for what :func:`save` wrote and for plain weights, ``.onnx``, ``.safetensors``,
        ``.txt`` for a formula.
    **options
        ``output`` of :func:`~tropical.io.from_onnx`, ``layers`` of :func:`~tropical.io.from_safetensors`, ``dimension``
        of :func:`tropical.parse`.

    Returns
    -------
    object
        An equal object where :func:`save` wrote JSON; floats of other formats become dyadic rationals.

    Raises
    ------
    FormatError
        Saying what is wrong where, for damaged and foreign files, unknown versions and pickles.
    InvalidInput
        For options that this kind of file does not take.
    TropicalError
        Where a package of the extra ``io`` is missing.
    OSError
        Where the file cannot be read.
    """
    suffix = as_path(path, cure="write tropical.load(path)").suffix.lower()
    if suffix in _PICKLES:
        raise FormatError(Path(path).name, f"a pickle can run any code, and is not read; {_PICKLES[suffix]}")
    return _run(_READERS.get(suffix, _READERS[".json"]), suffix, path, options)


def save(obj: Any, path: str | os.PathLike[str], **options: Any) -> None:
    """Write an object in the format that the suffix says, atomically.

    Parameters
    ----------
    obj : function of any type; for JSON also a polyhedron or a certificate
    path : path
        ``.json`` or no suffix (exact, read back by :func:`load`), ``.onnx``, ``.safetensors``, ``.smt2``, ``.txt``,
        ``.tex``, ``.sage``, ``.polymake``.
    **options
        ``dtype`` and ``rounded`` of :func:`~tropical.io.to_onnx` and :func:`~tropical.io.to_safetensors`, ``name`` of
        :func:`~tropical.io.to_smtlib`, ``max_cells`` of :func:`~tropical.io.to_text`, ``max_terms`` of
        :func:`~tropical.io.to_sage` and :func:`~tropical.io.to_polymake`.

    Raises
    ------
    InvalidType
        For objects that have no such form.
    InvalidInput
        For other suffixes, and for options that this kind of file does not take.
    NotExact
        If weights would be rounded and that was not asked for.
    """
    suffix = check_suffix(path, cure="write tropical.save(obj, path)")
    _run(_WRITERS[suffix], suffix, obj, options, path)


def check_suffix(path: Any, argument: str = "path", cure: str = "pass a string or a pathlib.Path") -> str:
    """Return the suffix of a file that :func:`save` can write."""
    suffix = as_path(path, argument, cure).suffix.lower()
    if suffix not in _WRITERS:
        known = ", ".join(key for key in _WRITERS if key)
        raise InvalidInput(argument, f"one of the suffixes {known}", repr(Path(path).name), "rename it, to .json say")
    return suffix


def _run(passage: _Passage, suffix: str, first: Any, options: dict[str, Any], *rest: Any) -> Any:
    for name in options:
        if name not in passage.options:
            cure = f"known are {', '.join(passage.options)}" if passage.options else "leave it out"
            raise InvalidInput(name, f"a kind of file that takes it, as {suffix or 'this one'} does not", "it", cure)
    return passage.run(first, *rest, **options)


def _read_formula(path: str | os.PathLike[str], dimension: int | None = None) -> Any:
    name = Path(path).name
    try:
        text = read_bytes(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise FormatError(f"{name}, byte {error.start}", "no UTF-8 text") from None
    try:
        return parse(text, dimension)
    except FormatError as error:
        raise FormatError(error.where.replace("text", name, 1), error.problem) from None


def _writer(make: Callable[..., Any]) -> Callable[..., None]:
    """Return what writes the text or bytes that a function makes."""

    def write(obj: Any, path: str | os.PathLike[str], **options: Any) -> None:
        content = make(obj, **options)
        if isinstance(content, bytes):
            write_bytes(path, content)
        else:
            write_text(path, content if content.endswith("\n") else content + "\n")

    return write


def _onnx_bytes(obj: Any, **options: Any) -> bytes:
    return to_onnx(obj, **options).SerializeToString()


_FLOATS, _SIZE = ("dtype", "rounded"), ("max_terms",)
_READERS = {
    ".json": _Passage(load_json),
    ".onnx": _Passage(from_onnx, ("output",)),
    ".safetensors": _Passage(from_safetensors, ("layers",)),
    ".txt": _Passage(_read_formula, ("dimension",)),
}
_WRITERS = {
    ".json": _Passage(save_json),
    "": _Passage(save_json),
    ".onnx": _Passage(_writer(_onnx_bytes), _FLOATS),
    ".safetensors": _Passage(_writer(to_safetensors), _FLOATS),
    ".smt2": _Passage(_writer(to_smtlib), ("name",)),
    ".txt": _Passage(_writer(to_text), ("max_cells",)),
    ".tex": _Passage(_writer(to_latex)),
    ".sage": _Passage(_writer(to_sage), _SIZE),
    ".polymake": _Passage(_writer(to_polymake), _SIZE),
}
_TORCH = "in torch: safetensors.torch.save_file(model.state_dict(), path), or torch.onnx.export"
_OTHER = "load it where it was made, and pass the model to tropical.io.from_sklearn or from_torch"
_PICKLES = {
    **dict.fromkeys((".pt", ".pth", ".ckpt"), _TORCH),
    **dict.fromkeys((".pkl", ".pickle", ".joblib", ".sav"), _OTHER),
}
