"""The figures: their alternative text, their pictures, and summaries that notice every change of the data."""

import functools
import html
import io
import re
import warnings

import matplotlib as mpl
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from helpers import plots

SMALL = (6, 3)  # inches: enough to look at, and quicker to draw
WORDS = ["the", "the", "river", "river", "flooded", "flooded"]


def lines(data, **options):
    return plots.lines(data, title="Three lines", xlabel="position", ylabel="value", **{"size": SMALL} | options)


def bars(data, **options):
    names = [f"bar {k}" for k in range(len(data[0]))]
    return plots.bars(data, names, title="Groups of bars", ylabel="height", **{"size": SMALL} | options)


def heatmaps(data, **options):
    return plots.heatmaps(data, title="Two panels", xlabel="column", ylabel="row", **{"size": SMALL} | options)


def attention(data, **options):
    return plots.attention(data, WORDS[: len(data[0][0])], title="Who looks at whom", **{"size": SMALL} | options)


def clocks(data, **options):
    titles = [f"time {k}" for k in range(len(data))]
    return plots.clocks(data, title="Hands of clocks", titles=titles, **{"size": SMALL} | options)


# Each function with data of its own: what to call, and the shape of what it draws.
KINDS = {
    "lines": (lines, (3, 8)),
    "bars": (bars, (2, 5)),
    "heatmaps": (heatmaps, (2, 4, 5)),
    "attention": (attention, (2, 4, 4)),
    "clocks": (clocks, (3, 2)),
}
kinds = pytest.mark.parametrize("draw, shape", KINDS.values(), ids=KINDS)


def sample(shape, seed=0):
    """Random numbers, all different and none near 0."""
    return np.random.default_rng(seed).uniform(0.05, 1, shape)


@pytest.fixture
def undrawn(monkeypatch):
    """Figures whose picture is not drawn, for tests that look at many summaries."""
    monkeypatch.setattr(plots, "_png", lambda figure: (b"", (1, 1)))


# Pictures and alternative text


@pytest.mark.parametrize(
    "make, said",
    {
        "lines": (
            lambda: plots.lines(
                [[1, 2, 3], [5, 4, -3]],
                [10, 20, 1024],
                labels=["up", "down"],
                title="Two lines cross",
                xlabel="head size",
                ylabel="weight",
            ),
            ["Two lines cross", "head size, 10 to 1024", "weight", "up starts at 1 and ends at 3", "between -3 and 5"],
        ),
        "bars": (
            lambda: plots.bars([[1, 0.5]], ["left", "right"], title="Left is higher", ylabel="share"),
            ["Left is higher", "share", "left 1", "right 0.5"],
        ),
        "heatmaps": (
            lambda: plots.heatmaps([[1, 2], [3, 4.25]], title="It grows", xlabel="column", ylabel="row"),
            ["It grows", "column", "row", "2 rows by 2 columns", "from 1 to 4.25"],
        ),
        "attention": (
            lambda: plots.attention([[0.25, 0.75], [0, 1]], ["dog", "bites"], title="The verb wins"),
            ["The verb wins", "dog: dog 0.25, bites 0.75", "bites: dog 0, bites 1", "query", "key"],
        ),
        "clocks": (
            lambda: plots.clocks(
                [[np.pi / 2, -np.pi / 2]], title="A quarter", titles=["t = 3"], labels=["big", "small"]
            ),
            ["A quarter", "t = 3", "big at 90 degrees", "small at 270 degrees"],
        ),
    }.values(),
    ids=KINDS,
)
def test_a_figure_is_a_picture_and_a_text(make, said):
    picture = make()
    assert len(picture.alt) >= 20
    assert [words for words in said if words not in picture.alt] == []
    image = Image.open(io.BytesIO(picture.png))
    image.load()
    assert image.format == "PNG"
    assert image.size == picture.size
    assert image.size[0] == 1856  # sharp on a slide 1,920 pixels wide
    assert image.size[1] in (688, 608)
    assert np.asarray(image.convert("L")).std() > 5
    assert len(picture.png) < 60_000
    shown = picture._repr_html_()
    assert html.unescape(re.search(r'alt="([^"]*)"', shown).group(1)) == picture.alt
    assert 'width="928"' in shown
    assert repr(picture) == f"{picture.alt}\n{picture.summary}"
    again = make()
    assert again.png == picture.png
    assert repr(again) == repr(picture)


