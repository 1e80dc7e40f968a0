"""A page as tests read it: without the line breaks and indents of its templates, which no browser shows."""

import re
from typing import Any

from django.test import Client

# White space beside the tags of these shows nowhere.
BLOCKS = (
    "article|aside|body|br|dd|details|dialog|div|dl|dt|fieldset|footer|form|h1|h2|h3|h4|head|header|html|legend|li|link"
    "|main|meta|nav|ol|option|p|section|select|summary|table|tbody|td|template|th|thead|title|tr|ul"
)
EMPTY = r"(?:br|hr|img|input|link|meta)\b"
# A break of the template is followed by an indent, or stands beside a tag. A break somebody typed is neither.
BREAK = re.compile(r"\s*\n\s+|(?<=>)\s*\n\s*|\s*\n\s*(?=<)")
UNSEEN = re.compile(
    rf"\x00(?=</|/?>|<(?:{BLOCKS})\b)|(?P<before></?(?:{BLOCKS})\b[^<>]*>|</(?:{BLOCKS})>|<(?!{EMPTY})[a-z][^<>]*>)\x00"
)


def read(html: str) -> str:
    """The page with each of its templates' line breaks as the one space it is, or nothing where none shows."""
    marked = BREAK.sub("\x00", html)
    while marked != (marked := UNSEEN.sub(lambda hit: hit["before"] or "", marked)):
        pass
    return marked.replace("\x00", " ")


class Reader(Client):
    """Django's client, whose pages are read as above, so that a test names words and not lines."""

    def request(self, **request: Any) -> Any:
        """The answer."""
        answer = super().request(**request)
        if not answer.streaming and answer.get("Content-Type", "").startswith("text/html"):
            answer.content = read(answer.content.decode()).encode()
        return answer
