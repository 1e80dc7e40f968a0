"""The icons of Det Fælles Designsystem, drawn in the page: from a file of their own they are one more request."""

import re

from django import template
from django.conf import settings

register = template.Library()
FILE = settings.BASE_DIR / "static/vendor/dkfds/icons.svg"
PATHS = dict(
    re.findall(r'<symbol id="([\w-]+)" viewBox="0 -960 960 960"><path d="([^"]+)"/>', FILE.read_text(encoding="utf-8"))
)


@register.inclusion_tag("_icon.html")
def icon(name: str) -> dict[str, str]:
    """Draws the icon of that name. KeyError for one the file has not."""
    return {"path": PATHS[name]}
