"""The checks of the exercises: each right answer passes, each named mistake is named, nothing breaks a check."""

import contextlib
import functools
import math
import re
import subprocess
import sys
import threading
import time
import warnings

import numpy as np
import pytest
import right_answers
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import MultiHeadAttention, check, texts
from helpers.check import calls, judging
from tools import notebooks

ALL = {name: getattr(check, name) for names in check.NAMES.values() for name in names}
EXERCISES = {name: entry for name, entry in ALL.items() if isinstance(entry, check.Exercise)}
QUESTIONS = {name: entry for name, entry in ALL.items() if isinstance(entry, check.Question)}
WRONG = [
    pytest.param(entry, wrong, answer, id=f"{name}-{wrong.name}-{number}")
    for name, entry in ALL.items()
    for wrong in entry.mistakes
    for number, answer in enumerate(wrong.answers)
]

# The documented misconceptions, by number -> the checks and mistakes that name each: none of them may be lost.
NAMED = {
    1: ["attention_weights/no-scaling", "multi_head_attention/no-scaling"],
    2: ["multi_head_attention/scaled-by-num-hiddens", "score_divisor/root-of-num-hiddens"],
    3: ["multi_head_attention/scaled-by-num-heads", "score_divisor/root-of-num-heads"],
    4: ["attention_weights/multiplied", "multi_head_attention/multiplied", "score_divisor/inverse"],
    5: ["attention_weights/no-root", "multi_head_attention/no-root", "score_divisor/no-root"],
    6: ["attention_weights/scaled-after-softmax", "multi_head_attention/scaled-after-softmax"],
    7: [
        "attention_weights/softmax-over-queries",
        "attention_weights/softmax-over-batch",
        "masked_softmax/softmax-over-queries",
        "multi_head_attention/softmax-over-queries",
        "multi_head_attention/softmax-over-batch",
    ],
    8: ["attention_weights/keys-not-transposed", "attention_weights/wrong-axes-transposed"],
    9: ["masked_softmax/mask-after-softmax"],
    10: ["masked_softmax/masked-to-zero"],
    11: ["masked_softmax/one-key-too-many", "sentence_vectors/one-token-too-many"],
    12: ["masked_softmax/query-axis"],
    13: ["masked_softmax/polarity", "causal_mask/polarity"],
    14: ["masked_softmax/zero-one-added", "causal_mask/additive"],
    15: ["masked_softmax/not-masked", "masked_softmax/input-changed"],
    16: ["masked_softmax/nan-row", "masked_softmax/uniform-row"],
    17: ["masked_softmax/lengths-by-query", "masked_softmax/lengths-per-query"],
    18: ["padded_rows/zero-rows", "masked_softmax/padded-queries-zeroed"],
    19: [
        "causal_mask/diagonal-left-out",
        "causal_mask/everything-allowed",
        "causal_valid_lens/itself-left-out",
        "causal_valid_lens/no-mask",
    ],
    20: ["split_heads/no-transpose", "multi_head_attention/heads-scrambled"],
    21: ["split_heads/all-in-one-reshape"],
    22: ["merge_heads/no-transpose", "multi_head_attention/merged-without-transpose"],
    23: ["merge_heads/averaged", "multi_head_attention/heads-averaged"],
    24: ["multi_head_attention/no-output-map"],
    25: ["head_width/per-head", "head_width/multiplied"],
    26: [
        "positional_encoding/exponent-doubled",
        "positional_encoding/exponent-halved",
        "wavelength/exponent-doubled",
        "wavelength/exponent-halved",
    ],
    27: ["positional_encoding/pair-broken"],
    28: ["positional_encoding/base-1000", "wavelength/base-1000"],
    29: ["positional_encoding/multiplied", "positional_encoding/exponent-doubled"],
    30: ["positional_encoding/swapped", "first_row/swapped"],
    31: ["positional_encoding/halves", "first_row/halves"],
    32: ["positional_encoding/from-one", "first_row/position-one"],
    33: ["positional_encoding/odd-width", "PositionalEncoding/odd-width"],
    34: ["PositionalEncoding/sliced-by-batch"],
    35: ["PositionalEncoding/table-trains", "PositionalEncoding/table-left-behind", "PositionalEncoding/table-saved"],
    36: ["PositionalEncoding/concatenated"],
    37: ["PositionalEncoding/dropout-before-addition"],
    38: ["PositionalEncoding/too-long-unclear"],
    39: ["which_pair/position"],
    40: ["rotary/layouts-mixed", "rotary/halves", "rotary/wrong-sign"],
    41: ["order_evidence/different-words", "order_left/other-words"],
}
GENERAL = {"input-changed"}  # mistakes that every check names


@functools.cache
def judged(name, answer):
    """The verdict on an answer, which several tests look at."""
    return ALL[name](answer)


def stub(*arguments, **keywords):
    """What an untouched exercise holds."""
    return ...


@pytest.fixture
def short_time(monkeypatch):
    monkeypatch.setattr(judging, "TIME_LIMIT", 0.3)


