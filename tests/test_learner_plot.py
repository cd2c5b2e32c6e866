"""Pictures of learning: what is drawn is what was measured, and the band is where noise lies."""

import sys
from dataclasses import dataclass

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure

import tropical as tp
from learner import FilteredPCA, RecoveryThreshold, SliceFilter, ThresholdFilter, plot, sample
from learner.moments import SliceMoments
from learner.null_spectrum import gaussian_moments, noise_edges, null_eigenvalues
from tropical import InvalidInput, InvalidType

matplotlib.use("Agg")

TEACHER = tp.families.random_network((30, 4, 4, 1), seed=5, rank=2)
X, Y = sample(TEACHER, 3000, random_state=0)
PCA = FilteredPCA(random_state=0).fit(X, Y)
FIXED = FilteredPCA(filter=ThresholdFilter(1.0)).fit(X, Y)
RECORDS = [
    {"alpha": a, "sine": s / a, "method": m, "teacher": f, "proved": a > 5 and m == "ours"}
    for a in (10, 2.5, 5)
    for s in (1, 2, 0.5)
    for m in ("ours", "SIR")
    for f in ("cyclic", "nets")
]


def blank():
    return Figure().add_subplot()


def lines(ax, gid):
    return [line for line in ax.lines if line.get_gid() == gid]


# ---------------------------------------------------------------- the spectrum without signal


@pytest.mark.parametrize("counts", [[400, 150, 0, 90], [3, 1, 12, 5]])
def test_drawn_sums_have_the_law_of_sums_of_samples(counts):
    rng = np.random.RandomState(0)
    dimension, draws = 8, 600
    drawn = [gaussian_moments(np.array(counts), dimension, rng) for _ in range(draws)]
    real = []
    for _ in range(draws):
        index = np.repeat(np.arange(len(counts)), counts)
        real.append(SliceMoments(len(counts), dimension).add(rng.standard_normal((len(index), dimension)), index))
    for statistic in (
        lambda m: m.squares[:, 0, 0],
        lambda m: m.squares[:, 0, 1],
        lambda m: m.sums[:, 0] * m.squares[:, 0, 1] * m.sums[:, 1],
        lambda m: np.trace(m.squares, axis1=1, axis2=2),
        lambda m: np.linalg.eigvalsh(m.squares)[:, -1],
    ):
        one, other = (np.array([statistic(m) for m in group]) for group in (drawn, real))
        for a, b in zip(one.T, other.T, strict=True):
            error = np.sqrt((a.var() + b.var()) / draws)
            assert abs(a.mean() - b.mean()) <= 4.5 * error + 1e-9
            assert abs(np.log((a.std() + 1e-12) / (b.std() + 1e-12))) < 0.35


@pytest.mark.parametrize("options", [{}, {"filter": ThresholdFilter(1.0)}, {"whiten": True}])
def test_labels_without_information_lie_in_the_band(options):
    noise = np.random.default_rng(1).standard_normal(len(X))
    pca = FilteredPCA(**options).fit(X, noise)
    null = null_eigenvalues(pca, draws=60, random_state=0)
    assert null.shape == (60, 30)
    low, high = np.quantile(null, [0.0, 1.0], axis=0)
    inside = (low <= pca.eigenvalues_) & (pca.eigenvalues_ <= high)
    assert inside.mean() > 0.8
    assert len(pca.components_) == 0


def test_slices_are_counted():
    assert PCA.slice_counts_.sum() == len(X)
    assert len(PCA.slice_counts_) == len(PCA.filter_)


def test_known_directions_have_no_eigenvalue_left():
    pca = FilteredPCA(basis=PCA.components_[:1]).fit(X, Y)
    null = null_eigenvalues(pca, draws=3, random_state=0)
    assert np.abs(null).min(axis=1) == pytest.approx(0.0, abs=1e-9)


def test_the_edges_of_the_bulk_hold_the_drawn_spectrum():
    low, high = noise_edges(FIXED)
    null = null_eigenvalues(FIXED, draws=40, random_state=0)
    assert low < 0 < high
    assert null.max() == pytest.approx(high, rel=0.25)
    assert null.min() == pytest.approx(low, rel=0.25)
    assert noise_edges(PCA) is None


