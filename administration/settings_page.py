"""The settings of a region: read, compared and saved. Only what differs from the defaults is stored."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from audit import trail
from boards.columns import board_columns
from core.errors import Conflict, Denied
from criteria.selectors import homes_of_region
from organisation import region as region_rules
from organisation.models import Organisation, RegionSettings, User
from organisation.region import LEVEL_MEANINGS, LEVEL_WORDS, PROMPTS, RANGES, Rules
from organisation.services import once

trail.register("settings.changed", "ændrede regionens indstillinger")
trail.register("settings.applied", "ændrede de indstillinger, der gælder her")

TITLES = {column.key: column.title for column in board_columns()}


@dataclass(frozen=True)
class Stored:
    """What stands now. `version` 0 means the defaults, never touched."""

    values: dict[str, Any]
    version: int

    @property
    def rules(self) -> Rules:
        return region_rules.of_values(self.values)


def stored(region: Organisation) -> Stored:
    """The region's settings as they stand. One query."""
    row = RegionSettings.objects.filter(organisation=region).first()
    return Stored(row.values, row.version) if row else Stored({}, 0)


def flat(rules: Rules) -> dict[str, Any]:
    """Every setting by its field's name in the form."""
    fields: dict[str, Any] = {name: getattr(rules, name) for name in RANGES}
    for key, title in TITLES.items():
        fields[f"title_{key}"] = rules.title(key, title)
    for key in region_rules.OPTIONAL_COLUMNS:
        fields[f"show_{key}"] = key not in rules.hidden_columns
    for level in LEVEL_WORDS:
        fields[f"word_{level}"] = rules.level(level)
        fields[f"meaning_{level}"] = rules.level_meanings[level]
    for number, prompt in enumerate(rules.prompts, start=1):
        fields[f"prompt_{number}"] = prompt
    return fields


def values_of(fields: dict[str, Any]) -> dict[str, Any]:
    """What is to be stored of a form's fields: only what the region chose differently from the defaults."""
    default = Rules()
    values: dict[str, Any] = {name: fields[name] for name in RANGES if fields[name] != getattr(default, name)}
    titles = {key: fields[f"title_{key}"] for key, title in TITLES.items() if fields[f"title_{key}"] != title}
    words = {level: fields[f"word_{level}"] for level, word in LEVEL_WORDS.items() if fields[f"word_{level}"] != word}
    meanings = {
        level: fields[f"meaning_{level}"]
        for level, meaning in LEVEL_MEANINGS.items()
        if fields[f"meaning_{level}"] != meaning
    }
    prompts = [fields[f"prompt_{number}"] for number in range(1, len(PROMPTS) + 1)]
    chosen = {
        "column_titles": titles,
        "level_words": words,
        "level_meanings": meanings,
        "hidden_columns": [key for key in region_rules.OPTIONAL_COLUMNS if not fields[f"show_{key}"]],
        "prompts": prompts if tuple(prompts) != PROMPTS else [],
    }
    return {**values, **{name: value for name, value in chosen.items() if value}}


def settings_change(
    *, region: Organisation, values: dict[str, Any], seen: int, key: str, by: User, today: date
) -> None:
    """Stores the settings and moves the clock of every home of the region, so that open boards follow.

    Raises Conflict with what stands there (somebody saved since), Denied (a value out of range, nothing changed),
    Repeated.
    """
    region_rules.check(values)
    with trail.change(region.scope, by=by.pk) as log:
        once(by, key, region.pk, seen, values)
        now = stored(region)
        if now.version != seen:
            raise Conflict(now)
        if now.values == values:
            raise Denied("Der er ikke ændret noget.")
        row, _ = RegionSettings.objects.update_or_create(
            organisation=region, defaults={"values": values, "version": now.version + 1}
        )
        before, after = flat(now.rules), flat(region_rules.of_values(values))
        log("settings.changed", row, changed=sorted(name for name in after if before[name] != after[name]))
        for home in homes_of_region(region.pk, today):
            with trail.change(home.scope, by=by.pk) as home_log:
                home_log("settings.applied", row, version=row.version)