def test_square_cells_put_the_diagonal_at_45_degrees(monkeypatch):
    monkeypatch.setattr(plots, "picture", lambda figure, *_: figure)
    for square in (True, False):
        figure = heatmaps(np.eye(9), square=square)
        figure.draw_without_rendering()
        (left, top), (right, bottom) = figure.axes[0].transData.transform([(0, 0), (8, 8)])
        assert (abs(right - left) == pytest.approx(abs(bottom - top))) == square


def test_signed_values_have_0_in_the_middle_and_the_bar_names_both_ends(monkeypatch):
    monkeypatch.setattr(plots, "picture", lambda figure, *_: figure)
    for data, cmap, ends in ([[0.25, 4]], "Blues", ["0.25", "2.13", "4"]), ([[-1, 4]], "RdBu", ["-4", "0", "4"]):
        axes, bar = heatmaps(data).axes
        assert axes.images[0].get_cmap().name == cmap
        assert [tick.get_text() for tick in bar.get_yticklabels()] == ends
        assert bar.get_ylim() == tuple(axes.images[0].get_clim()) == (float(ends[0]), float(ends[2]))


def test_a_mark_is_a_frame_around_its_cells_with_words_in_it(monkeypatch):
    assert "A frame says: one wave." in heatmaps(sample((4, 5)), marked={"one wave": (None, 2)}).alt
    monkeypatch.setattr(plots, "picture", lambda figure, *_: figure)
    marks = {"a row": (1, None), "two columns": (None, (3, 4)), "a cell": (0, 0)}
    axes, _ = heatmaps(sample((4, 5)), marked=marks).axes
    assert [mark.get_bbox().bounds for mark in axes.patches] == [
        (-0.5, 0.5, 5, 1),
        (2.5, -0.5, 2, 4),
        (-0.5, -0.5, 1, 1),
    ]
    assert [text.get_text() for text in axes.texts] == list(marks)
    for wrong in 4, (2, 1), (-1, 0), (0, 4):
        with pytest.raises(ValueError, match="A mark must lie within 0 to 3"):
            heatmaps(sample((4, 5)), marked={"wrong": (wrong, None)})


def test_a_row_or_column_without_a_name_is_told_by_its_number():
    alt = heatmaps(np.eye(7), xticks=["one", "", "", 3, "", "", "end"], yticks=["", 7, "", "", "", "", "last"]).alt
    assert "0 mostly one 1; 7 mostly 1 1; 2 mostly 2 1; 3 mostly 3 1; 4 mostly 4 1; 5 mostly 5 1; last" in alt


def test_stems_join_no_points(monkeypatch):
    data = sample((2, 6))
    assert lines(data, stems=True).png != lines(data, markers=True).png
    monkeypatch.setattr(plots, "picture", lambda figure, *_: figure)
    (axes,) = lines(data, stems=True).axes
    assert {line.get_linestyle() for line in axes.lines} == {"None"}
    segments = [segment for stems in axes.collections for segment in stems.get_segments()]
    assert [segment[1, 1] for segment in segments] == pytest.approx(data.ravel())


def test_a_frame_stands_beside_its_columns_in_every_panel(monkeypatch):
    assert "Columns 1 to 2 have a frame." in heatmaps(sample((2, 4, 5)), framed=(1, 2)).alt
    monkeypatch.setattr(plots, "picture", lambda figure, *_: figure)
    figure = heatmaps(sample((2, 4, 5)), framed=(1, 2))
    for axes in figure.axes[:2]:
        (box,) = axes.patches
        left, bottom, width, height = box.get_bbox().bounds
        assert 0 < left < 0.5 and 2.5 < left + width < 3  # outside of columns 1 and 2, within their neighbours
        assert (bottom, height) == (-0.5, 4)


@kinds
def test_size_is_in_inches(draw, shape):
    assert draw(sample(shape), size=(5, 2.5)).size == (800, 400)


def test_the_text_of_a_figure_is_escaped():
    picture = plots.lines([1, 2], title='"<b>&', xlabel="x", ylabel="y", alt="It's <i>.", size=SMALL)
    shown = picture._repr_html_()
    assert shown.count("<") == 1
    assert shown.count('"') == 6  # of alt, width and src
    assert html.unescape(re.search(r'alt="([^"]*)"', shown).group(1)) == picture.alt
    assert '"<b>&' in picture.alt
    assert picture.alt.endswith(" It's <i>.")


