"""Command line: ``python -m learner demo|fit|verify|sample``, or ``tropical-learner`` where it is installed.

=======================================  ==========================================================================
verb                                     does
=======================================  ==========================================================================
``demo``                                 draws a teacher, learns it from samples, and proves the result
``fit FILE``                             learns from your own samples
``verify MODEL TEACHER``                 decides whether a learned function is a network, with a proof or a point
``sample TEACHER FILE``                  draws Gaussian samples of a network
=======================================  ==========================================================================

Functions are read from any file that ``tropical.load`` reads, samples from ``.npz``, ``.csv``, ``.parquet`` and two
``.npy``. The exit status is said in :mod:`tropical.command_line` and by ``--help``: 0 for proved (demo, verify), or
exact on every held-out and every test sample (fit); 1 for not.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

import tropical
from learner.report import Report, sine_to
from learner.sample_files import check_sample_target, read_samples, write_samples
from learner.sampling import as_sample_size, as_samples, sample
from learner.verification import verify
from tropical import InvalidInput, LatticePolynomial, NotExact, ReLUNetwork
from tropical.command_line import (
    NO,
    YES,
    add_limits,
    add_net_options,
    add_verb,
    answer,
    check_target,
    load_function,
    new_parser,
    number_texts,
    on_terminal,
    remark,
    run,
)
from tropical.complexes.progress import watched

if TYPE_CHECKING:  # what costs scikit-learn loads once options and files are known to be good
    from learner.regressor import LatticeRegressor
    from learner.stages import Stage

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status, as :mod:`tropical.command_line` lists them."""
    options = _parser().parse_args(arguments)
    with warnings.catch_warnings():
        warnings.showwarning = lambda message, *_, **__: print(f"warning: {message}", file=sys.stderr)
        return run(options)


@contextmanager
def _watched(options: argparse.Namespace) -> Generator[tuple[Report, Callable[[Stage], object]]]:
    """Yield the report, silent if a machine reads, and what moves a progress bar, where somebody watches."""

    def silent(_: Any) -> None:
        return None

    if not on_terminal(options):
        yield Report(silent if options.json else print), silent
        return
    from tqdm import tqdm

    with tqdm(desc="fit", unit=" stages", leave=False) as bar:

        def move(stage: Stage) -> None:
            bar.set_postfix_str(stage.name, refresh=False)
            bar.update()

        yield Report(bar.write), move


def _stages(model: LatticeRegressor) -> list[dict[str, Any]]:
    return [{"name": s.name, "found": s.found, "seconds": round(s.seconds, 3)} for s in model.stages_]


def _outcome(result: Any) -> dict[str, Any]:
    """Return what a verification found, as plain data."""
    document: dict[str, Any] = {"proved": bool(result.proved), "reason": result.reason}
    if result.witness is not None:
        witness = result.witness
        values = {"teacher": str(witness.left), "learned": str(witness.right)}
        document["witness"] = {"point": number_texts(witness.point), **values}
    return document


def demo(options: argparse.Namespace) -> int:
    """Draw a teacher, learn it from samples, and prove that the learned function is the teacher."""
    check_target(options.save)
    check_target(options.certificate, "--certificate", [options.save])
    as_sample_size(options.samples, "--samples")
    with _watched(options) as (report, move):
        return _demo(options, report, move)


def _demo(options: argparse.Namespace, report: Report, move: Callable[[Stage], object]) -> int:
    from learner.regressor import LatticeRegressor

    started = perf_counter()
    widths = [options.dimension, *_widths(options.widths), 1]
    teacher = tropical.families.random_network(
        widths, options.seed, rank=options.rank, biases=options.biases, denominator=options.denominator
    )
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
        move(stage)

    model = LatticeRegressor(random_state=options.seed, callback=show).fit(X, y)
    clock = perf_counter()
    result = verify(model, teacher)
    seconds = perf_counter() - clock
    if result.function is not None:
        report.function(result.function, pieces=None if options.full else 3)
    if result.proved:
        assert result.check is not None  # `verify` has replayed the certificate
        report.line("proof", f"proved {result.reason}", seconds)
        report.line("", f"certificate replayed by the independent checker: {result.check.reason}")
    else:
        report.line("proof", f"NOT proved equal to the teacher: {result.reason}", seconds)
        report.line("", _advice(model, options.biases))
    if options.save:
        _save(result.function if result.function is not None else model.lattice_, options.save, report)
    if options.certificate and result.certificate is not None:
        tropical.save(result.certificate, options.certificate)
        report.line("saved", f"certificate {options.certificate}")
    report.total()
    document = {"teacher": repr(teacher), "stages": _stages(model), **_outcome(result)}
    document["function"] = (result.function if result.function is not None else model.lattice_).to_plain()
    answer(options, {**document, "seconds": round(perf_counter() - started, 3)}, [])
    return YES if result.proved else NO


