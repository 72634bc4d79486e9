"""The exercises of lesson 4, frequency heatmap: right answers, and what named mistakes compute."""

import math

import torch

from .exercise import Exercise, Question, mistake
from .tensors import random, sinusoids

# Reading the heatmap
turns_of_column_4 = Question(
    "turns_of_column_4",
    right=3,
    mistakes=[
        mistake("half-turns", 6),
        mistake("pair-4", 1, 0.94),
        mistake("column-0", 9, 9.4),
        mistake("neighbouring-pair", 5, 5.3, 2, 1.7),
    ],
)


# Wavelengths
def _wave(exponent=lambda i, d: 2 * i / d, base=10000, turn=2 * math.pi, result=lambda turn, divisor: turn * divisor):
    """A wavelength with one thing changed."""
    return lambda i, num_hiddens: result(turn, base ** exponent(i, num_hiddens))


wavelength = Exercise(
    "wavelength",
    "i, num_hiddens",
    right=_wave(),
    cases=lambda: {"pairs-and-widths": [(0, 4), (1, 4), (3, 32), (4, 32), (15, 32), (7, 512), (255, 512)]},
    mistakes=[
        mistake("no-two-pi", _wave(turn=1)),
        mistake("half-turn", _wave(turn=math.pi)),
        mistake("degrees", _wave(turn=360)),
        mistake(
            "frequency",
            _wave(turn=1, result=lambda turn, divisor: 1 / divisor),
            _wave(result=lambda turn, divisor: turn / divisor),
            _wave(result=lambda turn, divisor: 1 / (turn * divisor)),
        ),
        mistake("exponent-doubled", _wave(lambda i, d: 4 * i / d)),
        mistake("exponent-halved", _wave(lambda i, d: i / d), _wave(lambda i, d: (i - i % 2) / d)),
        mistake("base-1000", _wave(base=1000)),
        mistake(
            "counted-from-one",
            _wave(lambda i, d: 2 * (i + 1) / d),
            _wave(lambda i, d: (2 * i + 1) / d),
            _wave(lambda i, d: 2 * (i - 1) / d),
        ),
        mistake("whole-exponents", _wave(lambda i, d: 2 * i // d), _wave(lambda i, d: i // d)),
        mistake("last-exponent-one", _wave(lambda i, d: i / (d / 2 - 1)), _wave(lambda i, d: 2 * i / (d - 1))),
    ],
)


moving_pairs = Question(
    "moving_pairs",
    right=10,
    mistakes=[
        mistake("columns", 20, 19),
        mistake("last-index", 9),
        mistake("without-two-pi", 16, 17),
        mistake("all", 32, 64),
        mistake("width-32", 5),
    ],
)


# Measuring
def _column(period, num_steps, phase=0.0):
    return (2 * math.pi * torch.arange(num_steps, dtype=torch.float64) / period + phase).sin()


def _ups(column):
    """Where the column crosses 0 upwards, between the positions."""
    t = ((column[:-1] < 0) & (column[1:] >= 0)).nonzero().flatten()
    return t + column[t] / (column[t] - column[t + 1])


def _measured(column):
    crossings = _ups(column)
    return (crossings[-1] - crossings[0]) / (len(crossings) - 1)


def _about(change):
    return lambda column: change(_measured(column), column)


measured_wavelength = Exercise(
    "measured_wavelength",
    "column",
    right=_measured,
    cases=lambda: {
        "waves": [(_column(8, 80, 0.1),), (_column(20, 200, 1),), (_column(12.5, 100, 2),), (_column(40, 400, -0.5),)]
    },
    mistakes=[
        mistake("half", _about(lambda wave, column: wave / 2)),
        mistake("one-turn-too-many", lambda column: (_ups(column)[-1] - _ups(column)[0]) / len(_ups(column))),
        mistake("doubled", _about(lambda wave, column: 2 * wave)),
        mistake(
            "count",
            _about(lambda wave, column: len(column) / wave),
            _about(lambda wave, column: torch.tensor(float(len(_ups(column))))),
            _about(lambda wave, column: torch.tensor(float(len(_ups(column)) - 1))),
        ),
        mistake("frequency", _about(lambda wave, column: 1 / wave)),
        mistake("without-two-pi", _about(lambda wave, column: wave / (2 * math.pi))),
        mistake("angle", _about(lambda wave, column: 2 * math.pi / wave)),
    ],
    tolerance=0.05,
)


# Similarity
similarity = Exercise(
    "similarity",
    "P",
    right=lambda P: P @ P.T / (P.shape[1] / 2),
    cases=lambda: {
        "positions": [(sinusoids(2, 4),), (sinusoids(5, 6),), (sinusoids(30, 32),)],
        "other-tables": [(random(3, 4),), (random(4, 4),), (random(2, 6),)],
    },
    mistakes=[
        mistake("not-divided", lambda P: P @ P.T),
        mistake("divided-by-width", lambda P: P @ P.T / P.shape[1]),
        mistake("divided-by-half-too-much", lambda P: P @ P.T / P.shape[1] / 2),
        mistake(
            "divided-by-root", lambda P: P @ P.T / math.sqrt(P.shape[1]), lambda P: P @ P.T / math.sqrt(P.shape[1] / 2)
        ),
        mistake("divided-by-rows", lambda P: P @ P.T / len(P), lambda P: P @ P.T / (len(P) / 2)),
        mistake(
            "columns-compared",
            lambda P: P.T @ P / (P.shape[1] / 2),
            lambda P: P.T @ P / (P.shape[0] / 2),
            lambda P: P.T @ P,
        ),
        mistake(
            "softmaxed",
            lambda P: (P @ P.T / (P.shape[1] / 2)).softmax(-1),
            lambda P: (P @ P.T).softmax(-1),
            lambda P: (P @ P.T / math.sqrt(P.shape[1])).softmax(-1),
        ),
        mistake("distance", lambda P: torch.cdist(P, P)),
        mistake("multiplied-entrywise", lambda P: P * P / (P.shape[1] / 2), lambda P: P * P),
        mistake("diagonal-alone", lambda P: (P * P).sum(1) / (P.shape[1] / 2)),
        mistake(
            "divided-by-largest",
            lambda P: P @ P.T / (P @ P.T).max(),
            lambda P: P @ P.T / P.norm(dim=1)[:, None] / P.norm(dim=1),
            lambda P: P @ P.T / (P @ P.T).diagonal(),
            lambda P: P @ P.T / (P @ P.T).diagonal()[:, None],
            lambda P: P @ P.T / (P @ P.T)[0, 0],
        ),
    ],
    drawn=((sinusoids(40, 32),), {"cmap": "RdBu", "limits": (-1, 1), "size": (10, 3)}),
)


def _cosines(offset, num_hiddens, factor=1.0):
    return torch.cos(offset * factor / 10000 ** (torch.arange(0, num_hiddens, 2) / num_hiddens))


similarity_at = Exercise(
    "similarity_at",
    "offset, num_hiddens",
    right=lambda offset, num_hiddens: _cosines(offset, num_hiddens).mean(),
    cases=lambda: {
        "some-offsets": [(1, 2), (1, 4), (3, 4), (5, 6)],
        "backwards": [(-3, 4), (-7, 6), (0, 8)],
        "large": [(20, 32), (100, 64)],
    },
    mistakes=[
        mistake("summed", lambda offset, num_hiddens: _cosines(offset, num_hiddens).sum()),
        mistake("divided-by-width", lambda offset, num_hiddens: _cosines(offset, num_hiddens).sum() / num_hiddens),
        mistake(
            "sines",
            lambda offset, num_hiddens: torch.sin(
                offset / 10000 ** (torch.arange(0, num_hiddens, 2) / num_hiddens)
            ).mean(),
        ),
        mistake(
            "multiplied",
            lambda offset, num_hiddens: torch.cos(
                offset * 10000 ** (torch.arange(0, num_hiddens, 2, dtype=torch.float64) / num_hiddens)
            ).mean(),
        ),
        mistake(
            "columns-for-pairs",
            lambda offset, num_hiddens: torch.cos(
                offset / 10000 ** (2 * torch.arange(num_hiddens) / num_hiddens)
            ).mean(),
        ),
        mistake("one-clock", lambda offset, num_hiddens: math.cos(offset)),
        mistake(
            "exponent-halved",
            lambda offset, num_hiddens: torch.cos(
                offset / 10000 ** (torch.arange(num_hiddens // 2) / num_hiddens)
            ).mean(),
            lambda offset, num_hiddens: torch.cos(offset / 10000 ** (torch.arange(num_hiddens) / num_hiddens)).mean(),
        ),
        mistake("two-pi", lambda offset, num_hiddens: _cosines(offset, num_hiddens, 2 * math.pi).mean()),
        mistake("sine-and-cosine", lambda offset, num_hiddens: sinusoids(abs(offset) + 1, num_hiddens)[-1].mean()),
    ],
)


before_after = Question(
    "before_after",
    right="b",
    letters="abcd",
    mistakes=[mistake("sign-counts", "a"), mistake("sine-tells", "c"), mistake("never", "d")],
)
