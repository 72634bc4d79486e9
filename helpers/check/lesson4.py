"""The exercises of lesson 4, frequency heatmap: right answers, and wrong ones with what to say about each."""

import math

import torch

from .exercise import Exercise, Question, mistake
from .lesson1 import random
from .lesson2 import sinusoids

COLUMN = (4, "A column is one wave, and two columns are one clock")
MEASURE = (4, "Measure a wavelength off the table")
PROGRESSION = (4, "The wavelengths are a geometric progression")
MOVING = (4, "Which columns move within 60 positions?")
SIMILARITY = (4, "How alike are two positions?")
OFFSET = (4, "It depends on the offset alone")
CURVE = (4, "Similarity against distance")
TURN = (2, "How long is a turn?")


# Reading the heatmap
turns_of_column_4 = Question(
    "turns_of_column_4",
    right=3,
    mistakes=[
        mistake(
            "half-turns",
            "You counted light and dark stripes together. A turn is over when the same colour comes again.",
            COLUMN,
            6,
        ),
        mistake("pair-4", "That is pair 4, columns 8 and 9. Column 4 is the sine of pair 2.", COLUMN, 1, 0.94),
        mistake("column-0", "That is column 0, the fastest. Columns are counted from 0.", COLUMN, 9, 9.4),
        mistake(
            "neighbouring-pair",
            "That is a neighbouring pair: columns 2 and 3 turn five times, columns 6 and 7 not quite twice.",
            COLUMN,
            5,
            5.3,
            2,
            1.7,
        ),
    ],
    praise="Its wavelength is about 20 positions: three turns in 60.",
    otherwise="Follow column 4 from top to bottom, and count how often the darkest colour comes.",
)


# Wavelengths
def _wave(exponent=lambda i, d: 2 * i / d, base=10000, turn=2 * math.pi, result=lambda turn, divisor: turn * divisor):
    """A wavelength with one thing changed."""
    return lambda i, num_hiddens: result(turn, base ** exponent(i, num_hiddens))


