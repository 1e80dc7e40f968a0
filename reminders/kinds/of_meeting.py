"""What the kinds share that are about a meeting: they name no resident, and go with the meeting."""

from collections.abc import Collection, Mapping
from typing import TypeVar

from django.urls import reverse

from meetings.models import Meeting
from organisation.models import Home
from reminders.kinds.base import Kind, Listed

F = TypeVar("F")


class OfMeeting(Kind[F], abstract=True):
    """About a meeting alone."""

    erased_with = Meeting
    part = "level"
    names_resident = False

    @staticmethod
    def rows(homes: list[Home], pks: Collection[int]) -> Mapping[int, Meeting]:
        """The meetings."""
        return Meeting.objects.for_homes(homes).in_bulk(pks)

    def label(self, listed: Listed) -> str:
        return f"Mødet på {listed.home}"

    def address(self, listed: Listed) -> str:
        return reverse("meeting", args=[listed.slug, listed.row.number])
