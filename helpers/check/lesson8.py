"""The exercises of lesson 8, a real model: right answers, and wrong ones with what to say about each."""

import math

import torch
from torch.nn import functional as F

from .exercise import Exercise, Question, mistake
from .lesson1 import random

TOKENS = (8, "From words to numbers, and two words that nobody wrote")
UNKNOWN = (8, "What it does with words that it does not know")
BLOCK = (8, "A block: attention, then a small network at every place")
NEAR = (8, "A sign of life: near in meaning is near in space")
PREVIOUS = (8, "The head that looks one word back: layer 1, head 3")
HEADS = (8, "All 72 heads: who looks one token back?")
BITES = (8, "Dog bites man, man bites dog")
CLOCK = (8, "A clock in the two directions of largest spread")
FIVE = (8, "Five clocks, each about three times slower than the last")
PADDING = (1, "Padding: a softmax over the real words only")


# By hand
token_count = Question(
    "token_count",
    right=5,
    mistakes=[
        mistake("words", "That counts words. The model reads pieces, and adds one token at each end.", UNKNOWN, 2),
        mistake("no-ends", "[CLS] and [SEP] are missing: they are tokens, too.", TOKENS, 3),
        mistake("no-pieces", "*positional* is not in the list of pieces as a whole.", UNKNOWN, 4),
        mistake("padding", "That is with padding. The lesson switches it off.", TOKENS, 128),
        mistake("letters", "Only what is in no longer piece falls to single letters.", UNKNOWN, 19, 20, 21, 22),
    ],
    praise="[CLS] position ##al attention [SEP].",
    otherwise="Spell each word with the pieces. Then add the two tokens that nobody wrote.",
)


# Layer normalisation
def _norm(
    centre=lambda X: X - X.mean(dim=-1, keepdim=True),
    size=lambda C: C.square().mean(dim=-1, keepdim=True).sqrt(),
    finish=lambda X, weight, bias: X * weight + bias,
):
    """Layer normalisation with one thing changed."""

    def layer_norm(X, weight, bias):
        C = centre(X)
        return finish(C / size(C), weight, bias)

    return layer_norm


layer_norm = Exercise(
    "layer_norm",
    "X, weight, bias",
    right=_norm(),
    cases=lambda: {
        "nothing scaled, nothing shifted": [
            (torch.tensor([[[1.0, 1, 3, 3], [8, 2, 2, 8]]]), torch.ones(4), torch.zeros(4)),
            (2 + random(2, 3, 4), torch.ones(4), torch.zeros(4)),
        ],
        "scaled and shifted": [(2 + 3 * random(2, 3, 4), torch.tensor([1.0, 2, 3, -1]), torch.tensor([0.0, 1, -2, 5]))],
    },
    mistakes=[
        mistake(
            "one-fewer",
            "The variance is divided by d − 1, as `std` and `var` do unless told otherwise. Here it is divided by d.",
            BLOCK,
            _norm(size=lambda C: C.std(dim=-1, keepdim=True)),
        ),
        mistake(
            "no-root",
            "It is divided by the variance, not by its root.",
            BLOCK,
            _norm(size=lambda C: C.square().mean(dim=-1, keepdim=True)),
        ),
        mistake(
            "mean-left-in",
            "The mean is left in: each token's numbers should sum to 0 before they are scaled.",
            BLOCK,
            _norm(centre=lambda X: X),
            lambda X, weight, bias: X / X.std(dim=-1, keepdim=True, correction=0) * weight + bias,
            lambda X, weight, bias: X / X.std(dim=-1, keepdim=True) * weight + bias,
        ),
        mistake(
            "over-tokens",
            "Mean and variance are taken over the tokens of a sentence, or over everything. Every token is normalised "
            "by itself: the last dimension.",
            BLOCK,
            *[
                _norm(
                    lambda X, dims=dims: X - X.mean(dim=dims, keepdim=True),
                    lambda C, dims=dims, one=one: C.std(dim=dims, keepdim=True, correction=one),
                )
                for dims in (1, (1, 2), (0, 1, 2))
                for one in (0, 1)
            ],
        ),
        mistake(
            "length-one",
            "Each token is made as long as 1. Asked for is a *variance* of 1: a length of √d.",
            BLOCK,
            _norm(size=lambda C: C.norm(dim=-1, keepdim=True)),
        ),
        mistake(
            "not-scaled",
            "The weight is not used.",
            BLOCK,
            _norm(finish=lambda X, weight, bias: X + bias),
            _norm(finish=lambda X, weight, bias: X),
        ),
        mistake("not-shifted", "The bias is not used.", BLOCK, _norm(finish=lambda X, weight, bias: X * weight)),
        mistake(
            "shifted-first",
            "The bias comes last; here it is scaled, too.",
            BLOCK,
            _norm(finish=lambda X, weight, bias: (X + bias) * weight),
        ),
    ],
    praise="Every token by itself: mean 0, variance 1, then a scale and a shift that are learned.",
)


