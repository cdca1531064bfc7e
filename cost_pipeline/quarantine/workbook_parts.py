"""The small fixed parts of a workbook: styles, relations, the list of its sheets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from xml.sax.saxutils import escape, quoteattr

_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINKS: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"

# Places in `cellXfs` of STYLES.
HEAD, LOCKED, OPEN, WRONG, WHY, BIG, BOLD, COUNT, RIGHT, PARAGRAPH, HEAD_OPEN = range(1, 12)

_FORMATS: Final = (
    # number format, font, fill, border, more attributes, children
    (0, 0, 0, 0, "", ""),
    (49, 1, 2, 1, "", '<alignment vertical="center" wrapText="1"/>'),
    (49, 2, 3, 1, "", '<alignment vertical="top" wrapText="1"/>'),
    # quotePrefix: a text that begins with = stays text also when the cell is edited.
    (49, 0, 0, 1, ' quotePrefix="1" applyProtection="1"', '<alignment vertical="top"/>%s'),
    (49, 0, 4, 1, ' quotePrefix="1" applyProtection="1"', '<alignment vertical="top"/>%s'),
    (49, 3, 0, 1, "", '<alignment vertical="top" wrapText="1"/>'),
    (0, 4, 0, 0, "", ""),
    (0, 5, 0, 0, "", '<alignment vertical="top"/>'),
    (3, 0, 0, 0, "", '<alignment vertical="top" horizontal="right" indent="1"/>'),
    (49, 0, 0, 0, "", '<alignment vertical="top" horizontal="right" indent="1"/>'),
    (49, 0, 0, 0, "", '<alignment vertical="top" wrapText="1"/>'),
    (49, 1, 5, 1, "", '<alignment vertical="center" wrapText="1"/>'),
)
_UNLOCKED: Final = '<protection locked="0"/>'


def _font(size: int, more: str = "", colour: str = "FF1F2933") -> str:
    return (
        f'<font>{more}<sz val="{size}"/><color rgb="{colour}"/><name val="Calibri"/>'
        '<family val="2"/></font>'
    )


def _fill(colour: str) -> str:
    return (
        f'<fill><patternFill patternType="solid"><fgColor rgb="{colour}"/>'
        '<bgColor indexed="64"/></patternFill></fill>'
    )


def _styles() -> str:
    fonts = [
        _font(10),
        _font(10, "<b/>", "FFFFFFFF"),
        _font(10, colour="FF66727F"),
        _font(9, "<i/>", "FFB3261E"),
        _font(16, "<b/>"),
        _font(10, "<b/>"),
    ]
    fills = [
        '<fill><patternFill patternType="none"/></fill>',
        '<fill><patternFill patternType="gray125"/></fill>',
        _fill("FF52606D"),
        _fill("FFF1F3F5"),
        _fill("FFFFD9D6"),
        _fill("FF1D5A96"),
    ]
    side = ' style="thin"><color rgb="FFD5DAE0"/></'
    thin = "".join(f"<{s}{side}{s}>" for s in ("left", "right", "top", "bottom"))
    formats = "".join(
        f'<xf numFmtId="{number}" fontId="{font}" fillId="{fill}" borderId="{border}" xfId="0"'
        f' applyNumberFormat="1" applyFont="1" applyFill="1" applyBorder="1"'
        f' applyAlignment="1"{more}>{children.replace("%s", _UNLOCKED)}</xf>'
        for number, font, fill, border, more, children in _FORMATS
    )
    return (
        f'{_HEAD}<styleSheet xmlns="{_MAIN}">'
        f'<fonts count="{len(fonts)}">{"".join(fonts)}</fonts>'
        f'<fills count="{len(fills)}">{"".join(fills)}</fills>'
        f'<borders count="2"><border/><border>{thin}</border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>'
        f'</cellStyleXfs><cellXfs count="{len(_FORMATS)}">{formats}</cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
        "</styleSheet>"
    )


STYLES: Final = _styles()

ROOT_RELS: Final = (
    f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
    f'Type="{_LINKS}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
)

CONTENT_TYPES: Final = (
    f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>%s</Types>'
)


def content_type(text: str, sheets: int) -> str:
    """Returns the list of parts with their kinds."""
    parts = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_TYPE}.worksheet+xml"/>'
        for n in range(1, sheets + 1)
    )
    return text.replace("%s", parts)


def relations(sheets: int) -> str:
    """Returns the relations: which part each name within the workbook means."""
    links = "".join(
        f'<Relationship Id="rId{n}" Type="{_LINKS}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, sheets + 1)
    )
    return (
        f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{links}'
        f'<Relationship Id="rId{sheets + 1}" Type="{_LINKS}/styles" Target="styles.xml"/>'
        "</Relationships>"
    )


def workbook(names: Sequence[str], titles: Sequence[tuple[int, str]]) -> str:
    """Returns the list of sheets, of which the last is hidden, and the header rows for print."""
    hidden = {len(names): ' state="hidden"'}
    sheets = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{n}" r:id="rId{n}"{hidden.get(n, "")}/>'
        for n, name in enumerate(names, 1)
    )
    defined = "".join(
        f'<definedName name="_xlnm.Print_Titles" localSheetId="{place}">{escape(area)}'
        "</definedName>"
        for place, area in titles
    )
    around = f"<definedNames>{defined}</definedNames>" if defined else ""
    return (
        f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_LINKS}"><sheets>{sheets}</sheets>{around}'
        "</workbook>"
    )
