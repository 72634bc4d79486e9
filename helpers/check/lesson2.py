"""The exercises of lesson 2, positional encoding: right answers, and wrong ones with what to say about each."""

import math

import torch
from torch import nn

from helpers import layers

from .exercise import Exercise, Question, mistake

DEMANDS = (2, "What must a position code do?")
EXAM = (2, "The four demands, as code")
CLOCK = (2, "A position as the hand of a clock")
PAIR = (2, "Why a sine *and* a cosine")
FORMULA = (2, "One clock repeats, so take many, each slower")
CLASS = (2, "The class")
COLUMNS = (2, "Four columns of the table: 60 positions, 32 dimensions")
ADDED = (2, "Added, not concatenated: what it saves, what it costs")
STORAGE = (2, "Attribute, buffer or parameter?")
TOO_SHORT = (2, "What goes wrong: a table that is too short")


# By hand
first_row = Question(
    "first_row",
    right=(0, 1, 0, 1, 0, 1),
    mistakes=[
        mistake("all-zero", "The sine of 0 is 0. And the cosine of 0?", CLOCK, (0, 0, 0, 0, 0, 0)),
        mistake("all-one", "The cosine of 0 is 1. And the sine of 0?", CLOCK, (1, 1, 1, 1, 1, 1)),
        mistake(
            "swapped", "Sine and cosine have changed places: even columns hold the sine.", FORMULA, (1, 0, 1, 0, 1, 0)
        ),
        mistake(
            "halves",
            "You put all sines first. In this series sine and cosine of a pair stand next to each other.",
            FORMULA,
            (0, 0, 0, 1, 1, 1),
        ),
        mistake(
            "counted",
            "Those are the numbers of the columns. The table holds sines and cosines.",
            FORMULA,
            (0, 1, 2, 3, 4, 5),
        ),
        mistake(
            "position-one",
            "That is the row of position 1. The first position is 0.",
            FORMULA,
            (0.841, 0.54, 0.046, 0.999, 0.002, 1),
        ),
    ],
    praise="At position 0 all hands point to twelve: sine 0, cosine 1.",
    otherwise="At position 0 every angle is 0, whatever the frequency.",
)

which_pair = Question(
    "which_pair",
    right=3,
    mistakes=[
        mistake("column", "That is the number of the column. In the formula i counts *pairs* of columns.", FORMULA, 7),
        mistake(
            "half-column",
            "A pair has a whole number, and both of its columns share it: that is why they share a frequency.",
            FORMULA,
            3.5,
        ),
        mistake("counted-from-one", "Pairs are counted from 0: columns 0 and 1 are pair 0.", FORMULA, 4),
        mistake("two-i", "That is 2i, the even column of the pair. What is i?", FORMULA, 6),
        mistake(
            "position",
            "That is the position t, the row. The frequency does not depend on it: i belongs to the column.",
            FORMULA,
            20,
        ),
    ],
    praise="Columns 6 and 7 are the sine and the cosine of pair 3: one clock, one frequency.",
    otherwise="Write down the pairs: columns 0 and 1 are pair 0, columns 2 and 3 are pair 1.",
)


# Why a pair
twin = Exercise(
    "twin",
    "position, period",
    right=lambda position, period: (period / 2 - position) % period,
    cases=lambda: {
        "positions in the first half of a turn": [(1, 8), (3, 16), (0, 12), (5, 12)],
        "positions in the second half": [(5, 8), (7, 8), (11, 12), (13, 16)],
    },
    mistakes=[
        mistake(
            "same-cosine",
            "There the *cosine* is the same: a clock's hand mirrored from left to right. The sine needs the "
            "other mirror.",
            PAIR,
            lambda position, period: (period - position) % period,
            lambda position, period: period - position,
        ),
        mistake(
            "opposite",
            "That is half a turn further, where the sine has the same size and the other sign.",
            PAIR,
            lambda position, period: (position + period / 2) % period,
            lambda position, period: position + period / 2,
        ),
        mistake(
            "full-turn",
            "That is the same place of the circle, a turn later: sine *and* cosine agree. Asked for is another place, "
            "within one turn.",
            CLOCK,
            lambda position, period: position + period,
        ),
        mistake(
            "itself",
            "That is the position itself. Which *other* one has the same sine?",
            PAIR,
            lambda position, period: position,
        ),
        mistake(
            "outside-the-turn",
            "The sine is right, but for some positions the answer is negative. Asked for is a position of the same "
            "turn, from 0 to below the period.",
            PAIR,
            lambda position, period: period / 2 - position,
        ),
        mistake(
            "pi-for-half-a-turn",
            "π is half a turn where angles are meant. Here a turn has `period` positions.",
            PAIR,
            lambda position, period: math.pi - position,
            lambda position, period: (math.pi - position) % period,
        ),
        mistake(
            "sign-only",
            "The position with the other sign mirrors the clock from left to right, and the sine changes its sign.",
            PAIR,
            lambda position, period: -position,
        ),
        mistake(
            "quarter-turn",
            "That mirrors at a quarter of a turn. The sine is mirrored where it is largest: what do a position and its "
            "twin add up to?",
            PAIR,
            lambda position, period: (period / 4 - position) % period,
            lambda position, period: period / 4 - position,
        ),
    ],
    praise="Every height of a sine occurs twice in a turn. The cosine has the other sign there, so the pair is unique.",
)


