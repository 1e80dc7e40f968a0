"""Numbers in addresses."""

from django.urls import register_converter
from django.urls.converters import IntConverter


class NumberConverter(IntConverter):
    """An id a database can hold. A longer one is no address at all, and answers 404."""

    regex = "[0-9]{1,9}"


register_converter(NumberConverter, "nr")
