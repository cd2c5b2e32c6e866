"""How objects show themselves: text of bounded length, escaped HTML, no error, and nothing computed for it.

Notebooks call ``_repr_html_`` and ``_repr_latex_`` on whatever a cell returns, so these must be cheap and must not
fail: an exception there is printed instead of the object. The helpers cut what is long before they format it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from decimal import ROUND_DOWN, Context, Decimal, localcontext
from fractions import Fraction
from functools import wraps
from html import escape
from itertools import islice
from typing import Any, TypeVar

__all__ = [
    "PALETTE",
    "Record",
    "Records",
    "Shown",
    "html_table",
    "matrix_latex",
    "never_raising",
    "number_latex",
    "number_text",
    "value_text",
]

Text = TypeVar("Text", bound=Callable[..., str])

ROWS_SHOWN, ITEMS_SHOWN, TEXT_SHOWN = 12, 4, 60
_ALL_SHOWN = 6
_LONGEST_READ, _DIGITS = 30, 6  # characters: the fractions of a network in floats have forty and more
_LONGEST_NUMBER = 1000  # bits: texts of thousands of digits help nobody, and Python refuses them

# Okabe and Ito (2008): colours that every kind of colour vision tells apart; black is kept for lines and text.
PALETTE = ("#56B4E9", "#E69F00", "#009E73", "#F0E442", "#CC79A7", "#0072B2", "#D55E00")


def number_text(value: Fraction | int) -> str:
    """Return a number as text: a long one by its first digits and ``…``, a very long one by how long it is."""
    bits = max(value.numerator.bit_length(), value.denominator.bit_length())
    if bits > _LONGEST_NUMBER:
        return f"a fraction of {bits} bits"
    text = str(value)
    if len(text) <= _LONGEST_READ:
        return text
    with localcontext(Context(prec=_DIGITS, rounding=ROUND_DOWN)):
        return f"{Decimal(value.numerator) / Decimal(value.denominator)}…"


def number_latex(value: Fraction | int) -> str:
    """Return a number in LaTeX, cut as in :func:`number_text`."""
    top, bottom = value.numerator, value.denominator
    text = number_text(value)
    if text.endswith("…"):
        return text[:-1] + r"{\ldots}"  # braces, for what follows
    if text.endswith("bits"):
        return rf"\text{{{text}}}"
    if bottom == 1:
        return text
    return ("-" if top < 0 else "") + rf"\tfrac{{{abs(top)}}}{{{bottom}}}"


def matrix_latex(rows: Sequence[Sequence[Fraction]], largest: int = 5) -> str:
    """Return a matrix in LaTeX, its size alone where it is large."""
    if len(rows) > largest or len(rows[0]) > largest:
        return rf"\mathbb{{Q}}^{{{len(rows)} \times {len(rows[0])}}}"
    body = r" \\ ".join(" & ".join(map(number_latex, row)) for row in rows)
    return rf"\begin{{pmatrix}} {body} \end{{pmatrix}}"


def value_text(value: Any, longest: int = TEXT_SHOWN) -> str:
    """Return a value as text of bounded length; never raises."""
    try:
        text = _text(value, longest)
    except Exception:  # a foreign object whose repr is broken
        return f"a {type(value).__name__} that cannot be shown"
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _text(value: Any, longest: int) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or value is None:
        return str(value)
    if isinstance(value, (int, Fraction)):
        return number_text(value)
    if type(value) in (tuple, list):
        count = len(value) if len(value) <= _ALL_SHOWN else ITEMS_SHOWN  # "… 1 more" would be no shorter
        shown = [value_text(item, longest) for item in value[:count]]
        more = len(value) - len(shown)
        text = ", ".join(shown + ([f"… {more} more"] if more else []))
        return f"({text},)" if len(value) == 1 else f"({text})"
    text = repr(value)
    return " ".join(text.split()) if "\n" in text else text


def html_table(rows: Iterable[Sequence[Any]], head: Sequence[str] = (), *, total: int | None = None) -> str:
    """Return rows as an HTML table, the first few of them; entries are escaped and cut.

    Parameters
    ----------
    rows : iterable of sequences
        Only as many as are shown are asked for, where `total` says how many there are.
    head : sequence of str
    total : int, optional
    """
    listed = list(rows) if total is None else list(islice(rows, ROWS_SHOWN))
    total = len(listed) if total is None else total
    lines = ["<table>"]
    if head:
        lines.append("<tr>" + "".join(f"<th>{escape(name)}</th>" for name in head) + "</tr>")
    for row in listed[:ROWS_SHOWN]:
        lines.append(
            "<tr>" + "".join(f"<td>{escape(value_text(entry, 3 * TEXT_SHOWN))}</td>" for entry in row) + "</tr>"
        )
    lines.append("</table>")
    if total > ROWS_SHOWN:
        lines.append(f"<p>and {total - ROWS_SHOWN} more rows</p>")
    return "".join(lines)


def never_raising(method: Text) -> Text:
    """Decorate a method that shows an object: what cannot be shown is named by its class."""

    @wraps(method)
    def guarded(self: Any, *args: Any) -> str:
        try:
            return method(self, *args)
        except Exception:
            name = type(self).__name__
            if method.__name__ == "_repr_latex_":
                return rf"$\text{{{name}}}$"
            return f"<p>{escape(name)}</p>" if method.__name__ == "_repr_html_" else f"{name}(…)"

    return guarded  # type: ignore[return-value]


class Shown:
    """Shows an object as a heading, a table of :meth:`_facts`, and :meth:`_picture` where there is one."""

    __slots__ = ()

    def _facts(self) -> Iterable[tuple[str, Any]]:
        """Return names and values; cheap."""
        return ()

    def _picture(self) -> str:
        """Return an SVG element, or nothing; cheap."""
        return ""

    @never_raising
    def _repr_html_(self) -> str:
        facts = html_table(self._facts())
        return (
            f"<p><b>{escape(type(self).__name__)}</b></p>{facts if facts != '<table></table>' else ''}{_picture(self)}"
        )


def _picture(shown: Shown) -> str:
    try:
        return shown._picture()  # pyright: ignore[reportPrivateUsage]
    except Exception:  # coordinates beyond float64, say: the facts are worth showing without a picture
        return ""


class Record(Shown):
    """A dataclass that shows its public fields, in one line and as a table."""

    __slots__ = ()

    def _facts(self) -> Iterable[tuple[str, Any]]:
        for field in fields(self):  # type: ignore[arg-type]
            if not field.name.startswith("_") and field.compare:
                yield field.name, getattr(self, field.name)

    @never_raising
    def __repr__(self) -> str:
        inner = ", ".join(f"{name}={value_text(value)}" for name, value in self._facts())
        return f"{type(self).__name__}({inner})"


class Records(list[Any]):
    """A list of records that shows itself as one table, a row each."""

    __slots__ = ()

    @never_raising
    def _repr_html_(self) -> str:
        facts = [dict(record._facts()) for record in self[:ROWS_SHOWN]]
        names = list(dict.fromkeys(name for row in facts for name in row))
        return html_table([[row.get(name, "") for name in names] for row in facts], names, total=len(self))
