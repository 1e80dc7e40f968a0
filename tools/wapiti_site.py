"""The site as the scanner can read it: it knows forms and links, not htmx, and loses its cookies.

Only for tools/wapiti.py. Each form and button htmx would send becomes a form a browser sends, with the token htmx sends
in a header as a field; each dialog gets a link at the foot of its page. Who the scanner is signed in as goes by the
header X-Scan, whose secret the scan made up for itself. What is sent, and all behind it, is the site's own.

Each answer is a line of the access log: "scan", whose, method, status, path (in hex, for it may hold anything).
"""

import json
import os
import re
import uuid
from collections import defaultdict
from html import escape, unescape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.conf import settings

from botilbud.asgi import application as site

# The door that locks after five wrong passwords answers alike whatever comes then: behind it nothing would be tried,
# and the scanner takes the change of answer for a hole. The tests hold the lock.
settings.AXES_ENABLED = False
settings.ACCOUNT_RATE_LIMITS = False

# {secret of the header: {"name", "cookie", "token"}}, written once the person is signed in.
PEOPLE = Path(os.environ["BOTILBUD_VAR"]) / "scan.json"
# How many dialogs and buttons of a sort are shown of a page: the tenth resident's is the first's.
ALIKE = int(os.environ["BOTILBUD_SCAN_ALIKE"])

TAG = re.compile(r"<([a-z]+)\b([^<>]*?\bdata-hx-(get|post)=\"([^\"]+)\"[^<>]*)>")
VALUES = re.compile(r"\bdata-hx-vals=('[^']*'|\"[^\"]*\")")
NAME = re.compile(r"\sname=\"([^\"]+)\"")
# A form's key makes a second press nothing. Every attack is to be a first press: the scanner is shown this key, and
# each time it sends it, another as long goes on. It stays a field to attack.
KEY = "f" * 32
KEY_FIELD = re.compile(r'(name="key" value=")[^"]*')


class Scanned:
    """A site behind the scanner's eyes."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.by_htmx: set[str] = set()

    def readable(self, page: str, token: str, here: str) -> str:
        """The page with what htmx would ask for as plain forms and links."""
        field = f'<input type="hidden" name="csrfmiddlewaretoken" value="{escape(token)}">' if token else ""
        foot: dict[str, list[str]] = defaultdict(list)

        def plain(hit: re.Match[str]) -> str:
            tag, attributes, method, address = hit.groups()
            where = urlsplit(urljoin(here, unescape(address))).path
            if where == here and tag != "form":
                return hit[0]  # it draws itself again
            self.by_htmx.add(where)
            if tag == "form":
                return f'{hit[0][:-1]} method="{method}" action="{address}">{field if method == "post" else ""}'
            sort = tag + re.sub(r"\d+|=[^&]*", "", address)
            if method == "get":
                foot[sort].append(f'<a href="{address}">-</a>')
                return hit[0]
            found = VALUES.search(attributes)
            try:
                values: dict[str, Any] = json.loads(unescape(found[1][1:-1])) if found else {}
            except ValueError:
                values = {}
            values |= {"key": KEY} if "key" in values else {}
            inputs = "".join(
                f'<input type="hidden" name="{escape(name)}" value="{escape(str(value))}">'
                for name, value in values.items()
            )
            if own := NAME.search(attributes):
                inputs += f'<input name="{own[1]}">'
            foot[sort].append(f'<form method="post" action="{address}">{field}{inputs}</form>')
            return hit[0]

        page = TAG.sub(plain, page)
        return KEY_FIELD.sub(
            rf"\g<1>{KEY}", page + "".join(one for ones in foot.values() for one in list(dict.fromkeys(ones))[:ALIKE])
        )

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answers as the site does; HTML is held back until it is whole, and changed."""
        headers = dict(scope["headers"])
        people = json.loads(PEOPLE.read_text()) if PEOPLE.exists() else {}
        person = people.get(headers.pop(b"x-scan", b"").decode("latin-1"))
        if person:
            headers[b"cookie"] = person["cookie"].encode()
        if person and scope["path"] in self.by_htmx:
            headers[b"hx-request"] = b"true"
        scope = {**scope, "headers": list(headers.items())}

        async def pressed() -> Any:
            message = await receive()
            if KEY.encode() in message.get("body", b""):
                message["body"] = message["body"].replace(KEY.encode(), uuid.uuid4().hex.encode())
            return message

        held: list[Any] = []
        body = bytearray()

        async def changed(message: Any) -> None:
            if message["type"] == "http.response.start":
                whose = person["name"] if person else "nobody"
                print("scan", whose, scope["method"], message["status"], scope["path"].encode().hex(), flush=True)
                kind = {name.lower(): value for name, value in message["headers"]}.get(b"content-type", b"")
                if kind.startswith(b"text/html") and scope["method"] != "HEAD":
                    held.append(message)
                    return
            if message["type"] != "http.response.body" or not held:
                await send(message)
                return
            body.extend(message.get("body", b""))
            if message.get("more_body"):
                return
            start = held.pop()
            page = self.readable(body.decode(errors="replace"), person["token"] if person else "", scope["path"])
            sent = page.encode()
            kept = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
            await send({**start, "headers": [*kept, (b"content-length", str(len(sent)).encode())]})
            await send({"type": "http.response.body", "body": sent})

        await self.inner(scope, pressed, changed)


application = Scanned(site)