# Sentences
def _pooled(
    mean=lambda H, allowed: (H * allowed).sum(dim=1) / allowed.sum(dim=1),
    finish=lambda mean: F.normalize(mean, dim=1),
    allowed=lambda t, lens: t < lens,
):
    """Sentence vectors with one thing changed."""

    def sentence_vectors(H, valid_lens):
        real = allowed(torch.arange(H.shape[1]), valid_lens[:, None])[:, :, None]
        return finish(mean(H, real.to(H.dtype)))

    return sentence_vectors


sentence_vectors = Exercise(
    "sentence_vectors",
    "H, valid_lens",
    right=_pooled(),
    cases=lambda: {
        "no padding": [
            (torch.tensor([[[3.0, 0.0], [3.0, 8.0]]]), torch.tensor([2])),
            (1 + random(2, 3, 4), torch.tensor([3, 3])),
        ],
        "padding": [(1 + random(2, 4, 3), torch.tensor([2, 4])), (1 + random(3, 5, 2), torch.tensor([1, 3, 4]))],
    },
    mistakes=[
        mistake(
            "padding-in-mean",
            "The padding is in the mean: a shorter sentence gets another vector beside a longer one.",
            PADDING,
            _pooled(lambda H, allowed: H.mean(dim=1)),
        ),
        mistake(
            "one-token-too-many",
            "One padded token is in the mean of each sentence: with a length of 2, the tokens 0 and 1 are real.",
            PADDING,
            _pooled(allowed=lambda t, lens: t <= lens),
        ),
        mistake(
            "not-normalised",
            "The length is not 1. Only then is a dot product of two of them a cosine.",
            NEAR,
            _pooled(finish=lambda mean: mean),
            _pooled(lambda H, allowed: (H * allowed).sum(dim=1), finish=lambda total: total),
        ),
        mistake(
            "normalised-over-batch",
            "The length is taken over the sentences, or over everything. Each sentence by itself: the last dimension.",
            NEAR,
            _pooled(finish=lambda mean: F.normalize(mean, dim=0)),
            _pooled(finish=lambda mean: mean / mean.norm()),
        ),
        mistake(
            "tokens-normalised",
            "Each token is made as long as 1 before the mean. First the mean, then the length.",
            NEAR,
            lambda H, valid_lens: _pooled()(F.normalize(H, dim=2), valid_lens),
            lambda H, valid_lens: _pooled(finish=lambda mean: mean)(F.normalize(H, dim=2), valid_lens),
        ),
        mistake(
            "first-token",
            "That is the output of [CLS] alone. Some models are made for that; this one takes the mean.",
            NEAR,
            _pooled(lambda H, allowed: H[:, 0]),
        ),
        mistake(
            "largest",
            "That is the largest value of each column, not the mean.",
            NEAR,
            _pooled(lambda H, allowed: H.masked_fill(allowed == 0, -torch.inf).amax(dim=1)),
        ),
        mistake(
            "divided-twice",
            "It is divided by the square of the length.",
            NEAR,
            _pooled(finish=lambda mean: mean / mean.square().sum(dim=1, keepdim=True)),
        ),
    ],
    praise="Now a sentence has the same vector in any batch, padded or not.",
)


def _table():
    """Vectors of four clocks, as in the learned table, each longer than the one before: (40, 8)."""
    t = torch.arange(40)[:, None]
    angles = t * 2 * torch.pi / (6 * 3 ** torch.arange(4))
    return (1 + t / 20) * torch.cat([angles.sin(), angles.cos()], dim=1)


def _cosines(left=lambda V: F.normalize(V, dim=1), right=lambda V: F.normalize(V, dim=1)):
    return lambda V: left(V) @ right(V).T