# Right answers


@pytest.mark.parametrize("name", ALL)
def test_the_reference_passes(name):
    verdict = ALL[name](ALL[name].right)
    assert verdict.passed and verdict.mistake is None, verdict


@pytest.mark.parametrize("name", EXERCISES)
def test_right_answers_written_in_other_ways_pass(name):
    answers = right_answers.ANSWERS[name]
    assert len(answers) >= 2
    for answer in answers:
        verdict = EXERCISES[name](answer)
        assert verdict.passed, (answer.__name__, verdict)


def test_right_answers_to_questions_pass_in_several_forms():
    assert check.first_row([0, 1, 0, 1, 0, 1]).passed
    assert check.first_row(np.array([0.0, 1, 0, 1, 0, 1])).passed
    assert check.first_row(torch.tensor([[0, 1, 0, 1, 0, 1]])).passed
    assert check.head_width(20.0).passed
    assert check.head_width(torch.tensor(20)).passed
    assert check.padded_rows("C").passed
    assert check.padded_rows(" c) ").passed


# Named mistakes


@pytest.mark.parametrize("entry, wrong, answer", WRONG)
def test_a_named_mistake_is_named(entry, wrong, answer):
    verdict = judged(entry.name, answer)
    assert not verdict.passed
    assert verdict.mistake == wrong.name, verdict
    assert verdict.message.startswith(texts.together(*texts.of_mistake(entry.name, wrong.name)))


@pytest.mark.parametrize("name", EXERCISES)
def test_no_two_mistakes_look_alike(name):
    """Otherwise the message has to cover both, and they are ways of one mistake."""
    entry = EXERCISES[name]
    ways = [(wrong.name, judging.known(entry, answer)) for wrong in entry.mistakes for answer in wrong.answers]
    for number, (one, outcomes) in enumerate(ways):
        for other, others in ways[:number]:
            pairs = zip(outcomes, others, strict=False)
            alike = len(outcomes) == len(others) and all(
                judging.same(entry, *pair, judging.RECOGNISED) for pair in pairs
            )
            assert not alike or one == other, (name, one, other)


@pytest.mark.parametrize("name", EXERCISES)
def test_a_mistake_is_far_from_right(name):
    """By a hundred times what float32 may be off: rounding neither hides a mistake nor makes one."""
    entry = EXERCISES[name]
    for wrong in entry.mistakes:
        for answer in wrong.answers:
            apart = []
            for right, outcome in zip(judging.known(entry, entry.right), judging.known(entry, answer), strict=True):
                came, expected = (one.value and one.value.numbers for one in (outcome, right))
                if came is None or came.shape != expected.shape:
                    apart.append(math.inf)
                else:
                    apart.append((came - expected).abs().nan_to_num(math.inf).max().item())
            assert max(apart) > 100 * entry.tolerance if entry.tolerance < 0.01 else max(apart) > 0.5, wrong.name


def test_every_misconception_is_named():
    assert sorted(NAMED) == list(range(1, 42))
    for number, entries in NAMED.items():
        for entry in entries:
            name, _, wrong = entry.partition("/")
            assert wrong in GENERAL or wrong in {known.name for known in ALL[name].mistakes}, (number, entry)


def test_a_mistake_is_named_however_it_is_written():
    def in_float64_by_einsum(queries, keys):
        return torch.einsum("bqd,bkd->bqk", queries.double(), keys.double()).softmax(-1)

    def loop(k):
        period = 1
        for _ in range(k):
            period += period
        return period

    def prints_and_returns_a_list(P):
        print("similarity", P.shape)
        return (P @ P.T / P.shape[1]).tolist()

    assert check.attention_weights(in_float64_by_einsum).mistake == "no-scaling"

    def in_float32(num_steps, num_hiddens, angles):
        pairs = torch.arange(0, num_hiddens, 2) / num_hiddens
        angles = angles(torch.arange(num_steps)[:, None], 10000**pairs)
        return torch.stack([angles.sin(), angles.cos()], -1).flatten(1)[:, :num_hiddens]

    for name, angles in {
        "multiplied": lambda positions, divisors: positions * divisors,
        "degrees": lambda positions, divisors: torch.rad2deg(positions / divisors),
        "two-pi": lambda positions, divisors: 2 * math.pi * positions / divisors,
        "exponent-doubled": lambda positions, divisors: positions / divisors**2,
    }.items():
        answer = functools.partial(in_float32, angles=angles)
        assert check.positional_encoding(answer).mistake == name
    assert check.bit_period(loop).mistake == "half-period"
    assert check.similarity(prints_and_returns_a_list).mistake == "divided-by-width"


