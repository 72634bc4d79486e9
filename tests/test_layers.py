"""The layers against slow references, against their peers, and against the classes that the lessons build."""

import ast
import contextlib
import copy
import inspect
import io
import math
import pickle
import textwrap

import nbformat
import pytest
import slow
import torch
from hypothesis import given, settings
from slow import close, problems, seeds, tensor
from torch import nn
from torch.nn import functional as F

import helpers
from helpers import MultiHeadAttention, PositionalEncoding, masked_softmax, merge_heads, split_heads
from tools import notebooks

torch.set_num_threads(1)

AGREEMENT = 2e-6


# masked_softmax, split_heads, merge_heads


def test_a_masked_key_may_hold_anything():
    scores = torch.tensor([[[1.0, 2.0, torch.nan, torch.inf]]])
    assert masked_softmax(scores, torch.tensor([2])).tolist()[0][0][2:] == [0, 0]
    assert masked_softmax(scores, torch.tensor([2])).isfinite().all()


# MultiHeadAttention


def test_attention_under_autocast():
    layer, X = MultiHeadAttention(12, 3, 0), tensor((2, 5, 12), 0)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        out = layer(X, X, X.bfloat16(), torch.tensor([5, 0]))
    assert close(out, slow.attention(layer, X, X, X, torch.tensor([5, 0]))[0], torch.bfloat16, slack=8)


def test_attention_does_not_write_into_its_inputs():
    layer, X = MultiHeadAttention(12, 3, 0.5), tensor((2, 5, 12), 0).requires_grad_()
    valid_lens = torch.tensor([5, 0])
    layer(X, X, X, valid_lens).sum().backward()
    assert X._version == valid_lens._version == 0
    assert X.grad.isfinite().all()


@pytest.mark.parametrize("valid_lens", [None, torch.tensor([3, 0]), torch.tensor([[1, 2, 3, 4], [0, 1, 2, 0]])])
@pytest.mark.parametrize("training", [False, True])
def test_the_weights_of_the_last_call(valid_lens, training):
    layer = MultiHeadAttention(12, 3, 0.5).train(training)
    layer(*[tensor((1, 2, 12), 9)] * 3)
    queries, keys = tensor((2, 4, 12), 0), tensor((2, 5, 12), 1)
    layer(queries, keys, keys, valid_lens)
    weights = layer.attention_weights
    assert weights.shape == (2, 3, 4, 5)
    assert not weights.requires_grad
    with torch.no_grad():
        q, k = split_heads(layer.W_q(queries), 3), split_heads(layer.W_k(keys), 3)
        scores = torch.stack([torch.stack([q[b, h] @ k[b, h].T for h in range(3)]) for b in range(2)]) / 2
    assert close(weights, slow.masked_softmax(scores, valid_lens), torch.float32, slack=16)  # before dropout


def test_a_layer_can_be_copied_and_stored_after_a_call():
    layer, X = MultiHeadAttention(12, 3, 0), tensor((2, 4, 12), 0).requires_grad_()
    out = layer(X, X, X)
    stored = io.BytesIO()
    torch.save(layer, stored)
    stored.seek(0)
    for copied in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer)), torch.load(stored, weights_only=False)):
        assert torch.equal(copied.attention_weights, layer.attention_weights)
        assert torch.equal(copied(X, X, X), out)
    assert sorted(layer.state_dict()) == ["W_k.weight", "W_o.weight", "W_q.weight", "W_v.weight"]


def test_dropout_drops_weights_in_training_only():
    X = tensor((2, 4, 12), 0)
    layer = MultiHeadAttention(12, 3, 1.0)
    assert (layer(X, X, X) == 0).all()
    assert (layer.attention_weights > 0).all()
    assert (layer.eval()(X, X, X) != 0).all()