wavelength = Exercise(
    "wavelength",
    "i, num_hiddens",
    right=_wave(),
    cases=lambda: {"several pairs and widths": [(0, 4), (1, 4), (3, 32), (4, 32), (15, 32), (7, 512), (255, 512)]},
    mistakes=[
        mistake(
            "no-two-pi",
            "That is the number by which the position is divided. A turn is over when the *angle* has grown by 2π.",
            TURN,
            _wave(turn=1),
        ),
        mistake(
            "half-turn", "That is half a turn: sine and cosine are back with the other sign.", TURN, _wave(turn=math.pi)
        ),
        mistake("degrees", "The turn is measured in degrees; sine and cosine count in radians.", TURN, _wave(turn=360)),
        mistake(
            "frequency",
            "That is a frequency: it falls with i. The wavelength, in positions a turn, grows.",
            PROGRESSION,
            _wave(turn=1, result=lambda turn, divisor: 1 / divisor),
            _wave(result=lambda turn, divisor: turn / divisor),
            _wave(result=lambda turn, divisor: 1 / (turn * divisor)),
        ),
        mistake(
            "exponent-doubled",
            "The wavelengths grow too fast: i counts pairs, and the exponent contains a 2 too many.",
            PROGRESSION,
            _wave(lambda i, d: 4 * i / d),
        ),
        mistake(
            "exponent-halved",
            "The wavelengths grow too slowly: the last pair should be near 10000 times 2π. i counts pairs, not "
            "columns.",
            PROGRESSION,
            _wave(lambda i, d: i / d),
            _wave(lambda i, d: (i - i % 2) / d),
        ),
        mistake("base-1000", "The base is 1000; the formula says 10000.", PROGRESSION, _wave(base=1000)),
        mistake(
            "counted-from-one",
            "That is the wavelength of a neighbouring pair: pairs are counted from 0, and pair 0 has the "
            "wavelength 2π.",
            PROGRESSION,
            _wave(lambda i, d: 2 * (i + 1) / d),
            _wave(lambda i, d: (2 * i + 1) / d),
            _wave(lambda i, d: 2 * (i - 1) / d),
        ),
        mistake(
            "whole-exponents",
            "The exponent is a whole number: `//` throws the fraction away.",
            PROGRESSION,
            _wave(lambda i, d: 2 * i // d),
            _wave(lambda i, d: i // d),
        ),
        mistake(
            "last-exponent-one",
            "Your last pair has exactly 10000 times 2π. The series runs *towards* that: the exponent is 2i over "
            "num_hiddens, and the next pair after the last would have it.",
            PROGRESSION,
            _wave(lambda i, d: i / (d / 2 - 1)),
            _wave(lambda i, d: 2 * i / (d - 1)),
        ),
    ],
    praise="From 2π towards 10000 · 2π in equal ratios.",
)


moving_pairs = Question(
    "moving_pairs",
    right=10,
    mistakes=[
        mistake(
            "columns",
            "So many *columns* turn, and two columns are one pair. (With i in the place of 2i in the exponent, 20 "
            "comes out, too.)",
            MOVING,
            20,
            19,
        ),
        mistake("last-index", "Pair 9 is the last that makes it. Counted from 0, how many are that?", MOVING, 9),
        mistake(
            "without-two-pi",
            "For those 10000 to the 2i/64 is below 100. The wavelength is 2π times that.",
            MOVING,
            16,
            17,
        ),
        mistake("all", "The slowest of the 32 pairs needs some 47,000 positions for a turn.", MOVING, 32, 64),
        mistake("width-32", "That is the answer of the slide, for 60 positions and 16 pairs.", MOVING, 5),
    ],
    praise="Pairs 0 to 9: the other 22 are there for longer texts.",
    otherwise="For which i is the wavelength at most 100? Compute it for a few, with your `wavelength`.",
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
        "sine waves that start anywhere": [
            (_column(8, 80, 0.1),),
            (_column(20, 200, 1),),
            (_column(12.5, 100, 2),),
            (_column(40, 400, -0.5),),
        ]
    },
    mistakes=[
        mistake(
            "half",
            "That is half a wave: a wave crosses 0 twice in a turn, once upwards and once downwards.",
            MEASURE,
            _about(lambda wave, column: wave / 2),
        ),
        mistake(
            "one-turn-too-many",
            "Almost: between n places there are n − 1 turns, not n.",
            MEASURE,
            lambda column: (_ups(column)[-1] - _ups(column)[0]) / len(_ups(column)),
        ),
        mistake(
            "doubled",
            "That is two waves. A turn is over when the wave goes the same way again.",
            MEASURE,
            _about(lambda wave, column: 2 * wave),
        ),
        mistake(
            "count",
            "That is how many waves there are. How many positions does one take?",
            MEASURE,
            _about(lambda wave, column: len(column) / wave),
            _about(lambda wave, column: torch.tensor(float(len(_ups(column))))),
            _about(lambda wave, column: torch.tensor(float(len(_ups(column)) - 1))),
        ),
        mistake(
            "frequency",
            "That is a frequency, waves in a position. Asked for is positions in a wave.",
            MEASURE,
            _about(lambda wave, column: 1 / wave),
        ),
        mistake(
            "without-two-pi",
            "That is by what the position is divided in the angle. A turn is 2π times that.",
            MEASURE,
            _about(lambda wave, column: wave / (2 * math.pi)),
        ),
        mistake(
            "angle",
            "That is by how much the angle grows in one step. How many steps make 2π?",
            MEASURE,
            _about(lambda wave, column: 2 * math.pi / wave),
        ),
    ],
    praise="A table found in somebody's code carries no formula, and yet tells its wavelengths.",
    tolerance=0.05,
)


# Similarity
similarity = Exercise(
    "similarity",
    "P",
    right=lambda P: P @ P.T / (P.shape[1] / 2),
    cases=lambda: {
        "tables of positions": [(sinusoids(2, 4),), (sinusoids(5, 6),), (sinusoids(30, 32),)],
        "any other table": [(random(3, 4),), (random(4, 4),), (random(2, 6),)],
    },
    mistakes=[
        mistake(
            "not-divided",
            "These are the dot products. They still have to be divided, so that the diagonal becomes 1.",
            SIMILARITY,
            lambda P: P @ P.T,
        ),
        mistake(
            "divided-by-width",
            "Your diagonal is one half: sin² + cos² is 1 for each *pair*, and there are half as many pairs as columns.",
            SIMILARITY,
            lambda P: P @ P.T / P.shape[1],
        ),
        mistake(
            "divided-by-half-too-much",
            "You divide by the width, and then once more by 2: `a / b / 2` is not `a / (b / 2)`.",
            SIMILARITY,
            lambda P: P @ P.T / P.shape[1] / 2,
        ),
        mistake(
            "divided-by-root",
            "The root is for the scores of attention. What is the largest value here?",
            SIMILARITY,
            lambda P: P @ P.T / math.sqrt(P.shape[1]),
            lambda P: P @ P.T / math.sqrt(P.shape[1] / 2),
        ),
        mistake(
            "divided-by-rows",
            "You divide by the number of rows. How many terms are in a dot product?",
            SIMILARITY,
            lambda P: P @ P.T / len(P),
            lambda P: P @ P.T / (len(P) / 2),
        ),
        mistake(
            "columns-compared",
            "The columns are compared with each other. Positions are rows.",
            SIMILARITY,
            lambda P: P.T @ P / (P.shape[1] / 2),
            lambda P: P.T @ P / (P.shape[0] / 2),
            lambda P: P.T @ P,
        ),
        mistake(
            "softmaxed",
            "A softmax makes weights that sum to 1. Similarity here is the plain dot product over num_hiddens / 2.",
            SIMILARITY,
            lambda P: (P @ P.T / (P.shape[1] / 2)).softmax(-1),
            lambda P: (P @ P.T).softmax(-1),
            lambda P: (P @ P.T / math.sqrt(P.shape[1])).softmax(-1),
        ),
        mistake(
            "distance",
            "These are distances: 0 on the diagonal, and larger for positions that are less alike.",
            SIMILARITY,
            lambda P: torch.cdist(P, P),
        ),
        mistake(
            "multiplied-entrywise",
            "This multiplies entry by entry. A similarity compares every row with every row: (n, n).",
            SIMILARITY,
            lambda P: P * P / (P.shape[1] / 2),
            lambda P: P * P,
        ),
        mistake(
            "diagonal-alone",
            "This compares each row with itself only.",
            SIMILARITY,
            lambda P: (P * P).sum(1) / (P.shape[1] / 2),
        ),
        mistake(
            "divided-by-largest",
            "You divide by the largest entry, or by the lengths of the rows. For a table of positions that is "
            "the same, "
            "because all rows are equally long; for other tables it is not. Divide by num_hiddens / 2.",
            SIMILARITY,
            lambda P: P @ P.T / (P @ P.T).max(),
            lambda P: P @ P.T / P.norm(dim=1)[:, None] / P.norm(dim=1),
            lambda P: P @ P.T / (P @ P.T).diagonal(),
            lambda P: P @ P.T / (P @ P.T).diagonal()[:, None],
            lambda P: P @ P.T / (P @ P.T)[0, 0],
        ),
    ],
    praise="1 on the diagonal, and the same along every diagonal: what counts is the offset.",
    drawn=(
        (sinusoids(40, 32),),
        {
            "title": "Alike near the diagonal, and in stripes along it",
            "xlabel": "position",
            "ylabel": "position",
            "cmap": "RdBu",
            "limits": (-1, 1),
            "size": (10, 3),
        },
    ),
)


def _cosines(offset, num_hiddens, factor=1.0):
    return torch.cos(offset * factor / 10000 ** (torch.arange(0, num_hiddens, 2) / num_hiddens))


similarity_at = Exercise(
    "similarity_at",
    "offset, num_hiddens",
    right=lambda offset, num_hiddens: _cosines(offset, num_hiddens).mean(),
    cases=lambda: {
        "some offsets and widths": [(1, 2), (1, 4), (3, 4), (5, 6)],
        "backwards and not at all": [(-3, 4), (-7, 6), (0, 8)],
        "large ones": [(20, 32), (100, 64)],
    },
    mistakes=[
        mistake(
            "summed",
            "You sum over the pairs. Similarity is 1 at offset 0, whatever the width.",
            SIMILARITY,
            lambda offset, num_hiddens: _cosines(offset, num_hiddens).sum(),
        ),
        mistake(
            "divided-by-width",
            "You divide by the number of columns. One cosine comes from each *pair*.",
            OFFSET,
            lambda offset, num_hiddens: _cosines(offset, num_hiddens).sum() / num_hiddens,
        ),
        mistake(
            "sines",
            "You take the sine of the offset. In sin a sin b + cos a cos b, which function of a − b remains?",
            OFFSET,
            lambda offset, num_hiddens: torch.sin(
                offset / 10000 ** (torch.arange(0, num_hiddens, 2) / num_hiddens)
            ).mean(),
        ),
        mistake(
            "multiplied",
            "The offset is multiplied by the divisor: the frequencies rise instead of falling.",
            PROGRESSION,
            lambda offset, num_hiddens: torch.cos(
                offset * 10000 ** (torch.arange(0, num_hiddens, 2, dtype=torch.float64) / num_hiddens)
            ).mean(),
        ),
        mistake(
            "columns-for-pairs",
            "You count as many clocks as there are columns. There are half as many: i runs over pairs.",
            PROGRESSION,
            lambda offset, num_hiddens: torch.cos(
                offset / 10000 ** (2 * torch.arange(num_hiddens) / num_hiddens)
            ).mean(),
        ),
        mistake(
            "one-clock",
            "That is the first pair alone. Every pair contributes.",
            OFFSET,
            lambda offset, num_hiddens: math.cos(offset),
        ),
        mistake(
            "exponent-halved",
            "The frequencies fall too slowly: there are half as many pairs as columns, and pair i has the exponent 2i "
            "over num_hiddens.",
            PROGRESSION,
            lambda offset, num_hiddens: torch.cos(
                offset / 10000 ** (torch.arange(num_hiddens // 2) / num_hiddens)
            ).mean(),
            lambda offset, num_hiddens: torch.cos(offset / 10000 ** (torch.arange(num_hiddens) / num_hiddens)).mean(),
        ),
        mistake(
            "two-pi",
            "The angle contains 2π. In the table the position is divided, and nothing more.",
            OFFSET,
            lambda offset, num_hiddens: _cosines(offset, num_hiddens, 2 * math.pi).mean(),
        ),
        mistake(
            "sine-and-cosine",
            "That is a mean over a row of the table. The similarity is a dot product of *two* rows.",
            OFFSET,
            lambda offset, num_hiddens: sinusoids(abs(offset) + 1, num_hiddens)[-1].mean(),
        ),
    ],
    praise="No position in it, only the offset, and its sign does not matter: cos(a − b) = cos(b − a).",
)


before_after = Question(
    "before_after",
    right="b",
    letters="abcd",
    mistakes=[
        mistake(
            "sign-counts",
            "The cosine is even: cos(a − b) = cos(b − a). Three before and three after have the same similarity.",
            CURVE,
            "a",
        ),
        mistake(
            "sine-tells",
            "The sines are in the code, but in the dot product of two codes they meet with the cosines, and only "
            "cos(a − b) "
            "remains.",
            OFFSET,
            "c",
        ),
        mistake(
            "never",
            "By the dot product alone, no. But the learned maps may turn one of the two codes first, and a turned hand "
            "is not symmetric.",
            CURVE,
            "d",
        ),
    ],
    praise="The plain dot product cannot tell; `W_q` and `W_k` can. Lesson 5 shows how.",
    otherwise="",
)
