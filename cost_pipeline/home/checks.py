"""Finds what no single key shows: a vendor file against its feed, contract and neighbours.

Pure: files were read before, folders of sources are looked at elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from pydantic.fields import FieldInfo

from cost_pipeline.contracts.constraints import fields_noted, parts
from cost_pipeline.contracts.date_style import DIRECTIVES
from cost_pipeline.contracts.kinds import FeedContract
from cost_pipeline.contracts.listing import ListedSection, Patterns
from cost_pipeline.contracts.problems import Problem
from cost_pipeline.contracts.record import judge_field
from cost_pipeline.contracts.texts import reader
from cost_pipeline.contracts.times import GivenRate, ReadByStyle
from cost_pipeline.contracts.vendor import FolderSource, HttpSource, Vendor
from cost_pipeline.core.text import nearest, plain_name
from cost_pipeline.home.codes import check_codes
from cost_pipeline.home.document import Document

_RESERVED: Final = "corrections"
_PLACEHOLDER: Final = re.compile(r"\{pull_date(:[^{}]*)?\}")


def check_vendor(
    vendor: Vendor, document: Document, feed: FeedContract, scopes: Collection[str]
) -> None:
    """Notes what is wrong with one vendor file that is well-formed by itself.

    Args:
        vendor: The vendor as it was read.
        document: Where it was read from; problems are noted there.
        feed: What its feed says of records.
        scopes: Whose records there may be, by the feed's settings; empty if those are wrong.
    """
    scope = feed.shape.scope
    if scopes and scope is not None and vendor.scope is not None and vendor.scope not in scopes:
        document.complain(
            (scope,),
            f"there is no {scope} `{vendor.scope}` in {feed.file}",
            nearest(vendor.scope, scopes),
        )
    if vendor.vendor == _RESERVED:
        document.complain(
            ("vendor",), f"`{_RESERVED}` is the name of what people send back", "take another name"
        )
    _check_fields(vendor, document, feed)
    _check_coverage(vendor, document, feed)
    _check_constants(vendor, document, feed)
    _check_dates(vendor, document)
    _check_times(vendor, document, feed)
    _check_headers(vendor, document)
    _check_patterns(vendor, document)
    _check_groups(vendor, document)
    check_codes(vendor, document, feed)
    if isinstance(vendor.source, HttpSource) and vendor.source.incremental and not vendor.key:
        document.complain(
            ("source", "incremental"),
            "`incremental` needs a key: pulls overlap, and without a key rows would count twice",
            "name the columns of the key under `key:`, or take `incremental:` out",
        )


def check_names(vendors: list[tuple[Vendor, Document]]) -> None:
    """Notes every vendor name that a file before it has already."""
    first: dict[str, str] = {}
    for vendor, document in vendors:
        if vendor.vendor in first:
            document.complain(
                ("vendor",),
                f"the vendor `{vendor.vendor}` is described in {first[vendor.vendor]} already",
                "give each vendor file a name of its own",
            )
        first.setdefault(vendor.vendor, document.file)


def check_between(
    vendors: Sequence[tuple[Vendor, Document]], feeds: Mapping[str, FeedContract]
) -> None:
    """Notes what is wrong between the vendor files of each feed."""
    by_name = {vendor.vendor: document for vendor, document in vendors}
    for name, feed in feeds.items():
        own = [vendor for vendor, _ in vendors if vendor.feed == name]
        for one in feed.wrong_vendors(own):
            by_name[one.vendor or ""].complain(one.path, one.message, one.remedy)


def _check_fields(vendor: Vendor, document: Document, feed: FeedContract) -> None:
    known = feed.kinds[vendor.record].contract.model_fields.keys() - {"vendor"}
    for section, names in (("columns", vendor.columns), ("constants", vendor.constants)):
        for name in names:
            if name not in known:
                document.complain(
                    (section, name),
                    f"`{name}` is not a field of a {vendor.record}",
                    nearest(_field_known_as(name, feed) or name, known),
                )
    for name in vendor.constants:
        if name == feed.shape.scope and vendor.scope is not None:
            document.complain(
                ("constants", name),
                f"the {name} is a key of the vendor file, not a constant",
                f"leave it out here; `{name}:` says it",
            )
        elif name in vendor.read_from:
            document.complain(
                ("constants", name),
                f"`{name}` is both a column and a constant",
                "keep the one that is meant",
            )
    for place, name in enumerate(vendor.key.fields if vendor.key else ()):
        if name not in vendor.read_from and name not in vendor.constants:
            path = ("key", place) if document.has(("key", place)) else ("key", "columns", place)
            document.complain(
                path if document.has(path) else ("key",),
                f"the key names `{name}`, which no column gives",
                nearest(name, vendor.read_from) if vendor.read_from else "",
            )


def _field_known_as(name: str, feed: FeedContract) -> str | None:
    """Returns the field that exports call so, as far as the feed knows."""
    plain = name.replace("_", " ").casefold()
    named = (field for field, names in feed.known_as().items() if plain in names)
    return next(named, None)


def _check_coverage(vendor: Vendor, document: Document, feed: FeedContract) -> None:
    shape, fields = feed.shape, feed.kinds[vendor.record].contract.model_fields
    covered = {*vendor.read_from, *vendor.constants, "vendor"}
    covered |= {shape.scope} if shape.scope and vendor.scope is not None else set()
    missing = [
        name
        for name, field in fields.items()
        if field.is_required()
        and name not in covered
        # A vendor without a key has no ids; its rows are named by their fingerprint.
        and (vendor.key or name != shape.identity)
        and name not in feed.given_otherwise(vendor)
    ]
    if missing:
        names = ", ".join(f"`{name}`" for name in missing)
        document.complain(
            ("columns",),
            f"no column and no constant gives {names}",
            "add each under `columns:` (with its header names) or under `constants:`",
        )
    control, measure = vendor.format.control_total, shape.measure
    if control and measure is None:
        document.complain(
            ("format", "control_total"),
            f"the rows of a {vendor.record} are only counted",
            "take `control_total:` out",
        )
    elif control and measure and control.column != measure.field:
        document.complain(
            ("format", "control_total", "column"),
            f"a control total can only be that of `{measure.field}`",
            f"write `column: {measure.field}`; `columns:` says which header that is",
        )


def _check_constants(vendor: Vendor, document: Document, feed: FeedContract) -> None:
    """Notes constants that their own field refuses: each would refuse every row."""
    contract, readers = feed.kinds[vendor.record].contract, feed.readers(vendor)
    for name, text in vendor.constants.items():
        info = contract.model_fields.get(name)
        # Numbers, dates and times are read by the vendor's own style; validate does that.
        if info is not None and not _has_a_style(info):
            read = readers.get(name) or reader(info)
            value = text if read is None else read(name, text)
            found = value if isinstance(value, Problem) else judge_field(contract, name, value)
            if isinstance(found, Problem):
                document.complain(
                    ("constants", name), f"`{name}` cannot be `{text}`: {found.message}"
                )


def _has_a_style(info: FieldInfo) -> bool:
    taken = parts(info)
    timed = any(isinstance(note, ReadByStyle) for note in taken.notes)
    return timed or taken.base in {Decimal, date}


def _check_dates(vendor: Vendor, document: Document) -> None:
    for place, form in enumerate(vendor.dates.forms):
        unknown = sorted(set(re.findall(f"%[^{DIRECTIVES}]", form)))
        if unknown:
            path = ("dates", "forms", place)
            document.complain(
                path if document.has(path) else ("dates", place),
                f"`{form}` holds {', '.join(f'`{one}`' for one in unknown)}, which is not read",
                "write dates with %d, %m, %b, %B, %Y, %y, and times with %H, %I, %p, %M, %S, %f,"
                " %z",
            )


def _check_times(vendor: Vendor, document: Document, feed: FeedContract) -> None:
    contract = feed.kinds[vendor.record].contract
    rate = vendor.times and vendor.times.frame_rate
    for name in fields_noted(contract, ReadByStyle("frames")):
        if rate is None and name in vendor.columns:
            document.complain(
                ("columns", name),
                f"`{name}` is a timecode, and nothing says how many frames a second has",
                'write `times: {frame_rate: "25"}`, or what the rate is',
            )
    for name in fields_noted(contract, GivenRate()):
        if rate is not None and name in vendor.columns:
            document.complain(
                ("columns", name),
                f"`times.frame_rate` says `{name}` already, for every row",
                f"take `{name}` out and list its header under `ignore`",
            )


def _check_headers(vendor: Vendor, document: Document) -> None:
    """Notes header names that two fields claim, or that are also ignored."""
    owner: dict[str, str] = {}
    for name, headers in vendor.columns.items():
        if not headers:
            document.complain(("columns", name), f"`{name}` names no header", "name at least one")
        for place, header in enumerate(headers):
            refused = vendor.format.refused_name(header)
            if refused is not None:
                document.complain(
                    ("columns", name, place),
                    f"`{header}` cannot be read: {refused}",
                    "write the path from the record on, with fewer steps up",
                )
            same = plain_name(header)
            if owner.setdefault(same, name) != name:
                document.complain(
                    ("columns", name, place),
                    f"the header `{header}` is claimed by `{owner[same]}` already",
                    "let one field have it",
                )
    for place, header in enumerate(vendor.ignore):
        if plain_name(header) in owner:
            document.complain(
                ("ignore", place),
                f"the header `{header}` is both read and ignored",
                "take it out of `ignore:`",
            )


def _check_groups(vendor: Vendor, document: Document) -> None:
    """Notes headings that nothing tells from a row of which most is missing, and unused ones."""
    form = vendor.format
    if not isinstance(form, ListedSection):
        return
    read = {*map(plain_name, form.told.names)}
    ignored = Patterns(vendor.ignore)
    for place, group in enumerate(form.groups):
        path = ("format", "groups", place)
        if plain_name(group.source) in read and group.pattern is None:
            document.complain(
                (*path, "from"),
                f"`{group.source}` is a column of rows too, so a row that was cut looks like a"
                " heading",
                'say by `pattern` what a heading looks like, such as `pattern: "Account *"`',
            )
        if plain_name(group.column) not in read and not ignored.fit(group.column):
            document.complain(
                (*path, "column"),
                f"nothing reads the column `{group.column}`",
                f"name it under `columns:`, such as `vendor_name: [{group.column}]`, or under"
                " `ignore:`",
            )
    names = {*read, *(plain_name(group.source) for group in form.groups)}
    for place, name in enumerate(form.fill_down):
        if plain_name(name) not in names:
            document.complain(
                ("format", "fill_down", place),
                f"nothing reads the column `{name}`",
                nearest(name, form.told.names),
            )


def _check_patterns(vendor: Vendor, document: Document) -> None:
    for path, pattern in _patterns(vendor):
        rest = _PLACEHOLDER.sub("", pattern)
        if "{" in rest or "}" in rest:
            document.complain(
                path,
                f"`{pattern}` holds a placeholder that is not known",
                "write the pull date as `{pull_date:%Y-%m-%d}`; there is no other placeholder",
            )
    if isinstance(vendor.source, HttpSource) and "@" in vendor.source.url.split("/")[2]:
        document.complain(
            ("source", "url"),
            "the address holds a user name or password",
            "take it out and name an environment variable under `auth:`",
        )


def _patterns(vendor: Vendor) -> Iterator[tuple[tuple[str, ...], str]]:
    source = vendor.source
    if isinstance(source, FolderSource):
        yield ("source", "files"), source.files
    elif isinstance(source, HttpSource):
        yield ("source", "url"), source.url
        for name, value in source.parameters.items():
            yield ("source", "parameters", name), value
