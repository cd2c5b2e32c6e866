"""The whole path: exact on teachers with rational weights, honest on everything else."""

from contextlib import suppress
from fractions import Fraction

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from learner import LatticeRegressor, SampleWarning, sample
from tropical import InvalidInput, LatticePolynomial, NotExact, ReLUNetwork, families


def fitted(net, n, **parameters):
    X, y = sample(net, n, random_state=0)
    return LatticeRegressor(random_state=0, **parameters).fit(X, y)


@pytest.fixture(scope="module")
def small():
    net = families.random_network((15, 4, 4, 1), 5, rank=2)
    return net, fitted(net, 8000)


def test_it_explains_fresh_samples_exactly(small):
    net, model = small
    X, y = sample(net, 5000, random_state=1)
    assert np.abs(model.predict(X) - y).max() < 1e-9 * y.std()
    assert model.explained_ == model.explained_training_ == 1.0
    assert model.confidence_.startswith("exact on all 800 held-out samples")
    assert model.score(X, y) == pytest.approx(1.0)


def test_the_lattice_is_the_predictor_and_has_exact_rank_k(small):
    net, model = small
    X, _ = sample(net, 200, random_state=2)
    assert np.allclose(model.lattice_.evaluate(X), model.predict(X))
    assert model.lattice_.pieces.rank() == len(model.components_) == 2
    assert np.allclose(model.components_ @ model.components_.T, np.eye(2))
    exact = model.to_exact()
    assert exact.pieces.rank() == 2
    assert 64 % exact.pieces.denominator == 0
    assert np.allclose(exact.evaluate(X), model.predict(X))


def test_stages_tell_what_happened(small):
    _, model = small
    assert [stage.name for stage in model.stages_] == [
        "directions",
        "refinement",
        "pieces",
        "rationals",
        "assembly",
        "completion",
        "validation",
    ]
    assert all(stage.seconds >= 0 and stage.found for stage in model.stages_)


def test_the_callback_sees_each_stage_as_it_ends():
    seen = []
    net = families.random_network((6, 3, 1), 1, rank=2)
    fitted(net, 2000, callback=lambda stage, model: seen.append((stage.name, len(model.stages_))))
    names = ["directions", "refinement", "pieces", "one hidden layer", "rationals", "assembly", "validation"]
    assert seen == [(name, count) for count, name in enumerate(names, start=1)]


def test_progress_is_printed_when_asked_for(capsys):
    model = fitted(families.random_network((6, 3, 1), 1, rank=2), 2000, progress=True)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == [stage.name for stage in model.stages_]
    fitted(families.random_network((6, 3, 1), 1, rank=2), 2000)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "net",
    [
        ReLUNetwork([[[1, 0, 0], [-1, 0, 0]], [1, 1]]),  # |x0|: invisible to the mean filter
        ReLUNetwork([[[1, 2, 0], [1, 2, 0], [-1, -2, 0]], [1, 1, 1]]),  # duplicated and opposite units
        ReLUNetwork([[1, 2, 3]], [5]),  # one affine piece
        ReLUNetwork([[[1, 0, 0]], [1]], [[1], "-1/2"]),  # a bias
        ReLUNetwork([[[1, 1, 0]], [[-1]], [-2]], [None, [1], 3]),  # a plateau
    ],
    ids=["absolute value", "degenerate", "affine", "biased", "plateau"],
)
def test_degenerate_teachers_are_recovered(net):
    model = fitted(net, 3000)
    X, y = sample(net, 2000, random_state=1)
    assert np.abs(model.predict(X) - y).max() < 1e-9 * y.std()
    assert model.to_exact().pieces.rank() == 1


def test_sample_files_with_withheld_teachers(data):
    for name, k, rational in [
        ("rank2_d20", 2, 1),
        ("rank3_d40", 3, 1),
        ("rank2_biased_d30", 2, 1),
        ("cyclic4_d40", 2, 0),
    ]:
        with np.load(data / f"{name}.npz") as file:
            model = LatticeRegressor(random_state=0).fit(file["X"], file["y"])
            error = np.abs(model.predict(file["X_test"]) - file["y_test"]).max()
            assert error <= 1e-9 * file["y"].std(), name
        assert len(model.components_) == k, name
        if rational:
            assert 64 % model.to_exact().pieces.denominator == 0, name
        else:
            with pytest.raises(NotExact, match="irrational"):
                model.to_exact()


@pytest.mark.parametrize("noise", [1e-6, 0.1])
def test_noise_is_never_called_exact(noise):
    net = families.random_network((10, 4, 1), 2, rank=2)
    X, y = sample(net, 1500, noise=noise, random_state=0)
    model = LatticeRegressor(random_state=0).fit(X, y)
    assert model.explained_ < 0.05
    assert model.confidence_.startswith("not exact")
    with pytest.raises(NotExact):
        model.to_exact()
    assert np.isfinite(model.predict(X)).all()


def test_pure_noise_gives_no_direction_and_the_mean():
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((2000, 8)), rng.standard_normal(2000)
    model = LatticeRegressor(random_state=1, level=0.001).fit(X, y)
    assert model.components_.shape == (0, 8)
    assert model.predict(X) == pytest.approx(np.full(2000, y.mean()), abs=0.02)
    assert isinstance(model.lattice_, LatticePolynomial)
    assert model.lattice_.pieces.rank() == 0