def test_chunks_give_the_same_band():
    filter_ = SliceFilter.by_quantiles(Y, 16)
    whole = FilteredPCA(filter=filter_).fit(X, Y)
    parts = FilteredPCA(filter=filter_)
    parts.partial_fit(X[:1000], Y[:1000], solve=False)
    parts.partial_fit(X[1000:], Y[1000:])
    assert np.array_equal(null_eigenvalues(whole, random_state=0), null_eigenvalues(parts, random_state=0))


# ---------------------------------------------------------------- scree


def test_the_scree_shows_eigenvalues_components_and_band():
    ax = plot.scree(PCA, blank(), n_eigenvalues=12)
    (components,) = (line for line in lines(ax, "components") if len(line.get_xdata()))
    (rest,) = (line for line in lines(ax, "rest") if len(line.get_xdata()))
    assert np.array_equal(components.get_ydata(), PCA.eigenvalues_[:2])
    assert np.array_equal(rest.get_ydata(), PCA.eigenvalues_[2:12])
    (edge,) = lines(ax, "edge")
    assert PCA.eigenvalues_[1] > edge.get_ydata()[0] > PCA.eigenvalues_[2] * 0.9
    (band,) = (c for c in ax.collections if c.get_gid() == "band")
    assert band.get_paths()[0].get_extents().xmax == 12
    assert "2 components reported" in [text.get_text() for text in ax.get_legend().get_texts()]
    assert plot.scree(PCA, blank(), n_eigenvalues=None, draws=2).get_xlabel() == "rank"


def test_a_fixed_filter_is_shown_by_modulus():
    ax = plot.scree(FIXED, blank(), n_eigenvalues=None)
    shown = np.concatenate([line.get_ydata() for gid in ("rest", "components") for line in lines(ax, gid)])
    assert np.allclose(np.sort(shown), np.sort(np.abs(FIXED.eigenvalues_)))
    assert sorted(line.get_ydata()[0] for line in lines(ax, "edge")) == sorted(map(abs, noise_edges(FIXED)))
    (up, down) = (np.concatenate([x.get_ydata() for x in ax.lines if x.get_marker() == m]) for m in "^v")
    assert len(up) == (FIXED.eigenvalues_ >= 0).sum()
    assert len(down) == (FIXED.eigenvalues_ < 0).sum()


def test_what_has_no_scree_is_refused():
    with pytest.raises(InvalidType, match="fit one"):
        plot.scree(np.eye(3), blank())
    with pytest.raises(InvalidInput, match="level"):
        plot.scree(PCA, blank(), level=1.0)
    with pytest.raises(InvalidInput, match="draws"):
        plot.scree(PCA, blank(), draws=0)
    with pytest.raises(InvalidInput, match="n_eigenvalues"):
        plot.scree(PCA, blank(), n_eigenvalues=0)


# ---------------------------------------------------------------- records


def test_curves_go_through_the_medians():
    ax = plot.sine_curves(RECORDS, blank(), by="method", threshold=RecoveryThreshold(3.0, 0.1, 0))
    named = {line.get_label(): line for line in ax.lines}
    for method in ("ours", "SIR"):
        x, y = named[method].get_data()
        assert list(x) == [2.5, 5.0, 10.0]
        assert np.allclose(y, [1 / a for a in x])
    assert lines(ax, "threshold")[0].get_xdata()[0] == 3.0
    assert ax.get_xscale() == "log"


def test_one_curve_needs_no_name_and_an_infinite_threshold_no_line():
    rows = [{"n/d": 1, "sin": 0.5}, {"n/d": 4, "sin": 0.25}]
    ax = plot.sine_curves(rows, blank(), alpha="n/d", sine="sin", threshold=np.inf, log=True)
    assert len(ax.lines) == 1
    assert ax.get_yscale() == "log"


