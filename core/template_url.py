"""`{% url %}` that remembers: a board holds hundreds, and Django works each of them out anew.

A builtin of all templates (settings). What is remembered depends on nothing but the name and what it is given.
"""

from functools import lru_cache
from typing import Any

from django import template
from django.template.base import Parser, Token
from django.template.context import Context
from django.template.defaulttags import URLNode
from django.template.defaulttags import url as parsed
from django.urls import get_script_prefix, reverse
from django.utils.html import conditional_escape

register = template.Library()


@lru_cache(maxsize=10_000, typed=True)
def _known(prefix: str, name: str, *arguments: Any) -> str:
    return reverse(name, args=arguments)


class Remembered(URLNode):
    """Django's own node for all but the plain case."""

    def render(self, context: Context) -> Any:
        """The address, escaped as any text."""
        if self.asvar or self.kwargs:
            return super().render(context)
        arguments = (argument.resolve(context) for argument in self.args)
        address = _known(get_script_prefix(), self.view_name.resolve(context), *arguments)
        return conditional_escape(address) if context.autoescape else address


@register.tag
def url(parser: Parser, token: Token) -> Remembered:
    """As Django's own."""
    node = parsed(parser, token)
    return Remembered(node.view_name, node.args, node.kwargs, node.asvar)