def test_more_components_than_there_are_do_no_harm(small):
    net, _ = small
    model = fitted(net, 2500, n_components=3)
    assert len(model.components_) == 2
    assert model.explained_ == 1.0


def test_one_outlier_makes_nothing_exact():
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((1000, 5)), rng.standard_normal(1000)
    y[7] = 1e13
    model = LatticeRegressor(random_state=0).fit(X, y)
    assert model.explained_ == 0.0
    net = families.random_network((6, 3, 1), 1, rank=2)
    X, y = sample(net, 3000, random_state=0)
    y[7] = 1e12
    model = LatticeRegressor(random_state=0).fit(X, y)
    fresh, truth = sample(net, 1000, random_state=1)
    assert np.abs(model.predict(fresh) - truth).max() < 1e-6


def test_repeated_samples_are_no_evidence():
    X, y = sample(families.random_network((6, 3, 1), 1, rank=2), 40, random_state=0)
    noise = np.random.default_rng(0).standard_normal(40)
    with pytest.warns(SampleWarning, match="repeat others"):
        model = LatticeRegressor(random_state=0).fit(np.repeat(X, 10, axis=0), np.repeat(y + noise, 10))
    assert model.explained_ < 1.0


def test_a_tiny_constant_is_not_zero():
    net = ReLUNetwork([[[1, 0, 0], [-1, 0, 0]], [1, 2]], [None, f"1/{10**11}"])
    model = fitted(net, 3000)
    with suppress(NotExact):  # an honest refusal; a zero would be wrong
        assert model.to_exact()([0, 0, 0]) == Fraction(1, 10**11)


@pytest.mark.filterwarnings("ignore::learner.NonGaussianWarning")
def test_inputs_that_do_not_span_determine_no_gradients():
    net = families.random_network((5, 3, 1), 1, rank=2)
    X = np.random.default_rng(0).standard_normal((3000, 5))
    X[:, 1] = X[:, 0]
    model = LatticeRegressor(random_state=0).fit(X, net.evaluate(X))
    assert "distribution of the inputs" in model.confidence_
    with pytest.raises(NotExact, match="do not span"):
        model.to_exact()


def test_the_direction_of_a_step_is_the_normal_of_the_wall_between_its_pieces():
    X = np.random.default_rng(0).standard_normal((2000, 4))
    model = LatticeRegressor(random_state=0).fit(X, np.sign(X[:, 0]))
    assert model.pieces_.tolist() == [[0.0, 0.0, 0.0, 0.0, -1.0], [0.0, 0.0, 0.0, 0.0, 1.0]]
    assert len(model.components_) == 1
    assert abs(model.components_[0, 0]) > 0.999
    assert model.predictor_ == "local"
    fresh = np.random.default_rng(1).standard_normal((2000, 4))
    assert (model.predict(fresh) == np.sign(fresh[:, 0])).mean() > 0.99


def test_too_few_samples_are_named():
    net = families.random_network((30, 3, 1), 0)
    X, y = sample(net, 20, random_state=0)
    with pytest.raises(InvalidInput, match=r"d \+ 2 = 32 training samples"):
        LatticeRegressor().fit(X, y)


@pytest.mark.parametrize("fraction", [0.0, 1.0, -1])
def test_bad_parameters_are_named(fraction):
    with pytest.raises(InvalidInput, match="validation_fraction"):
        LatticeRegressor(validation_fraction=fraction).fit(np.zeros((20, 2)), np.arange(20.0))


@pytest.mark.parametrize(
    ("X", "y", "named"),
    [
        (np.full((50, 2), np.nan), np.arange(50.0), r"`X` .* of shape \(50, 2\); .*NaN; drop or mend these rows$"),
        (np.zeros((50, 2)), np.ones(50), "`y` needs"),
        (np.zeros(50), np.arange(50.0), r"`X` .* of shape \(50,\); [^\[]*\. Reshape your data [^\[]*$"),
        (np.zeros((50, 2)), np.arange(49.0), "`y` needs .*; give one label for each row$"),
        (np.zeros((50, 2)), None, r"`y` needs .*, got None; .*; call fit\(X, y\)$"),
    ],
    ids=["NaN", "constant y", "one-dimensional", "lengths", "none"],
)
def test_bad_samples_are_named(X, y, named):
    with pytest.raises(InvalidInput, match=f"^{named}"):
        LatticeRegressor().fit(X, y)


def test_unfitted_and_wrong_width(small):
    _, model = small
    with pytest.raises(InvalidInput, match="`X` needs"):
        model.predict(np.zeros((3, 4)))
    with pytest.raises(NotFittedError):
        LatticeRegressor().to_exact()
    with pytest.raises(NotFittedError):
        LatticeRegressor().predict(np.zeros((3, 4)))


def test_one_layer_is_predicted_by_its_units():
    """The lattice polynomial of all its pieces is the same function, and slower."""
    teacher = families.random_network((12, 8, 1), seed=2, rank=3)
    X, y = sample(teacher, 4000, random_state=0)
    model = LatticeRegressor(random_state=0).fit(X, y)
    assert model.predictor_ == "lattice"
    fresh, labels = sample(teacher, 3000, random_state=1)
    assert np.abs(model.predict(fresh) - model.lattice_.evaluate(fresh)).max() < 1e-10 * y.std()
    assert np.abs(model.predict(fresh) - labels).max() < 1e-9 * y.std()
