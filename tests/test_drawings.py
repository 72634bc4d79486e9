"""The drawings: what they say, that they are computed from what they are given, and that bad input is named."""

import inspect
import math

import numpy as np
import pytest
import torch
from matplotlib.collections import LineCollection

from helpers import drawings, plots

WORDS = ["river", "bank", "flooded"]
WEIGHTS = [[0.7, 0.2, 0.1], [0.25, 0.25, 0.5], [0.0, 0.01, 0.99]]
ANGLES = [[math.pi / 2, math.pi], [0, -math.pi / 2]]
SMALL = (6, 3)  # inches: enough to look at, and quicker to draw


def arcs(weights=WEIGHTS, tokens=WORDS, **options):
    return drawings.arcs(weights, tokens, title="Who reads whom", size=SMALL, **options)


def tensors(steps=None, **options):
    steps = steps or {"scores": torch.tensor([[1.0, -math.inf], [2, 0.5]]), "a mean": [0.25, 3]}
    return drawings.tensors(steps, title="From scores to a mean", size=SMALL, **options)


def strips(rows=((1.5, -0.25), (3, 4)), names=("word", "+ code"), **options):
    return drawings.strips(rows, names, title="Word and code", size=SMALL, **options)


def dials(angles=ANGLES, rows=("37", "38"), columns=("fast", "slow"), **options):
    return drawings.dials(angles, rows, columns, title="Rows of clocks", size=SMALL, **options)


def links(levels=(WORDS, ["out"]), weights=(((1, 0.5, 0),),), **options):
    return drawings.links(levels, weights, title="What leads where", size=SMALL, **options)


def stack(parts=None, **options):
    return drawings.stack(
        parts or {"words": 750, "places": 250}, unit="numbers", title="To scale", size=SMALL, **options
    )


def chain(columns=("X\n(1, 6)", ["W_q", "W_k"], "add"), **options):
    return drawings.chain(columns, title="How it is built", size=SMALL, **options)


KINDS = {draw.__name__: draw for draw in (arcs, tensors, strips, dials, links, stack, chain)}


@pytest.mark.parametrize(
    "draw, said",
    [
        (arcs, ["Who reads whom", "river: river 0.7, bank 0.2, flooded 0.1", "flooded: river 0, bank 0.01"]),
        (lambda: arcs(queries=[1]), ["bank: river 0.25, bank 0.25, flooded 0.5."]),
        (lambda: arcs([WEIGHTS, np.eye(3)], titles=["h 1", "h 2"]), ["h 1: river: river 0.7", "h 2: river: river 1"]),
        (tensors, ["scores, shape (2, 2): 1, −∞; 2, 0.50.", "a mean, shape (2): 0.25, 3."]),
        (strips, ["word: 1.50, -0.25.", "+ code: 3, 4."]),
        (lambda: strips(groups=[[0, 1], [1, 1]], labels=["a", "b"]), ["a holds 1.50, b holds -0.25", "b holds 3, 4"]),
        (lambda: strips(groups=[[0, 1], [1, 1]], values=False), ["word: 0 holds 0, 1 holds 1"]),
        (dials, ["37: fast at 90 degrees, slow at 180 degrees", "38: fast at 0 degrees, slow at 270 degrees"]),
        (links, ["out: river 1, bank 0.5, flooded 0"]),
        (lambda: links(lit=[[1, 0]]), ["Lit up: bank, out"]),
        (stack, ["words: 750 numbers, 75.0 %", "places: 250 numbers, 25.0 %"]),
        (chain, ["X (1, 6) leads to W_q, W_k", "W_q, W_k leads to add"]),
        (lambda: chain(skips=[("X\n(1, 6)", "add")]), ["past the others from X (1, 6) to add"]),
        (lambda: chain(marks={"W_q": "2"}), ["Mark 2 stands at W_q"]),
    ],
)  # fmt: skip
def test_a_drawing_says_what_it_shows(draw, said):
    picture = draw()
    assert [words for words in said if words not in picture.alt] == []
    assert isinstance(picture, plots.Picture) and len(picture.png) > 2000
    assert draw().png == picture.png and repr(draw()) == repr(picture)


@pytest.mark.parametrize("name", KINDS)
def test_a_drawing_takes_what_plots_take(name):
    given = inspect.signature(getattr(drawings, name)).parameters
    assert {"title", "alt", "size"} <= set(given) and "axes" not in given
    assert KINDS[name](alt="Look at the left.").alt.endswith("Look at the left.")


