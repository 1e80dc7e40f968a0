"""Locked minutes are proved: what stands is compared with what was locked, and that with the log's chain."""

from collections.abc import Iterator

from django.utils import timezone

from audit import trail
from meetings.models import Minutes, MinutesSection
from meetings.services.minutes import content_hash, section_hash
from organisation.models import Home
from residents.models import Stay


def faults_of(minutes: Minutes) -> list[str]:
    """What the edition says against what was locked; empty when it holds. At most seven queries."""
    kept, meeting, home = minutes.digests, minutes.meeting, minutes.meeting.home
    logged = {
        data["edition"]: data["digest"]
        for data in trail.noted("meeting.closed", meeting, home.scope)
        if "digest" in data
    }
    if not kept and minutes.edition not in logged:
        # Locked before there were digests.
        return []
    found = [] if content_hash(minutes.head, "") == kept.get("head") else ["hovedet er ændret"]
    rows = {str(row.pk): row for row in MinutesSection.objects.for_home(home).filter(minutes=minutes)}
    gone = set()
    for pk, section in kept.get("sections", {}).items():
        row = rows.pop(pk, None)
        if row is None:
            gone.add(int(section["stay"]))
        elif section_hash(row) != section["hash"]:
            found.append(f"afsnit {pk} er ændret")
    found += [f"afsnit {pk} er kommet til" for pk in sorted(rows)]
    found += [f"et afsnit om ophold {stay} er væk" for stay in sorted(gone - _erased(home, gone))]
    known = minutes.edition in logged or not _pruned(minutes)
    if known and logged.get(minutes.edition) != content_hash(kept, ""):
        found.append("loggen kender ikke udgaven")
    stands = Minutes.objects.for_home(home).filter(meeting=meeting).values_list("edition", flat=True)
    return found + [f"udgave {edition} er væk" for edition in sorted(logged.keys() - set(stands))]


def _pruned(minutes: Minutes) -> bool:
    """Whether the log no longer goes back to when the edition was locked."""
    start = trail.checkpoint_of(minutes.meeting.home.scope)
    return start is not None and timezone.localdate(minutes.at) <= start.anchored_on


def _erased(home: Home, stays: set[int]) -> set[int]:
    """Those of the stays that were erased: the log says so, or it no longer goes so far back and the stay is gone."""
    if not stays:
        return set()
    keys = {f"{Stay._meta.label_lower}:{stay}": stay for stay in stays}
    erased = {keys[key] for key in trail.done_to("stay.erased", home.scope, keys)}
    if trail.checkpoint_of(home.scope) is None:
        return erased
    return erased | (stays - set(Stay.objects.for_home(home).filter(pk__in=stays).values_list("pk", flat=True)))


def faults() -> Iterator[str]:
    """A sentence for each fault in all locked minutes, for audit_verify."""
    every = Minutes.objects.system("verify locked minutes").select_related("meeting__home").order_by("pk")
    for minutes in every.iterator():
        for fault in faults_of(minutes):
            yield f"{minutes.meeting.home.scope}: møde {minutes.meeting.number}, udgave {minutes.edition}: {fault}"
