"""Paper: a PDF set from plain values."""

import json
from pathlib import Path
from typing import Any

import typst

_FONTS = Path(__file__).parent / "fonts"


def typeset(template: Path, data: dict[str, Any]) -> bytes:
    """A PDF with real text and a document language, set from data; no text is read as markup."""
    made: bytes = typst.compile(
        str(template),
        font_paths=[str(_FONTS)],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
    )
    return made