@pytest.fixture(scope="module")
def peers():
    """Our layer and its three peers with the same weights, as functions of (queries, keys, values, valid_lens)."""
    from helpers import d2l

    torch.manual_seed(0)
    ours = MultiHeadAttention(100, 5, 0.5).eval()
    weights = ours.state_dict()
    book = d2l.MultiHeadAttention(100, 100, 100, 100, 5, 0.5).eval()
    book.load_state_dict(weights)
    theirs = nn.MultiheadAttention(100, 5, 0.5, bias=False, batch_first=True).eval()
    joined = torch.cat([weights[f"W_{name}.weight"] for name in "qkv"])
    theirs.load_state_dict({"in_proj_weight": joined, "out_proj.weight": weights["W_o.weight"]})

    def allowed(queries, keys, valid_lens):
        lens = torch.full((len(keys),), keys.shape[1]) if valid_lens is None else valid_lens
        lens = lens[:, None, None] if lens.dim() == 1 else lens[:, :, None]
        return (torch.arange(keys.shape[1]) < lens).expand(-1, queries.shape[1], -1)[:, None]

    def nn_attention(queries, keys, values, valid_lens):
        masked = ~allowed(queries, keys, valid_lens).repeat_interleave(5, dim=1).flatten(0, 1)
        return theirs(queries, keys, values, attn_mask=masked)[0]

    def fused(queries, keys, values, valid_lens):
        maps = ((ours.W_q, queries), (ours.W_k, keys), (ours.W_v, values))
        heads = F.scaled_dot_product_attention(
            *(split_heads(W(X), 5) for W, X in maps), attn_mask=allowed(queries, keys, valid_lens)
        )
        return ours.W_o(merge_heads(heads))

    return ours, {"d2l": book, "nn.MultiheadAttention": nn_attention, "F.scaled_dot_product_attention": fused}


@pytest.mark.parametrize("peer", ["d2l", "nn.MultiheadAttention", "F.scaled_dot_product_attention"])
@pytest.mark.parametrize(
    "valid_lens", [None, torch.tensor([3, 7]), torch.tensor([[1, 2, 3, 7], [7, 6, 5, 1]])], ids=["none", "1-D", "2-D"]
)
def test_attention_agrees_with_its_peers(peers, peer, valid_lens):
    ours, others = peers
    queries, keys, values = tensor((2, 4, 100), 0), tensor((2, 7, 100), 1), tensor((2, 7, 100), 2)
    with torch.no_grad():
        apart = (ours(queries, keys, values, valid_lens) - others[peer](queries, keys, values, valid_lens)).abs().max()
        other_lens = torch.tensor([2, 7]) if valid_lens is None else valid_lens.clamp(max=6)
        elsewhere = (ours(queries, keys, values, other_lens) - others[peer](queries, keys, values, valid_lens)).abs()
    assert apart < AGREEMENT
    assert elsewhere.max() > 1000 * AGREEMENT  # another mask is not overlooked


# PositionalEncoding


@pytest.mark.parametrize("num_hiddens", [32, 33])
def test_the_table_is_right_at_every_position_up_to_100_000(num_hiddens):
    max_len = 100_001
    P = PositionalEncoding(num_hiddens, 0, max_len).P
    assert P.shape == (1, max_len, num_hiddens)
    assert P.dtype == torch.float32
    theirs = table_of_the_book(num_hiddens, max_len)
    worst_of_ours = worst_of_theirs = 0
    for column in range(num_hiddens):
        expected = torch.tensor(slow.encodings(range(max_len), column, num_hiddens), dtype=torch.float64)
        worst_of_ours = max(worst_of_ours, (P[0, :, column].double() - expected).abs().max().item())
        worst_of_theirs = max(worst_of_theirs, (theirs[:, column].double() - expected).abs().max().item())
    assert worst_of_ours < 1e-6
    assert worst_of_theirs > 1e-3  # angles in float32 miss by so much that the bound above can fail


def table_of_the_book(num_hiddens, max_len):
    """The table as d2l computes it, with angles in float32; d2l itself stops at an odd width."""
    exponents = torch.arange(0, num_hiddens, 2, dtype=torch.float32) / num_hiddens
    angles = torch.arange(max_len, dtype=torch.float32).reshape(-1, 1) / torch.pow(10000, exponents)
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)[:, :num_hiddens]


def test_the_table_is_d2ls():
    from helpers import d2l

    theirs = d2l.PositionalEncoding(32, 0, 60).P
    assert torch.equal(theirs[0], table_of_the_book(32, 60))
    assert (PositionalEncoding(32, 0, 60).P - theirs).abs().max() < 1e-5


def test_the_table_is_a_buffer_that_is_not_saved():
    layer = PositionalEncoding(8, 0)
    assert layer.P.shape == (1, 1000, 8)
    assert layer.state_dict() == {}
    assert [name for name, _ in layer.named_buffers()] == ["P"]
    assert list(layer.parameters()) == []
    assert not layer.P.requires_grad
    assert layer.to(torch.float64).P.dtype == torch.float64
    assert layer.to("meta").P.is_meta


