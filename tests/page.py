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
BREAK = re.compile(r"[^\S\n]*\n\s*")
# A break shows nowhere before these, and after a tag that is one of those.
BEFORE = re.compile(rf"</|/?>|<(?:{BLOCKS})\b")
AFTER = re.compile(rf"</?(?:{BLOCKS})\b[^<>]*>|<(?!{EMPTY})[a-z][^<>]*>")


def read(html: str) -> str:
    """The page with each of its templates' line breaks as the one space it is, or nothing where none shows."""
    pieces, done = [], 0
    for found in BREAK.finditer(html):
        start, end = found.span()
        after_tag = html[start - 1 : start] == ">"
        # A break of the template is followed by an indent, or stands beside a tag. A break somebody typed is neither.
        if found[0].endswith("\n") and found[0].count("\n") == 1 and not after_tag and html[end : end + 1] != "<":
            continue
        pieces.append(html[done:start])
        done = end
        unseen = BEFORE.match(html, end) or (after_tag and AFTER.fullmatch(html, html.rfind("<", 0, start), start))
        if not unseen:
            pieces.append(" ")
    return "".join([*pieces, html[done:]])


class Reader(Client):
    """Django's client, whose pages are read as above, so that a test names words and not lines."""

    def request(self, **request: Any) -> Any:
        """The answer."""
        answer = super().request(**request)
        if not answer.streaming and answer.get("Content-Type", "").startswith("text/html"):
            answer.content = read(answer.content.decode()).encode()
        return answer


def carried(page: str, address: str) -> dict[str, str]:
    """The key and the mark that the form sent to the address carries; of a page's own form, where none names it."""
    form = page.partition(f'data-hx-post="{address}')[2] or page.partition("<main")[2]
    marked = re.search(r'name="key" value="(\w+)">\s*<input type="hidden" name="seen" value="(\w*)"', form)
    assert marked, page
    return {"key": marked[1], "seen": marked[2]}


def send(client: Client, address: str, values: dict[str, Any], **more: Any) -> Any:
    """The answer to the form at the address, opened and sent at once as a person does."""
    opened = client.get(address).content.decode()
    # Not offered: then it is sent as by somebody who had it open from before.
    own = "<main" in opened and '<form method="post" class="stack"' in opened
    offered = f'data-hx-post="{address}"' in opened or own
    brought = carried(opened, address) if offered else {}
    return client.post(address, {**brought, **values}, **more)
