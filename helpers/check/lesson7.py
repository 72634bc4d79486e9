"""The exercises of lesson 7, does order matter: right answers, and wrong ones with what to say about each."""

import torch
from torch.nn import functional as F

from .exercise import Exercise, Question, mistake

TEXTS = (7, "One text of random letters, two questions about its order")
ANSWERS = (7, "The answers, first by hand")
GUESSING = (7, "How far does one get without order?")
LAYER = (7, "The layer: lesson 1's attention with two switches")
MIRROR = (7, "What no training can teach: the mirror image")
SETS = (7, "A causal place knows the set before it, not its order")
LONGER = (7, "Longer texts than any seen in training")
CHANGE = (7, "Change one thing: two layers instead of one")
PADDING = (1, "Padding: a softmax over the real words only")


# By hand
best_guess = Question(
    "best_guess",
    right=0.6,
    mistakes=[
        mistake(
            "own-letter-counted",
            "B cannot stand before itself: one of the six letters is out, and five are left.",
            GUESSING,
            0.5,
        ),
        mistake("any-of-them", "That is a guess at random. The best guess takes the most frequent.", GUESSING, 0.2),
        mistake(
            "kinds-of-letters",
            "You counted kinds of letters. Each single *letter* is equally likely, and a kind with several letters has "
            "several chances.",
            GUESSING,
            0.333,
            0.25,
        ),
        mistake(
            "alphabet",
            "That is a guess among all letters of the alphabet. Which letters are there is known.",
            GUESSING,
            0.0833,
            0.0909,
        ),
        mistake("certain", "Nobody can be certain without knowing the order.", GUESSING, 1.0),
        mistake("percent", "That is in percent. Asked for is a number from 0 to 1.", GUESSING, 60),
    ],
    praise="Five others, three of them a c: say c, and be right in three cases of five.",
    otherwise="Leave B out. How many letters are left, and how many of them are the most frequent one?",
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
    cases=lambda: {"one sentence": [(1, 2), (1, 4)], "several": [(2, 3), (3, 5)]},
    mistakes=[
        mistake(
            "itself-left-out",
            "Place 0 has nobody to look at, for it is left out itself. With a causal mask a place sees itself, too.",
            LAYER,
            _lens(_rows, lambda t, n: t),
        ),
        mistake(
            "one-key-too-many",
            "Every place sees one that comes after it.",
            LAYER,
            _lens(_rows, lambda t, n: t + 2),
            _lens(_rows, lambda t, n: (t + 2).clamp(max=n)),
        ),
        mistake(
            "turned-round",
            "The first place sees everything, and the last one only the first: it is turned round.",
            LAYER,
            _lens(_rows, lambda t, n: n - t),
        ),
        mistake("no-mask", "Every place sees all the others: no mask.", LAYER, _lens(_rows, lambda t, n: t * 0 + n)),
        mistake(
            "one-row",
            "The numbers are right, once. `masked_softmax` wants them for each sentence: (batch, num_steps).",
            PADDING,
            _lens(lambda lens, batch: lens),
        ),
        mistake(
            "transposed",
            "Rows and columns have changed places: asked for is (batch, num_steps).",
            PADDING,
            _lens(lambda lens, batch: _rows(lens, batch).T),
        ),
        mistake(
            "a-matrix",
            "That is the mask itself, a matrix. `valid_lens` only counts: one number for each query.",
            PADDING,
            lambda batch, num_steps: torch.ones(num_steps, num_steps).tril().expand(batch, -1, -1).clone(),
            lambda batch, num_steps: torch.ones(num_steps, num_steps).tril(),
            lambda batch, num_steps: torch.ones(num_steps, num_steps).triu(1),
        ),
    ],
    praise="`masked_softmax(scores, causal_valid_lens(…))` is a causal mask, without a line of new code.",
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
        "one text": [
            (torch.tensor([[2, 2, 3]]),),
            (torch.tensor([[2, 3, 4, 3, 3]]),),
            (torch.tensor([[5, 2, 5, 2, 5, 6, 0, 1]]),),
        ],
        "several texts": [(torch.tensor([[2, 3, 4], [2, 2, 2]]),), (torch.tensor([[2, 3, 2, 3], [4, 2, 2, 2]]),)],
    },
    mistakes=[
        mistake(
            "own-letter-counted",
            "You count the letter of the place itself among the candidates. No letter stands before itself.",
            GUESSING,
            _chance(_all_letters, lambda n: n),
            _chance(_all_letters),
        ),
        mistake(
            "divided-by-n", "The candidates are the n − 1 others, not n letters.", GUESSING, _chance(size=lambda n: n)
        ),
        mistake(
            "not-divided",
            "That is a count. A chance is divided by the number of others.",
            GUESSING,
            _chance(_others, lambda n: 1),
        ),
        mistake(
            "any-of-them",
            "That is a guess at random. The best guess takes the letter that occurs most often among the others.",
            GUESSING,
            lambda X: torch.ones(X.shape) / (X.shape[1] - 1),
        ),
        mistake(
            "kinds-of-letters",
            "You counted kinds of letters. A letter that occurs three times has three chances.",
            GUESSING,
            lambda X: 1 / (_others(X) > 0).sum(dim=-1),
        ),
        mistake(
            "own-letter",
            "That is how often the *own* letter of each place occurs among the others. Asked for is the most frequent.",
            GUESSING,
            _chance(_own_letter),
        ),
        mistake(
            "one-fewer-everywhere",
            "You take one away from the most frequent letter at every place. Only a place that holds this letter has "
            "one fewer of it beside it.",
            GUESSING,
            lambda X: (_all_letters(X).amax(dim=-1) - 1) / (X.shape[1] - 1),
        ),
        mistake(
            "across-texts",
            "You count across texts. Each text has its own letters: count along the second dimension.",
            GUESSING,
            _chance(_across_texts),
            _chance(_across_texts, lambda n: 1),
        ),
    ],
    praise="Its mean is what a reader without any sense of order can reach. Compare every accuracy with it.",
    drawn=(
        (
            _texts(
                [2, 2, 2, 0, 2, 1, 2, 3], [2, 3, 3, 0, 4, 3, 1, 3], [4, 5, 6, 0, 7, 1, 8, 9], [4, 4, 0, 5, 4, 5, 4, 1]
            ),
        ),
        {
            "title": "A letter that occurs often is easy to guess, except beside itself",
            "xlabel": "place",
            "ylabel": "text",
            "limits": (0, 1),
            "size": (10, 2.4),
        },
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
        "one that counts, one that looks": [
            (counts_letters, _texts([2, 3, 4, 5], [6, 7, 8, 2])),
            (looks_at_the_last, _texts([2, 3, 4, 7], [6, 7, 8, 2])),
            (looks_at_the_last, _texts([2, 3, 4, 7], [2, 3, 4, 7])),
        ],
        "the difference is in some texts": [
            (looks_at_the_last, _texts([2, 3, 2], [4, 5, 7])),
            (looks_at_the_last, _texts([2, 3, 7], [7, 3, 2])),
        ],
        "equally right, not equally sure": [(leans_a_little, _texts([2, 3, 4], [7, 5, 2]))],
        "but for rounding": [(rounds, _texts([2, 3, 4, 5], [6, 7, 8, 2]))],
    },
    mistakes=[
        mistake(
            "texts-exchanged",
            "You turn the order of the *texts* round. Each text has to be read backwards: dimension 1.",
            MIRROR,
            _compare(lambda X: X.flip(0)),
        ),
        mistake(
            "both-turned",
            "You turn both round, the letters and the order of the texts, and compare a text with another one.",
            MIRROR,
            _compare(lambda X: X.flip(0, 1)),
        ),
        mistake(
            "not-turned",
            "It says True to every model, as if each text were compared with itself.",
            MIRROR,
            _compare(lambda X: X),
        ),
        mistake(
            "not-all-texts",
            "A model that says the same to *some* texts passes. Asked for is: to all of them.",
            MIRROR,
            _compare(same=lambda one, other: torch.allclose(one[0], other[0])),
            _compare(same=lambda one, other: torch.isclose(one, other).any()),
        ),
        mistake(
            "means-compared",
            "You compare means over the texts. Two texts may change places and leave the mean as it was.",
            MIRROR,
            _compare(same=lambda one, other: torch.allclose(one.mean(0), other.mean(0))),
            _compare(same=lambda one, other: torch.allclose(one.sum(0), other.sum(0))),
        ),
        mistake(
            "answers-alone",
            "You compare which answer is the larger. The same answer, with other numbers behind it, is not the same "
            "output.",
            MIRROR,
            _compare(same=lambda one, other: torch.equal(one.argmax(-1), other.argmax(-1))),
        ),
        mistake(
            "no-tolerance",
            "Equal to the last digit is too much to ask: a sum in another order rounds differently.",
            MIRROR,
            _compare(same=torch.equal),
        ),
        mistake(
            "letters-compared",
            "It says False to every model, as if the letters were compared, not what the model says.",
            MIRROR,
            lambda model, X: torch.equal(X, X.flip(1)),
        ),
        mistake(
            "negated",
            "It is turned round: True is for a model that says the *same* to both.",
            MIRROR,
            lambda model, X: not _compare()(model, X),
        ),
    ],
    praise="Where it is True whatever the texts are, question 1 stays at 50 %, however long one trains.",
)