# The table
def sinusoids(
    num_steps,
    num_hiddens,
    base=10000,
    exponent=lambda pair, num_hiddens: 2 * pair / num_hiddens,
    cosine_exponent=None,
    first=0,
    angles=lambda positions, divisors: positions / divisors,
    functions=(torch.sin, torch.cos),
):
    """The table with one thing changed, of even width."""
    positions = torch.arange(first, first + num_steps, dtype=torch.float64)[:, None]
    pairs = torch.arange((num_hiddens + 1) // 2, dtype=torch.float64)
    columns = [
        function(angles(positions, base ** powers(pairs, num_hiddens)))
        for function, powers in zip(functions, (exponent, cosine_exponent or exponent), strict=True)
    ]
    return torch.stack(columns, dim=-1).flatten(1)[:, :num_hiddens]


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
        "The frequencies fall twice as fast as they should: the exponent contains a 2 too many, or the position is "
        "divided twice. Does your i count pairs or columns? Columns are already 2i.",
        FORMULA,
        _with(exponent=lambda pair, d: 4 * pair / d),
        _with(angles=lambda positions, divisors: positions / divisors / divisors),
        _with(exponent=lambda pair, d: 4 * pair / d, cosine_exponent=lambda pair, d: 2 * (2 * pair + 1) / d),
    ),
    mistake(
        "exponent-halved",
        "The frequencies fall half as fast as they should: the slowest hand is at the root of 10000, not near 10000. "
        "Does your i count pairs or columns?",
        FORMULA,
        _with(exponent=lambda pair, d: pair / d),
    ),
    mistake(
        "pair-broken",
        "The cosine has a frequency of its own: its exponent takes the next number. Sine and cosine of a pair are the "
        "two coordinates of *one* hand.",
        FORMULA,
        _with(cosine_exponent=lambda pair, d: (2 * pair + 1) / d),
        _with(cosine_exponent=lambda pair, d: 2 * (pair + 1) / d),
        _with(cosine_exponent=lambda pair, d: 2 * (2 * pair + 1) / d),
    ),
    mistake(
        "base-1000",
        "The base is 1000; the formula says 10000. The slowest hand turns ten times too fast.",
        FORMULA,
        _with(base=1000),
    ),
    mistake(
        "multiplied",
        "The position is multiplied by the divisor: the frequencies rise along the columns instead of falling.",
        FORMULA,
        _with(angles=lambda positions, divisors: positions * divisors),
    ),
    mistake(
        "swapped",
        "Sine and cosine have changed places: even columns hold the sine.",
        FORMULA,
        _with(functions=(torch.cos, torch.sin)),
    ),
    mistake(
        "sine-only",
        "Both columns of a pair hold the same function. Alone, it cannot tell two positions of a turn apart.",
        PAIR,
        _with(functions=(torch.sin, torch.sin)),
        _with(functions=(torch.cos, torch.cos)),
    ),
    mistake(
        "halves",
        "All sines stand first, then all cosines. That is a legitimate layout, the one of tensor2tensor; this series "
        "interleaves, and the two do not understand each other.",
        COLUMNS,
        _halves,
    ),
    mistake("from-one", "The positions start from 1: your row 0 is the row of position 1.", FORMULA, _with(first=1)),
    mistake(
        "two-pi",
        "The angles contain 2π. In the formula the position is divided, and nothing more: a full turn takes "
        "2π positions.",
        FORMULA,
        _with(angles=lambda positions, divisors: 2 * math.pi * positions / divisors),
    ),
    mistake(
        "degrees",
        "The angles are taken for degrees, or turned into degrees. Sine and cosine count in radians here: position 1 "
        "of pair 0 has the angle 1.",
        FORMULA,
        _with(angles=lambda positions, divisors: torch.rad2deg(positions / divisors)),
        _with(angles=lambda positions, divisors: torch.deg2rad(positions / divisors)),
    ),
    mistake(
        "whole-exponents",
        "The exponents are whole numbers: `//` throws away the fraction, and all pairs have the same frequency.",
        FORMULA,
        _with(exponent=lambda pair, d: 2 * pair // d),
    ),
    mistake(
        "last-exponent-one",
        "Your last pair has the exponent 1. The formula divides by num_hiddens, and so runs *towards* 1: the next pair "
        "after the last would have it.",
        FORMULA,
        _with(exponent=lambda pair, d: pair / max(d / 2 - 1, 1)),
    ),
    mistake(
        "angles",
        "These are the angles. The table holds their sines and cosines.",
        FORMULA,
        _with(functions=(torch.clone, torch.clone)),
    ),
    mistake(
        "odd-width",
        "It works for an even num_hiddens only. With an odd one there is one sine more than there are cosines.",
        CLASS,
        _rounded_down,
        group="an odd num_hiddens",
    ),
]

