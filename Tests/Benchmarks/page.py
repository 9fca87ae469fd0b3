"""docs/SCALE.md: each command rewrites the section of its last run, and leaves the rest alone."""

import pathlib

PAGE = pathlib.Path(__file__).resolve().parent.parent.parent / "docs" / "SCALE.md"


def rewrite(heading, lines):
    """Puts these lines in the place of what follows a heading of the third level."""
    text = PAGE.read_text().splitlines()
    start = text.index(f"### {heading}") + 1
    end = next(
        (n for n in range(start, len(text)) if text[n].startswith("#")), len(text))
    body = ["", *lines, ""] if end < len(text) else ["", *lines]
    PAGE.write_text("\n".join(text[:start] + body + text[end:]) + "\n")
