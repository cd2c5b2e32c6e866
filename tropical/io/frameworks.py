"""Networks of PyTorch and scikit-learn, read by the attributes that they are known by; neither library is imported.

===================================  ====================================================================
torch                                becomes
===================================  ====================================================================
``Sequential`` of modules            their composition; nested ones too
``Linear``                           affine map, weights as the dyadic rationals that the floats are
``ReLU``, ``LeakyReLU``, ``PReLU``,  themselves, exactly
``ReLU6``, ``Hardtanh``
``Flatten``, ``Identity``,           nothing (dropout is nothing at prediction)
``Dropout``
state dict                           the affine maps in the order of the dict, ReLU between them
===================================  ====================================================================

A module of another kind computes by code, and code is not run here: ``torch.onnx.export`` turns it into a graph, which
:func:`from_onnx` reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from tropical._arguments import exact_array
from tropical._exact.rational import as_items
from tropical.exceptions import InvalidInput, InvalidType
from tropical.io.tracing import Chain
from tropical.network import ReLUNetwork

__all__ = ["from_sklearn", "from_state_dict", "from_torch"]

_NOTHING = {"Identity", "Flatten", "Dropout", "Dropout1d", "Dropout2d", "AlphaDropout", "FeatureAlphaDropout"}
_KNOWN = "Sequential, Linear, ReLU, LeakyReLU, PReLU, ReLU6, Hardtanh, Flatten, Identity, Dropout"
_CURES = {
    "BatchNorm1d": "fold it into the Linear layer before (torch.nn.utils.fusion.fuse_linear_bn_eval)",
    "Conv1d": "write the convolution as a Linear layer; only fully connected layers are read",
    "Conv2d": "write the convolution as a Linear layer; only fully connected layers are read",
    "Tanh": "it is not piecewise linear; Hardtanh is",
    "Sigmoid": "it is not piecewise linear: leave it out, and read the score before it",
    "Softmax": "it is not piecewise linear: leave it out, and read the logits before it",
    "LogSoftmax": "it is not piecewise linear: leave it out, and read the logits before it",
    "GELU": "it is not piecewise linear; train with ReLU or LeakyReLU",
}


def from_torch(model: Any) -> ReLUNetwork:
    """Return the network that a ``torch.nn.Sequential`` or a state dict holds; floats become dyadic rationals.

    Parameters
    ----------
    model : torch.nn.Sequential, torch.nn.Linear, or mapping of names to tensors
        Of a state dict, which knows no activations, ReLU is taken between the layers; see :func:`from_state_dict`.
        Values are read by ``.detach().cpu().numpy()``.

    Raises
    ------
    InvalidType
        Naming the module that is not known, with the cure.
    InvalidInput
        Naming the layer whose shape does not fit.

    Notes
    -----
    A chain of Linear and ReLU keeps its units one by one. Costs one rational operation a weight.
    """
    if isinstance(model, Mapping):
        return from_state_dict(model)
    if not hasattr(model, "named_children"):
        cure = "pass model or model.state_dict()"
        raise InvalidType("model", "a torch.nn.Sequential or a state dict", model, cure)
    modules = _flattened(model, "model")
    first = next((module for _, module in modules if type(module).__name__ == "Linear"), None)
    if first is None:
        raise InvalidInput("model", "at least one Linear layer", "none", "pass the trained model")
    chain = Chain(_array(first.weight, "weight").shape[-1], "model")
    for name, module in modules:
        _append(chain, name, module)
    return chain.network()


def from_state_dict(state: Mapping[str, Any], layers: list[str] | None = None) -> ReLUNetwork:
    """Return the network of affine layers with ReLU between them; floats become dyadic rationals.

    Parameters
    ----------
    state : mapping
        ``"<layer>.weight"`` of shape (outputs, inputs), optionally ``"<layer>.bias"``: tensors or arrays.
    layers : list of str, optional
        The names of the layers in order; by default as the mapping has them.

    Raises
    ------
    InvalidInput, InvalidType
        For keys that belong to no affine layer, and for shapes that do not fit together.

    Notes
    -----
    A state dict does not say what happens between its layers. If that is not ReLU, build the network from the layers:
    :func:`tropical.from_layers`.
    """
    if not isinstance(state, Mapping) or not all(isinstance(key, str) for key in state):
        raise InvalidType("state", "a mapping of names to tensors", state, "pass model.state_dict()")
    found = list(dict.fromkeys(key.rpartition(".")[0] for key in state))
    foreign = [key for key in state if key.rpartition(".")[2] not in ("weight", "bias")]
    if foreign:
        cure = "fold normalisation into the layers, and take other entries out"
        raise InvalidInput("state", "keys that end in weight or bias", repr(foreign[0]), cure)
    cure = f"name each of {', '.join(found)} once"
    order = found if layers is None else as_items(layers, "layers", "the names of all layers", cure)
    if not all(isinstance(name, str) for name in order) or sorted(order) != sorted(found):
        raise InvalidInput("layers", "the names of all layers", layers, cure)
    if not order:
        raise InvalidInput("state", "at least one layer", "none", "pass the weights of the trained model")
    arrays = {key: _array(value, key) for key, value in state.items()}
    keys = [f"{name}.weight" if name else "weight" for name in order]
    for name, key in zip(order, keys, strict=True):
        if key not in arrays or arrays[key].ndim != 2:
            given = "none" if key not in arrays else f"shape {arrays[key].shape}"
            cure = "only affine layers have a place in a state dict; export other models to ONNX"
            raise InvalidInput(f"state[{key!r}]", f"a matrix, as {name or 'the state'} has a bias", given, cure)
    chain = Chain(arrays[keys[0]].shape[1], "state")
    for index, key in enumerate(keys):
        if index:
            chain.relu()
        chain.affine(arrays[key], arrays.get(key[: -len("weight")] + "bias"), f"state {key[: -len('weight')]}"[:-1])
    return chain.network()


def from_sklearn(model: Any) -> ReLUNetwork:
    """Return the network of a fitted ``MLPRegressor`` or ``MLPClassifier``; floats become dyadic rationals.

    Of a classifier the score before the last nonlinearity is returned. With two classes that is one output: positive
    where ``classes_[1]`` is predicted. With more it is one logit for each class, of which the largest is predicted.

    Parameters
    ----------
    model : MLPRegressor, MLPClassifier, or Pipeline
        Fitted, with activation "relu" or "identity". A pipeline may hold StandardScaler and MinMaxScaler before it.

    Raises
    ------
    InvalidType
        For other models and steps.
    InvalidInput
        For other activations, and where it was not fitted.
    """
    steps = [step for _, step in model.steps] if hasattr(model, "steps") else [model]
    if not steps or not hasattr(steps[-1], "activation"):
        cure = "fit sklearn.neural_network.MLPRegressor(activation='relu')"
        raise InvalidType("model", "an MLPRegressor or MLPClassifier, or a pipeline that ends in one", model, cure)
    network = steps[-1]
    if network.activation not in ("relu", "identity"):
        cure = "only relu and identity are piecewise linear: fit it again with activation='relu'"
        raise InvalidInput("model.activation", '"relu" or "identity"', network.activation, cure)
    if not hasattr(network, "coefs_"):
        raise InvalidInput("model", "a fitted model", "one without coefs_", "call model.fit(X, y) first")
    last = getattr(network, "out_activation_", "identity")
    if last not in ("identity", "logistic", "softmax"):
        cure = "its predictions are not piecewise linear; fit a regressor with loss='squared_error'"
        raise InvalidInput("model.out_activation_", "identity, or a classifier's", last, cure)
    chain = Chain(np.shape(network.coefs_[0])[0], "model")
    for step in steps[:-1]:
        _append_scaler(chain, step)
    for index, (weight, bias) in enumerate(zip(network.coefs_, network.intercepts_, strict=True)):
        if index and network.activation == "relu":
            chain.relu()
        chain.affine(np.asarray(weight).T, bias, f"model.coefs_[{index}]")
    return chain.network()


def _flattened(module: Any, name: str) -> list[tuple[str, Any]]:
    """Return the modules of nested Sequentials, with their names."""
    kind = type(module).__name__
    children = list(module.named_children())
    if kind == "Sequential" or (not children and kind != "Sequential"):
        if kind != "Sequential":
            return [(name, module)]
        return [found for part, child in children for found in _flattened(child, f"{name}.{part}")]
    cure = "its forward is code, which is not run: pass the Sequential in it, or export it by torch.onnx.export"
    raise InvalidType(name, f"modules of the kinds {_KNOWN}", f"a {kind}", cure)


def _append(chain: Chain, name: str, module: Any) -> None:
    kind = type(module).__name__
    if kind == "Linear":
        bias = getattr(module, "bias", None)
        chain.affine(_array(module.weight, name), None if bias is None else _array(bias, name), name)
    elif kind == "ReLU":
        chain.relu()
    elif kind == "LeakyReLU":
        chain.leaky(module.negative_slope, name)
    elif kind == "PReLU":
        slopes = _array(module.weight, name)
        if slopes.size not in (1, chain.values.size):
            cure = "a PReLU has one slope, or one for each value"
            raise InvalidInput(f"{name} weight", f"{chain.values.size} slopes", slopes.size, cure)
        chain.leaky(slopes.reshape(-1), name)
    elif kind == "ReLU6":
        chain.clip(0, 6, name)
    elif kind == "Hardtanh":
        chain.clip(module.min_val, module.max_val, name)
    elif kind not in _NOTHING:
        cure = _CURES.get(kind, "leave it out, or write it with these; torch.onnx.export may know it, too")
        raise InvalidType(name, f"a module of the kinds {_KNOWN}", f"a {kind}", cure)


def _append_scaler(chain: Chain, step: Any) -> None:
    kind, width = type(step).__name__, chain.values.size
    ones, zeros = exact_array(np.ones(width), kind), exact_array(np.zeros(width), kind)
    if kind == "StandardScaler":
        mean = zeros if getattr(step, "mean_", None) is None else exact_array(step.mean_, "mean_")
        scale = ones if getattr(step, "scale_", None) is None else exact_array(step.scale_, "scale_")
        mean = mean if getattr(step, "with_mean", True) else zeros
        if len(mean) == len(scale) == width and all(scale):
            chain.scale(np.array([Fraction(1) / s for s in scale]), -mean / scale)
            return
    elif kind == "MinMaxScaler" and hasattr(step, "min_") and not getattr(step, "clip", False):
        scale, shift = exact_array(step.scale_, "scale_"), exact_array(step.min_, "min_")
        if len(scale) == len(shift) == width:
            chain.scale(scale, shift)
            return
    elif step in (None, "passthrough"):
        return
    cure = "transform the data before, and read the last step alone"
    raise InvalidType("model", "StandardScaler and MinMaxScaler (no clip) before the network", f"a {kind}", cure)


def _array(value: Any, name: str) -> np.ndarray:
    """Return a tensor's numbers, wherever it lives."""
    for method in ("detach", "cpu", "numpy"):
        if hasattr(value, method):
            try:
                value = getattr(value, method)()
            except TypeError as error:  # bfloat16 has no NumPy type: it says so
                raise InvalidType(name, "a tensor that NumPy can hold", str(error), "call .float() on it") from None
    return np.asarray(value)
