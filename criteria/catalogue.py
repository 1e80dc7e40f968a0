"""The default criteria, read from catalogue.toml and laid down as version 1 of each for an organisation."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

from criteria.models import Criterion, CriterionVersion
from organisation.models import Organisation

_PATH = Path(__file__).parent / "catalogue.toml"


def read() -> dict[str, Any]:
    """The catalogue as written: `version`, `notice` and a list `criterion`."""
    return tomllib.loads(_PATH.read_text(encoding="utf-8"))


NOTICE: str = read()["notice"]


def lay_down(organisation: Organisation, from_day: date) -> int:
    """Adds the criteria the organisation lacks; those it has stay as they are. Returns how many were added."""
    known = set(Criterion.objects.filter(organisation=organisation, home=None).values_list("key", flat=True))
    added = 0
    for order, entry in enumerate(read()["criterion"], start=1):
        if entry["key"] in known:
            continue
        criterion = Criterion.objects.create(
            organisation=organisation,
            key=entry["key"],
            order=order,
            needs_text=entry.get("needs_text", False),
        )
        CriterionVersion.objects.create(
            criterion=criterion,
            name=entry["name"],
            definition=entry["definition"],
            level=entry["level"],
            first_days=entry["first_days"],
            then_days=entry.get("then_days", entry["first_days"]),
            lead_days=entry.get("lead_days"),
            exit_question=entry["exit_question"],
            awake=entry.get("awake", False),
            from_day=from_day,
        )
        added += 1
    return added