def test_a_mistake_shows_in_the_first_group_where_it_can():
    """A mistake in an edge case alone is named though the rest is right, and a mistake in the rest comes first."""

    def nan_row_and_none_forgotten(scores, valid_lens):
        lens = valid_lens[:, None] if valid_lens.dim() == 1 else valid_lens
        allowed = torch.arange(scores.shape[-1]) < lens[:, :, None]
        return scores.masked_fill(~allowed, -math.inf).softmax(-1)

    def polarity_and_none_forgotten(scores, valid_lens):
        lens = valid_lens[:, None] if valid_lens.dim() == 1 else valid_lens
        padding = torch.arange(scores.shape[-1]) >= lens[:, :, None]
        return scores.masked_fill(~padding, -1e9).softmax(-1)

    assert check.masked_softmax(nan_row_and_none_forgotten).mistake == "none-not-handled"
    assert check.masked_softmax(polarity_and_none_forgotten).mistake == "polarity"


# Not attempted


@pytest.mark.parametrize("name", ALL)
def test_nothing_passes_untouched(name):
    verdict = ALL[name](...)
    assert (verdict.passed, verdict.mistake) == (False, "not-attempted")
    assert "Not attempted yet" in repr(verdict) and "Not attempted yet" in verdict._repr_html_()


@pytest.mark.parametrize("name", [name for name in EXERCISES if name != "PositionalEncoding"])
def test_a_stub_is_not_an_attempt(name):
    def not_implemented(*arguments):
        raise NotImplementedError

    assert EXERCISES[name](stub).mistake == "not-attempted"
    assert EXERCISES[name](not_implemented).mistake == "not-attempted"


def test_a_class_with_stubs_is_not_an_attempt():
    class PositionalEncoding(torch.nn.Module):
        def __init__(self, num_hiddens, dropout, max_len=1000):
            super().__init__()
            ...

        def forward(self, X):
            return ...

    assert check.PositionalEncoding(PositionalEncoding).mistake == "not-attempted"


def test_a_stub_within_is_pointed_out():
    verdict = check.similarity(lambda P: stub(P) / 2)
    assert verdict.mistake == "error" and "still `...`" in verdict.message


@pytest.mark.parametrize("array", [torch.arange, np.arange])
def test_a_condition_on_a_whole_tensor_is_explained(array):
    verdict = check.window_mask(lambda n, width: 0 <= array(n) < width)
    assert verdict.mistake == "error" and "ask for one truth value" in verdict.message


# Whatever an answer does, the check goes on


def raises_exit(P):
    raise SystemExit("bye")


def raises_own(P):
    class Odd(BaseException):
        pass

    raise Odd("odd")


def recursion(P):
    return recursion(P)


def generator(P):
    yield P


async def coroutine(P):
    return P


def changes_input(P):
    result = P @ P.T / (P.shape[1] / 2)
    P[0] = 7
    return result


def resizes_input(P):
    result = P @ P.T / (P.shape[1] / 2)
    P.resize_(1)
    return result


RIGHT = check.similarity.right
STRANGE = {
    "prints": (lambda P: print("hello") or RIGHT(P), None),
    "requires grad": (lambda P: RIGHT(P) * torch.ones(1, requires_grad=True), None),
    "a parameter": (lambda P: torch.nn.Parameter(RIGHT(P)), None),
    "float64": (lambda P: RIGHT(P.double()), None),
    "not contiguous": (lambda P: RIGHT(P).T.contiguous().T, None),
    "sparse": (lambda P: RIGHT(P).to_sparse(), None),
    "an array": (lambda P: RIGHT(P).numpy(), None),
    "an array of objects": (lambda P: RIGHT(P).numpy().astype(object), None),
    "an array turned round": (lambda P: RIGHT(P).numpy()[::-1][::-1], None),
    "lists": (lambda P: RIGHT(P).tolist(), None),
    "a list of tensors": (lambda P: list(RIGHT(P)), None),
    "a tuple of lists of tensors": (lambda P: tuple(list(row) for row in RIGHT(P)), None),
    "changes its input": (changes_input, "input-changed"),
    "resizes its input": (resizes_input, "input-changed"),
    "nothing": (lambda P: None, "returned-nothing"),
    "a word": (lambda P: "similar", "wrong-type"),
    "a function": (lambda P: RIGHT, "wrong-type"),
    "a dictionary": (lambda P: {"similarity": RIGHT(P)}, "wrong-type"),
    "a generator": (generator, "wrong-type"),
    "ragged lists": (lambda P: [[1.0], [1.0, 2.0]], "wrong-type"),
    "complex": (lambda P: RIGHT(P).to(torch.complex64), "wrong-type"),
    "no data": (lambda P: RIGHT(P).to("meta"), "wrong-type"),
    "two tensors": (lambda P: (RIGHT(P), P), "wrong-type"),
    "a number": (lambda P: 1.0, "wrong-shape"),
    "another shape": (lambda P: RIGHT(P)[:1], "wrong-shape"),
    "one dimension more": (lambda P: RIGHT(P)[None], "wrong-shape"),
    "nothing in it": (lambda P: torch.empty(0), "wrong-shape"),
    "an empty list": (lambda P: [], "wrong-shape"),
    "NaN": (lambda P: RIGHT(P) * math.nan, "nan"),
    "infinity": (lambda P: RIGHT(P) + math.inf, "infinite"),
    "whole numbers": (lambda P: RIGHT(P).long(), None),
    "half precision": (lambda P: RIGHT(P).half(), "low-precision"),
    "its input": (lambda P: P, "wrong-shape"),
    "an error": (lambda P: P @ P, "error"),
    "a name that is not there": (lambda P: PP @ P.T, "error"),  # noqa: F821
    "exit": (raises_exit, "error"),
    "an odd error": (raises_own, "error"),
    "recursion": (recursion, "error"),
    "no parameter": (lambda: 1, "wrong-parameters"),
    "too many parameters": (lambda P, num_hiddens: RIGHT(P), "wrong-parameters"),
    "a parameter more, with a default": (lambda P, scale=2: RIGHT(P), None),
    "any parameters": (lambda *arguments: RIGHT(*arguments), None),
}


