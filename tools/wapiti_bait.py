"""A site with known holes, for the self-check of tools/wapiti.py: a scanner silent here sees nothing anywhere.

It is behind the same eyes as the site (tools/wapiti_site.py) and shows itself only to somebody signed in, so that a
lost session, an htmx form not read, or a refused header is silence here, too. Only the tool serves it, on 127.0.0.1.
"""

import html
from typing import Any
from urllib.parse import parse_qs, unquote

from wapiti_site import Scanned

COOKIE = b"session=bait"
STORED: list[str] = []
START = """<!doctype html><html><body><a href="/kept">a</a> <a href="/mirror?q=a">b</a> <a href="/rows?id=1">c</a>
<a href="/read?name=a.txt">d</a> <a href="/onward?url=/">e</a> <a href="/falls?n=1">f</a>
<form data-hx-post="/keep"><input name="text"><input type="hidden" name="key" value="1"></form>
<form method="post" action="/unasked"><input name="who"></form></body></html>"""
SQL = "You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version"


async def bait(scope: Any, receive: Any, send: Any) -> None:
    """Answers with a hole at each address."""
    body = b""
    while scope["type"] == "http":
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    asked = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    asked |= parse_qs(body.decode("latin-1"), keep_blank_values=True)
    value = asked[next(iter(asked))][-1] if asked else ""
    given = asked.get("text", [""])[-1]
    status, page, more = 200, "", []
    match scope["path"]:
        case "/":
            page = START
        case "/mirror":
            page = f"<p>{value}</p>"
        case "/rows":
            broken = "'" in value or '"' in value
            page = SQL if broken else "a row"
        case "/read":
            page = "root:x:0:0:root:/root:/bin/bash\n" if "etc/passwd" in unquote(value) else "no such file"
        case "/onward":
            status, more = 302, [(b"Location", value.encode("latin-1", "replace").split(b"\n")[0].strip())]
        case "/falls":
            status = 500 if "'" in value else 200
        case "/keep":
            if dict(scope["headers"]).get(b"hx-request") == b"true":
                STORED.append(given)
            page = html.escape(given)
        case "/kept":
            page = "".join(f"<p>{one}</p>" for one in STORED)
        case "/unasked":
            page = "done"
        case _:
            status = 404
    if COOKIE not in dict(scope["headers"]).get(b"cookie", b""):
        status, page, more = 401, "", []
    sent = f"<html><body>{page}</body></html>".encode(errors="replace")
    headers = [(b"Content-Type", b"text/html; charset=utf-8"), (b"Content-Length", str(len(sent)).encode()), *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": sent})


application = Scanned(bait)
