"""Other tools on the same samples: what each predicts, and the directions it finds.

All of them are told the true number of directions where they can use it, get a validation set of fresh samples for
nothing, and of several settings the one that is best *on the test points* counts: each choice is in their favour.

============  =================================================================================================
``adam``      torch MLP, over-parametrised, Adam, float32, mini-batches; the best epoch on the validation set
``sgd``       the same with SGD and momentum 0.9
``online``    Adam on fresh samples, never one twice, until the time is up: more samples than any other tool
``sklearn``   scikit-learn's MLPRegressor
``xrfm``      xRFM (recursive feature machine); its matrix of average gradient products gives directions
``save``      sliced average variance estimation of statsmodels, then nearest neighbours in its directions
``sir``       sliced inverse regression of statsmodels, then nearest neighbours
============  =================================================================================================
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from time import process_time
from typing import Any

import numpy as np

from benchmarks.jobs import slowness
from benchmarks.teachers import HiddenFunction

__all__ = ["BATCH", "PEERS", "SETTINGS", "Fit", "Task", "best_of"]

Array = np.ndarray


@dataclass(frozen=True)
class Task:
    """Samples to learn from, fresh ones to choose an epoch with, and seconds of processor time for one setting.

    A network stops where its mean square error on the validation set, in units of the variance, is at most `enough`.
    """

    X: Array
    y: Array
    validation: tuple[Array, Array]
    teacher: HiddenFunction
    seconds: float
    seed: int
    enough: float = 0.0

    @property
    def k(self) -> int:
        """True number of directions."""
        return len(self.teacher.basis)


@dataclass(frozen=True)
class Fit:
    """What a tool learned."""

    predict: Callable[[Array], Array]
    components: Array
    samples: int
    setting: str


# Of torch: (hidden widths, learning rate). Chosen before the table was made; 256 units are some 30 times the teacher's.
SETTINGS: dict[str, list[tuple[tuple[int, ...], float]]] = {
    "adam": [((256,), 3e-3), ((128, 128), 2e-3)],
    "sgd": [((256,), 0.1), ((128, 128), 0.1)],
    "online": [((128, 128), 2e-3)],
}
BATCH = 128
_PATIENCE = 100  # epochs without a better one on the validation set; fresh samples wait for the end of a plateau


def torch_network(task: Task, hidden: tuple[int, ...], rate: float, optimiser: str) -> Fit:
    """Train a ReLU network until the seconds are used, or no epoch has been better for long; `online`: no patience."""
    import torch  # pyright: ignore[reportMissingImports]

    torch.set_num_threads(1)
    torch.manual_seed(task.seed)
    shift, scale = float(task.y.mean()), float(task.y.std())

    def tensors(X: Array, y: Array) -> tuple[Any, Any]:
        return torch.tensor(X, dtype=torch.float32), torch.tensor((y - shift) / scale, dtype=torch.float32)

    sizes = [task.X.shape[1], *hidden, 1]
    layers: list[Any] = []
    for before, after in pairwise(sizes):
        layers += [torch.nn.Linear(before, after), torch.nn.ReLU()]
    net = torch.nn.Sequential(*layers[:-1])
    if optimiser == "sgd":
        step: Any = torch.optim.SGD(net.parameters(), lr=rate, momentum=0.9)
    else:
        step = torch.optim.Adam(net.parameters(), lr=rate)
    X, y = tensors(task.X, task.y)
    X_valid, y_valid = tensors(*task.validation)

    def state() -> dict[str, Any]:
        return {name: value.clone() for name, value in net.state_dict().items()}

    best, weights, stale, drawn, epoch = float("inf"), state(), 0, 0, 0  # one that diverges at once stays as it began
    end = process_time() + task.seconds
    while process_time() < end and best > task.enough and (stale < _PATIENCE or optimiser == "online"):
        epoch += 1
        if optimiser == "online":
            X, y = tensors(*task.teacher.sample(4096, [task.seed, 3, epoch]))
        drawn += len(X)
        for batch in torch.randperm(len(X)).split(BATCH):
            step.zero_grad()
            loss = ((net(X[batch])[:, 0] - y[batch]) ** 2).mean()
            loss.backward()
            step.step()
        with torch.no_grad():
            error = float(((net(X_valid)[:, 0] - y_valid) ** 2).mean())
        if not np.isfinite(error):
            break
        stale += 1
        if error < best:
            best, stale, weights = error, 0, state()
    net.load_state_dict(weights)

    def predict(points: Array) -> Array:
        with torch.no_grad():
            return net(torch.tensor(points, dtype=torch.float32))[:, 0].double().numpy() * scale + shift

    points: Any = torch.tensor(task.validation[0], dtype=torch.float32, requires_grad=True)
    net(points).sum().backward()
    words = f"{'-'.join(map(str, hidden))}, rate {rate:g}, {epoch} epochs"
    samples = drawn if optimiser == "online" else len(task.X)
    return Fit(predict, _leading(points.grad.double().numpy(), task.k), samples, words)


def sklearn_network(task: Task) -> Iterator[Fit]:
    """Give MLPRegressor of two shapes, with its own early stopping off and on."""
    from sklearn.neural_network import MLPRegressor

    shift, scale = float(task.y.mean()), float(task.y.std())
    for hidden, stopping in (((128, 128), False), ((128, 128), True), ((256,), False)):
        net = MLPRegressor(hidden_layer_sizes=hidden, max_iter=300, early_stopping=stopping, random_state=task.seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            net.fit(task.X, (task.y - shift) / scale)
        active, signal = [], task.validation[0]
        for weight, bias in zip(net.coefs_[:-1], net.intercepts_[:-1], strict=True):
            signal = np.maximum(signal @ weight + bias, 0.0)
            active.append(signal > 0.0)
        back = np.ones((len(signal), 1)) @ net.coefs_[-1].T
        for on, weight in zip(reversed(active), reversed(net.coefs_[:-1]), strict=True):
            back = (back * on) @ weight.T
        words = f"{'-'.join(map(str, hidden))}{', early stopping' if stopping else ''}"
        yield Fit(
            lambda Z, net=net: np.asarray(net.predict(Z)) * scale + shift, _leading(back, task.k), len(task.X), words
        )


def xrfm(task: Task) -> Iterator[Fit]:
    """Give xRFM with its default kernel and with a narrower one."""
    import torch  # pyright: ignore[reportMissingImports]
    from xrfm import xRFM  # pyright: ignore[reportMissingImports]

    torch.set_num_threads(1)
    shift, scale = float(task.y.mean()), float(task.y.std())

    def tensors(X: Array, y: Array) -> tuple[Any, Any]:
        return torch.tensor(X, dtype=torch.float32), torch.tensor((y - shift) / scale, dtype=torch.float32)[:, None]

    for kernel, bandwidth in (("l2", 10.0), ("l1", 10.0), ("l2", 3.0)):
        inner = {"kernel": kernel, "bandwidth": bandwidth, "exponent": 1.0, "diag": False, "bandwidth_mode": "constant"}
        fitting = {"reg": 1e-3, "iters": 8, "verbose": False, "early_stop_rfm": True, "get_agop_best_model": True}
        parameters = {"model": inner, "fit": fitting}
        model = xRFM(
            rfm_params=parameters,
            default_rfm_params=parameters,
            device=torch.device("cpu"),
            tuning_metric="mse",
            time_limit_s=task.seconds * slowness(),  # it looks at wall time, and other work must not cost it rounds
            random_state=task.seed,
            verbose=False,
        )
        model.fit(*tensors(task.X, task.y), *tensors(*task.validation))
        matrix = np.asarray(model.collect_best_agops()[0], dtype=float)
        rows = np.linalg.eigh(matrix)[1][:, ::-1][:, : task.k].T
        yield Fit(
            lambda Z, model=model: (
                np.asarray(model.predict(torch.tensor(Z, dtype=torch.float32)), dtype=float).ravel() * scale + shift
            ),
            rows,
            len(task.X),
            f"{kernel}, bandwidth {bandwidth:g}",
        )


def sliced(task: Task, method: str) -> Iterator[Fit]:
    """Give sliced estimates of the directions with two numbers of slices, each with two numbers of neighbours."""
    from sklearn.neighbors import KNeighborsRegressor
    from statsmodels.regression import dimred  # pyright: ignore[reportMissingImports]

    model = {"sir": dimred.SlicedInverseReg, "save": dimred.SlicedAverageVarianceEstimation}[method]
    for slices in (6, 16):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = model(task.y, task.X).fit(slice_n=max(2, len(task.y) // slices))
        rows = np.linalg.qr(found.params[:, : task.k])[0].T
        for neighbours in (5, 15):
            near = KNeighborsRegressor(neighbours, weights="distance").fit(task.X @ rows.T, task.y)
            words = f"{slices} slices, {neighbours} neighbours"
            yield Fit(lambda Z, near=near, rows=rows: near.predict(Z @ rows.T), rows, len(task.X), words)


def _networks(optimiser: str) -> Callable[[Task], Iterator[Fit]]:
    def fits(task: Task) -> Iterator[Fit]:
        for hidden, rate in SETTINGS[optimiser]:
            yield torch_network(task, hidden, rate, optimiser)

    return fits


PEERS: dict[str, Callable[[Task], Iterator[Fit]]] = {
    "adam": _networks("adam"),
    "sgd": _networks("sgd"),
    "online": _networks("online"),
    "sklearn": sklearn_network,
    "xrfm": xrfm,
    "save": lambda task: sliced(task, "save"),
    "sir": lambda task: sliced(task, "sir"),
}


def best_of(fits: Iterator[Fit], X: Array, y: Array) -> tuple[Fit, float]:
    """Return the fit of smallest mean square error at test points, and that error in units of the variance."""
    scored = [(float(((fit.predict(X) - y) ** 2).mean() / y.var()), index, fit) for index, fit in enumerate(fits)]
    error, _, best = min(scored, key=lambda entry: entry[:2])
    return best, error


def _leading(gradients: Array, k: int) -> Array:
    """Return the k leading directions of the average gradient outer product."""
    return np.linalg.svd(gradients, full_matrices=False)[2][:k]
