"""The exercises of lesson 7, does order matter: right answers, and what named mistakes compute."""

import torch
from torch.nn import functional as F

from .exercise import Exercise, Question, mistake

# By hand
best_guess = Question(
    "best_guess",
    right=0.6,
    mistakes=[
        mistake("own-letter-counted", 0.5),
        mistake("any-of-them", 0.2),
        mistake("kinds-of-letters", 0.333, 0.25),
        mistake("alphabet", 0.0833, 0.0909),
        mistake("certain", 1.0),
        mistake("percent", 60),
    ],
)


# The mask
def _lens(count, steps=lambda t, n: t + 1):
    return lambda batch, num_steps: count(steps(torch.arange(num_steps), num_steps), batch)


def _rows(lens, batch):
    return lens.expand(batch, -1).clone()


causal_valid_lens = Exercise(
    "causal_valid_lens",
    "batch, num_steps",
    right=_lens(_rows),
    cases=lambda: {"one-sentence": [(1, 2), (1, 4)], "several": [(2, 3), (3, 5)]},
    mistakes=[
        mistake("itself-left-out", _lens(_rows, lambda t, n: t)),
        mistake("one-key-too-many", _lens(_rows, lambda t, n: t + 2), _lens(_rows, lambda t, n: (t + 2).clamp(max=n))),
        mistake("turned-round", _lens(_rows, lambda t, n: n - t)),
        mistake("no-mask", _lens(_rows, lambda t, n: t * 0 + n)),
        mistake("one-row", _lens(lambda lens, batch: lens)),
        mistake("transposed", _lens(lambda lens, batch: _rows(lens, batch).T)),
        mistake(
            "a-matrix",
            lambda batch, num_steps: torch.ones(num_steps, num_steps).tril().expand(batch, -1, -1).clone(),
            lambda batch, num_steps: torch.ones(num_steps, num_steps).tril(),
            lambda batch, num_steps: torch.ones(num_steps, num_steps).triu(1),
        ),
    ],
    dtype=(torch.int64, torch.int32, torch.int16, torch.uint8, torch.int8),
)


# Guessing
def _texts(*rows):
    return torch.tensor(rows)


def _others(X):
    """How often each letter occurs beside the one of each place: (batch, n, number of letters)."""
    letters = F.one_hot(X)
    return letters.sum(dim=1, keepdim=True) - letters


def _chance(counts=_others, size=lambda n: n - 1):
    return lambda X: counts(X).max(dim=-1).values / size(X.shape[1])


def _all_letters(X):
    return F.one_hot(X).sum(dim=1, keepdim=True).expand(-1, X.shape[1], -1)


def _own_letter(X):
    return _others(X).gather(2, X[:, :, None])


def _across_texts(X):
    letters = F.one_hot(X)
    return letters.sum(dim=0, keepdim=True) - letters


best_chance = Exercise(
    "best_chance",
    "X",
    right=_chance(),
    cases=lambda: {
        "one-text": [
            (torch.tensor([[2, 2, 3]]),),
            (torch.tensor([[2, 3, 4, 3, 3]]),),
            (torch.tensor([[5, 2, 5, 2, 5, 6, 0, 1]]),),
        ],
        "several-texts": [(torch.tensor([[2, 3, 4], [2, 2, 2]]),), (torch.tensor([[2, 3, 2, 3], [4, 2, 2, 2]]),)],
    },
    mistakes=[
        mistake("own-letter-counted", _chance(_all_letters, lambda n: n), _chance(_all_letters)),
        mistake("divided-by-n", _chance(size=lambda n: n)),
        mistake("not-divided", _chance(_others, lambda n: 1)),
        mistake("any-of-them", lambda X: torch.ones(X.shape) / (X.shape[1] - 1)),
        mistake("kinds-of-letters", lambda X: 1 / (_others(X) > 0).sum(dim=-1)),
        mistake("own-letter", _chance(_own_letter)),
        mistake("one-fewer-everywhere", lambda X: (_all_letters(X).amax(dim=-1) - 1) / (X.shape[1] - 1)),
        mistake("across-texts", _chance(_across_texts), _chance(_across_texts, lambda n: 1)),
    ],
    drawn=(
        (
            _texts(
                [2, 2, 2, 0, 2, 1, 2, 3], [2, 3, 3, 0, 4, 3, 1, 3], [4, 5, 6, 0, 7, 1, 8, 9], [4, 4, 0, 5, 4, 5, 4, 1]
            ),
        ),
        {"limits": (0, 1), "size": (10, 2.4)},
    ),
)