def test_the_table_counts():
    ax = plot.recovery_table(RECORDS, blank())
    entries = {(round(t.get_position()[1]), round(t.get_position()[0])): t.get_text() for t in ax.texts}
    assert [label.get_text() for label in ax.get_yticklabels()] == ["cyclic", "nets"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["2.5", "5", "10"]
    assert entries == {(i, j): "3/6" if j == 2 else "0/6" for i in range(2) for j in range(3)}
    sparse = plot.recovery_table([{"r": "a", "c": 1, "ok": True}, {"r": "b", "c": 2, "ok": False}], blank(),
                                 rows="r", columns="c", value="ok")  # fmt: skip
    assert sorted(text.get_text() for text in sparse.texts) == ["0/1", "1/1"]


def test_dataclasses_are_records_and_runs_without_an_answer_are_no_successes():
    @dataclass
    class Run:
        teacher: str
        alpha: float
        sine: float | None
        explained: float | None

    runs = [Run("a", 2, 0.5, 1.0), Run("a", 4, None, None), Run("a", 2, 0.5, 0.9)]
    ax = plot.sine_curves(runs, blank())
    assert [list(line.get_xdata()) for line in ax.lines] == [[2.0]]
    table = plot.recovery_table(runs, blank(), value="explained")
    assert [text.get_text() for text in table.texts] == ["1/2", "0/1"]
    with pytest.raises(InvalidInput, match="ended"):
        plot.sine_curves(runs[1:2], blank())


@pytest.mark.parametrize("draw", [plot.sine_curves, plot.recovery_table])
def test_records_are_checked(draw):
    with pytest.raises(InvalidInput, match="at least one record"):
        draw([], blank())
    with pytest.raises(InvalidType, match="mapping"):
        draw([3], blank())
    with pytest.raises(InvalidInput, match="the key"):
        draw([{"alpha": 1}], blank())


# ---------------------------------------------------------------- the plane


def test_samples_are_drawn_by_their_coordinates():
    ax = plot.relevant_plane(PCA, X, Y, blank(), max_points=100)
    (samples,) = ax.collections
    assert np.allclose(samples.get_offsets(), X[:100] @ PCA.components_.T)
    assert np.array_equal(samples.get_array(), Y[:100])
    swapped = plot.relevant_plane(PCA.components_, X, Y, blank(), components=(1, 0))
    assert np.allclose(swapped.collections[0].get_offsets(), X @ PCA.components_[::-1].T)
    assert swapped.get_xlabel() == r"$\langle \hat u_{1}, x\rangle$"


def test_one_component_has_labels_over_it():
    ax = plot.relevant_plane(PCA.components_[:1], X, Y, blank())
    assert np.allclose(ax.collections[0].get_offsets(), np.column_stack([X @ PCA.components_[0], Y]))


def test_what_spans_no_plane_is_refused():
    with pytest.raises(InvalidInput, match="no direction was found"):
        plot.relevant_plane(np.zeros((0, 30)), X, Y, blank())
    with pytest.raises(InvalidInput, match="components"):
        plot.relevant_plane(PCA, X, Y, blank(), components=(0, 2))
    with pytest.raises(InvalidInput, match="labels of X"):
        plot.relevant_plane(PCA, X, Y[:-1], blank())


def test_axes_go_in_and_out_and_pictures_can_be_drawn():
    from matplotlib import pyplot

    for draw, arguments in (
        (plot.scree, (PCA,)),
        (plot.sine_curves, (RECORDS,)),
        (plot.recovery_table, (RECORDS,)),
        (plot.relevant_plane, (PCA, X, Y)),
    ):
        ax = blank()
        assert draw(*arguments, ax) is ax
        made = draw(*arguments)
        made.figure.canvas.draw()
        pyplot.close(made.figure)


def test_a_missing_matplotlib_names_the_extra(monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
        monkeypatch.setitem(sys.modules, name, None)
    for draw, arguments in (
        (plot.scree, (PCA,)),
        (plot.recovery_table, (RECORDS,)),
        (plot.relevant_plane, (PCA, X, Y)),
    ):
        with pytest.raises(ImportError, match=r"tropical-learner\[viz\]"):
            draw(*arguments)