@pytest.mark.filterwarnings("ignore:coroutine")
@pytest.mark.parametrize("name", STRANGE)
def test_a_strange_answer_gets_a_verdict(name, capsys):
    answer, mistake = STRANGE[name]
    verdict = check.similarity(answer)
    assert verdict.mistake == mistake, verdict
    assert verdict.passed == (mistake is None and name != "whole numbers")
    assert verdict._repr_html_() and repr(verdict)
    assert capsys.readouterr().out == ""


@pytest.mark.filterwarnings("ignore:coroutine")
@pytest.mark.parametrize(
    "answer, mistake",
    [
        (torch.ones(2, 2), "not-a-function"),
        (None, "not-a-function"),
        (3, "not-a-function"),
        ("similarity", "not-a-function"),
        (coroutine, "wrong-type"),
        (dict, "error"),
        (torch.nn.Linear(9, 4), "error"),
        (max, None),
    ],
)
def test_what_is_no_function_of_the_learner_gets_a_verdict(answer, mistake):
    verdict = check.similarity(answer)
    assert not verdict.passed
    assert mistake is None or verdict.mistake == mistake


@pytest.mark.parametrize(
    "answer, mistake",
    [
        (check.PositionalEncoding.right(4, 0), "not-a-class"),
        (lambda num_hiddens, dropout, max_len=1000: None, "not-a-class"),
        (dict, "not-a-module"),
        (type("Empty", (torch.nn.Module,), {}), "wrong-parameters"),
    ],
)
def test_what_is_no_class_of_the_learner_gets_a_verdict(answer, mistake):
    verdict = check.PositionalEncoding(answer)
    assert not verdict.passed
    assert verdict.mistake in (mistake, "error"), verdict


@pytest.mark.parametrize(
    "answer, mistake",
    [
        ("20", "wrong-type"),
        (stub, "wrong-type"),
        ((20, 20), "wrong-type"),
        ([], "wrong-type"),
        ({}, "wrong-type"),
        (math.nan, None),
        (math.inf, None),
        (21, None),
        (None, "not-attempted"),
    ],
)
def test_a_strange_answer_to_a_question_gets_a_verdict(answer, mistake):
    verdict = check.head_width(answer)
    assert (verdict.passed, verdict.mistake) == (False, mistake)


@pytest.mark.parametrize("answer", ["e", "", "abcd", 3, ("c",), True])
def test_a_choice_wants_one_letter(answer):
    verdict = check.padded_rows(answer)
    assert (verdict.passed, verdict.mistake) == (False, "wrong-type")
    assert '"a", "b", "c", "d"' in verdict.message


def test_a_table_that_the_next_call_writes_over_is_compared_in_time():
    memory = torch.zeros(100, 100, dtype=torch.float64)

    def reused(P):
        view = memory[: len(P), : len(P)]
        view.copy_(RIGHT(P))
        return view

    assert check.similarity(reused).passed


def test_the_stop_button_stops():
    def interrupted(P):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check.similarity(interrupted)


def test_the_learners_own_line_is_shown():
    def wrong_sizes(P):
        scores = P @ P
        return scores

    def deep(P):
        return torch.stack([torch.zeros(2), torch.zeros(3)])

    verdict = check.similarity(wrong_sizes)
    assert "\n  scores = P @ P\n" in verdict.message and "RuntimeError" in verdict.message
    number = wrong_sizes.__code__.co_firstlineno + 1
    assert f"line {number} of its cell" in verdict.message
    assert "return torch.stack" in check.similarity(deep).message
    assert "Traceback" not in verdict.message and "helpers" not in verdict.message


def test_what_a_failing_case_printed_is_shown():
    def chatty(P):
        print("rows:", len(P))
        return P

    assert "printed   rows: 2" in check.similarity(chatty).message

    def endless(P):
        while True:
            print("x" * 1000)

    outcome = calls.call(endless, (torch.ones(1),), 0.2)
    assert outcome.failure.too_slow and len(outcome.printed) <= calls.MAX_PRINTED


