"""Record what the reference implementation makes of a few sentences: ``python -m tools.reference``.

Lesson 8 and ``tests/test_model.py`` compare the class of lesson 1 with these numbers. They come from BertModel of the
package transformers, which the series does not install; to record them again, make an environment of its own:

    python -m venv build/reference
    build/reference/bin/python -m pip install torch==2.13.0 transformers==5.23.0
    build/reference/bin/python -m tools.reference
"""

import argparse
import json
import platform
import sys
from pathlib import Path

from helpers import minilm

PATH = Path(__file__).resolve().parents[1] / "notebooks" / "data" / "minilm-reference.json"
SENTENCES = [
    "the river bank flooded the town",
    "dog bites man",
    "man bites dog",
    "Positional encoding, explained!",
    "I like 🍵 and naïve questions.",
    "Attention is a weighted mean of values, and the weights are a softmax of the products of queries and keys.",
]
DIGITS = 7  # after the point: ten times finer than what is compared


def record():
    """What transformers makes of SENTENCES, and with which versions."""
    import torch
    import transformers
    from transformers import BertModel, BertTokenizer

    torch.set_num_threads(1)
    folder = str(minilm.folder())
    model = BertModel.from_pretrained(folder, attn_implementation="eager", local_files_only=True).eval()
    tokenizer = BertTokenizer.from_pretrained(folder, local_files_only=True)
    told = []
    for text in SENTENCES:
        ids = tokenizer(text, return_tensors="pt")["input_ids"]
        with torch.no_grad():
            out = model(ids, output_attentions=True)
        mean = out.last_hidden_state[0].mean(dim=0)
        told.append({"text": text, "ids": ids[0].tolist(), "vector": _round(mean / mean.norm())})
        if text == SENTENCES[0]:
            told[-1]["output"] = _round(out.last_hidden_state[0])
            told[-1]["attention_weights"] = _round(torch.stack(out.attentions)[[0, -1], 0])
    return {
        "what": "all-MiniLM-L6-v2 by transformers.BertModel (eager attention, float32, CPU): token ids; the mean of "
        "the last layer's outputs over all tokens, normalised; for the first sentence also the last layer's outputs "
        "(tokens, 384) and the attention weights of the first and the last layer (2, heads, tokens, tokens)",
        "recorded_by": "python -m tools.reference",
        "versions": {
            "transformers": transformers.__version__,
            "torch": torch.__version__.split("+")[0],
            "python": platform.python_version(),
        },
        "files": {name: sha256 for name, (_, sha256) in minilm.FILES.items()},
        "sentences": told,
    }


def _round(tensor):
    """Nested lists of numbers, short enough for a file in a repository."""
    return json.loads(json.dumps(tensor.double().tolist()), parse_float=lambda number: round(float(number), DIGITS))


def main():
    """Write what was recorded."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    try:
        recorded = record()
    except ModuleNotFoundError as error:
        sys.exit(f"{error}. {__doc__}")
    except (OSError, ValueError) as error:
        sys.exit(str(error))
    PATH.parent.mkdir(exist_ok=True)
    lines = json.dumps({**recorded, "sentences": []}, ensure_ascii=False, indent=1).removesuffix("[]\n}")
    rows = ",\n  ".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in recorded["sentences"])
    PATH.write_text(f"{lines}[\n  {rows}\n ]\n}}\n", encoding="utf-8", newline="\n")
    print(f"{PATH.name}: {PATH.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