def test_a_model_with_another_max_len_loads():
    short, long = (
        nn.Sequential(nn.Linear(8, 8), PositionalEncoding(8, 0, max_len), nn.Linear(8, 8)) for max_len in (10, 50)
    )
    long.load_state_dict(short.state_dict())
    X = tensor((2, 10, 8), 0)
    assert torch.equal(long(X), short(X))
    assert long(tensor((2, 50, 8), 0)).shape == (2, 50, 8)


def test_the_encoding_drops_the_sum_and_passes_gradients():
    X = tensor((2, 6, 8), 0).requires_grad_()
    layer = PositionalEncoding(8, 0.5, 6)
    out = layer(X)
    kept = out != 0
    assert 0 < kept.sum() < kept.numel()
    assert torch.allclose(out[kept], 2 * (X + layer.P)[kept])
    out.sum().backward()
    assert torch.equal(X.grad, 2.0 * kept)
    assert X._version == 0


# What is refused, and what is said then. A row: what is called, the exception, the words of its message.

X = torch.zeros(2, 4, 6)
LENS = torch.tensor([3, 2])


def attend(queries=X, keys=X, values=X, valid_lens=None):
    return MultiHeadAttention(6, 3, 0)(queries, keys, values, valid_lens)


REFUSED = {
    # sizes and dropout
    "heads do not divide": (
        lambda: MultiHeadAttention(100, 3, 0),
        ValueError,
        ["num_hiddens", "num_heads", "100", "3"],
    ),
    "bool heads": (lambda: MultiHeadAttention(6, True, 0), TypeError, ["num_heads", "True", "whole number"]),
    "no heads": (lambda: MultiHeadAttention(6, 0, 0), ValueError, ["num_heads", "0", "at least 1"]),
    "negative heads": (lambda: MultiHeadAttention(6, -3, 0), ValueError, ["num_heads", "-3", "at least 1"]),
    "float heads": (lambda: MultiHeadAttention(6, 3.0, 0), TypeError, ["num_heads", "3.0", "whole number"]),
    "word heads": (lambda: MultiHeadAttention(6, "3", 0), TypeError, ["num_heads", "'3'", "whole number"]),
    "bool width": (lambda: MultiHeadAttention(True, 1, 0), TypeError, ["num_hiddens", "True", "whole number"]),
    "no width": (lambda: MultiHeadAttention(0, 1, 0), ValueError, ["num_hiddens", "0", "at least 1"]),
    "negative width": (lambda: MultiHeadAttention(-6, 3, 0), ValueError, ["num_hiddens", "-6", "at least 1"]),
    "float width": (lambda: MultiHeadAttention(6.0, 3, 0), TypeError, ["num_hiddens", "6.0", "whole number"]),
    "dropout above 1": (lambda: MultiHeadAttention(6, 3, 1.5), ValueError, ["dropout", "1.5", "0 to 1"]),
    "negative dropout": (lambda: MultiHeadAttention(6, 3, -0.1), ValueError, ["dropout", "-0.1", "0 to 1"]),
    "nan dropout": (lambda: MultiHeadAttention(6, 3, math.nan), ValueError, ["dropout", "nan", "0 to 1"]),
    "bool dropout": (lambda: MultiHeadAttention(6, 3, True), TypeError, ["dropout", "True", "0 to 1"]),
    "word dropout": (lambda: MultiHeadAttention(6, 3, "0"), TypeError, ["dropout", "'0'", "0 to 1"]),
    "no dropout given": (lambda: MultiHeadAttention(6, 3, None), TypeError, ["dropout", "None", "0 to 1"]),
    "encoding: no width": (lambda: PositionalEncoding(0, 0), ValueError, ["num_hiddens", "0", "at least 1"]),
    "encoding: bool width": (lambda: PositionalEncoding(True, 0), TypeError, ["num_hiddens", "True", "whole number"]),
    "encoding: float width": (lambda: PositionalEncoding(6.0, 0), TypeError, ["num_hiddens", "6.0", "whole number"]),
    "encoding: no length": (lambda: PositionalEncoding(6, 0, 0), ValueError, ["max_len", "0", "at least 1"]),
    "encoding: negative length": (lambda: PositionalEncoding(6, 0, -1), ValueError, ["max_len", "-1", "at least 1"]),
    "encoding: float length": (lambda: PositionalEncoding(6, 0, 1e3), TypeError, ["max_len", "1000.0", "whole number"]),
    "encoding: bool length": (lambda: PositionalEncoding(6, 0, True), TypeError, ["max_len", "True", "whole number"]),
    "encoding: nan dropout": (lambda: PositionalEncoding(6, math.nan), ValueError, ["dropout", "nan", "0 to 1"]),
    "encoding: dropout above 1": (lambda: PositionalEncoding(6, 2), ValueError, ["dropout", "2", "0 to 1"]),
    # queries, keys, values
    "a list": (lambda: attend([[[0.0] * 6]]), TypeError, ["queries", "torch.Tensor", "list"]),
    "an array": (lambda: attend(keys=X.numpy()), TypeError, ["keys", "torch.Tensor", "ndarray"]),
    "None": (lambda: attend(values=None), TypeError, ["values", "torch.Tensor", "NoneType"]),
    "rank 2": (lambda: attend(X[0]), ValueError, ["queries", "(batch, num_queries, 6)", "3 dim", "(4, 6)"]),
    "rank 4": (lambda: attend(keys=X[None]), ValueError, ["keys", "(2, num_keys, 6)", "3 dim", "(1, 2, 4, 6)"]),
    "rank 1": (lambda: attend(values=X[0, 0]), ValueError, ["values", "(2, 4, 6)", "3 dim", "(6,)"]),
    "width": (lambda: attend(X[..., :5]), ValueError, ["queries", "(batch, num_queries, 6)", "(2, 4, 5)"]),
    "batch": (lambda: attend(keys=X[:1]), ValueError, ["keys", "(2, num_keys, 6)", "(1, 4, 6)"]),
    "number of values": (lambda: attend(values=X[:, :3]), ValueError, ["values", "(2, 4, 6)", "(2, 3, 6)"]),
    "whole numbers": (lambda: attend(X.long()), TypeError, ["queries", "floating", "torch.int64"]),
    "float64": (lambda: attend(X.double()), TypeError, ["queries", "torch.float32", "torch.float64"]),
    "float16": (lambda: attend(values=X.half()), TypeError, ["values", "torch.float32", "torch.float16"]),
    "device": (lambda: attend(keys=X.to("meta")), ValueError, ["keys", "cpu", "meta"]),
    # valid_lens
    "lens: a list": (lambda: attend(valid_lens=[3, 2]), TypeError, ["valid_lens", "torch.Tensor", "list"]),
    "lens: float": (lambda: attend(valid_lens=LENS.float()), TypeError, ["valid_lens", "integer", "torch.float32"]),
    "lens: bool": (lambda: attend(valid_lens=LENS.bool()), TypeError, ["valid_lens", "integer", "torch.bool"]),
    "lens: negative": (lambda: attend(valid_lens=-LENS), ValueError, ["valid_lens", "negative", "-3"]),
    "lens: too large": (
        lambda: attend(valid_lens=LENS + 2),
        ValueError,
        ["valid_lens", "at most", "num_keys = 4", "5"],
    ),
    "lens: batch": (lambda: attend(valid_lens=LENS[:1]), ValueError, ["valid_lens", "(2,) or (2, 4)", "(1,)"]),
    "lens: queries": (lambda: attend(valid_lens=LENS[:, None]), ValueError, ["valid_lens", "(2,) or (2, 4)", "(2, 1)"]),
    "lens: no rank": (lambda: attend(valid_lens=LENS[0]), ValueError, ["valid_lens", "(2,) or (2, 4)", "()"]),
    "lens: device": (lambda: attend(valid_lens=LENS.to("meta")), ValueError, ["valid_lens", "cpu", "meta"]),
    # masked_softmax by itself
    "softmax: a list": (lambda: masked_softmax([[[1.0]]]), TypeError, ["scores", "torch.Tensor", "list"]),
    "softmax: rank 2": (
        lambda: masked_softmax(X[0]),
        ValueError,
        ["scores", "(batch, num_queries, num_keys)", "(4, 6)"],
    ),
    "softmax: whole numbers": (lambda: masked_softmax(X.int()), TypeError, ["scores", "floating", "torch.int32"]),
    "softmax: lens": (lambda: masked_softmax(X, LENS[:1]), ValueError, ["valid_lens", "(2,) or (2, 4)", "(1,)"]),
    "softmax: too large": (lambda: masked_softmax(X, LENS + 4), ValueError, ["valid_lens", "num_keys = 6", "7"]),
    "softmax: bool": (lambda: masked_softmax(X, LENS.bool()), TypeError, ["valid_lens", "integer", "torch.bool"]),
    # PositionalEncoding
    "too long": (lambda: PositionalEncoding(6, 0, 3)(X), ValueError, ["X", "max_len = 3", "4"]),
    "max_len 1": (lambda: PositionalEncoding(6, 0, 1)(X), ValueError, ["X", "max_len = 1", "4"]),
    "encoding: a list": (lambda: PositionalEncoding(6, 0)([0.0]), TypeError, ["X", "torch.Tensor", "list"]),
    "encoding: rank": (lambda: PositionalEncoding(6, 0)(X[0]), ValueError, ["X", "(batch, num_steps, 6)", "(4, 6)"]),
    "encoding: width": (lambda: PositionalEncoding(5, 0)(X), ValueError, ["X", "(batch, num_steps, 5)", "(2, 4, 6)"]),
    "encoding: tokens": (lambda: PositionalEncoding(6, 0)(X.long()), TypeError, ["X", "floating", "torch.int64"]),
    "encoding: device": (lambda: PositionalEncoding(6, 0)(X.to("meta")), ValueError, ["X", "cpu", "meta"]),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_input_is_refused_in_words(case):
    call, exception, words = REFUSED[case]
    with pytest.raises((TypeError, ValueError)) as caught:
        call()
    assert type(caught.value) is exception
    assert [word for word in words if word not in str(caught.value)] == []


@pytest.mark.parametrize("batch, num_queries, num_keys", [(0, 4, 4), (2, 0, 4), (2, 4, 0), (0, 0, 0)])
@pytest.mark.parametrize("with_lens", ["none", "1-D", "2-D"])
def test_nothing_is_a_length_too(batch, num_queries, num_keys, with_lens):
    queries, keys = torch.zeros(batch, num_queries, 6), torch.zeros(batch, num_keys, 6)
    shape = {"none": None, "1-D": (batch,), "2-D": (batch, num_queries)}[with_lens]
    out = attend(queries, keys, keys, shape and torch.zeros(shape, dtype=torch.int64))
    assert out.shape == (batch, num_queries, 6)
    assert (out == 0).all()
    assert PositionalEncoding(6, 0)(queries).shape == queries.shape


def test_shapes_are_checked_on_the_meta_device_too():
    layer, Y = MultiHeadAttention(6, 3, 0).to("meta"), X.to("meta")
    assert layer(Y, Y, Y, LENS.to("meta")).shape == X.shape
    with pytest.raises(ValueError, match="valid_lens"):
        layer(Y, Y, Y, LENS)


# The classes that the lessons build


def lesson(name, *cells):
    """What the named code cells of a lesson define, run in order after its imports."""
    notebook = nbformat.read(notebooks.NOTEBOOKS / f"{name}.ipynb", as_version=4)
    sources = {cell.id: cell.source for cell in notebook.cells}
    defined = {"math": math, "torch": torch, "nn": nn, "F": F}
    with contextlib.redirect_stdout(io.StringIO()):
        for cell in cells:
            exec(compile(sources[cell], f"{name}:{cell}", "exec"), defined)
    return defined, "\n".join(sources[cell] for cell in cells)


@pytest.fixture(scope="module")
def lesson_1():
    return lesson("01-self-attention", "padding-code", "heads-code", "class-code")


@pytest.fixture(scope="module")
def lesson_2():
    return lesson("02-positional-encoding", "class-code")


@pytest.fixture(scope="module")
def lesson_2_exam():
    return lesson("02-positional-encoding", "exam-code", "ideas-code", "speed-code", "class-code")[0]


def fails(capsys, defined, code):
    """The demands at which a position code fails in lesson 2's exam."""
    defined["exam"]("a code", code)
    return capsys.readouterr().out.split("fails ")[1].strip().split(", ")


@pytest.mark.parametrize("turn", [2, 3, 8, 2 * math.pi, 44 / 7, 100, 805, 1999, 2000, 2001, 2000 * math.pi, 1e5, 1e9])
def test_the_exam_of_lesson_2_refuses_one_clock_at_any_speed(capsys, lesson_2_exam, turn):
    hands = lesson_2_exam["hands"]
    assert fails(capsys, lesson_2_exam, lambda n: hands(n, turn)) == ["apart"]
    assert fails(capsys, lesson_2_exam, lambda n: hands(n, *[turn] * 16)) == ["apart"]


def test_the_exam_of_lesson_2_is_passed_by_many_clocks_alone(capsys, lesson_2_exam):
    hands, built = lesson_2_exam["hands"], lesson_2_exam["PositionalEncoding"]
    assert fails(capsys, lesson_2_exam, lambda n: built(32, 0, n).P[0].double()) == ["nothing"]
    assert fails(capsys, lesson_2_exam, lambda n: hands(n, *(2**k for k in range(1, 12)))) == ["nothing"]
    assert "bounded" in fails(capsys, lesson_2_exam, lesson_2_exam["counting"])
    assert "any length" in fails(capsys, lesson_2_exam, lesson_2_exam["fraction"])
    assert fails(capsys, lesson_2_exam, lesson_2_exam["one_hot"]) == ["any length"]
    assert fails(capsys, lesson_2_exam, lambda n: hands(n, 8)[:, :1]) == ["apart", "same step"]


def twins(of_lesson, ours, *args, training):
    """A layer of the lesson and one of helpers, each built from the same seed."""
    for kind in (of_lesson, ours):
        torch.manual_seed(3)
        yield kind(*args).train(training)


@pytest.mark.parametrize("training", [False, True], ids=["eval", "train"])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("valid_lens", [None, torch.tensor([3, 0]), torch.tensor([[1, 2, 3, 4], [4, 0, 2, 1]])])
def test_lesson_1_builds_the_class_of_helpers(lesson_1, training, bias, valid_lens):
    built, shipped = twins(lesson_1[0]["MultiHeadAttention"], MultiHeadAttention, 12, 3, 0.5, bias, training=training)
    assert list(built.state_dict()) == list(shipped.state_dict())
    assert all(torch.equal(W, shipped.state_dict()[name]) for name, W in built.state_dict().items())
    X, outs = tensor((2, 4, 12), 0), []
    for layer in (built, shipped):
        torch.manual_seed(5)
        outs.append(layer(X, X, X, valid_lens))
    assert (outs[0] - outs[1]).abs().max() < AGREEMENT
    assert (built.attention_weights - shipped.attention_weights).abs().max() < AGREEMENT


@settings(max_examples=60)
@given(problems(smallest=1), seeds)
def test_lesson_1_builds_the_functions_of_helpers(lesson_1, problem, seed):
    defined, (batch, num_queries, num_keys, valid_lens) = lesson_1[0], problem
    scores = tensor((batch, 3, num_queries, num_keys), seed)
    assert torch.equal(defined["masked_softmax"](scores, valid_lens), masked_softmax(scores, valid_lens))
    assert torch.equal(defined["masked_softmax"](scores[:, 0], valid_lens), masked_softmax(scores[:, 0], valid_lens))
    H = defined["split_heads"](scores.flatten(1, 2), num_keys)
    assert torch.equal(H, split_heads(scores.flatten(1, 2), num_keys))
    assert torch.equal(defined["merge_heads"](H), merge_heads(H))


@pytest.mark.parametrize("training", [False, True], ids=["eval", "train"])
def test_lesson_2_builds_the_class_of_helpers(lesson_2, training):
    built, shipped = twins(lesson_2[0]["PositionalEncoding"], PositionalEncoding, 32, 0.5, 60, training=training)
    assert list(built.state_dict()) == list(shipped.state_dict())
    assert list(dict(built.named_buffers())) == list(dict(shipped.named_buffers()))
    assert torch.equal(built.P, shipped.P)
    X, outs = tensor((2, 60, 32), 0), []
    for layer in (built, shipped):
        torch.manual_seed(5)
        outs.append(layer(X))
    assert torch.equal(*outs)


def test_the_lessons_and_helpers_read_alike(lesson_1, lesson_2):
    for defined, source in (lesson_1, lesson_2):
        for name in set(helpers.__all__) & set(defined):
            shipped = getattr(helpers, name)
            assert inspect.signature(defined[name]) == inspect.signature(shipped)
            taught, read = names_in(source, name), names_in(inspect.getsource(shipped), name)
            # Every attribute and every argument that the lesson names, helpers name too.
            assert taught - read == set(), name
    for name in ("split_heads", "merge_heads"):  # one line each: word for word
        assert body(lesson_1[1], name) == body(inspect.getsource(getattr(helpers, name)), name)


def definition(source, name):
    """The class or the function ``name`` in a source."""
    return next(node for node in ast.walk(ast.parse(textwrap.dedent(source))) if getattr(node, "name", None) == name)


def names_in(source, name):
    """The attributes of ``self``, the methods and the arguments in the definition of ``name``."""
    found = set()
    for node in ast.walk(definition(source, name)):
        if isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
            found.add(node.attr)
    return found


def body(source, name):
    """The statements of a function without its docstring, as text."""
    return [ast.unparse(node) for node in definition(source, name).body if not isinstance(node, ast.Expr)]
