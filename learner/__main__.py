"""Command line: ``python -m learner demo`` and ``python -m learner fit FILE``."""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

import numpy as np

import tropical
from learner.regressor import LatticeRegressor, Stage
from learner.report import Report, sine_to
from learner.sample_files import read_samples
from learner.sampling import as_samples, sample
from learner.verification import verify
from tropical import InvalidInput, LatticePolynomial, NotExact, TropicalError

__all__ = ["main"]

NOT_PROVED, BAD_INPUT, INTERRUPTED = 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status.

    Status 0: proved (demo), or exact on every held-out and every test sample (fit). 1: not. 2: bad input. 130:
    interrupted.
    """
    options = _parser().parse_args(arguments)
    with warnings.catch_warnings():
        warnings.showwarning = lambda message, *_, **__: print(f"warning: {message}", file=sys.stderr)
        try:
            return options.run(options)
        except (TropicalError, OSError) as error:
            print(f"error: {error}", file=sys.stderr)
            return BAD_INPUT
        except KeyboardInterrupt:
            print("interrupted; nothing was written", file=sys.stderr)
            return INTERRUPTED


def demo(options: argparse.Namespace) -> int:
    """Draw a teacher, learn it from samples, and prove that the learned function is the teacher."""
    _check_targets(options.save, options.certificate)
    widths = [options.dimension, *_widths(options.widths), 1]
    teacher = tropical.families.random_network(
        widths, options.seed, rank=options.rank, biases=options.biases, denominator=options.denominator
    )
    report = Report()
    report.line(
        "teacher",
        f"{teacher}, first layer of rank {options.rank}, weights k/{options.denominator}, seed {options.seed}",
    )
    clock = perf_counter()
    X, y = sample(teacher, options.samples, random_state=options.seed)
    report.line("samples", f"{options.samples} from N(0, I_{options.dimension}), noise-free", perf_counter() - clock)
    truth = _relevant_basis(teacher)

    def show(stage: Stage, model: LatticeRegressor) -> None:
        note = ""
        if stage.name in ("directions", "pieces"):
            components = model.start_.components_ if stage.name == "directions" else model.components_
            note = f"; sin of the angle to the truth {sine_to(truth, components):.1e}"
        report.stage(stage, note)

    model = LatticeRegressor(random_state=options.seed, callback=show).fit(X, y)
    clock = perf_counter()
    result = verify(model, teacher)
    seconds = perf_counter() - clock
    if result.lattice is not None:
        report.function(result.lattice, pieces=None if options.full else 3)
    if result.proved:
        assert result.check is not None
        report.line("proof", f"proved {result.reason}", seconds)
        report.line("", f"certificate replayed by the independent checker: {result.check.reason}")
    else:
        report.line("proof", f"NOT proved equal to the teacher: {result.reason}", seconds)
        report.line("", _advice(model, options.biases))
    if options.save:
        _save(result.lattice if result.lattice is not None else model.lattice_, options.save, report)
    if options.certificate and result.certificate is not None:
        tropical.save(result.certificate, options.certificate)
        report.line("saved", f"certificate {options.certificate}")
    report.total()
    return 0 if result.proved else NOT_PROVED


def fit(options: argparse.Namespace) -> int:
    """Learn from a user's samples; report what is exact, and that nothing is proved about the source."""
    report = Report()
    _check_targets(options.save)
    data = read_samples(options.files)
    X, y = as_samples(data.X, data.y, least=1)
    report.line("samples", f"X {X.shape}, labels {y.shape} from {data.label}")
    test = None
    if data.X_test is not None:
        test = as_samples(data.X_test, data.y_test, least=1, names=("X_test", "y_test"), constant=True)
        if test[0].shape[1] != X.shape[1]:
            given = f"{test[0].shape[1]}"
            raise InvalidInput("X_test", f"{X.shape[1]} columns, as X has", given, "use the same inputs")
    model = LatticeRegressor(random_state=options.seed, callback=lambda stage, _: report.stage(stage)).fit(X, y)
    report.line("dimension", f"{len(model.components_)} of {model.n_features_in_} inputs' span")
    explained = model.explained_
    if test is not None:
        errors = np.abs(model.predict(test[0]) - test[1]) / y.std()
        share = float((errors <= 1e-9).mean())
        explained = min(explained, share)
        report.line("test", f"{share:.4%} of {len(errors)} explained exactly, largest error {errors.max():.1e} std(y)")
    report.line("confidence", model.confidence_)
    saved: LatticePolynomial = model.lattice_
    try:
        saved = model.to_exact()
        report.line("rational", f"yes: every coefficient is a multiple of 1/{saved.pieces.denominator}")
        report.function(saved, pieces=None)
    except NotExact as error:
        report.line("rational", f"no: {error}")
    report.line("proof", "none: without a teacher nothing can be proved about the source, only about the samples")
    if options.save:
        _save(saved, options.save, report)
    report.total()
    return 0 if explained == 1.0 else NOT_PROVED