# The mirror
def _logits(number):
    """(batch,) to (batch, 2): the larger the number, the more it leans to the first of two answers."""
    number = number.double()
    return torch.stack([number, 8 - number], dim=1)


def counts_letters(X):
    """An answer that does not know the order."""
    return _logits(X.sum(dim=1) % 8)


def looks_at_the_last(X):
    """An answer that does."""
    return _logits(X[:, -1])


def leans_a_little(X):
    """An answer that is always the same, but not equally sure."""
    return _logits(5 + X[:, -1] / 10)


def rounds(X):
    """As ``counts_letters``, but for what another order of summing would leave."""
    return counts_letters(X) + 1e-8 * X[:, :1]


def _compare(flipped=lambda X: X.flip(1), same=lambda one, other: torch.allclose(one, other, atol=1e-5)):
    return lambda model, X: bool(same(model(X), model(flipped(X))))


same_to_mirror = Exercise(
    "same_to_mirror",
    "model, X",
    right=_compare(),
    cases=lambda: {
        "counts-and-looks": [
            (counts_letters, _texts([2, 3, 4, 5], [6, 7, 8, 2])),
            (looks_at_the_last, _texts([2, 3, 4, 7], [6, 7, 8, 2])),
            (looks_at_the_last, _texts([2, 3, 4, 7], [2, 3, 4, 7])),
        ],
        "some-texts": [
            (looks_at_the_last, _texts([2, 3, 2], [4, 5, 7])),
            (looks_at_the_last, _texts([2, 3, 7], [7, 3, 2])),
        ],
        "not-equally-sure": [(leans_a_little, _texts([2, 3, 4], [7, 5, 2]))],
        "rounding": [(rounds, _texts([2, 3, 4, 5], [6, 7, 8, 2]))],
    },
    mistakes=[
        mistake("texts-exchanged", _compare(lambda X: X.flip(0))),
        mistake("both-turned", _compare(lambda X: X.flip(0, 1))),
        mistake("not-turned", _compare(lambda X: X)),
        mistake(
            "not-all-texts",
            _compare(same=lambda one, other: torch.allclose(one[0], other[0])),
            _compare(same=lambda one, other: torch.isclose(one, other).any()),
        ),
        mistake(
            "means-compared",
            _compare(same=lambda one, other: torch.allclose(one.mean(0), other.mean(0))),
            _compare(same=lambda one, other: torch.allclose(one.sum(0), other.sum(0))),
        ),
        mistake("answers-alone", _compare(same=lambda one, other: torch.equal(one.argmax(-1), other.argmax(-1)))),
        mistake("no-tolerance", _compare(same=torch.equal)),
        mistake("letters-compared", lambda model, X: torch.equal(X, X.flip(1))),
        mistake("negated", lambda model, X: not _compare()(model, X)),
    ],
)


same_output = Question(
    "same_output",
    right="a",
    letters="abcd",
    mistakes=[mistake("own-letter-differs", "b"), mistake("counts-differ", "c"), mistake("longer-text", "d")],
)


# By place
def _by_place(target=lambda X: X[:, :-1], result=lambda right: 100 * right.mean(dim=0)):
    return lambda guesses, X: result((guesses == target(X)).double())