positional_encoding = Exercise(
    "positional_encoding",
    "num_steps, num_hiddens",
    right=sinusoids,
    cases=lambda: {
        "an even num_hiddens": [(2, 4), (3, 2), (5, 6), (8, 6)],
        "an odd num_hiddens": [(3, 5), (4, 1)],
        "60 positions by 32 columns": [(60, 32)],
    },
    mistakes=TABLE_MISTAKES
    + [
        mistake(
            "transposed",
            "Rows and columns have changed places: a row is a position, (num_steps, num_hiddens).",
            COLUMNS,
            lambda num_steps, num_hiddens: sinusoids(num_steps, num_hiddens).T,
        ),
        mistake(
            "batch-kept",
            "The table is right, with a batch dimension before it. Here the shape is (num_steps, num_hiddens).",
            COLUMNS,
            lambda num_steps, num_hiddens: sinusoids(num_steps, num_hiddens)[None],
        ),
    ],
    praise="Each pair of columns is one hand; each next hand is slower by the same factor.",
    drawn=(
        (60, 32),
        {
            "title": "Rows are positions, columns are encoding dimensions",
            "xlabel": "column",
            "ylabel": "position",
            "limits": (-1, 1),
            "size": (10, 3),
        },
    ),
)


# Added, not concatenated
concat_cost = Question(
    "concat_cost",
    right=4,
    mistakes=[
        mistake(
            "doubled", "Twice as wide, yes. But each of the four maps goes from that width *to* that width.", ADDED, 2
        ),
        mistake("halved", "Concatenating makes the layer wider, not narrower.", ADDED, 0.25, 0.5),
        mistake("eightfold", "Two sides of each matrix are doubled, not three.", ADDED, 8),
        mistake(
            "unchanged",
            "That holds for adding. Concatenated, the vectors are longer, and the maps must grow.",
            ADDED,
            1,
        ),
        mistake("difference", "That is how many parameters come on top: three times as many. And in all?", ADDED, 3),
    ],
    praise="A matrix twice as wide and twice as high has four times the entries. Adding costs none.",
    otherwise="How many entries has one map from num_hiddens to num_hiddens? And one of twice the width?",
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


def _random(*shape):
    return torch.randint(-8, 9, shape, generator=torch.Generator().manual_seed(sum(shape))) / 4


def _encode(X, *settings, train=False):
    """A probe: what the class does to X in evaluation (or in training)."""

    def encode(PositionalEncoding):
        return PositionalEncoding(*settings).train(train)(X.clone())

    encode.given = dict(zip(("num_hiddens", "dropout", "max_len"), settings, strict=False)) | {"X": X}
    return encode


def _leaves_input(PositionalEncoding):
    """Whether X is as it was afterwards."""
    X = _random(2, 3, 4)
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
        "the table is added to X": [
            (_encode(torch.zeros(1, 2, 4), 4, 0.5, 10),),
            (_encode(_random(1, 2, 4), 4, 0.5, 10),),
            (_encode(_random(3, 5, 6), 6, 0.5, 10),),
            (_encode(_random(5, 3, 8), 8, 0.5, 10),),
            (_encode(_random(2, 4, 6), 6, 0.5, 4),),
        ],
        "an odd num_hiddens": [(_encode(_random(2, 3, 5), 5, 0, 10),)],
        "dropout": [
            (_encode(_random(1, 2, 4), 4, 1.0, 10),),
            (_encode(_random(1, 2, 4), 4, 1.0, 10, train=True),),
            (_encode(_random(2, 3, 4), 4, 0.0, 10, train=True),),
        ],
        "1000 positions, where max_len is not given": [(_encode(torch.zeros(1, 1000, 2), 2, 0),)],
        "a table that follows `.to()`": [(_left_behind,)],
        "a table that does not train": [(_trainable,)],
        "the state of a layer with another max_len": [(_loaded,)],
        "an input that stays as it was": [(_leaves_input,)],
        "a sequence longer than max_len": [(_refuses(5, 4),), (_refuses(3, 1),)],
    },
    mistakes=[
        mistake(
            "sliced-by-batch",
            "The table is cut to the size of the *batch*, not to the number of steps: in a batch of one sentence every "
            "word gets the code of position 0.",
            CLASS,
            _module(rows=lambda X, P: P[:, : X.shape[0]]),
            _module(rows=lambda X, P: P[:, : X.shape[0]].transpose(0, 1)),
        ),
        mistake(
            "concatenated",
            "The code is put beside the word. Here it is added, and the width stays num_hiddens.",
            ADDED,
            _module(combine=lambda X, P: torch.cat([X, P.expand_as(X)], dim=-1)),
        ),
        mistake(
            "word-lost",
            "What comes out is the code alone: the word is lost. Add the two.",
            ADDED,
            _module(combine=lambda X, P: P),
            _module(combine=lambda X, P: P.expand_as(X)),
        ),
        mistake("code-lost", "What comes out is X: the code is not added.", ADDED, _module(combine=lambda X, P: X)),
        mistake(
            "code-multiplied",
            "Word and code are multiplied. Where the code is 0, the word would be lost: add them.",
            ADDED,
            _module(combine=lambda X, P: X * P),
        ),
        mistake(
            "word-scaled",
            "X is multiplied by the root of num_hiddens. The paper does that in the embedding layer, before this "
            "class.",
            (2, "Which one is louder, the word or the place?"),
            _module(combine=lambda X, P: X * math.sqrt(X.shape[-1]) + P),
        ),
        *(
            mistake(
                wrong.name, wrong.message, wrong.see, *(_module(answer) for answer in wrong.answers), group=wrong.group
            )
            for wrong in TABLE_MISTAKES
        ),
        mistake(
            "dropout-before-addition",
            "The dropout comes before the addition: it hits the word and spares the code. Add first, then drop out.",
            CLASS,
            _module(drop=lambda dropout, X, P, combine: dropout(X) + P),
        ),
        mistake(
            "dropout-on-code",
            "The dropout hits the code alone. Add first, then drop out.",
            CLASS,
            _module(drop=lambda dropout, X, P, combine: X + dropout(P)),
        ),
        mistake(
            "no-dropout",
            "Nothing is dropped out in training: the argument `dropout` is not used.",
            CLASS,
            _module(drop=lambda dropout, X, P, combine: X + P),
        ),
        mistake(
            "dropout-in-evaluation",
            "It drops out in evaluation, too. A module of `nn.Dropout` knows whether it is training; the function "
            "`F.dropout` has to be told.",
            CLASS,
            _DroppedAlways,
        ),
        mistake(
            "max-len-without-default",
            "`PositionalEncoding(num_hiddens, dropout)` should make a table of 1000 positions: give max_len that "
            "default.",
            CLASS,
            _module(default=100),
            group="1000 positions, where max_len is not given",
        ),
        mistake(
            "table-left-behind",
            "After `.to(device)` the table is where it was. A plain attribute does not move with its module; what "
            "kind of attribute does?",
            STORAGE,
            _module(store="attribute"),
            _MovedLate,
            group="a table that follows `.to()`",
        ),
        mistake(
            "table-trains",
            "The table is a parameter that trains: after the first step it is no longer a positional encoding.",
            STORAGE,
            _module(store="parameter"),
            group="a table that does not train",
        ),
        mistake(
            "table-saved",
            "The table is saved with the model, so a model with another max_len cannot load it. It need not be "
            "saved: it "
            "can be computed again.",
            STORAGE,
            _module(store="saved"),
            _module(store="frozen"),
            group="the state of a layer with another max_len",
        ),
        mistake(
            "input-changed",
            "The call has changed the caller's `X`: `+=` and methods that end in an underscore do that.",
            CLASS,
            _AddedInPlace,
            group="an input that stays as it was",
        ),
        mistake(
            "too-long-unclear",
            "A sequence longer than max_len should be a ValueError that says so: not another error, and not silence, "
            "as with a table of one row, which is simply repeated.",
            TOO_SHORT,
            _module(too_long=False),
            _ShortenedQuietly,
            group="a sequence longer than max_len",
        ),
    ],
    praise="It adds, then drops out; its table moves, does not train and is not saved; it says when it is too short.",
)
