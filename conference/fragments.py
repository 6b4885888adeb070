"""A page and its pieces share one route and one context, and work without JavaScript."""

from __future__ import annotations

from flask import render_template, request
from jinja2_fragments.flask import render_block


def page_or_fragment(template: str, fragment: str, /, **context: object) -> str:
    """The whole page, or only its block `fragment` when htmx asks for a part of it."""
    wants_part = request.headers.get("HX-Request-Type") == "partial"
    if wants_part and "HX-History-Restore-Request" not in request.headers:
        return render_block(template, fragment, **context)
    return render_template(template, **context)
