"""Counts the words of a text, with news on the way."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import Any, Callable, Dict, Optional

WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
TOP = 10


def count_words(text: str, after_line: Optional[Callable[[int, int], None]] = None) -> Dict[str, Any]:
    """`after_line(done, all)` is called after each line; what it raises ends the count."""
    counts: Counter[str] = Counter()
    lines = unicodedata.normalize("NFC", text).splitlines()
    for done, line in enumerate(lines, start=1):
        counts.update(word.casefold() for word in WORD.findall(line))
        if after_line is not None:
            after_line(done, len(lines))
    top = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:TOP]
    return {
        "lines": len(lines),
        "words": sum(counts.values()),
        "different": len(counts),
        "top": [{"word": word, "count": count} for word, count in top],
    }
