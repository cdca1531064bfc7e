"""What no single key shows: a vendor file against its productions, contract and neighbours.

Pure: files were read before, folders of sources are looked at elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Final

from cost_pipeline.contracts.constraints import parts
from cost_pipeline.contracts.cost import judge_field
from cost_pipeline.contracts.date_style import DIRECTIVES
from cost_pipeline.contracts.kinds import CONTRACTS
from cost_pipeline.contracts.problems import Problem
from cost_pipeline.contracts.production import Productions
from cost_pipeline.contracts.rate_sources import published_sources, sources_of
from cost_pipeline.contracts.texts import reader
from cost_pipeline.contracts.vendor import FolderSource, HttpSource, Vendor
from cost_pipeline.home.document import Document
from cost_pipeline.home.explain import nearest

# What every record has without a column: `vendor:` and `production:` say it.
_GIVEN: Final = frozenset({"vendor", "production"})
_RESERVED: Final = "corrections"
_PLACEHOLDER: Final = re.compile(r"\{pull_date(:[^{}]*)?\}")


def check_vendor(vendor: Vendor, document: Document, productions: frozenset[str]) -> None:
    """Note what is wrong with one vendor file that is well-formed by itself.

    Args:
        vendor: As read.
        document: Where it was read from; problems are noted there.
        productions: The codes in productions.yaml; empty if that file is itself wrong.
    """
    if productions and vendor.production not in productions:
        document.complain(
            ("production",),
            f"there is no production `{vendor.production}` in productions.yaml",
            nearest(vendor.production, productions),
        )
    if vendor.vendor == _RESERVED:
        document.complain(
            ("vendor",), f"`{_RESERVED}` is the name of what people send back", "take another name"
        )
    _check_fields(vendor, document)
    _check_coverage(vendor, document)
    _check_constants(vendor, document)
    _check_dates(vendor, document)
    _check_headers(vendor, document)
    _check_patterns(vendor, document)
    if isinstance(vendor.source, HttpSource) and vendor.source.incremental and not vendor.key:
        document.complain(
            ("source", "incremental"),
            "`incremental` needs a key: pulls overlap, and without a key rows would count twice",
            "name the columns of the key under `key:`, or take `incremental:` out",
        )


def check_productions(productions: Productions, document: Document) -> None:
    """Note productions whose source of rates nobody defines, and sources defined twice."""
    known = sources_of(productions).keys()
    for code, production in productions.productions.items():
        name = production.fx.source
        if name not in known:
            document.complain(
                ("productions", code, "fx", "source"),
                f"there is no source of exchange rates `{name}`",
                nearest(name, known),
            )
    for name in productions.fx_sources.keys() & published_sources().keys():
        document.complain(
            ("fx_sources", name),
            f"the source `{name}` comes with the product and cannot be defined again",
            "give it another name",
        )


def check_names(vendors: list[tuple[Vendor, Document]]) -> None:
    """Note every vendor name that a file before it has already."""
    first: dict[str, str] = {}
    for vendor, document in vendors:
        if vendor.vendor in first:
            document.complain(
                ("vendor",),
                f"the vendor `{vendor.vendor}` is described in {first[vendor.vendor]} already",
                "give each vendor file a name of its own",
            )
        first.setdefault(vendor.vendor, document.file)


def _check_fields(vendor: Vendor, document: Document) -> None:
    known = CONTRACTS[vendor.record].model_fields.keys() - {"vendor"}
    for section, names in (("columns", vendor.columns), ("constants", vendor.constants)):
        for name in names:
            if name not in known:
                document.complain(
                    (section, name),
                    f"`{name}` is not a field of a {vendor.record.value}",
                    nearest(name, known),
                )
    for name in vendor.constants:
        if name == "production":
            document.complain(
                ("constants", name),
                "the production is a key of the vendor file, not a constant",
                "leave it out here; `production:` says it",
            )
        elif name in vendor.columns:
            document.complain(
                ("constants", name),
                f"`{name}` is both a column and a constant",
                "keep the one that is meant",
            )
    for place, name in enumerate(vendor.key.fields if vendor.key else ()):
        if name not in vendor.columns and name not in vendor.constants:
            path = ("key", place) if document.has(("key", place)) else ("key", "columns", place)
            document.complain(
                path if document.has(path) else ("key",),
                f"the key names `{name}`, which no column gives",
                nearest(name, vendor.columns) if vendor.columns else "",
            )


def _check_coverage(vendor: Vendor, document: Document) -> None:
    covered = vendor.columns.keys() | vendor.constants.keys() | _GIVEN
    fields = CONTRACTS[vendor.record].model_fields
    missing = [
        name
        for name, field in fields.items()
        if field.is_required()
        and name not in covered
        # A vendor without a key has no transaction ids; its rows are named by their fingerprint.
        and (vendor.key or name != "transaction_id")
        and name not in vendor.given_otherwise
    ]
    if missing:
        names = ", ".join(f"`{name}`" for name in missing)
        document.complain(
            ("columns",),
            f"no column and no constant gives {names}",
            "add each under `columns:` (with its header names) or under `constants:`",
        )
    control = vendor.format.control_total
    if control and control.column != "amount":
        document.complain(
            ("format", "control_total", "column"),
            "a control total can only be that of `amount`",
            "write `column: amount`; `columns:` says which header that is",
        )


def _check_constants(vendor: Vendor, document: Document) -> None:
    """A constant that its own field refuses would refuse every row."""
    contract = CONTRACTS[vendor.record]
    for name, text in vendor.constants.items():
        info = contract.model_fields.get(name)
        # Amounts and dates are read by the vendor's own style; validate does that.
        if info is not None and parts(info).base not in {Decimal, date}:
            read = reader(info)
            value = text if read is None else read(name, text)
            found = value if isinstance(value, Problem) else judge_field(contract, name, value)
            if isinstance(found, Problem):
                document.complain(
                    ("constants", name), f"`{name}` cannot be `{text}`: {found.message}"
                )


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


def _check_headers(vendor: Vendor, document: Document) -> None:
    """A header name that two fields claim, or that is also ignored, has no single meaning."""
    owner: dict[str, str] = {}
    for name, headers in vendor.columns.items():
        if not headers:
            document.complain(("columns", name), f"`{name}` names no header", "name at least one")
        for place, header in enumerate(headers):
            same = header.strip().casefold()
            if owner.setdefault(same, name) != name:
                document.complain(
                    ("columns", name, place),
                    f"the header `{header}` is claimed by `{owner[same]}` already",
                    "let one field have it",
                )
    for place, header in enumerate(vendor.ignore):
        if header.strip().casefold() in owner:
            document.complain(
                ("ignore", place),
                f"the header `{header}` is both read and ignored",
                "take it out of `ignore:`",
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