def fit(options: argparse.Namespace) -> int:
    """Learn from a user's samples; report what is exact, and that nothing is proved about the source."""
    check_target(options.save)
    with _watched(options) as (report, move):
        return _fit(options, report, move)


def _fit(options: argparse.Namespace, report: Report, move: Callable[[Stage], object]) -> int:
    started = perf_counter()
    data = read_samples(options.files)
    X, y = as_samples(data.X, data.y, least=1)
    report.line("samples", f"X {X.shape}, labels {y.shape} from {data.label}")
    test = None
    if data.X_test is not None:
        test = as_samples(data.X_test, data.y_test, least=1, names=("X_test", "y_test"), constant=True)
        if test[0].shape[1] != X.shape[1]:
            given = f"{test[0].shape[1]}"
            raise InvalidInput("X_test", f"{X.shape[1]} columns, as X has", given, "use the same inputs")

    from learner.regressor import LatticeRegressor

    def show(stage: Stage, _: LatticeRegressor) -> None:
        report.stage(stage)
        move(stage)

    model = LatticeRegressor(random_state=options.seed, callback=show).fit(X, y)
    report.line("dimension", f"{len(model.components_)} of {model.n_features_in_} inputs' span")
    explained = model.explained_
    document: dict[str, Any] = {"samples": list(X.shape), "dimension": len(model.components_), "explained": explained}
    if test is not None:
        errors = np.abs(model.predict(test[0]) - test[1]) / y.std()
        share = float((errors <= 1e-9).mean())
        explained = min(explained, share)
        report.line("test", f"{share:.4%} of {len(errors)} explained exactly, largest error {errors.max():.1e} std(y)")
        document |= {"explained_of_test": share, "largest_error_of_test": float(errors.max())}
    report.line("confidence", model.confidence_)
    saved: LatticePolynomial | ReLUNetwork
    try:
        saved = model.to_exact()
        report.line("rational", f"yes: {_kind(saved)}")
        report.function(saved, pieces=None)
        document["rational"] = True
    except NotExact as error:
        saved = model.lattice_
        report.line("rational", f"no: {error}")
        document["rational"] = False
    report.line("proof", "none: without a teacher nothing can be proved about the source, only about the samples")
    if options.save:
        _save(saved, options.save, report)
    report.total()
    document |= {"confidence": model.confidence_, "stages": _stages(model), "function": saved.to_plain()}
    answer(options, {**document, "exact": explained == 1.0, "seconds": round(perf_counter() - started, 3)}, [])
    return YES if explained == 1.0 else NO


def _kind(exact: LatticePolynomial | ReLUNetwork) -> str:
    if isinstance(exact, ReLUNetwork):
        return "a network of rational weights explains every sample"
    return f"every coefficient is a multiple of 1/{exact.pieces.denominator}"


def verify_model(options: argparse.Namespace) -> int:
    """Decide by exact arithmetic whether a learned function is the teacher, on all of R^d.

    Yes comes with a certificate that the independent checker has replayed, no with a rational point where they differ.
    """
    check_target(options.certificate, "--certificate", [options.model, options.teacher])
    model, teacher = load_function(options.model, options), load_function(options.teacher, options)
    if model.outputs != 1:
        raise InvalidInput(
            "MODEL", "one output", f"{model.outputs}", "save one output with tropical.save(net[j], path)"
        )
    if not isinstance(model, LatticePolynomial | ReLUNetwork):
        found = tropical.lattice(model, max_cells=options.max_cells)
        assert isinstance(found, LatticePolynomial)  # one output
        model = found
    with watched(on_terminal(options)):
        result = verify(model, teacher, max_cells=options.max_cells)
    if options.certificate and result.proved:
        tropical.save(result.certificate, options.certificate)
        remark(f"certificate written to {options.certificate}")
    elif options.certificate:
        remark(f"nothing was proved; {options.certificate} was not written")
    answer(options, _outcome(result), [f"{'proved' if result.proved else 'NOT proved:'} {result.reason}"])
    return YES if result.proved else NO