@pytest.mark.parametrize(
    "one, other",
    [
        (arcs(), arcs([[0.7, 0.1, 0.2], *WEIGHTS[1:]])),
        (arcs(), arcs(queries=[0, 1])),
        (tensors(), tensors({"scores": [[1, -math.inf], [2, 0.75]], "a mean": [0.25, 3]})),
        (strips(), strips([[1.5, 0.25], [3, 4]])),
        (strips(groups=[[0, 1], [1, 1]]), strips(groups=[[0, 1], [0, 1]])),
        (dials(), dials([[1.6, math.pi], [0, -math.pi / 2]])),
        (dials(), dials(digits=[[0, 1], [1, 1]])),
        (dials(digits=[[0, 0], [1, 1]]), dials(digits=[[0, 1], [1, 1]])),
        (links(), links(weights=[[[1, 0.25, 0]]])),
        (links(lit=[[0, 0]]), links(lit=[[1, 0]])),
        (stack(), stack({"words": 700, "places": 300})),
        (chain(), chain(marks={"add": "1"})),
    ],
)
def test_a_change_of_what_is_drawn_is_seen_in_the_picture_and_in_its_summary(one, other):
    assert one.png != other.png
    assert one.summary != other.summary


def test_the_width_of_an_arc_is_the_weight(monkeypatch):
    monkeypatch.setattr(drawings, "picture", lambda figure, *_: figure)
    (axes,) = arcs(queries=[1]).axes
    arcs_drawn = [found for found in axes.collections if isinstance(found, LineCollection)]
    assert [found.get_linewidths()[0] / drawings.THICKEST for found in arcs_drawn] == pytest.approx([0.25, 0.25, 0.5])
    heights = [np.array(found.get_segments()[0])[:, 1] for found in arcs_drawn]
    assert heights[0].min() >= 0 and heights[2].max() <= 0, "before is above, after is below"


def test_a_part_is_as_high_as_its_share(monkeypatch):
    monkeypatch.setattr(drawings, "picture", lambda figure, *_: figure)
    heights = [part.get_height() for part in stack({"a": 1, "b": 3, "c": 0}).axes[0].patches]
    assert heights == [0.25, 0.75, 0]


def test_letters_are_those_of_the_plots(monkeypatch):
    monkeypatch.setattr(drawings, "picture", lambda figure, *_: figure)
    for draw in KINDS.values():
        assert {text.get_fontsize() for axes in draw().axes for text in axes.texts} <= {15, 16, 18}, draw


@pytest.mark.parametrize(
    "draw, words",
    [
        (lambda: arcs([1, 2]), "weights must have shape"),
        (lambda: arcs(tokens=WORDS[:2]), "tokens must have 3 entries"),
        (lambda: arcs(titles=["one", "two"]), "titles must have 1 entries"),
        (lambda: arcs(queries=[3]), "queries must lie within 0 to 2"),
        (lambda: tensors({"cube": np.zeros((2, 2, 2))}), "cube must have shape"),
        (lambda: tensors({"words": "abc"}), "words must hold numbers"),
        (lambda: strips(names=["one"]), "names must have 2 entries"),
        (lambda: strips(groups=[[0, 1]]), "groups must have 2 entries"),
        (lambda: strips(groups=[[0, 1], [1]]), "groups must have 2 entries"),
        (lambda: strips(groups=[[0, 1], [1, 2]], labels=["a", "b"]), "groups must lie within 0 to 1"),
        (lambda: strips([[[1.0]]], ["one"]), "rows must have shape"),
        (lambda: dials([1, 2]), "angles must have shape"),
        (lambda: dials(rows=["37"]), "rows must have 2 entries"),
        (lambda: dials(columns=["fast"]), "columns must have 2 entries"),
        (lambda: dials(digits=[[1, 0]]), "digits must have 4 entries"),
        (lambda: links(weights=[[[1, 0]]]), "weights must have 3 entries"),
        (lambda: links(weights=[]), "weights must have 1 entries"),
        (lambda: links(lit=[[0]]), "lit must have 2 entries"),
        (lambda: stack({"a": -1, "b": 2}), "parts must be numbers"),
        (lambda: stack({"a": 0}), "parts must be numbers"),
        (lambda: chain(marks={"W_v": "1"}), "There is no box W_v"),
        (lambda: chain(skips=[("W_q", "sum")]), "There is no box sum"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named(draw, words):
    with pytest.raises(ValueError, match=words.replace("(", r"\(")):
        draw()