def _relevant_basis(teacher: tropical.ReLUNetwork) -> np.ndarray:
    """Return an orthonormal basis (k, d) of the teacher's relevant subspace, in floats."""
    basis = np.array(tropical.relevant_subspace(teacher), dtype=np.float64).reshape(-1, teacher.dimension)
    return np.linalg.qr(basis.T)[0].T


def _advice(model: LatticeRegressor, biases: bool) -> str:
    if model.explained_ > 0.99:
        if biases:
            return "all but rare regions are learned; far from the origin N(0, I) has no samples, whatever their number"
        return "all but rare regions are learned: more samples (--samples) reach them"
    return "the samples do not determine the function; try more samples, or a smaller rank"


def _save(function: LatticePolynomial, path: str, report: Report) -> None:
    tropical.save(function, path)
    report.line("saved", f"{path} (read it back with tropical.load)")


def _check_targets(*paths: str | None) -> None:
    """Refuse a file that cannot be written before the work is done, not after."""
    for path in paths:
        if path is not None and not Path(path).absolute().parent.is_dir():
            raise InvalidInput("--save", "a file in a folder that exists", path, "make the folder first")


def _seed(text: str) -> int:
    """Read a seed of NumPy's generators."""
    if not text.isdecimal() or int(text) >= 2**32:
        raise argparse.ArgumentTypeError(f"a seed is an integer from 0 to 2^32 - 1, got {text!r}")
    return int(text)


def _widths(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise InvalidInput("--widths", "hidden widths such as 6,6", text, "separate integers by commas") from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m learner", description="Learn ReLU networks from Gaussian samples.")
    commands = parser.add_subparsers(required=True, metavar="{demo,fit}")

    first = commands.add_parser("demo", help="learn a random teacher and prove the result", description=demo.__doc__)
    first.add_argument("--dimension", type=int, default=50, help="number of inputs (default 50)")
    first.add_argument("--rank", type=int, default=3, help="rank of the first layer (default 3)")
    first.add_argument("--widths", default="6,6", help="hidden widths (default 6,6)")
    first.add_argument("--biases", action="store_true", help="give the teacher biases")
    first.add_argument("--denominator", type=int, default=4, help="weights are k/DENOMINATOR (default 4)")
    first.add_argument("--samples", type=int, default=200_000, help="number of samples (default 200000)")
    first.add_argument("--seed", type=_seed, default=0, help="of teacher and samples (default 0)")
    first.add_argument("--save", metavar="FILE", help="write the learned lattice polynomial as JSON")
    first.add_argument("--certificate", metavar="FILE", help="write the certificate of equality as JSON")
    first.add_argument("--full", action="store_true", help="print every piece in full")
    first.set_defaults(run=demo)

    second = commands.add_parser("fit", help="learn from your own samples", description=fit.__doc__)
    second.add_argument("files", nargs="+", metavar="FILE", help=".npz with X, y; .csv; or two .npy (X, then y)")
    second.add_argument("--seed", type=_seed, default=0, help="of the held-out split and the search (default 0)")
    second.add_argument("--save", metavar="FILE", help="write the learned function as JSON")
    second.set_defaults(run=fit)
    return parser


if __name__ == "__main__":
    sys.exit(main())