@pytest.fixture(scope="module")
def usual():
    """One figure of each kind, drawn with the settings that matplotlib comes with."""
    return {kind: draw(sample(shape) - 0.5, size=(5, 2)) for kind, (draw, shape) in KINDS.items()}


@pytest.mark.parametrize(
    "settings_of_a_user",
    [
        {
            "axes.facecolor": "yellow",
            "axes.grid": True,
            "axes.prop_cycle": mpl.cycler(color=["red"]),
            "axes.titlepad": 40,
            "figure.constrained_layout.w_pad": 0.5,
            "font.family": ["monospace"],
            "font.size": 4,
            "lines.linewidth": 9,
            "savefig.dpi": 50,
            "xtick.bottom": False,
        },
        {
            "axes.formatter.limits": (0, 0),
            "axes.unicode_minus": False,
            "axes.xmargin": 0.5,
            "hatch.linewidth": 5,
            "image.origin": "lower",
            "path.sketch": (9, 9, 9),
            "savefig.bbox": "tight",
            "savefig.facecolor": "black",
            "text.color": "red",
        },
    ],
    ids=["some", "others"],
)
def test_a_users_settings_do_not_change_a_picture(usual, settings_of_a_user):
    with mpl.rc_context(settings_of_a_user):
        before = dict(mpl.rcParams)
        for kind, (draw, shape) in KINDS.items():
            odd = draw(sample(shape) - 0.5, size=(5, 2))
            assert odd.png == usual[kind].png, kind
            assert repr(odd) == repr(usual[kind]), kind
        assert dict(mpl.rcParams) == before