cosines = Exercise(
    "cosines",
    "V",
    right=_cosines(),
    cases=lambda: {
        "vectors of several lengths": [
            (torch.tensor([[3.0, 4.0], [0.0, 2.0]]),),
            (2 * random(3, 4) + 1,),
            (3 * random(5, 2),),
        ]
    },
    mistakes=[
        mistake(
            "not-normalised",
            "Those are dot products. A long vector is near to everybody: divide by the lengths.",
            NEAR,
            _cosines(lambda V: V, lambda V: V),
        ),
        mistake(
            "normalised-once",
            "Only one of the two is divided by its length.",
            NEAR,
            _cosines(right=lambda V: V),
            _cosines(left=lambda V: V),
        ),
        mistake(
            "columns-normalised",
            "The *columns* are made as long as 1. A vector is a row.",
            NEAR,
            _cosines(lambda V: F.normalize(V, dim=0), lambda V: F.normalize(V, dim=0)),
        ),
        mistake(
            "columns-compared",
            "You compare columns with columns. A vector is a row.",
            NEAR,
            lambda V: F.normalize(V, dim=1).T @ F.normalize(V, dim=1),
            lambda V: F.normalize(V, dim=0).T @ F.normalize(V, dim=0),
        ),
        mistake(
            "squared-lengths",
            "It is divided by the squares of the lengths.",
            NEAR,
            _cosines(*[lambda V: V / V.square().sum(dim=1, keepdim=True)] * 2),
        ),
        mistake(
            "distances",
            "Those are distances: 0 for a vector with itself. A cosine is 1 there.",
            NEAR,
            lambda V: torch.cdist(V, V),
        ),
        mistake(
            "centred",
            "You subtract a mean first. That is a correlation, or another picture altogether.",
            NEAR,
            lambda V: _cosines()(V - V.mean(dim=1, keepdim=True)),
            lambda V: _cosines()(V - V.mean(dim=0)),
        ),
    ],
    praise="1 on the diagonal, and between −1 and 1 elsewhere, whatever the lengths.",
    drawn=(
        (_table(),),
        {
            "title": "Vectors that turn and grow: their cosines make stripes",
            "xlabel": "place",
            "ylabel": "place",
            "cmap": "RdBu",
            "limits": (-1, 1),
            "size": (10, 3.2),
        },
    ),
)


# Heads
def _one_back(offset=-1, result=lambda diagonal: diagonal.mean(dim=-1)):
    return lambda weights: result(weights.diagonal(offset, 1, 2))


def _one_back_loop_from_zero(weights):
    """With place 0 looking at the last place, as Python's index −1 has it."""
    n = weights.shape[1]
    return torch.stack([weights[:, i, i - 1] for i in range(n)], dim=1).mean(dim=1)


one_back = Exercise(
    "one_back",
    "weights",
    right=_one_back(),
    cases=lambda: {
        "a few heads": [
            (torch.tensor([[[1.0, 0.0, 0.0], [0.9, 0.1, 0.0], [0.2, 0.5, 0.3]]]),),
            ((2 * random(2, 4, 4)).softmax(dim=-1),),
            ((2 * random(3, 5, 5)).softmax(dim=-1),),
        ]
    },
    mistakes=[
        mistake(
            "one-ahead",
            "That is the weight on the *next* token. Rows are queries: one back is one below the diagonal.",
            HEADS,
            _one_back(1),
        ),
        mistake("itself", "That is the weight of each token on itself: the diagonal.", HEADS, _one_back(0)),
        mistake("two-back", "That is two tokens back.", HEADS, _one_back(-2)),
        mistake(
            "summed",
            "That is a sum over the tokens. Asked for is the mean.",
            HEADS,
            _one_back(result=lambda d: d.sum(-1)),
        ),
        mistake(
            "divided-by-n",
            "The sum is divided by n. The first token has nobody before it: there are n − 1 weights.",
            PREVIOUS,
            _one_back(result=lambda d: d.sum(dim=-1) / (d.shape[-1] + 1)),
        ),
        mistake(
            "first-looks-at-last",
            "The first token has nobody before it. Python's index −1 makes it look at the last one.",
            PREVIOUS,
            _one_back_loop_from_zero,
        ),
        mistake(
            "heads-mixed",
            "One number for all the heads: the mean is taken over them, too.",
            HEADS,
            _one_back(result=lambda d: d.mean()),
        ),
        mistake(
            "largest",
            "That is the largest of the weights, not their mean.",
            HEADS,
            _one_back(result=lambda d: d.amax(dim=-1)),
        ),
    ],
    praise="Try it in the lesson, on `attention_weights(text, encoder)[0]`.",
)