def draw_samples(options: argparse.Namespace) -> int:
    """Draw inputs from N(0, I_d), label them with a network, and write both to .npz, .csv or .parquet."""
    check_target(options.target, "FILE")
    check_sample_target(options.target)
    teacher = load_function(options.teacher, options)
    X, y = sample(teacher, options.samples, noise=options.noise, random_state=options.seed)
    write_samples(options.target, X, y)
    text = f"{len(X)} samples of R^{X.shape[1]} from N(0, I), noise {options.noise:g}, written to {options.target}"
    answer(options, {"written": options.target, "samples": list(X.shape), "noise": options.noise}, [text])
    return YES


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


def _save(function: LatticePolynomial | ReLUNetwork, path: str, report: Report) -> None:
    tropical.save(function, path)
    report.line("saved", f"{path} (read it back with tropical.load)")


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
    names = ["demo", "fit", "verify", "sample"]
    parser, verbs = new_parser("learner", "Learn ReLU networks from Gaussian samples.", names)
    net = "a function: .json, .onnx, .safetensors or .txt"

    verb = add_verb(verbs, "demo", demo, "learn a random teacher and prove the result")
    verb.add_argument("--dimension", type=int, default=50, help="number of inputs (default 50)")
    verb.add_argument("--rank", type=int, default=3, help="rank of the first layer (default 3)")
    verb.add_argument("--widths", default="6,6", help="hidden widths (default 6,6)")
    verb.add_argument("--biases", action="store_true", help="give the teacher biases")
    verb.add_argument("--denominator", type=int, default=4, help="weights are k/DENOMINATOR (default 4)")
    verb.add_argument("--samples", type=int, default=200_000, help="number of samples (default 200000)")
    verb.add_argument("--seed", type=_seed, default=0, help="of teacher and samples (default 0)")
    verb.add_argument("--save", metavar="FILE", help="write the learned function, in the format of the suffix")
    verb.add_argument("--certificate", metavar="FILE", help="write the certificate of equality as JSON")
    verb.add_argument("--full", action="store_true", help="print every piece in full")

    verb = add_verb(verbs, "fit", fit, "learn from your own samples")
    verb.add_argument(
        "files", nargs="+", metavar="FILE", help=".npz with X, y; .csv; .parquet; or two .npy (X, then y)"
    )
    verb.add_argument("--seed", type=_seed, default=0, help="of the held-out split and the search (default 0)")
    verb.add_argument("--save", metavar="FILE", help="write the learned function, in the format of the suffix")

    verb = add_verb(verbs, "verify", verify_model, "decide whether a learned function is the teacher")
    verb.add_argument("model", metavar="MODEL", help=f"{net}; what fit and demo save")
    verb.add_argument("teacher", metavar="TEACHER", help=net)
    verb.add_argument("--certificate", metavar="FILE", help="for yes: write the certificate as JSON")
    add_limits(verb, ["max-cells"])
    add_net_options(verb)

    verb = add_verb(verbs, "sample", draw_samples, "draw Gaussian samples of a network")
    verb.add_argument("teacher", metavar="TEACHER", help=net)
    verb.add_argument("target", metavar="FILE", help=".npz, .csv or .parquet")
    verb.add_argument("--samples", type=int, default=10_000, help="number of samples (default 10000)")
    verb.add_argument("--noise", type=float, default=0.0, help="standard deviation of label noise (default 0)")
    verb.add_argument("--seed", type=_seed, default=0, help="of the samples (default 0)")
    add_net_options(verb)
    return parser


if __name__ == "__main__":
    sys.exit(main())
