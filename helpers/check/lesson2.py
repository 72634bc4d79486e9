"""The exercises of lesson 2, positional encoding: right answers, and what named mistakes compute."""

import math

import torch
from torch import nn

from helpers import layers

from .exercise import Exercise, Question, mistake
from .tensors import random, sinusoids

# By hand
first_row = Question(
    "first_row",
    right=(0, 1, 0, 1, 0, 1),
    mistakes=[
        mistake("all-zero", (0, 0, 0, 0, 0, 0)),
        mistake("all-one", (1, 1, 1, 1, 1, 1)),
        mistake("swapped", (1, 0, 1, 0, 1, 0)),
        mistake("halves", (0, 0, 0, 1, 1, 1)),
        mistake("counted", (0, 1, 2, 3, 4, 5)),
        mistake("position-one", (0.841, 0.54, 0.046, 0.999, 0.002, 1)),
    ],
)

which_pair = Question(
    "which_pair",
    right=3,
    mistakes=[
        mistake("column", 7),
        mistake("half-column", 3.5),
        mistake("counted-from-one", 4),
        mistake("two-i", 6),
        mistake("position", 20),
    ],
)


# Why a pair
twin = Exercise(
    "twin",
    "position, period",
    right=lambda position, period: (period / 2 - position) % period,
    cases=lambda: {
        "first-half": [(1, 8), (3, 16), (0, 12), (5, 12)],
        "second-half": [(5, 8), (7, 8), (11, 12), (13, 16)],
    },
    mistakes=[
        mistake(
            "same-cosine",
            lambda position, period: (period - position) % period,
            lambda position, period: period - position,
        ),
        mistake(
            "opposite",
            lambda position, period: (position + period / 2) % period,
            lambda position, period: position + period / 2,
        ),
        mistake("full-turn", lambda position, period: position + period),
        mistake("itself", lambda position, period: position),
        mistake("outside-the-turn", lambda position, period: period / 2 - position),
        mistake(
            "pi-for-half-a-turn",
            lambda position, period: math.pi - position,
            lambda position, period: (math.pi - position) % period,
        ),
        mistake("sign-only", lambda position, period: -position),
        mistake(
            "quarter-turn",
            lambda position, period: (period / 4 - position) % period,
            lambda position, period: period / 4 - position,
        ),
    ],
)


# The table
def _with(**changed):
    return lambda num_steps, num_hiddens: sinusoids(num_steps, num_hiddens, **changed)


def _halves(num_steps, num_hiddens):
    table = sinusoids(num_steps, num_hiddens)
    return torch.cat([table[:, 0::2], table[:, 1::2]], dim=1)


def _rounded_down(num_steps, num_hiddens):
    """One column is filled too many for the cosines of an odd width: this raises an error there."""
    table = torch.zeros(num_steps, num_hiddens)
    angles = torch.arange(num_steps)[:, None] / 10000 ** (torch.arange(0, num_hiddens, 2) / num_hiddens)
    table[:, 0::2], table[:, 1::2] = angles.sin(), angles.cos()
    return table