same_output = Question(
    "same_output",
    right="a",
    letters="abcd",
    mistakes=[
        mistake(
            "own-letter-differs",
            "The same letters as a whole, but the last place asks with its own letter, and that is another one here.",
            SETS,
            "b",
        ),
        mistake(
            "counts-differ",
            "d occurs twice here, and e not at all. A mean notices how often a letter occurs.",
            SETS,
            "c",
        ),
        mistake("longer-text", "The last place is another one here: another letter, and more before it.", SETS, "d"),
    ],
    praise="The same letter at the last place, and the same set before it, in another order.",
    otherwise="",
)


# By place
def _by_place(target=lambda X: X[:, :-1], result=lambda right: 100 * right.mean(dim=0)):
    return lambda guesses, X: result((guesses == target(X)).double())


accuracy_by_place = Exercise(
    "accuracy_by_place",
    "guesses, X",
    right=_by_place(),
    cases=lambda: {
        "a few texts": [
            (_texts([2, 3], [5, 4], [7, 8], [6, 6]), _texts([2, 3, 4], [5, 6, 7], [7, 2, 3], [2, 6, 8])),
            (
                _texts([2, 4, 4, 5], [3, 3, 3, 3], [9, 8, 7, 6]),
                _texts([2, 3, 4, 5, 6], [3, 4, 3, 5, 3], [8, 8, 7, 6, 5]),
            ),
        ]
    },
    mistakes=[
        mistake(
            "own-letter",
            "You compare with the letter *at* each place. Asked for is the one before it.",
            ANSWERS,
            _by_place(lambda X: X[:, 1:]),
        ),
        mistake(
            "by-text",
            "That is one number for each *text*. Take the mean over the texts, the first dimension.",
            SETS,
            _by_place(result=lambda right: 100 * right.mean(dim=1)),
        ),
        mistake(
            "one-number",
            "That is one number for all. It hides that the early places know much and the late ones little.",
            SETS,
            _by_place(result=lambda right: 100 * right.mean()),
        ),
        mistake(
            "fraction",
            "That is a fraction, from 0 to 1. Asked for is percent.",
            ANSWERS,
            _by_place(result=lambda right: right.mean(dim=0)),
        ),
        mistake(
            "count",
            "That is how many are right, not how many percent.",
            ANSWERS,
            _by_place(result=lambda right: right.sum(dim=0)),
        ),
        mistake(
            "errors",
            "That is how many percent are *wrong*.",
            ANSWERS,
            _by_place(result=lambda right: 100 * (1 - right.mean(dim=0))),
        ),
    ],
    praise="One number would have hidden what the lesson's picture shows.",
)