def test_a_check_leaves_no_trace(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)

    def careless(P):
        torch.manual_seed(0)
        torch.rand(10)
        warnings.warn("careless", stacklevel=1)
        return RIGHT(P)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert check.similarity(careless).passed
    assert torch.equal(torch.rand(3), expected)
    assert capsys.readouterr() == ("", "")
    assert not any(tmp_path.iterdir())


def test_a_check_gives_the_same_verdict_twice_and_for_any_default_dtype():
    for dtype in (torch.float64, torch.float32):
        torch.set_default_dtype(dtype)
        try:
            for name, entry in EXERCISES.items():
                first, second = (entry(entry.right) for _ in range(2))
                assert first.passed and first.message == second.message, (name, dtype, first)
        finally:
            torch.set_default_dtype(torch.float32)


def test_an_answer_that_changes_from_call_to_call_is_no_pass():
    state = []

    def moody(P):
        state.append(1)
        return RIGHT(P) if len(state) % 2 else RIGHT(P) + 1

    assert not check.similarity(moody).passed


# Time


def spin(P):
    with contextlib.suppress(Exception):  # who catches everything still has to stop
        while True:
            P = P + 0


@pytest.mark.skipif(not hasattr(__import__("signal"), "setitimer"), reason="needs an alarm, which Windows has not")
def test_an_endless_loop_is_stopped_by_the_alarm(short_time):
    verdict = check.similarity(spin)
    assert verdict.mistake == "too-slow" and "loop" in verdict.message
    assert "line" in verdict.message


@pytest.mark.skipif(not hasattr(__import__("signal"), "setitimer"), reason="needs an alarm, which Windows has not")
def test_a_sleep_is_ended_by_the_alarm(short_time):
    start = time.monotonic()
    assert check.similarity(lambda P: time.sleep(30)).mistake == "too-slow"
    assert time.monotonic() - start < 20


def test_an_endless_loop_is_stopped_in_another_thread_as_on_windows(short_time):
    verdicts = []
    thread = threading.Thread(target=lambda: verdicts.append(check.similarity(spin)), daemon=True)
    thread.start()
    thread.join(20)
    assert [verdict.mistake for verdict in verdicts] == ["too-slow"]


def test_an_alarm_that_was_set_before_is_set_again():
    signal = pytest.importorskip("signal")
    if not hasattr(signal, "setitimer"):
        pytest.skip("needs an alarm, which Windows has not")
    handler = signal.getsignal(signal.SIGALRM)
    signal.setitimer(signal.ITIMER_REAL, 60)
    try:
        check.similarity(RIGHT)
        assert signal.getsignal(signal.SIGALRM) is handler
        assert 0 < signal.getitimer(signal.ITIMER_REAL)[0] <= 60
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def test_an_answer_that_is_slow_in_all_cases_together_is_stopped(short_time):
    assert check.similarity(lambda P: (time.sleep(0.1), RIGHT(P))[1]).mistake == "too-slow"


# What is said


def test_the_smallest_failing_case_is_shown_with_few_numbers():
    message = check.similarity(lambda P: RIGHT(P) + (len(P) > 2) * torch.eye(len(P))).message
    assert "shape (5, 6)" in message and "differs" not in message
    assert "at [0, 0]: 2 (5 of 25 numbers differ)" in message and "at [0, 0]: 1 (5 of 25 numbers differ)" in message


@pytest.mark.parametrize(
    "answer, words",
    [
        (lambda P: 3 * RIGHT(P), "3 times what is expected"),
        (lambda P: -RIGHT(P), "-1 times"),
        (lambda P: RIGHT(P) + 0.5, "plus 0.5"),
        (lambda P: RIGHT(P).flip(0), "reverse order, along dimension 0"),
    ],
)
def test_what_strikes_the_eye_is_said(answer, words):
    verdict = check.similarity(answer)
    assert verdict.mistake is None and words in verdict.message


def test_rows_that_do_not_sum_to_one_are_pointed_out():
    verdict = check.attention_weights(lambda q, k: check.attention_weights.right(q, k) ** 2)
    assert verdict.mistake is None and "sum to 1" in verdict.message


def test_transposed_weights_are_told_from_a_missing_dimension():
    verdict = check.attention_weights(lambda q, k: check.attention_weights.right(q, k).mT)
    assert verdict.mistake == "wrong-shape" and "changed places" in verdict.message


@pytest.mark.parametrize(
    "name, answer, words",
    [
        ("causal_targets", lambda ids: (ids[:, :-1], ids[:, 1]), "2 parts are expected, each (2, 3)."),
        ("causal_targets", lambda ids: [ids, ids[:, 0], ids[0]], "2 parts are expected, each (2, 3)."),
        ("to_bits", lambda n, num_bits: ["1"] * num_bits, "2 parts are expected, each a single number."),
    ],
)
def test_parts_of_unequal_shapes_are_not_told_that_their_type_is_wrong(name, answer, words):
    verdict = EXERCISES[name](answer)
    assert verdict.mistake == "wrong-shape" and words in verdict.message