accuracy_by_place = Exercise(
    "accuracy_by_place",
    "guesses, X",
    right=_by_place(),
    cases=lambda: {
        "a-few-texts": [
            (_texts([2, 3], [5, 4], [7, 8], [6, 6]), _texts([2, 3, 4], [5, 6, 7], [7, 2, 3], [2, 6, 8])),
            (
                _texts([2, 4, 4, 5], [3, 3, 3, 3], [9, 8, 7, 6]),
                _texts([2, 3, 4, 5, 6], [3, 4, 3, 5, 3], [8, 8, 7, 6, 5]),
            ),
        ]
    },
    mistakes=[
        mistake("own-letter", _by_place(lambda X: X[:, 1:])),
        mistake("by-text", _by_place(result=lambda right: 100 * right.mean(dim=1))),
        mistake("one-number", _by_place(result=lambda right: 100 * right.mean())),
        mistake("fraction", _by_place(result=lambda right: right.mean(dim=0))),
        mistake("count", _by_place(result=lambda right: right.sum(dim=0))),
        mistake("errors", _by_place(result=lambda right: 100 * (1 - right.mean(dim=0)))),
    ],
)


# Longer texts
percent_at_16 = Question(
    "percent_at_16",
    right=52,
    mistakes=[
        mistake("first-place-counted", 55, 58, 49.375, 49),
        mistake("only-trained-places", 46.67, 47, 50, 53.3),
        mistake("as-at-eight", 100),
        mistake("guessing-everywhere", 10),
    ],
)


# Places out of sets
def _before(place=lambda seen: seen - 1, first=lambda letters: -1, pick=lambda letters, row: letters[row]):
    """The letter before each place, with one thing changed."""

    def letter_before(letters, counts):
        seen = counts.sum(dim=1)
        rows = {int(number): row for row, number in enumerate(seen)}
        wanted = [rows.get(int(number)) for number in place(seen)]
        return torch.stack([torch.tensor(first(letters)) if row is None else pick(letters, row) for row in wanted])

    return letter_before


def _places(text, order):
    """A text as a first layer leaves it: letters and how often each has occurred, the places in another order."""
    letters = torch.tensor(text)
    return letters[order], F.one_hot(letters).cumsum(dim=0)[order]


def _most_frequent(letters, counts):
    others = counts - F.one_hot(letters, counts.shape[1])
    return torch.where(counts.sum(dim=1) == 1, -1, others.argmax(dim=1))


def _in_text_order(letters, counts):
    return _before()(letters, counts)[counts.sum(dim=1).argsort()]


letter_before = Exercise(
    "letter_before",
    "letters, counts",
    right=_before(),
    cases=lambda: {
        "short-texts": [_places([2, 0, 1], [2, 0, 1]), _places([4, 2, 2, 5], [1, 3, 0, 2])],
        "longer-texts": [
            _places([0, 3, 3, 1, 5, 3, 2, 4], [5, 2, 7, 0, 3, 6, 1, 4]),
            _places([1, 2, 3, 4, 5, 0], [5, 4, 3, 2, 1, 0]),
        ],
    },
    mistakes=[
        mistake(
            "row-above",
            lambda letters, counts: F.pad(letters[:-1], (1, 0), value=-1),
            lambda letters, counts: letters.roll(1),
            lambda letters, counts: torch.where(counts.sum(dim=1) == 1, -1, letters.roll(1)),
        ),
        mistake("own-letter", _before(lambda seen: seen)),
        mistake("next-letter", _before(lambda seen: seen + 1)),
        mistake("most-frequent", _most_frequent),
        mistake("first-sees-last", _before(first=lambda letters: 0, place=lambda seen: (seen - 2) % len(seen) + 1)),
        mistake("in-text-order", _in_text_order),
        mistake(
            "first-not-marked",
            _before(first=lambda letters: 0),
            lambda letters, counts: torch.where(counts.sum(dim=1) == 1, letters, _before()(letters, counts)),
        ),
    ],
)
