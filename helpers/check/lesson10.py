"""The exercises of lesson 10, positions beyond the line: right answers, and what named mistakes compute."""

import math

import torch

from .exercise import Exercise, Question, mistake
from .tensors import random, sinusoids, speeds, turned, turned_pair

# Which hands have gone round
gone_round = Question(
    "gone_round",
    right=46,
    mistakes=[
        mistake("counted-from-one", 45),
        mistake("one-radian", 58),
        mistake("half-a-turn", 50),
        mistake("not-round", 18),
        mistake("columns", 92, 91),
        mistake("two-twice", 23),
        mistake("all", 64),
    ],
)


# Pressed together
def _pressed(positions, trained, wanted):
    return positions * trained / wanted


interpolate_positions = Exercise(
    "interpolate_positions",
    "positions, trained, wanted",
    right=_pressed,
    cases=lambda: {
        "whole-text": [(torch.arange(8), 4, 8), (torch.arange(5), 2, 5)],
        "short-text": [(torch.arange(3), 8, 32)],
        "other-positions": [(torch.tensor([7, 3, 40]), 12, 64), (torch.tensor([0.5, 6.5]), 4, 8)],
    },
    mistakes=[
        mistake("pulled-apart", lambda positions, trained, wanted: positions * wanted / trained),
        mistake(
            "rounded",
            lambda *given: _pressed(*given).floor(),
            lambda *given: _pressed(*given).round(),
            lambda *given: _pressed(*given).ceil(),
            lambda positions, trained, wanted: positions // (wanted // trained),
        ),
        mistake(
            "factor-rounded",
            lambda positions, trained, wanted: positions / (wanted // trained),
            lambda positions, trained, wanted: positions * (trained // wanted),
        ),
        mistake(
            "ends-matched",
            lambda positions, trained, wanted: positions * (trained - 1) / (wanted - 1),
            lambda positions, trained, wanted: positions * trained / (wanted - 1),
        ),
        mistake(
            "held-at-the-end",
            lambda positions, trained, wanted: positions.clamp(max=trained - 1),
            lambda positions, trained, wanted: positions.clamp(max=trained),
        ),
        mistake("started-again", lambda positions, trained, wanted: positions % trained),
        mistake(
            "only-the-new",
            lambda positions, trained, wanted: torch.where(
                positions < trained, positions, _pressed(positions, trained, wanted)
            ),
        ),
        mistake(
            "length-of-this-text",
            lambda positions, trained, wanted: _pressed(positions, trained, len(positions)),
            lambda positions, *lengths: positions if len(positions) <= lengths[0] else _pressed(positions, *lengths),
        ),
        mistake(
            "positions-ignored",
            lambda positions, trained, wanted: _pressed(torch.arange(len(positions)), trained, wanted),
        ),
    ],
)


# A larger base
def _larger(power=lambda d: d / (d - 2), together=lambda base, factor, power: base * factor**power):
    return lambda base, factor, head_dim: together(base, factor, power(head_dim))


ntk_base = Exercise(
    "ntk_base",
    "base, factor, head_dim",
    right=_larger(),
    cases=lambda: {"small-heads": [(100, 4, 8), (10000, 2, 4)], "large-heads": [(10000, 8, 128), (500000, 3, 64)]},
    mistakes=[
        mistake("base-times-factor", _larger(lambda d: 1)),
        mistake("exponent-inverted", _larger(lambda d: (d - 2) / d)),
        mistake("one-pair", _larger(lambda d: 2 / (d - 2))),
        mistake("two-forgotten", _larger(lambda d: 2 * d / (d - 2))),
        mistake("last-column", _larger(lambda d: d / (d - 1))),
        mistake("plus-for-minus", _larger(lambda d: d / (d + 2))),
        mistake("smaller-base", _larger(lambda d: -d / (d - 2)), _larger(lambda d: -1)),
        mistake("base-in-the-power", _larger(together=lambda base, factor, power: (base * factor) ** power)),
        mistake("exponent-multiplied", _larger(together=lambda base, factor, power: base * factor * power)),
        mistake("brackets-missing", lambda base, factor, head_dim: base * factor**head_dim / (head_dim - 2)),
        mistake("whole-division", _larger(lambda d: d // (d - 2))),
    ],
)


# By parts
def _parts(
    fast=lambda speeds, trained, factor: trained * speeds >= 2 * math.pi, slowed=lambda speeds, factor: speeds / factor
):
    """The speeds by parts with one thing changed."""
    return lambda speeds, trained, factor: torch.where(fast(speeds, trained, factor), speeds, slowed(speeds, factor))


by_parts = Exercise(
    "by_parts",
    "speeds, trained, factor",
    right=_parts(),
    cases=lambda: {
        "few-pairs": [
            (torch.tensor([1.0, 0.5]), 8, 4),
            (torch.tensor([2.0, 1.0, 0.3, 0.1]), 30, 2),
            (speeds(8, 100.0), 8, 4),
        ],
        "many-pairs": [(speeds(32), 100, 8), (speeds(64), 4096, 2)],
    },
    mistakes=[
        mistake("all-pressed", lambda speeds, trained, factor: speeds / factor),
        mistake("none-pressed", lambda speeds, trained, factor: speeds.clone()),
        mistake("fast-pressed", _parts(lambda speeds, trained, factor: trained * speeds < 2 * math.pi)),
        mistake("one-radian", _parts(lambda speeds, trained, factor: trained * speeds >= 1)),
        mistake("half-a-turn", _parts(lambda speeds, trained, factor: trained * speeds >= math.pi)),
        mistake("trained-forgotten", _parts(lambda speeds, trained, factor: speeds >= 1)),
        mistake("new-length", _parts(lambda speeds, trained, factor: trained * factor * speeds >= 2 * math.pi)),
        mistake("sped-up", _parts(slowed=lambda speeds, factor: speeds * factor)),
        mistake("stopped", _parts(slowed=lambda speeds, factor: speeds * 0)),
        mistake("fast-stopped", lambda speeds, trained, factor: (trained * speeds < 2 * math.pi) * speeds / factor),
    ],
)


# The window
def _window(allowed=lambda back, width: (back >= 0) & (back < width)):
    def window_mask(n, width):
        t = torch.arange(n)
        return allowed(t[:, None] - t, width)

    return window_mask


window_mask = Exercise(
    "window_mask",
    "n, width",
    right=_window(),
    cases=lambda: {"narrow": [(4, 2), (6, 3), (9, 4)], "narrowest-and-widest": [(5, 1), (3, 7)]},
    mistakes=[
        mistake("one-too-many", _window(lambda back, width: (back >= 0) & (back <= width))),
        mistake(
            "itself-left-out",
            _window(lambda back, width: (back > 0) & (back <= width)),
            _window(lambda back, width: (back > 0) & (back < width)),
        ),
        mistake("one-too-few", _window(lambda back, width: (back >= 0) & (back < width - 1))),
        mistake(
            "both-sides",
            _window(lambda back, width: back.abs() < width),
            _window(lambda back, width: back.abs() <= width),
        ),
        mistake("looks-ahead", _window(lambda back, width: (back <= 0) & (-back < width))),
        mistake("all-that-comes", _window(lambda back, width: back < width)),
        mistake("no-window", _window(lambda back, width: back >= 0)),
        mistake("far-ones", _window(lambda back, width: back >= width)),
        mistake("or-for-and", _window(lambda back, width: (back >= 0) | (back < width))),
        mistake(
            "negative-index",
            # key i - k for k below the width, and the slice from i - width + 1 on: empty where that is negative
            _window(lambda back, width: back % len(back) < width),
            _window(lambda back, width: (back >= 0) & (back < width) & (back[:, :1] >= width - 1)),
        ),
        mistake("polarity", _window(lambda back, width: (back < 0) | (back >= width))),
        mistake("minus-infinity", lambda n, width: torch.zeros(n, n).masked_fill(~_window()(n, width), -math.inf)),
    ],
    dtype=torch.bool,
    drawn=((14, 4), {"cmap": "Blues", "limits": (0, 1), "square": True, "size": (10, 3.6)}),
)


reach = Question(
    "reach",
    right=24,
    mistakes=[
        mistake("itself-counted", 30, 29),
        mistake("place-counted", 25),
        mistake("one-layer", 4, 5),
        mistake("a-layer-short", 20),
        mistake("powers", 4096, 15625),
        mistake("added", 10, 11),
    ],
)


# Row and column
def _code(positions, num_hiddens, exponent=lambda pair, d: 2 * pair / d):
    """The rows of lesson 2's table at these positions."""
    return sinusoids(int(positions.max()) + 1, num_hiddens, exponent=exponent)[positions]


def _plane(
    code=_code,
    axes=lambda rows, columns: (rows, columns),
    together=lambda one, other: torch.cat([one, other], dim=-1),
    width=lambda num_hiddens: num_hiddens // 2,
):
    """The code of rows and columns with one thing changed."""

    def sinusoids_2d(height, width_, num_hiddens):
        grid = torch.meshgrid(torch.arange(height), torch.arange(width_), indexing="ij")
        return together(*(code(positions, width(num_hiddens)) for positions in axes(*grid)))

    return sinusoids_2d


def _evens_first(X):
    return torch.cat([X[..., 0::2], X[..., 1::2]], dim=-1)


def _pairs_back(one, other):
    return torch.stack([one.unflatten(-1, (-1, 2)), other.unflatten(-1, (-1, 2))], dim=-2).flatten(-3)


def _repeated(rows, columns):
    """The places where repeat and repeat_interleave have changed places."""
    t = torch.arange(rows.numel()).view_as(rows)
    return t % len(rows), t // len(rows)


sinusoids_2d = Exercise(
    "sinusoids_2d",
    "height, width, num_hiddens",
    right=_plane(),
    cases=lambda: {"one-pair-each": [(2, 3, 4), (3, 2, 4)], "more-pairs": [(2, 5, 8), (4, 3, 16)]},
    mistakes=[
        mistake("axes-swapped", _plane(axes=lambda rows, columns: (columns, rows))),
        mistake("width-first", lambda height, width, num_hiddens: _plane()(height, width, num_hiddens).transpose(0, 1)),
        mistake("not-a-picture", lambda height, width, num_hiddens: _plane()(height, width, num_hiddens).flatten(0, 1)),
        mistake(
            "places-of-a-line",
            lambda height, width, num_hiddens: _code(torch.arange(height * width).view(height, width), num_hiddens),
        ),
        mistake("added", _plane(together=lambda one, other: one + other, width=lambda num_hiddens: num_hiddens)),
        mistake(
            "one-axis-twice",
            _plane(axes=lambda rows, columns: (rows, rows)),
            _plane(axes=lambda rows, columns: (columns, columns)),
        ),
        mistake(
            "speeds-of-the-whole", _plane(lambda positions, half: _code(positions, half, lambda pair, d: pair / d))
        ),
        mistake(
            "speeds-shared-out",
            _plane(
                together=lambda one, other: torch.cat([one.chunk(2, -1)[0], other.chunk(2, -1)[1]], dim=-1),
                width=lambda num_hiddens: num_hiddens,
            ),
        ),
        mistake(
            "interleaved",
            _plane(together=lambda one, other: torch.stack([one, other], dim=-1).flatten(-2)),
            _plane(together=_pairs_back),
        ),
        mistake(
            "repeated-in-the-wrong-order",
            _plane(axes=_repeated),
            _plane(axes=lambda rows, columns: (_repeated(rows, columns)[0], columns)),
            _plane(axes=lambda rows, columns: (rows, _repeated(rows, columns)[1])),
        ),
        mistake("sines-first", _plane(lambda positions, half: _evens_first(_code(positions, half)))),
        mistake(
            "cosines-before-sines",
            _plane(lambda positions, half: _code(positions, half).unflatten(-1, (-1, 2)).flip(-1).flatten(-2)),
        ),
        mistake("from-one", _plane(lambda positions, half: _code(positions + 1, half))),
    ],
)


def _overwritten(x, y, sine, cosine):
    x = x * cosine - y * sine
    return x, x * sine + y * cosine


def _rotary_2d(
    axes=lambda rows, columns: (rows, columns),
    speeds=speeds,
    turn=turned_pair,
    halves=False,
    cut=lambda X: X.chunk(2, dim=-1),
    join=lambda one, other: torch.cat([one, other], dim=-1),
):
    """RoPE by row and column with one thing changed."""

    def rotary_2d(X, rows, columns):
        speed = speeds(X.shape[-1] // 2)
        parts = zip(cut(X), axes(rows, columns), strict=True)
        return join(*(turned(part, positions[:, None] * speed, turn, halves) for part, positions in parts))

    return rotary_2d


def _whole(positions):
    """The whole vector turned as in lesson 5, by one number made of row and column."""
    return lambda X, rows, columns: turned(X, positions(rows, columns)[:, None] * speeds(X.shape[-1]))


def _pairs(X):
    """The even pairs and the odd ones."""
    pairs = X.unflatten(-1, (-1, 2))
    return pairs[..., 0::2, :].flatten(-2), pairs[..., 1::2, :].flatten(-2)


def _codes(X, rows, columns):
    half = X.shape[-1] // 2
    return X + torch.cat([_code(rows, half), _code(columns, half)], dim=-1)


def _shared_out(X, rows, columns):
    """The speeds of the whole width: the fast ones for the row, the slow ones for the column."""
    half = X.shape[-1] // 4
    speed = speeds(X.shape[-1])
    return turned(X, torch.cat([rows[:, None] * speed[:half], columns[:, None] * speed[half:]], dim=-1))


def _grid(height, width):
    t = torch.arange(height * width)
    return t // width, t % width


rotary_2d = Exercise(
    "rotary_2d",
    "X, rows, columns",
    right=_rotary_2d(),
    cases=lambda: {
        "one-picture": [(random(4, 4), *_grid(2, 2)), (random(6, 8), *_grid(2, 3)), (random(12, 16), *_grid(4, 3))],
        "other-places": [(random(3, 8), torch.tensor([5, 9, 40]), torch.tensor([7, 2, 3]))],
        "batches": [(random(2, 6, 8), *_grid(3, 2)), (random(2, 3, 4, 12), *_grid(2, 2))],
    },
    mistakes=[
        mistake("axes-swapped", _rotary_2d(lambda rows, columns: (columns, rows))),
        mistake(
            "one-axis-twice",
            _rotary_2d(lambda rows, columns: (rows, rows)),
            _rotary_2d(lambda rows, columns: (columns, columns)),
            _whole(lambda rows, columns: rows),
            _whole(lambda rows, columns: columns),
        ),
        mistake(
            "places-of-a-line",
            _whole(lambda rows, columns: rows * (columns.max() + 1) + columns),
            _whole(lambda rows, columns: torch.arange(len(rows))),
        ),
        mistake("added-up", _whole(lambda rows, columns: rows + columns)),
        mistake("speeds-of-the-whole", _rotary_2d(speeds=lambda half: speeds(2 * half)[: half // 2])),
        mistake("speeds-shared-out", _shared_out),
        mistake("wrong-sign", _rotary_2d(lambda rows, columns: (-rows, -columns))),
        mistake(
            "mirrored",
            _rotary_2d(turn=lambda x, y, sine, cosine: (x * cosine + y * sine, x * sine + y * cosine)),
            _rotary_2d(turn=lambda x, y, sine, cosine: (x * cosine - y * sine, y * cosine - x * sine)),
        ),
        mistake(
            "sine-and-cosine-swapped",
            _rotary_2d(turn=lambda x, y, sine, cosine: turned_pair(x, y, cosine, sine)),
            _rotary_2d(turn=lambda x, y, sine, cosine: turned_pair(x, y, cosine, sine)[::-1]),
        ),
        mistake("overwritten", _rotary_2d(turn=_overwritten)),
        mistake("pairs-in-turn", _rotary_2d(cut=_pairs, join=_pairs_back)),
        mistake(
            "pairs-torn",
            _rotary_2d(
                cut=lambda X: (X[..., 0::2], X[..., 1::2]),
                join=lambda one, other: torch.stack([one, other], dim=-1).flatten(-2),
            ),
            _rotary_2d(cut=lambda X: (X[..., 0::2], X[..., 1::2])),
        ),
        mistake("halves", _rotary_2d(halves=True)),
        mistake(
            "not-put-back",
            lambda X, rows, columns: _evens_first(_rotary_2d()(X, rows, columns)),
            _rotary_2d(join=lambda one, other: torch.cat([_evens_first(one), _evens_first(other)], dim=-1)),
        ),
        mistake("code-added", _codes),
        mistake(
            "half-turned",
            _rotary_2d(lambda rows, columns: (rows, 0 * columns)),
            _rotary_2d(lambda rows, columns: (0 * rows, columns)),
        ),
    ],
)


# On a line
flattened = Question(
    "flattened",
    right=(2, 3),
    mistakes=[
        mistake("the-patch-above", (3, 1)),
        mistake("in-the-old-picture", (1, 5)),
        mistake("counted-in-the-old-rows", (4, 3)),
        mistake("one-place-back", (4, 0)),
        mistake("itself", (4, 1)),
        mistake("six-places-on", (5, 3)),
        mistake("swapped", (3, 2)),
        mistake("counted-from-one", (3, 4)),
    ],
)