order_left = Question(
    "order_left",
    right="b",
    letters="abcd",
    mistakes=[
        mistake("other-words", "Other words are other vectors, with or without places.", BITES, "a"),
        mistake(
            "how-often",
            "A word that occurs twice weighs twice in every mean. Places have nothing to do with it.",
            BITES,
            "c",
        ),
        mistake("another-word", "*a* is another token than *the*, with a vector of its own.", BITES, "d"),
    ],
    praise="The same tokens, equally often, in another order: without places nothing is left of it.",
    otherwise="",
)


# Clocks
def _turn(degrees, stretch=1.0, basis=((1.0, 0.0), (0.0, 1.0))):
    """A turn by an angle, in another basis and with another length."""
    a, B = math.radians(degrees), torch.tensor(basis)
    R = torch.tensor([[math.cos(a), math.sin(a)], [-math.sin(a), math.cos(a)]])
    return stretch * B @ R @ torch.linalg.inv(B)


def _angle(M):
    return torch.linalg.eigvals(M.double()).angle().abs().max()


def _signed(M):
    """The angle with the sign of the first eigenvalue that a library happens to return."""
    return torch.atan2(M[0, 1], M[0, 0])


def _period(angle=_angle, result=lambda a: 2 * math.pi / a):
    return lambda M: result(angle(M))


SKEW = ((1.0, 0.5), (0.0, 2.0))
tokens_a_turn = Exercise(
    "tokens_a_turn",
    "M",
    right=_period(),
    cases=lambda: {
        "a rotation": [(_turn(90),), (_turn(60),), (_turn(21),)],
        "the other way": [(_turn(-72),), (_turn(-10),)],
        "skew axes": [(_turn(60, basis=SKEW),), (_turn(-7, basis=SKEW),)],
        "growing or shrinking": [(_turn(62, 0.97),), (_turn(20, 1.05, SKEW),)],
    },
    mistakes=[
        mistake(
            "radians", "That is the angle of a step. How many of them make a turn?", FIVE, _period(result=lambda a: a)
        ),
        mistake(
            "degrees",
            "That is the angle of a step, in degrees. How many make 360?",
            CLOCK,
            _period(result=torch.rad2deg),
        ),
        mistake(
            "share-of-a-turn",
            "That is the share of a turn that one step makes. Asked for is how many steps make a turn.",
            FIVE,
            _period(result=lambda a: a / (2 * math.pi)),
        ),
        mistake("half-turn", "That is half a turn.", FIVE, _period(result=lambda a: math.pi / a)),
        mistake(
            "degrees-and-radians",
            "360 degrees, but the angle is in radians: a whole turn is 2π.",
            CLOCK,
            _period(result=lambda a: 360 / a),
        ),
        mistake(
            "negative",
            "A number of tokens is never negative, whichever way the clock runs.",
            CLOCK,
            _period(lambda M: _angle(M) * _signed(M).sign()),
            _period(lambda M: -_angle(M) * _signed(M).sign()),
            _period(lambda M: -_angle(M)),
        ),
        mistake(
            "one-entry",
            "You read the angle off single entries. That works on the clock's own axes alone; the eigenvalues are the "
            "same on any.",
            FIVE,
            _period(lambda M: M[0, 0].clamp(-1, 1).acos()),
            _period(lambda M: _signed(M).abs()),
            _period(lambda M: M[1, 1].clamp(-1, 1).acos()),
            group="skew axes",
        ),
        mistake(
            "length-ignored",
            "Real and imaginary part of an eigenvalue are the cosine and the sine of its angle only where its length "
            "is 1. Here the hand shrinks or grows, too.",
            FIVE,
            _period(lambda M: (M.trace() / 2).clamp(-1, 1).acos()),
            group="growing or shrinking",
        ),
    ],
    praise="In the learned table of the lesson: 6, 17, 52, 155 and 575 tokens.",
)
