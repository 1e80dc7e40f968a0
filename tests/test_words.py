"""One search shows a feature: a view and its address have one name."""

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from tests.rooms import ROOMS

# allauth names it so.
OTHERS_NAME = {"account_login"}


def addresses(patterns: list[Any]) -> Iterator[tuple[str, str]]:
    """(name of the address, name of the view) of each of our own pages."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns)
        elif isinstance(pattern, URLPattern) and pattern.name and pattern.callback.__module__.split(".")[0] in ROOMS:
            yield pattern.name, pattern.callback.__name__


def test_view_and_address_have_one_name() -> None:
    ours = list(addresses(get_resolver().url_patterns))
    assert len(ours) > 150
    apart = [
        (name, view)
        for name, view in ours
        if view.replace("_", "-") not in (name, name.removeprefix("administration-")) and name not in OTHERS_NAME
    ]
    assert apart == []