def test_a_close_answer_is_shown_with_enough_digits():
    message = check.similarity(lambda P: RIGHT(P) * 1.0003).message
    came, expected = (re.search(rf"  {name} .*", message).group() for name in ("came", "expected"))
    assert came.split("[[")[1] != expected.split("[[")[1]


@pytest.mark.parametrize("no", [False, torch.tensor(False)])
def test_yes_and_no_are_not_shown_as_numbers(no):
    message = check.same_to_mirror(lambda model, X: no).message
    assert re.search(r"  came +False\n  expected +True", message)


@pytest.mark.parametrize("dtype, mistake", [(torch.int32, None), (torch.float32, "wrong-dtype")])
def test_a_dtype_that_will_do_passes(dtype, mistake):
    verdict = check.causal_valid_lens(lambda batch, n: check.causal_valid_lens.right(batch, n).to(dtype))
    assert (verdict.passed, verdict.mistake) == (mistake is None, mistake)


def test_a_verdict_does_not_rely_on_colour():
    for answer, words in ((RIGHT, "Right"), (lambda P: P @ P.T, "Not yet"), (stub, "Not attempted yet")):
        verdict = check.similarity(answer)
        assert repr(verdict).startswith(words)
        assert f"{words}.</strong>" in verdict._repr_html_()


@pytest.mark.parametrize(
    "text, shown",
    [
        ("the *sine*, and `x * y * z`", "the <em>sine</em>, and <code>x * y * z</code>"),
        ("这里*余弦*相同", "这里<em>余弦</em>相同"),
        ("2 * 3 and a*b*c and `*`", "2 * 3 and a*b*c and <code>*</code>"),
        ("`a*b` and *c*", "<code>a*b</code> and <em>c</em>"),
    ],
)
def test_what_stands_out_is_marked_in_any_language_and_code_is_left_alone(text, shown):
    assert shown in check.Verdict("similarity", False, None, text)._repr_html_()


def test_what_a_learner_wrote_cannot_break_the_page():
    def nasty(P):
        raise ValueError("<img src=x onerror=alert(1)> `</pre>`")

    page = check.similarity(nasty)._repr_html_()
    assert "<img" not in page and "&lt;img" in page


def test_no_message_shows_the_solution():
    solutions = []
    for path in (notebooks.NOTEBOOKS / "solutions").glob("*.ipynb"):
        for cell in notebooks.read(path).cells:
            for region in re.findall(r"# BEGIN SOLUTION.*\n((?:.*\n)*?) *# END", cell.source):
                solutions += [line.strip() for line in region.splitlines() if len(line.strip()) > 10]
    assert len(solutions) > 40
    said = [texts.of_exercise(name)["praise"] for name in ALL]
    for name, entry in ALL.items():
        said += [judged(name, answer).message for wrong in entry.mistakes for answer in wrong.answers]
    for line in solutions:
        assert not any(line in text for text in said), line


def test_a_picture_shows_the_result_beside_the_right_one():
    verdict = check.positional_encoding(lambda n, d: torch.zeros(n, d))
    assert "yours" in verdict.picture.alt and "expected" in verdict.picture.alt
    assert verdict.picture.alt in verdict._repr_html_().replace("&#x27;", "'")
    assert check.positional_encoding(lambda n, d: torch.full((n, d), math.nan)).picture is None
    assert check.positional_encoding(lambda n, d: torch.zeros(n)).picture is None
    assert check.positional_encoding(stub).picture is None
    assert check.bit_period(lambda k: k).picture is None


def test_importing_helpers_does_not_import_the_checks_and_the_checks_import_little():
    code = "import sys, helpers; print('helpers.check' in sys.modules); from helpers import check; "
    code += "print([name for name in ('matplotlib', 'pytest', 'hypothesis', 'd2l', 'IPython') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["False", "[]"]


# The right answers are right: against loops in plain Python, over many shapes


sizes = st.integers(1, 4)


def numbers(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape)), dtype=torch.float64)


@settings(max_examples=40)
@given(sizes, sizes, sizes, sizes)
def test_attention_weights_are_right(batch, num_queries, num_keys, d):
    queries, keys = numbers(batch, num_queries, d), numbers(batch, num_keys, d)
    weights = check.attention_weights.right(queries, keys)
    assert torch.allclose(weights, right_answers.weights_loop(queries, keys).double(), atol=1e-5)
    assert torch.allclose(weights.sum(-1), torch.ones(batch, num_queries, dtype=torch.float64))


@settings(max_examples=40)
@given(sizes, sizes, sizes, st.data())
def test_masked_softmax_is_right(batch, num_queries, num_keys, data):
    shape = data.draw(st.sampled_from([None, (batch,), (batch, num_queries)]))
    lens = None
    if shape:
        count = math.prod(shape)
        lens = torch.tensor(data.draw(st.lists(st.integers(0, num_keys), min_size=count, max_size=count))).reshape(
            shape
        )
    scores = numbers(batch, num_queries, num_keys)
    weights = check.masked_softmax.right(scores, lens)
    assert torch.allclose(weights, right_answers.masked_loop(scores, lens))


