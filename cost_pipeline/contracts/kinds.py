"""What a feed declares about its records: kinds, columns, vendor files and settings.

Belongs here: the half of a feed's declaration that needs no lake. `pipeline.feed` has the other.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from cost_pipeline.contracts.complaints import Complaint, Step
from cost_pipeline.contracts.constraints import fields_noted
from cost_pipeline.contracts.lookups import Table, WrongRow
from cost_pipeline.contracts.record import Record
from cost_pipeline.contracts.rules import NO_RULES, OwnRules
from cost_pipeline.contracts.sections import Section
from cost_pipeline.contracts.tables import Shape
from cost_pipeline.contracts.texts import Reader
from cost_pipeline.contracts.times import GivenRate
from cost_pipeline.contracts.vendor import Vendor
from cost_pipeline.core.reasons import NO_OTHERS, ReasonList


@dataclass(frozen=True, slots=True)
class Packed:
    """Fields of a kind that one column holds as one canonical text: others are no wider for them.

    Attributes:
        column: The column of the feed's records.
        fields: Its fields, in the order of the contract.
        text: Makes the text of a record; equal values have equal texts.
        values: Reads the typed values again from a text.
    """

    column: str
    fields: tuple[str, ...]
    text: Callable[[Any], str]
    values: Callable[[str], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of record.

    Attributes:
        contract: Its fields and the rules between them.
        key: What a second row under a key means. `conflict`: another content is refused, because a
            document is sent once (costs). `update`: the later one takes the place of the earlier
            (an inventory, an as-run log).
        order: For `update`, the fields that say which row is later; what they leave open
            is decided by the pull date, then by content, so that the order of processing never
            matters.
        arrange: Relates values of one row that were read by themselves, in place, before the row is
            judged.
        packed: Fields that have one column together.
    """

    contract: type[Record]
    key: Literal["conflict", "update"] = "conflict"
    order: tuple[str, ...] = ()
    arrange: Callable[[dict[str, Any]], None] | None = None
    packed: Packed | None = None


@dataclass(frozen=True, slots=True)
class FeedContract:
    """What vendor files, settings and rows of a feed must look like.

    Attributes:
        name: The feed's name in vendor files, asset keys and stored rows.
        kinds: Its kinds, by name.
        shape: The columns of its records.
        reasons: Its own reason codes, beside those that all feeds share.
        vendor: The model of its vendor files.
        settings: The model of its settings.
        wrong_settings: What is wrong with settings that no single key shows.
        files: The lookup files that settings name: the keys that lead to it, to the file.
        with_files: The settings with what those files hold, and what is wrong with it.
        own_rules: Rules between fields that the settings add for a vendor's records.
        wrong_vendors: What is wrong between vendor files of the feed.
        readers: Fields whose texts the keys of a vendor file make something else of than their
            contract does by itself, with what reads them.
        scopes: The values that the shape's scope may have, by the settings.
        zone: The time zone of the owner of a vendor's records, by the settings.
        start: The first day of the work whose records these are, by the settings; None if they do
            not say.
        settings_file: Within the home; `feeds/<name>.yaml` where it is empty.
        labels: Headers for people of fields whose own name is not shown.
        widths: The widths of columns of fields, in characters, where they are not 16.
        codes: Fields for which people are offered the codes that accepted records have.
        rules_version: Part of every interpretation: raised when a rule's code changes verdicts.
        reference: Files of the reference data that decide verdicts, part of it too.
        known_as: The names by which exports call a field, or speak of a kind of record, in several
            languages and the likeliest first. A first vendor file is guessed by them; they decide
            nothing.
    """

    name: str
    kinds: Mapping[str, Kind]
    shape: Shape
    reasons: ReasonList = NO_OTHERS
    vendor: type[Vendor] = Vendor
    settings: type[Section] = Section
    readers: Callable[[Any], Mapping[str, Reader]] = lambda _vendor: {}
    scopes: Callable[[Any], Collection[str]] = lambda _settings: ()
    wrong_settings: Callable[[Any], Iterable[Complaint]] = lambda _settings: ()
    files: Callable[[Any], Mapping[tuple[Step, ...], str]] = lambda _settings: {}
    with_files: Callable[
        [Any, Mapping[tuple[Step, ...], Table]], tuple[Any, Iterable[WrongRow]]
    ] = lambda settings, _tables: (settings, ())
    own_rules: Callable[[Any, Vendor], OwnRules] = lambda _settings, _vendor: NO_RULES
    wrong_vendors: Callable[[Any], Iterable[Complaint]] = lambda _vendors: ()
    zone: Callable[[Any, Vendor], str] = lambda _settings, _vendor: "UTC"
    start: Callable[[Any], date | None] = lambda _settings: None
    settings_file: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    widths: Mapping[str, int] = field(default_factory=dict)
    codes: tuple[str, ...] = ()
    rules_version: int = 1
    reference: tuple[str, ...] = ()
    known_as: Callable[[], Mapping[str, tuple[str, ...]]] = dict

    def __post_init__(self) -> None:
        measure = self.shape.measure
        if measure is not None and self.vendor.measured != measure.field:
            raise ValueError(f"the vendor files of {self.name} do not say what they measure")
        for name, kind in self.kinds.items():
            if kind.contract.kind != name:
                raise ValueError(f"the contract of {name} calls itself {kind.contract.kind}")
            if kind.contract.reasons != self.reasons:
                raise ValueError(f"the contract of {name} has other reasons than the feed")
            packed = kind.packed.fields if kind.packed else ()
            lost = kind.contract.model_fields.keys() - {"vendor", *self.shape.names, *packed}
            if lost:
                raise ValueError(f"no column holds {', '.join(sorted(lost))} of a {name}")

    @property
    def fields(self) -> tuple[str, ...]:
        """Every field that a kind of record may have, in the order in which people see them."""
        packed = [kind.packed for kind in self.kinds.values() if kind.packed]
        columns = {one.column for one in packed}
        own = [name for name in self.shape.names if name not in columns]
        return tuple(dict.fromkeys([*own, *(name for one in packed for name in one.fields)]))

    def fields_of(self, kind: str) -> tuple[str, ...]:
        """Returns the fields of a kind of record, in that order."""
        return tuple(n for n in self.fields if n in self.kinds[kind].contract.model_fields)

    def given_otherwise(self, vendor: Vendor) -> frozenset[str]:
        """Returns the fields that a vendor's rows have without a column or a constant."""
        found = {self.shape.day} if vendor.dates.gives_a_day else set()
        if self.shape.measure is not None and vendor.measure is not None:
            said = vendor.measure.currencies or vendor.measure.units
            found |= {self.shape.measure.unit} if said else set()
        if vendor.times is not None and vendor.times.frame_rate is not None:
            found |= {*fields_noted(self.kinds[vendor.record].contract, GivenRate())}
        return frozenset(found)

    @property
    def file(self) -> str:
        """The settings file within the home."""
        return self.settings_file or f"feeds/{self.name}.yaml"
