"""The exercises of lesson 8, a real model: right answers, and what named mistakes compute."""

import math

import torch
from torch.nn import functional as F

from .exercise import Exercise, Question, mistake
from .tensors import random

# By hand
token_count = Question(
    "token_count",
    right=5,
    mistakes=[
        mistake("words", 2),
        mistake("no-ends", 3),
        mistake("no-pieces", 4),
        mistake("padding", 128),
        mistake("letters", 19, 20, 21, 22),
    ],
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
        "plain": [
            (torch.tensor([[[1.0, 1, 3, 3], [8, 2, 2, 8]]]), torch.ones(4), torch.zeros(4)),
            (2 + random(2, 3, 4), torch.ones(4), torch.zeros(4)),
        ],
        "scaled": [(2 + 3 * random(2, 3, 4), torch.tensor([1.0, 2, 3, -1]), torch.tensor([0.0, 1, -2, 5]))],
    },
    mistakes=[
        mistake("one-fewer", _norm(size=lambda C: C.std(dim=-1, keepdim=True))),
        mistake("no-root", _norm(size=lambda C: C.square().mean(dim=-1, keepdim=True))),
        mistake(
            "mean-left-in",
            _norm(centre=lambda X: X),
            lambda X, weight, bias: X / X.std(dim=-1, keepdim=True, correction=0) * weight + bias,
            lambda X, weight, bias: X / X.std(dim=-1, keepdim=True) * weight + bias,
        ),
        mistake(
            "over-tokens",
            *[
                _norm(
                    lambda X, dims=dims: X - X.mean(dim=dims, keepdim=True),
                    lambda C, dims=dims, one=one: C.std(dim=dims, keepdim=True, correction=one),
                )
                for dims in (1, (1, 2), (0, 1, 2))
                for one in (0, 1)
            ],
        ),
        mistake("length-one", _norm(size=lambda C: C.norm(dim=-1, keepdim=True))),
        mistake("not-scaled", _norm(finish=lambda X, weight, bias: X + bias), _norm(finish=lambda X, weight, bias: X)),
        mistake("not-shifted", _norm(finish=lambda X, weight, bias: X * weight)),
        mistake("shifted-first", _norm(finish=lambda X, weight, bias: (X + bias) * weight)),
    ],
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
        "no-padding": [
            (torch.tensor([[[3.0, 0.0], [3.0, 8.0]]]), torch.tensor([2])),
            (1 + random(2, 3, 4), torch.tensor([3, 3])),
        ],
        "padding": [(1 + random(2, 4, 3), torch.tensor([2, 4])), (1 + random(3, 5, 2), torch.tensor([1, 3, 4]))],
    },
    mistakes=[
        mistake("padding-in-mean", _pooled(lambda H, allowed: H.mean(dim=1))),
        mistake("one-token-too-many", _pooled(allowed=lambda t, lens: t <= lens)),
        mistake(
            "not-normalised",
            _pooled(finish=lambda mean: mean),
            _pooled(lambda H, allowed: (H * allowed).sum(dim=1), finish=lambda total: total),
        ),
        mistake(
            "normalised-over-batch",
            _pooled(finish=lambda mean: F.normalize(mean, dim=0)),
            _pooled(finish=lambda mean: mean / mean.norm()),
        ),
        mistake(
            "tokens-normalised",
            lambda H, valid_lens: _pooled()(F.normalize(H, dim=2), valid_lens),
            lambda H, valid_lens: _pooled(finish=lambda mean: mean)(F.normalize(H, dim=2), valid_lens),
        ),
        mistake("first-token", _pooled(lambda H, allowed: H[:, 0])),
        mistake("largest", _pooled(lambda H, allowed: H.masked_fill(allowed == 0, -torch.inf).amax(dim=1))),
        mistake("divided-twice", _pooled(finish=lambda mean: mean / mean.square().sum(dim=1, keepdim=True))),
    ],
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
        "several-lengths": [(torch.tensor([[3.0, 4.0], [0.0, 2.0]]),), (2 * random(3, 4) + 1,), (3 * random(5, 2),)]
    },
    mistakes=[
        mistake("not-normalised", _cosines(lambda V: V, lambda V: V)),
        mistake("normalised-once", _cosines(right=lambda V: V), _cosines(left=lambda V: V)),
        mistake("columns-normalised", _cosines(lambda V: F.normalize(V, dim=0), lambda V: F.normalize(V, dim=0))),
        mistake(
            "columns-compared",
            lambda V: F.normalize(V, dim=1).T @ F.normalize(V, dim=1),
            lambda V: F.normalize(V, dim=0).T @ F.normalize(V, dim=0),
        ),
        mistake("squared-lengths", _cosines(*[lambda V: V / V.square().sum(dim=1, keepdim=True)] * 2)),
        mistake("distances", lambda V: torch.cdist(V, V)),
        mistake(
            "centred", lambda V: _cosines()(V - V.mean(dim=1, keepdim=True)), lambda V: _cosines()(V - V.mean(dim=0))
        ),
    ],
    drawn=((_table(),), {"cmap": "RdBu", "limits": (-1, 1), "size": (10, 3.2)}),
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
        "a-few-heads": [
            (torch.tensor([[[1.0, 0.0, 0.0], [0.9, 0.1, 0.0], [0.2, 0.5, 0.3]]]),),
            ((2 * random(2, 4, 4)).softmax(dim=-1),),
            ((2 * random(3, 5, 5)).softmax(dim=-1),),
        ]
    },
    mistakes=[
        mistake("one-ahead", _one_back(1)),
        mistake("itself", _one_back(0)),
        mistake("two-back", _one_back(-2)),
        mistake("summed", _one_back(result=lambda d: d.sum(-1))),
        mistake("divided-by-n", _one_back(result=lambda d: d.sum(dim=-1) / (d.shape[-1] + 1))),
        mistake("first-looks-at-last", _one_back_loop_from_zero),
        mistake("heads-mixed", _one_back(result=lambda d: d.mean())),
        mistake("largest", _one_back(result=lambda d: d.amax(dim=-1))),
    ],
)


order_left = Question(
    "order_left",
    right="b",
    letters="abcd",
    mistakes=[mistake("other-words", "a"), mistake("how-often", "c"), mistake("another-word", "d")],
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
        "a-rotation": [(_turn(90),), (_turn(60),), (_turn(21),)],
        "other-way": [(_turn(-72),), (_turn(-10),)],
        "skew-axes": [(_turn(60, basis=SKEW),), (_turn(-7, basis=SKEW),)],
        "growing": [(_turn(62, 0.97),), (_turn(20, 1.05, SKEW),)],
    },
    mistakes=[
        mistake("radians", _period(result=lambda a: a)),
        mistake("degrees", _period(result=torch.rad2deg)),
        mistake("share-of-a-turn", _period(result=lambda a: a / (2 * math.pi))),
        mistake("half-turn", _period(result=lambda a: math.pi / a)),
        mistake("degrees-and-radians", _period(result=lambda a: 360 / a)),
        mistake(
            "negative",
            _period(lambda M: _angle(M) * _signed(M).sign()),
            _period(lambda M: -_angle(M) * _signed(M).sign()),
            _period(lambda M: -_angle(M)),
        ),
        mistake(
            "one-entry",
            _period(lambda M: M[0, 0].clamp(-1, 1).acos()),
            _period(lambda M: _signed(M).abs()),
            _period(lambda M: M[1, 1].clamp(-1, 1).acos()),
            group="skew-axes",
        ),
        mistake("length-ignored", _period(lambda M: (M.trace() / 2).clamp(-1, 1).acos()), group="growing"),
    ],
)
