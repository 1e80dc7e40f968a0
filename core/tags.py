"""What every template can draw: an icon, the head of a table, a phone number."""

import re

from django import template
from django.conf import settings

register = template.Library()
# Icons of Det Fælles Designsystem. They are drawn in the page: from a file of their own they are one more request.
FILE = settings.BASE_DIR / "static/vendor/dkfds/icons.svg"
PATHS = dict(
    re.findall(r'<symbol id="([\w-]+)" viewBox="0 -960 960 960"><path d="([^"]+)"/>', FILE.read_text(encoding="utf-8"))
)


@register.inclusion_tag("_icon.html")
def icon(name: str) -> dict[str, str]:
    """Draws the icon of that name. KeyError for one the file has not."""
    return {"path": PATHS[name]}


@register.inclusion_tag("_table_head.html")
def table_head(*titles: str, action: str = "") -> dict[str, object]:
    """The head of a table. `action` says, to those who do not see, what the last column's buttons are for."""
    return {"titles": titles, "action": action}


@register.inclusion_tag("_phone.html")
def phone(number: str, *, large: bool = False) -> dict[str, object]:
    """A number to tap; nothing for ''. An address has no spaces (RFC 3966). `large` is for who must ring at once."""
    return {"number": number, "address": "".join(number.split()), "large": large}


# A Danish number in a sentence: eight digits, in pairs or not.
IN_WORDS = re.compile(r"(?<!\d)(?:\+45 ?)?\d\d ?\d\d ?\d\d ?\d\d(?!\d)")


@register.inclusion_tag("_phones.html")
def phones(words: str, *, large: bool = False) -> dict[str, object]:
    """A sentence whose numbers are to tap."""
    parts, done = [], 0
    for found in IN_WORDS.finditer(words):
        parts += [(words[done : found.start()], False), (found[0], True)]
        done = found.end()
    return {"parts": [*parts, (words[done:], False)], "large": large}
