"""Locked minutes are proved: what stands is compared with what was locked, and that with the log's chain."""

from collections.abc import Iterator

from audit import trail
from meetings.models import Minutes, MinutesSection
from meetings.services.minutes import content_hash
from residents.models import Stay


def faults_of(minutes: Minutes) -> list[str]:
    """What the edition says against what was locked; empty when it holds. At most four queries.

    A section that is gone holds where its stay was erased, which the log has.
    """
    kept, home = minutes.digests, minutes.meeting.home
    logged = trail.said("meeting.closed", minutes.meeting, home.scope, "digest")
    if not kept and not logged:
        # Locked before there were digests.
        return []
    found = [] if content_hash(minutes.head, "") == kept.get("head") else ["hovedet er ændret"]
    rows = {str(row.pk): row for row in MinutesSection.objects.for_home(home).filter(minutes=minutes)}
    gone = []
    for pk, section in kept.get("sections", {}).items():
        row = rows.pop(pk, None)
        if row is None:
            gone.append(f"{Stay._meta.label_lower}:{section['stay']}")
        elif content_hash(row.content, row.salt) != section["hash"]:
            found.append(f"afsnit {pk} er ændret")
    found += [f"afsnit {pk} er kommet til" for pk in sorted(rows)]
    erased = trail.done_to("stay.erased", home.scope, gone) if gone else set()
    found += [f"et afsnit om {stay} er væk" for stay in sorted(set(gone) - erased)]
    # The log of an old meeting may have been pruned, which its checkpoint says.
    if content_hash(kept, "") not in logged and (logged or trail.checkpoint_of(home.scope) is None):
        found.append("loggen kender ikke udgaven")
    return found


def faults() -> Iterator[str]:
    """A sentence for each fault in all locked minutes, for audit_verify."""
    every = Minutes.objects.system("verify locked minutes").select_related("meeting__home").order_by("pk")
    for minutes in every.iterator():
        for fault in faults_of(minutes):
            yield f"{minutes.meeting.home.scope}: møde {minutes.meeting.number}, udgave {minutes.edition}: {fault}"