@settings(max_examples=40)
@given(sizes, sizes, sizes, sizes)
def test_heads_are_split_and_merged_right(batch, n, num_heads, head_dim):
    X = numbers(batch, n, num_heads * head_dim)
    heads = check.split_heads.right(X, num_heads)
    for h in range(num_heads):
        assert torch.equal(heads[:, h], X[:, :, h * head_dim : (h + 1) * head_dim])
    assert torch.equal(check.merge_heads.right(heads), X)


@settings(max_examples=20)
@given(sizes, sizes, st.integers(1, 3), st.integers(1, 3))
def test_the_layer_is_right(batch, n, num_heads, head_dim):
    d = num_heads * head_dim
    X, W = numbers(batch, n, d), [numbers(d, d) / d + k for k in range(4)]
    out = check.multi_head_attention.right(X, *W, num_heads)
    assert torch.allclose(out, right_answers.layer_loop(X, *W, num_heads))


@settings(max_examples=40)
@given(st.integers(1, 20), st.integers(1, 12))
def test_the_table_is_right(num_steps, num_hiddens):
    P = check.positional_encoding.right(num_steps, num_hiddens)
    assert P.shape == (num_steps, num_hiddens)
    for t in range(num_steps):
        for c in range(num_hiddens):
            angle = t / 10000 ** (2 * (c // 2) / num_hiddens)
            assert math.isclose(P[t, c], (math.cos if c % 2 else math.sin)(angle), abs_tol=1e-9)


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_bits_are_right(a, b):
    bits = check.to_bits.right(a, 14)
    assert bits == [int(bit) for bit in f"{a:014b}"]
    assert check.hamming.right(a, b) == sum(x != y for x, y in zip(bits, check.to_bits.right(b, 14), strict=True))


@pytest.mark.parametrize("k", range(8))
def test_the_period_of_a_bit_is_right(k):
    assert check.bit_period.right(k) == right_answers.period_search(k)


@settings(max_examples=40)
@given(st.integers(2, 100), st.data())
def test_clocks_are_right(period, data):
    t = data.draw(st.integers(0, period - 1))
    angle = 2 * math.pi * t / period
    apart = abs(check.read_clock.right(math.sin(angle), math.cos(angle), period) - t)
    assert min(apart, period - apart) < 1e-9
    other = check.twin.right(t, period)
    assert 0 <= other < period and math.isclose(math.sin(2 * math.pi * other / period), math.sin(angle), abs_tol=1e-9)


@settings(max_examples=30)
@given(st.integers(1, 16), st.integers(0, 50), st.data())
def test_wavelength_and_similarity_are_right(pairs, offset, data):
    num_hiddens, i = 2 * pairs, data.draw(st.integers(0, pairs - 1))
    divisor = 10000 ** (2 * i / num_hiddens)
    assert math.isclose(check.wavelength.right(i, num_hiddens) / divisor, 2 * math.pi)
    P = right_answers.table_where(offset + 1, num_hiddens)
    S = check.similarity.right(P)
    assert torch.allclose(S.diagonal(), torch.ones(offset + 1, dtype=torch.float64))
    assert math.isclose(S[0, -1], check.similarity_at.right(offset, num_hiddens), abs_tol=1e-5)


def test_the_answers_to_the_questions_are_right():
    assert check.weighted_mean.right == 0.25 * 4 + 0.75 * 8
    assert check.head_width.right == 100 / 5
    assert check.score_divisor.right == math.sqrt(512 / 8)
    assert check.first_row.right == tuple(check.positional_encoding.right(1, 6)[0].tolist())
    layers = [sum(p.numel() for p in torch.nn.MultiheadAttention(d, 4, bias=False).parameters()) for d in (64, 128)]
    assert check.concat_cost.right == layers[1] / layers[0]
    assert list(check.bits_of_13.right) == check.to_bits.right(13, 4)
    assert check.flips_to_12.right == check.hamming.right(11, 12)
    assert check.turns_of_column_4.right == round(59 / check.wavelength.right(2, 32))
    assert check.moving_pairs.right == sum(check.wavelength.right(i, 64) <= 100 for i in range(32))
    quarter = check.rotary.right(torch.tensor([[0.6, 0.8]]), torch.tensor([-math.pi / 2]))[0]  # it turns the other way
    assert check.quarter_turn.right == pytest.approx(quarter.tolist())
    rows = check.to_halves.right(torch.arange(6.0)[:, None], 1)
    assert list(check.order_of_halves.right) == rows.flatten().tolist()
    assert check.score_megabytes.right == torch.empty(12, 1000, 1000, dtype=torch.half, device="meta").nbytes / 1e6
    n, d = check.half_way.right, 1024
    assert check.layer_operations.right(n, d) == 2 * (8 * n * d**2)
    letters = torch.tensor([[0, 1, 2, 2, 2, 3]])
    assert check.best_guess.right == pytest.approx(check.best_chance.right(letters)[0, 1].item())
    expected = [100] * 7 + [10] * 8
    assert check.percent_at_16.right == sum(expected) / len(expected)


@pytest.mark.parametrize("answer", "abcd")
def test_the_texts_with_the_same_output_are_the_two_of_the_exercise(answer):
    """A causal layer without positions, in lesson 1's class, on the texts as the exercise shows them."""
    torch.manual_seed(0)
    embedding, layer = torch.nn.Embedding(128, 16), MultiHeadAttention(16, 4, dropout=0)
    shown = exercise_source("07-does-order-matter", "same")
    texts = [re.search(r"reads \*(.*)\*", shown)[1], re.search(rf"^- {answer}\) (.*)$", shown, re.MULTILINE)[1]]
    outputs = []
    for text in texts:
        X = embedding(torch.tensor([[ord(letter) for letter in text.split()]]))
        outputs.append(layer(X, X, X, check.causal_valid_lens.right(1, X.shape[1]))[0, -1])
    assert torch.allclose(*outputs, atol=1e-6) == (answer == check.same_output.right)


@pytest.mark.parametrize("answer", "abcd")
def test_the_sentences_with_the_same_vector_are_those_of_the_exercise(answer):
    """A layer without a mask and without positions, and a mean over the places."""
    torch.manual_seed(0)
    words = {}
    shown = exercise_source("08-a-real-model", "order")
    pair = re.search(rf"^- {answer}\) (.*) · (.*)$", shown, re.MULTILINE).groups()
    embedding, layer = torch.nn.Embedding(20, 16), MultiHeadAttention(16, 4, dropout=0)
    vectors = []
    for sentence in pair:
        X = embedding(torch.tensor([[words.setdefault(word, len(words)) for word in sentence.split()]]))
        vectors.append(layer(X, X, X).mean(dim=1))
    assert torch.allclose(*vectors, atol=1e-6) == (answer == check.order_left.right)


def exercise_source(name, cell_id):
    cells = notebooks.read(notebooks.NOTEBOOKS / "exercises" / f"{name}.ipynb").cells
    return next(cell.source for cell in cells if cell.id == cell_id)


@settings(max_examples=25)
@given(sizes, st.integers(2, 6), st.integers(0, 1000))
def test_what_lesson_7_counts_is_right(count, n, seed):
    torch.manual_seed(seed)
    X = torch.randint(0, 4, (count, n))
    assert torch.allclose(check.best_chance.right(X), torch.tensor(right_answers.chance_loop(X)))
    guesses = torch.randint(0, 4, (count, n - 1))
    by_place = check.accuracy_by_place.right(guesses, X)
    assert torch.allclose(by_place, torch.tensor(right_answers.places_loop(guesses, X)).double())
    lens = check.causal_valid_lens.right(count, n)
    allowed = torch.arange(n) < lens[..., None]
    assert torch.equal(allowed, torch.ones(n, n).tril().bool().expand(count, -1, -1))
    letters, order = X[0], torch.randperm(n)
    counts = torch.nn.functional.one_hot(letters).cumsum(dim=0)
    before = torch.cat([torch.tensor([-1]), letters[:-1]])
    assert torch.equal(check.letter_before.right(letters[order], counts[order]), before[order])


@settings(max_examples=25)
@given(sizes, sizes, st.integers(2, 5))
def test_what_surrounds_attention_in_lesson_8_is_right(batch, n, d):
    X, weight, bias = numbers(batch, n, d), numbers(d), numbers(d) + 1
    ours = check.layer_norm.right(X, weight, bias)
    assert torch.allclose(ours, torch.nn.functional.layer_norm(X, (d,), weight, bias, eps=1e-12))
    lens = torch.arange(batch) % n + 1
    vectors = check.sentence_vectors.right(X, lens)
    assert torch.allclose(vectors, torch.stack(right_answers.vectors_loop(X, lens)))
    assert torch.allclose(check.cosines.right(X[0]), torch.tensor(right_answers.cosines_loop(X[0])).double())
    weights = numbers(batch, n + 1, n + 1).softmax(-1)
    assert torch.allclose(check.one_back.right(weights), torch.tensor(right_answers.back_loop(weights)).double())


@settings(max_examples=40)
@given(st.floats(0.02, 3.1), st.booleans(), st.floats(0.9, 1.1), st.floats(-1, 1), st.floats(0.5, 2))
def test_tokens_a_turn_is_right(angle, backwards, growth, skew, stretch):
    turned = math.tau / angle
    a = -angle if backwards else angle
    R = torch.tensor([[math.cos(a), math.sin(a)], [-math.sin(a), math.cos(a)]], dtype=torch.float64)
    axes = torch.tensor([[1, skew], [0, stretch]], dtype=torch.float64)
    M = growth * axes @ R @ torch.linalg.inv(axes)
    assert math.isclose(check.tokens_a_turn.right(M), turned, rel_tol=1e-6)
