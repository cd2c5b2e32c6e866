"""Text to functions: meaning, round trip, and errors with their position."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tropical import FormatError, InvalidInput, LatticePolynomial, parse, same_function
from tropical.testing import lattice_polynomials, points


@given(lattice_polynomials())
@settings(max_examples=60)
def test_str_reads_back_as_the_same_function(F):
    assert same_function(parse(str(F), dimension=F.dimension), F)


@given(points(3))
def test_meaning(x):
    a, b, c = x
    cases = {
        "max(min(x0, 2*x1 - 1/3), relu(x2))": max(min(a, 2 * b - (a - a + 1) / 3), max(c, 0)),
        "abs(x0 - x1) + x2": abs(a - b) + c,
        "-max(x0, -x1) / 2 - -x2": -max(a, -b) / 2 + c,
        "1/2*(x0 + x1)*3": (a + b) * 3 / 2,
        "2*3 - 1/4 + 0*x2": 6 - (a - a + 1) / 4,
        "min(x0, x1, x2, 7)": min(a, b, c, 7),
        "((((x0))))": a,
        "- - x1": b,
        "6/3/2 + x2": 1 + c,
    }
    for text, value in cases.items():
        assert parse(text, dimension=3)(x) == value, text


@pytest.mark.parametrize("text", ["x100000", "x0 +\n max(1, x0000001)", "x" + "9" * 5000])
def test_numbers_of_variables_end_somewhere(text):
    with pytest.raises(FormatError, match=r"line \d, column \d+: unexpected 'x[019]+'; variables are x0 to x99999$"):
        parse(text)


def test_dimension():
    assert parse("5").dimension == 1
    assert parse("x3").dimension == 4
    assert parse("x0", dimension=7).dimension == 7
    for bad in (0, 3, True, 1.5, 10**9):
        with pytest.raises(InvalidInput, match=r"^`dimension` needs an integer from 4"):
            parse("x3", dimension=bad)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "text ends"),
        ("max(x0, ", "text ends"),
        ("max(x0, 0))", "column 11: unexpected"),
        ("x0 + y", "column 6: unexpected 'y'"),
        ("x0\n+ 1.5", "line 2, column 4: 1.5 is no quotient of integers; write 3/2$"),
        ("1e-3*x0", "column 2: 1e-3 is no quotient of integers; write 1/1000$"),
        ("min()", "column 5"),
        ("2 x0", "column 3"),
        ("x0 ** 2", "column 5"),
        ("relu(x0, x1)", "`relu` needs one argument"),
        ("x0 * x1", "curved"),
        ("1 / x0", "`divisor` needs a number"),
        ("x0 / 0", "other than zero"),
        ("__import__('os')", "column 1"),
        ("x0.real", "column 3"),
        ("sin(x0)", "column 1"),
        ("\x00", "column 1"),
    ],
    ids=repr,
)
def test_errors_have_a_position(text, message):
    with pytest.raises(FormatError, match=message):
        parse(text)


@pytest.mark.parametrize("bad", [None, 3, b"x0", ["x0"]], ids=repr)
def test_only_text_is_parsed(bad):
    with pytest.raises(InvalidInput, match="`text` needs a string"):
        parse(bad)


def test_deep_and_long_text():
    depth = 5000
    assert parse("(" * depth + "x0" + ")" * depth) == parse("x0")
    assert parse("-" * 2 * depth + "x0") == parse("x0")
    assert parse(" + ".join(["x0"] * 500))([1]) == 500
    with pytest.raises(InvalidInput, match="characters"):
        parse("x0" + " " * 10**6)
    with pytest.raises(FormatError):
        parse("x0 + " + "9" * 5000)


@given(st.text(alphabet="x01mainrelub(),+-*/ ", max_size=25))
@settings(max_examples=200)
def test_random_text_is_a_function_or_a_format_error(text):
    with suppress(FormatError, InvalidInput):
        assert isinstance(parse(text), LatticePolynomial)
