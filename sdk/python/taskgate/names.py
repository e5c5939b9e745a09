from __future__ import annotations


def camel(name: str) -> str:
    """`delay_ms` → `delayMs`; names of the wire stay as they are."""
    first, *rest = name.split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in rest)