def contrast(one, other="white"):
    """How well two colours stand out against each other, from 1 to 21, by WCAG 2."""

    def brightness(colour):
        red, green, blue = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in colour)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted(brightness(mpl.colors.to_rgb(colour)) for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colours, low", [("Blues", 0), ("RdBu", -1)])
def test_numbers_stand_out_from_their_cells(monkeypatch, colours, low):
    monkeypatch.setattr(plots, "picture", lambda figure, *_: figure)
    axes = heatmaps(np.linspace(low, 1, 101)[:, None], values=True, cmap=colours).axes[0]
    cells = axes.images[0]
    for value, number in zip(cells.get_array().ravel(), axes.texts, strict=True):
        assert contrast(number.get_color(), cells.to_rgba(value)) >= 4.5


def test_colours_are_seen_against_white():
    assert contrast("#767676") == pytest.approx(4.54, abs=0.01)  # known from the standard's own material
    assert [colour for colour in plots.COLOURS if contrast(colour) < 3] == []
    # Who sees no colour at all has the dashes and the markers.
    assert len(plots.COLOURS) == len(set(plots.COLOURS))
    assert len(set(plots.DASHES)) == len(plots.DASHES) == len(plots.COLOURS)
    assert len(set(plots.MARKERS)) == len(plots.MARKERS) == len(plots.COLOURS)


def test_text_is_legible_at_the_back(monkeypatch):
    monkeypatch.setattr(plots, "picture", lambda figure, *_: figure)
    for name, (draw, shape) in KINDS.items():
        figure = draw(sample(shape))
        texts = [text for text in figure.findobj(mpl.text.Text) if text.get_text() and text.get_visible()]
        assert texts
        assert min(text.get_fontsize() for text in texts) >= 15, name
        curves = [line for axes in figure.axes for line in axes.lines]
        assert all(line.get_linewidth() >= 1.5 for line in curves), name


# What may be drawn


@kinds
def test_data_may_come_in_many_forms(undrawn, draw, shape):
    values = np.round(sample(shape) * 64) / 64  # exact in bfloat16
    tensor = torch.tensor(values)
    forms = {
        "needs a gradient": tensor.clone().requires_grad_() * 1,
        "bfloat16": tensor.bfloat16(),
        "float16": tensor.half(),
        "list": values.tolist(),
        "tuple": tuple(map(tuple, values)) if values.ndim == 2 else tuple(values),
        "list of tensors": list(tensor.clone().requires_grad_().unbind()),
        "transposed": tensor.transpose(0, -1).contiguous().transpose(0, -1),
        "strided": np.repeat(values, 2, axis=-1)[..., ::2],
        "Fortran": np.asfortranarray(values),
        "float32": values.astype(np.float32),
    }
    expected = repr(draw(values))
    for form, data in forms.items():
        before = torch.as_tensor(np.asarray(values)).clone()
        assert repr(draw(data)) == expected, form
        assert torch.equal(torch.as_tensor(np.asarray(values)), before)


def test_whole_numbers_and_truth_values_may_be_drawn(undrawn):
    bits = [[0, 1], [1, 1]]
    assert repr(heatmaps(torch.tensor(bits))) == repr(heatmaps(bits))
    assert repr(heatmaps(torch.tensor(bits).bool())) == repr(heatmaps(bits))
    assert repr(lines(torch.tensor(bits), x=range(2))) == repr(lines(bits))


def test_seven_of_a_kind_may_be_drawn(undrawn):
    for draw in (lines, bars, heatmaps):
        shape = (7, 2, 2) if draw is heatmaps else (7, 2)
        assert "group 6" in repr(draw(sample(shape), **{TITLES[draw]: [f"group {k}" for k in range(7)]}))


TITLES = {lines: "labels", bars: "labels", heatmaps: "titles"}


@kinds
def test_a_missing_value_is_said(draw, shape):
    values = sample(shape)
    values[(0,) * len(shape)] = np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        picture = draw(values)
    assert re.search(r"and \d+ values that are not finite", picture.summary)
    finite = draw(sample(shape))
    assert "not finite" not in finite.summary
    assert alike(picture, finite) > 0.7  # the rest is drawn as before


def alike(*pictures):
    """The share of pixels that two pictures have in common."""
    one, other = (np.asarray(Image.open(io.BytesIO(picture.png)).convert("L"), dtype=int) for picture in pictures)
    return (abs(one - other) < 20).mean()


def test_nothing_but_missing_values_is_drawn_empty():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for draw, shape in KINDS.values():
            assert "not finite" in draw(np.full(shape, np.nan)).summary


A, B = [[1.0, 2.0], [3.0, 4.0]], ["a", "b"]
REFUSED = {
    "lines: a number": (lambda: lines(1.0), ["ys", "(num_points,) or (num_lines, num_points)", "()"]),
    "lines: rank 3": (lambda: lines(np.ones((2, 2, 2))), ["ys", "(num_lines, num_points)", "(2, 2, 2)"]),
    "lines: empty": (lambda: lines([]), ["ys", "empty"]),
    "lines: ragged": (lambda: lines([[1, 2], [3]]), ["ys", "(num_lines, num_points)", "inhomogeneous"]),
    "lines: words": (lambda: lines(["a", "b"]), ["ys", "numbers", "'a'"]),
    "lines: None": (lambda: lines({}), ["ys", "numbers", "dict"]),
    "lines: x": (lambda: lines(A, x=[1, 2, 3]), ["x", "2", "point", "3"]),
    "lines: x of rank 2": (lambda: lines(A, x=A), ["x", "(num_points,)", "(2, 2)"]),
    "lines: labels": (lambda: lines(A, labels=["a"]), ["labels", "2", "line", "1"]),
    "bars: rank 3": (lambda: plots.bars([A], B, title="T", ylabel="y"), ["heights", "(num_bars,)", "(1, 2, 2)"]),
    "bars: names": (lambda: plots.bars(A, ["a"], title="T", ylabel="y"), ["names", "2", "bar", "1"]),
    "bars: labels": (lambda: bars(A, labels=["a"]), ["labels", "2", "group", "1"]),
    "heatmaps: rank 1": (lambda: heatmaps([1, 2]), ["matrices", "(rows, columns)", "(2,)"]),
    "heatmaps: rank 4": (lambda: heatmaps([[A]]), ["matrices", "(num_panels, rows, columns)", "(1, 1, 2, 2)"]),
    "heatmaps: empty": (lambda: heatmaps(np.ones((0, 2))), ["matrices", "empty"]),
    "heatmaps: titles": (lambda: heatmaps([A, A], titles=["a"]), ["titles", "2", "panel", "1"]),
    "heatmaps: xticks": (lambda: heatmaps(A, xticks=["a"]), ["xticks", "2", "column", "1"]),
    "heatmaps: yticks": (lambda: heatmaps(A, yticks=list("abc")), ["yticks", "2", "row", "3"]),
    "heatmaps: frame": (lambda: heatmaps(A, framed=(1, 2)), ["framed", "from 0 to 1", "(1, 2)"]),
    "heatmaps: frame turned round": (lambda: heatmaps(A, framed=(1, 0)), ["framed", "from 0 to 1", "(1, 0)"]),
    "heatmaps: frame of one": (lambda: heatmaps(A, framed=(1,)), ["framed", "two columns", "(1,)"]),
    "attention: rank 4": (lambda: plots.attention([[A]], B, title="T"), ["matrices", "(1, 1, 2, 2)"]),
    "attention: tokens": (lambda: plots.attention(A, list("abc"), title="T"), ["xticks", "2", "3"]),
    "attention: keys": (lambda: plots.attention(A, B, key_tokens=["a"], title="T"), ["xticks", "2", "column", "1"]),
    "clocks: rank 1": (lambda: clocks([1.0, 2.0]), ["angles", "(num_clocks, num_hands)", "(2,)"]),
    "clocks: titles": (lambda: plots.clocks(A, title="T", titles=["a"]), ["titles", "2", "clock", "1"]),
    "clocks: labels": (lambda: clocks(A, labels=["a"]), ["labels", "2", "hand", "1"]),
    "picture: no words": (lambda: plots.picture(mpl.figure.Figure(), ""), ["alt", "empty"]),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_data_is_refused_in_words(undrawn, case):
    call, words = REFUSED[case]
    with pytest.raises(ValueError) as caught:
        call()
    assert [word for word in words if word not in str(caught.value)] == []


# The summary: it sees every change of the data, and no noise.


def swap_rows(X):
    return X[..., [1, 0, *range(2, X.shape[-2])], :]


CHANGES = {
    "negated": lambda X: -X,
    "scaled": lambda X: 1.05 * X,
    "shifted": lambda X: X + 0.05,
    "two rows swapped": swap_rows,
    "two columns swapped": lambda X: swap_rows(X.swapaxes(-1, -2)).swapaxes(-1, -2),
    "upside down": lambda X: X[..., ::-1, :],
    "mirrored": lambda X: X[..., ::-1],
    "rolled": lambda X: np.roll(X, 1, axis=-1),
    "panels swapped": lambda X: X[::-1],
    "one panel changed": lambda X: np.concatenate([X[:-1], X[-1:] * 0.9]),
    "one value changed": lambda X: np.where(np.arange(X.size).reshape(X.shape) == X.size // 2, X + 0.5, X),
    "one value missing": lambda X: np.where(np.arange(X.size).reshape(X.shape) == X.size // 2, np.nan, X),
    "a panel fewer": lambda X: X[:-1],
    "permuted": lambda X: np.random.default_rng(1).permutation(X.ravel()).reshape(X.shape),
}


@pytest.fixture(scope="module")
def summaries():
    """The summaries of the figures before a change, each computed once."""
    return functools.cache(lambda draw, shape: draw(sample(shape)).summary)


@kinds
@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_the_data_is_seen(undrawn, summaries, draw, shape, change):
    assert draw(CHANGES[change](sample(shape))).summary != summaries(draw, shape)


def test_a_change_of_a_large_table_is_seen():
    positions, columns = np.arange(60)[:, None], np.arange(16)
    angles = positions / 10000 ** (columns / 16)
    table = np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(60, 32)
    usual = plots.summary(figure_of(table))
    for name, change in CHANGES.items():
        if name != "panels swapped":  # with one panel, that is upside down
            assert plots.summary(figure_of(change(table))) != usual, name
    unseen = 0
    for row in range(59):
        swapped = table.copy()
        swapped[[row, row + 1]] = table[[row + 1, row]]
        unseen += plots.summary(figure_of(swapped)) == usual
    assert unseen <= 5  # of 59: two neighbouring rows are much alike, and the pictures are compared as well


@settings(max_examples=40)
@given(st.integers(2, 6), st.integers(2, 12), st.integers(0, 1000), st.permutations(range(6)))
def test_any_other_order_is_seen(rows, columns, seed, order):
    values = sample((rows, columns), seed)
    order = [k for k in order if k < rows]
    seen = plots.summary(figure_of(values)) != plots.summary(figure_of(values[order]))
    assert seen == (order != list(range(rows)))


def figure_of(values):
    figure = mpl.figure.Figure()
    figure.subplots().imshow(values)
    return figure


@pytest.mark.parametrize(
    "one, other",
    [
        (lambda: lines(A, labels=["a", "b"]), lambda: lines(A, labels=["b", "a"])),
        (lambda: lines(A, x=[0, 1]), lambda: lines(A, x=[0, 1.1])),
        (lambda: heatmaps([A, A], titles=["a", "b"]), lambda: heatmaps([A, A], titles=["b", "a"])),
        (lambda: heatmaps(A, xticks=["a", "b"]), lambda: heatmaps(A, xticks=["b", "a"])),
        (lambda: heatmaps(A, yticks=["a", "b"]), lambda: heatmaps(A, yticks=["a", "c"])),
        (lambda: heatmaps(A, framed=(0, 0)), lambda: heatmaps(A, framed=(0, 1))),
        (lambda: plots.attention(A, ["a", "b"], title="T"), lambda: plots.attention(A, ["a", "c"], title="T")),
        (lambda: plots.bars([1, 2], B, title="T", ylabel="y"), lambda: plots.bars([1, 2], "ac", title="T", ylabel="y")),
        (lambda: bars(A, labels=["a", "b"]), lambda: bars(A, labels=["a", "c"])),
        (lambda: clocks(A, labels=["a", "b"]), lambda: clocks(A, labels=["a", "c"])),
    ],
    ids=["line labels", "x", "titles", "columns", "rows", "frame", "tokens", "bars", "groups", "hands"],
)
def test_a_change_of_the_words_is_seen(undrawn, one, other):
    assert one().summary != other().summary


def uniform_attention(n):
    return np.full((2, n, n), 1 / n)


STEADY = {
    "random lines": (lines, sample((3, 8))),
    "random bars": (bars, sample((2, 5))),
    "random panels": (heatmaps, sample((2, 4, 5))),
    "angles": (clocks, sample((3, 2))),
    "values around 0": (heatmaps, sample((6, 6)) - 0.5),
    "uniform weights of 5": (attention, uniform_attention(5)),
    "a name twice": (attention, np.kron(sample((1, 6, 3)), [1, 1])),  # whichever is larger, the name is the same
    "uniform weights of 32": (heatmaps, uniform_attention(32)),  # 1/32 = 0.03125: rounded to even or up?
    "sixteenths": (lines, np.arange(1, 16, 2) / 16),
    "whole numbers": (bars, np.arange(1.0, 7).reshape(2, 3)),
    "large numbers": (lines, 2.0 ** np.arange(12)),
    "a wave": (lines, np.sin(np.arange(64) / 4)),
}


@pytest.mark.parametrize("case", STEADY)
def test_noise_is_not_seen(undrawn, case):
    draw, values = STEADY[case]
    rng = np.random.default_rng(0)
    usual = repr(draw(values))
    for _ in range(5):
        assert repr(draw(values * (1 + 1e-6 * rng.uniform(-1, 1, values.shape)))) == usual
    assert repr(draw(1.05 * values)) != usual


def test_noise_is_seldom_seen_in_any_data():
    """Rounding has to flip somewhere; with data drawn afresh each time it is rare."""
    rng, flipped, trials = np.random.default_rng(0), 0, 1000
    for _ in range(trials):
        values = rng.normal(size=(rng.integers(1, 7), rng.integers(1, 20)))
        noisy = values * (1 + 1e-6 * rng.uniform(-1, 1, values.shape))
        flipped += plots._data_line(1, "image", values) != plots._data_line(1, "image", noisy)
    assert flipped / trials < 0.005


def test_what_float32_leaves_of_a_0_is_not_seen(undrawn):
    angles = np.arange(9) * np.pi / 4
    exact, single = np.sin(angles), np.sin(angles.astype(np.float32))
    assert (exact != single).any()
    assert lines(exact).summary == lines(single).summary


def test_a_summary_of_any_figure():
    """Scatter plots and patches too, and not the data of a colour bar."""

    def scatter(x):
        figure = mpl.figure.Figure()
        axes = figure.subplots()
        axes.scatter(x, [1, 2, 3], c=[1, 2, 3])
        axes.text(1, 1, "a note")
        return plots.summary(figure)

    assert scatter([1, 2, 3]) == scatter([1, 2, 3])
    assert scatter([1, 2, 3]) != scatter([2, 1, 3])
    assert "a note" in scatter([1, 2, 3])
    assert heatmaps(A).summary.count("data of panel") == 1
