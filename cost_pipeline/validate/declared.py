"""What a vendor file declares beside the columns: what must be there, and what its digest covers.

Belongs here: small questions that compiling a vendor file asks of it. What a declaration that
came later adds to the digest is nothing where a vendor file has none of it: its verdicts are the
same as before.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from cost_pipeline.contracts.currency_signs import may_be_in
from cost_pipeline.contracts.date_style import ISO_FORM, MONTH_NAMES
from cost_pipeline.contracts.formats import TYPED, FormatKind
from cost_pipeline.contracts.paths import JSON_MARKS
from cost_pipeline.contracts.record import Record
from cost_pipeline.contracts.tables import Shape
from cost_pipeline.contracts.time_style import TimeStyle
from cost_pipeline.contracts.vendor import Vendor
from cost_pipeline.core.canonical import Value
from cost_pipeline.core.reference import reference_path
from cost_pipeline.core.text import among, plain_name
from cost_pipeline.validate.cells import declared_settings
from cost_pipeline.validate.dates import DateReader, file_name_of, two_digits_are_meant
from cost_pipeline.validate.times import TimeReader

# What reads rows otherwise than before, of vendor files that say nothing new.
_MENDED: Final = 1


@dataclass(frozen=True, slots=True)
class Landed:
    """What decides, besides a text itself, what the text means.

    Attributes:
        pulled: The pull date of the delivery's first landing.
        name: The address or name of its file.
        zone: The time zone of the owner of its records (IANA).
    """

    pulled: date | None = None
    name: str | None = None
    zone: str = "UTC"


NOT_LANDED: Final = Landed()
"""The landing that is assumed when a vendor file is looked at by itself."""


def date_reader(vendor: Vendor, landed: Landed) -> DateReader:
    """Returns how the vendor's days are read."""
    return DateReader(
        vendor.dates,
        zone=landed.zone,
        typed=vendor.format.kind in TYPED,
        pulled=landed.pulled,
        name=landed.name,
    )


def time_reader(vendor: Vendor) -> TimeReader:
    """Returns how the vendor's times of day and timecodes are read."""
    return TimeReader(vendor.times or TimeStyle(), typed=vendor.format.kind in TYPED)


def demanded_fields(vendor: Vendor, contract: type[Record], identity: str) -> frozenset[str]:
    """Returns the fields that may not be empty, by the contract or by the key."""
    required = {name for name, info in contract.model_fields.items() if info.is_required()}
    if vendor.key is None:
        return frozenset(required)
    if vendor.key.otherwise:
        return frozenset(required - {identity} | (required & {*vendor.key.otherwise}))
    return frozenset(required | {*vendor.key.columns})


def known_headers(vendor: Vendor, columns: Iterable[str]) -> set[str]:
    """Returns those of a header's names that the vendor file knows, as they are compared."""
    known = {"", *(a for aliases in vendor.columns.values() for a in aliases)}
    known |= {name for one in vendor.codes for name in one.source}
    if vendor.measure is not None and vendor.measure.sign is not None:
        known |= {*vendor.measure.sign.column}
    names = {*map(plain_name, columns)}
    return names & {*map(plain_name, known)} | among(names, vendor.ignore)


def declared_parts(vendor: Vendor, shape: Shape, landed: Landed) -> list[Value]:
    """Returns what the digest of an interpretation covers beyond what every vendor file has."""
    found: list[Value] = []
    for name, section in sorted(declared_settings(vendor).items()):
        found.append(json.dumps([name, section], sort_keys=True))
    dates = vendor.dates
    if dates.languages:
        found.append(reference_path(MONTH_NAMES).read_bytes())
    if dates.zone == "local":
        found.append(landed.zone)
    if dates.year in {"past", "nearest"}:
        found.append(landed.pulled)
    if dates.file_name is not None:
        found.append(None if landed.name is None else file_name_of(landed.name))
    return found + [f"{name} {_MENDED}" for name in _read_otherwise_than_before(vendor, shape)]


def _is_path(name: str) -> bool:
    return JSON_MARKS.separator in name or "[" in name


def _read_otherwise_than_before(vendor: Vendor, shape: Shape) -> list[str]:
    """Returns the faults of reading that were mended and that this vendor file could meet.

    Its deliveries are judged again, so that what was misread is put right.
    """
    found = []
    if any(map(two_digits_are_meant, vendor.dates.forms)):
        found.append("compact dates")
    if vendor.format.kind in TYPED and ISO_FORM not in vendor.dates.forms:
        found.append("typed dates")
    names = (name for aliases in vendor.columns.values() for name in aliases)
    if vendor.format.kind in {FormatKind.JSON, FormatKind.JSONL} and any(map(_is_path, names)):
        found.append("paths")
    signs = [lawful for symbol in vendor.numbers.symbols if (lawful := may_be_in(symbol))]
    constant = vendor.constants.get(shape.measure.unit) if shape.measure else None
    if signs and not all(constant is not None and constant in lawful for lawful in signs):
        found.append("signs of currencies")
    return found