TABLE_MISTAKES = [
    mistake(
        "exponent-doubled",
        _with(exponent=lambda pair, d: 4 * pair / d),
        _with(angles=lambda positions, divisors: positions / divisors / divisors),
        _with(exponent=lambda pair, d: 4 * pair / d, cosine_exponent=lambda pair, d: 2 * (2 * pair + 1) / d),
    ),
    mistake("exponent-halved", _with(exponent=lambda pair, d: pair / d)),
    mistake(
        "pair-broken",
        _with(cosine_exponent=lambda pair, d: (2 * pair + 1) / d),
        _with(cosine_exponent=lambda pair, d: 2 * (pair + 1) / d),
        _with(cosine_exponent=lambda pair, d: 2 * (2 * pair + 1) / d),
    ),
    mistake("base-1000", _with(base=1000)),
    mistake("multiplied", _with(angles=lambda positions, divisors: positions * divisors)),
    mistake("swapped", _with(functions=(torch.cos, torch.sin))),
    mistake("sine-only", _with(functions=(torch.sin, torch.sin)), _with(functions=(torch.cos, torch.cos))),
    mistake("halves", _halves),
    mistake("from-one", _with(first=1)),
    mistake("two-pi", _with(angles=lambda positions, divisors: 2 * math.pi * positions / divisors)),
    mistake(
        "degrees",
        _with(angles=lambda positions, divisors: torch.rad2deg(positions / divisors)),
        _with(angles=lambda positions, divisors: torch.deg2rad(positions / divisors)),
    ),
    mistake("whole-exponents", _with(exponent=lambda pair, d: 2 * pair // d)),
    mistake("last-exponent-one", _with(exponent=lambda pair, d: pair / max(d / 2 - 1, 1))),
    mistake("angles", _with(functions=(torch.clone, torch.clone))),
    mistake("odd-width", _rounded_down, group="odd-width"),
]

positional_encoding = Exercise(
    "positional_encoding",
    "num_steps, num_hiddens",
    right=sinusoids,
    cases=lambda: {"even-width": [(2, 4), (3, 2), (5, 6), (8, 6)], "odd-width": [(3, 5), (4, 1)], "large": [(60, 32)]},
    mistakes=TABLE_MISTAKES
    + [
        mistake("transposed", lambda num_steps, num_hiddens: sinusoids(num_steps, num_hiddens).T),
        mistake("batch-kept", lambda num_steps, num_hiddens: sinusoids(num_steps, num_hiddens)[None]),
    ],
    drawn=((60, 32), {"limits": (-1, 1), "size": (10, 3)}),
)


# Added, not concatenated
concat_cost = Question(
    "concat_cost",
    right=4,
    mistakes=[
        mistake("doubled", 2),
        mistake("halved", 0.25, 0.5),
        mistake("eightfold", 8),
        mistake("unchanged", 1),
        mistake("difference", 3),
    ],
)


# The class
def _module(
    table=sinusoids,
    store="buffer",
    combine=lambda X, P: X + P,
    rows=lambda X, P: P[:, : X.shape[1]],
    drop=lambda dropout, X, P, combine: dropout(combine(X, P)),
    too_long=True,
    default=1000,
):
    """The class with one thing changed."""

    class PositionalEncoding(nn.Module):
        def __init__(self, num_hiddens, dropout, max_len=default):
            super().__init__()
            self.dropout = nn.Dropout(dropout)
            P = table(max_len, num_hiddens)[None].float()
            if store == "attribute":
                self.P = P
            elif store in ("parameter", "frozen"):
                self.P = nn.Parameter(P, requires_grad=store == "parameter")
            else:
                self.register_buffer("P", P, persistent=store == "saved")

        def forward(self, X):
            if too_long and X.shape[1] > self.P.shape[1]:
                raise ValueError(f"{X.shape[1]} steps, but max_len is {self.P.shape[1]}")
            P = rows(X, self.P)
            return drop(self.dropout, X, P.to(X.device) if store == "moved" else P, combine)

    return PositionalEncoding


class _MovedLate(_module(store="attribute")):
    """As d2l does it: a plain attribute, which forward moves at every call."""

    def forward(self, X):
        return self.dropout(X + self.P[:, : X.shape[1]].to(X.device))


class _DroppedAlways(_module()):
    def forward(self, X):
        return nn.functional.dropout(X + self.P[:, : X.shape[1]], self.dropout.p)


class _AddedInPlace(_module()):
    def forward(self, X):
        X += self.P[:, : X.shape[1]]
        return self.dropout(X)


class _ShortenedQuietly(_module(too_long=False)):
    def forward(self, X):
        X = X[:, : self.P.shape[1]]
        return self.dropout(X + self.P[:, : X.shape[1]])


def _encode(X, *settings, train=False):
    """A probe: what the class does to X in evaluation (or in training)."""

    def encode(PositionalEncoding):
        return PositionalEncoding(*settings).train(train)(X.clone())

    encode.given = dict(zip(("num_hiddens", "dropout", "max_len"), settings, strict=False)) | {"X": X}
    return encode


def _leaves_input(PositionalEncoding):
    """Whether X is as it was afterwards."""
    X = random(2, 3, 4)
    changed = X.clone()
    PositionalEncoding(4, 0, 10)(changed)
    return torch.equal(X, changed)


def _left_behind(PositionalEncoding):
    """How many tensors are not moved by .to(): "meta" is a device that every machine has.

    Nothing is computed there: the first addition on that device makes torch import for seconds.
    """
    layer = PositionalEncoding(8, 0, 16).to("meta")
    values = [value for module in layer.modules() for value in vars(module).values()]
    return sum(isinstance(value, torch.Tensor) and not value.is_meta for value in values)


def _trainable(PositionalEncoding):
    """How many numbers train."""
    return sum(p.numel() for p in PositionalEncoding(8, 0, 16).parameters() if p.requires_grad)


def _loaded(PositionalEncoding):
    """What a layer does that has loaded the state of one with another max_len."""
    layer = PositionalEncoding(8, 0, 20).eval()
    layer.load_state_dict(PositionalEncoding(8, 0, 10).state_dict())
    return layer(torch.zeros(1, 15, 8))


def _refuses(num_steps, max_len):
    """A probe: whether a sequence of num_steps is a ValueError."""

    def refuses(PositionalEncoding):
        layer = PositionalEncoding(4, 0, max_len).eval()
        try:
            layer(torch.zeros(1, num_steps, 4))
        except ValueError:
            return True
        return False

    return refuses


PositionalEncoding = Exercise(
    "PositionalEncoding",
    "num_hiddens, dropout, max_len",
    right=layers.PositionalEncoding,
    module=True,
    cases=lambda: {
        "added": [
            (_encode(torch.zeros(1, 2, 4), 4, 0.5, 10),),
            (_encode(random(1, 2, 4), 4, 0.5, 10),),
            (_encode(random(3, 5, 6), 6, 0.5, 10),),
            (_encode(random(5, 3, 8), 8, 0.5, 10),),
            (_encode(random(2, 4, 6), 6, 0.5, 4),),
        ],
        "odd-width": [(_encode(random(2, 3, 5), 5, 0, 10),)],
        "dropout": [
            (_encode(random(1, 2, 4), 4, 1.0, 10),),
            (_encode(random(1, 2, 4), 4, 1.0, 10, train=True),),
            (_encode(random(2, 3, 4), 4, 0.0, 10, train=True),),
        ],
        "default-length": [(_encode(torch.zeros(1, 1000, 2), 2, 0),)],
        "moves": [(_left_behind,)],
        "does-not-train": [(_trainable,)],
        "not-saved": [(_loaded,)],
        "input-kept": [(_leaves_input,)],
        "too-long": [(_refuses(5, 4),), (_refuses(3, 1),)],
    },
    mistakes=[
        mistake(
            "sliced-by-batch",
            _module(rows=lambda X, P: P[:, : X.shape[0]]),
            _module(rows=lambda X, P: P[:, : X.shape[0]].transpose(0, 1)),
        ),
        mistake("concatenated", _module(combine=lambda X, P: torch.cat([X, P.expand_as(X)], dim=-1))),
        mistake("word-lost", _module(combine=lambda X, P: P), _module(combine=lambda X, P: P.expand_as(X))),
        mistake("code-lost", _module(combine=lambda X, P: X)),
        mistake("code-multiplied", _module(combine=lambda X, P: X * P)),
        mistake("word-scaled", _module(combine=lambda X, P: X * math.sqrt(X.shape[-1]) + P)),
        *(
            mistake(wrong.name, *(_module(answer) for answer in wrong.answers), group=wrong.group)
            for wrong in TABLE_MISTAKES
        ),
        mistake("dropout-before-addition", _module(drop=lambda dropout, X, P, combine: dropout(X) + P)),
        mistake("dropout-on-code", _module(drop=lambda dropout, X, P, combine: X + dropout(P))),
        mistake("no-dropout", _module(drop=lambda dropout, X, P, combine: X + P)),
        mistake("dropout-in-evaluation", _DroppedAlways),
        mistake("max-len-without-default", _module(default=100), group="default-length"),
        mistake("table-left-behind", _module(store="attribute"), _MovedLate, group="moves"),
        mistake("table-trains", _module(store="parameter"), group="does-not-train"),
        mistake("table-saved", _module(store="saved"), _module(store="frozen"), group="not-saved"),
        mistake("input-changed", _AddedInPlace, group="input-kept"),
        mistake("too-long-unclear", _module(too_long=False), _ShortenedQuietly, group="too-long"),
    ],
)
