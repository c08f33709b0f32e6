"""Writes the page: HTML, style, program, charts and data in one file."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

import vl_convert
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from . import text as texts
from .charts import VEGALITE_VERSION, templates
from .experiments import Contents, Section, not_built, overall, parts
from .marts import AUDIT, DECISIONS

FOLDER = Path(__file__).parent

# In the order of report.sentences.TONES: a sign beside every colour.
SIGNS = {"stop": "✕", "good": "▲", "bad": "▼", "open": "○", "none": "–"}
TONE_NAMES = {
    "stop": "do not trust",
    "good": "win",
    "bad": "loss",
    "open": "open",
    "none": "no result",
}


def page(contents: Contents) -> str:
    """The report as one HTML file.

    Args:
        contents: as of report.experiments.read().

    Returns:
        HTML that loads nothing; the policy in its head forbids it to. Scripts run only whose digest
        is in the policy, so that no text of the data can become one.
    """
    program = (FOLDER / "page.js").read_text(encoding="utf-8")
    library = vl_convert.javascript_bundle(vl_version=VEGALITE_VERSION)
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "percent": texts.percent,
        "share": texts.share,
        "interval": lambda bounds: texts.interval(*bounds),
        "count": texts.count,
        "probability": texts.probability,
        "amount": texts.amount,
        "level": texts.level,
        "listed": texts.listed,
        "example": lambda text: text if contents.shows_ids else texts.masked(text),
        "spoken": lambda name: name.replace("_", " "),
        "day": lambda time: f"{time:%-d %b %Y}" if time else "-",
    }
    all_parts = parts(contents)
    all_together = overall(contents)
    return environment.get_template("page.html").render(
        parts=all_parts,
        overall=all_together,
        decision_absence=not_built(DECISIONS) if contents.marts[DECISIONS.model] is None else "",
        is_audited=AUDIT.model not in contents.left_out,
        audit_absence=not_built(AUDIT) if contents.marts[AUDIT.model] is None else "",
        overall_audit=[row for row in contents.rows(AUDIT) if row["experiment_id"] is None],
        as_of=contents.as_of,
        sources=contents.sources,
        settings=contents.settings,
        statuses=_counted(part.facts["status"] for part in all_parts),
        tones=_counted(part.tone for part in all_parts),
        signs=SIGNS,
        tone_names=TONE_NAMES,
        style=(FOLDER / "page.css").read_text(encoding="utf-8"),
        library=library,
        program=program,
        digests=[digest(library), digest(program)],
        templates=script_json(templates()),
        part_data={part.anchor: packed(part.sections) for part in all_parts},
        overall_data=packed(all_together),
    )


def script_json(value: Any) -> str:
    """JSON that may stand in a script element: no text of it ends the element or begins a tag.

    Args:
        value: anything json.dumps takes.
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def digest(script: str) -> str:
    """The source expression of a script in a content security policy."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def packed(sections: list[Section]) -> str:
    """The charts of a part for page.js, compressed: 200 experiments are millions of numbers.

    Args:
        sections: of the part.

    Returns:
        JSON, gzipped, in base64.
    """
    blocks = {section.key: section.block.compact() for section in sections if section.block}
    text = json.dumps(blocks, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return base64.b64encode(gzip.compress(text.encode(), 6, mtime=0)).decode()


def _counted(values: Any) -> list[tuple[str, int]]:
    return list(Counter(values).items())