# Longer texts
percent_at_16 = Question(
    "percent_at_16",
    right=52,
    mistakes=[
        mistake(
            "first-place-counted",
            "You count 16 places, or 8 trained ones. Before the first letter there is none: question 2 is asked at 7 "
            "places of 8, and at 15 of 16.",
            ANSWERS,
            55,
            58,
            49.375,
            49,
        ),
        mistake(
            "only-trained-places",
            "At the other places it guesses, and is right now and then.",
            LONGER,
            46.67,
            47,
            50,
            53.3,
        ),
        mistake(
            "as-at-eight",
            "The table has enough rows, but the later ones have never been trained: they are noise.",
            LONGER,
            100,
        ),
        mistake(
            "guessing-everywhere",
            "At the places that it was trained on it is as good as before, in a longer text, too.",
            LONGER,
            10,
        ),
    ],
    praise="7 · 100 and 8 · 10, over 15. The lesson has measured 51.",
    otherwise="At how many of the 15 places was it trained? Take the mean over all of them.",
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
        "short texts": [_places([2, 0, 1], [2, 0, 1]), _places([4, 2, 2, 5], [1, 3, 0, 2])],
        "longer texts": [
            _places([0, 3, 3, 1, 5, 3, 2, 4], [5, 2, 7, 0, 3, 6, 1, 4]),
            _places([1, 2, 3, 4, 5, 0], [5, 4, 3, 2, 1, 0]),
        ],
    },
    mistakes=[
        mistake(
            "row-above",
            "You take the letter of the row above. The rows are in no order: only the counts tell who stands where.",
            CHANGE,
            lambda letters, counts: F.pad(letters[:-1], (1, 0), value=-1),
            lambda letters, counts: letters.roll(1),
            lambda letters, counts: torch.where(counts.sum(dim=1) == 1, -1, letters.roll(1)),
        ),
        mistake("own-letter", "That is the letter *at* each place.", ANSWERS, _before(lambda seen: seen)),
        mistake(
            "next-letter",
            "That is the letter *after* each place: whoever stands before me has seen one letter fewer.",
            CHANGE,
            _before(lambda seen: seen + 1),
        ),
        mistake(
            "most-frequent",
            "That is the best guess of one layer. The second one can look at the counts of the others, and need not "
            "guess.",
            CHANGE,
            _most_frequent,
        ),
        mistake(
            "first-sees-last",
            "Before the first letter there is none, so −1. Python's index −1 takes the last one.",
            ANSWERS,
            _before(first=lambda letters: 0, place=lambda seen: (seen - 2) % len(seen) + 1),
        ),
        mistake(
            "in-text-order",
            "The letters are right, in the order of the text. Asked for is the order of the rows, one answer for each.",
            CHANGE,
            _in_text_order,
        ),
        mistake(
            "first-not-marked",
            "The first place has another answer than −1.",
            ANSWERS,
            _before(first=lambda letters: 0),
            lambda letters, counts: torch.where(counts.sum(dim=1) == 1, letters, _before()(letters, counts)),
        ),
    ],
    praise="No position went in, and the neighbour came out: that is what two layers under a causal mask can do.",
)
