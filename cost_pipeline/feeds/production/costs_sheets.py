"""The fixed parts of the workbook of a cost summary: its three sheets, and how cells look."""

from __future__ import annotations

from typing import Final

SHEETS: Final = ("Accounts", "Lines", "Postings")
PLAIN, HEAD, TITLE, NOTE, AMOUNT, COUNT, DAY, TOTAL, TOTAL_NAME, BLANK = range(10)
"""Places in the cell formats of STYLES."""

XML: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINKS: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"

_MONEY, _ISO = 164, 165  # the first numbers that are free for formats of one's own
_FORMATS: Final = (
    # number format, font, fill, border, alignment
    (49, 0, 0, 0, ""), (49, 1, 2, 0, 'vertical="center" wrapText="1"'), (49, 2, 0, 0, ""),
    (49, 3, 0, 0, ""), (_MONEY, 0, 0, 0, ""), (3, 0, 0, 0, ""), (_ISO, 0, 0, 0, ""),
    (_MONEY, 4, 0, 1, ""), (49, 4, 0, 1, ""), (49, 3, 0, 0, 'horizontal="right"'),
)  # fmt: skip


def _font(size: int, more: str, colour: str) -> str:
    return f'<font>{more}<sz val="{size}"/><color rgb="{colour}"/><name val="Calibri"/></font>'


def _styles() -> str:
    fonts = (
        _font(10, "", "FF1F2933"),
        _font(10, "<b/>", "FFFFFFFF"),
        _font(16, "<b/>", "FF1F2933"),
        _font(9, "<i/>", "FF66727F"),
        _font(10, "<b/>", "FF1F2933"),
    )
    formats = "".join(
        f'<xf numFmtId="{number}" fontId="{font}" fillId="{fill}" borderId="{border}" xfId="0" '
        'applyNumberFormat="1" applyFont="1" applyFill="1" applyBorder="1"'
        + (f' applyAlignment="1"><alignment {align}/></xf>' if align else "/>")
        for number, font, fill, border, align in _FORMATS
    )
    return (
        f'{XML}<styleSheet xmlns="{_MAIN}"><numFmts count="2">'
        f'<numFmt numFmtId="{_MONEY}" formatCode="#,##0.00##"/>'
        f'<numFmt numFmtId="{_ISO}" formatCode="yyyy\\-mm\\-dd"/></numFmts>'
        f'<fonts count="{len(fonts)}">{"".join(fonts)}</fonts><fills count="3">'
        '<fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill><fill><patternFill patternType="solid">'
        '<fgColor rgb="FF52606D"/><bgColor indexed="64"/></patternFill></fill></fills>'
        '<borders count="2"><border/><border><left/><right/><top style="thin">'
        '<color rgb="FF1F2933"/></top><bottom/></border></borders><cellStyleXfs count="1">'
        '<xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        f'<cellXfs count="{len(_FORMATS)}">{formats}</cellXfs><cellStyles count="1">'
        '<cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    )


STYLES: Final = _styles()

CONTENT_TYPES: Final = (
    f'{XML}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>'
    + "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_TYPE}.worksheet+xml"/>'
        for n in range(1, len(SHEETS) + 1)
    )
    + "</Types>"
)

ROOT_RELATIONS: Final = (
    f'{XML}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
    f'Type="{_LINKS}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
)

RELATIONS: Final = (
    f'{XML}<Relationships xmlns="{_PACKAGE}/relationships">'
    + "".join(
        f'<Relationship Id="rId{n}" Type="{_LINKS}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, len(SHEETS) + 1)
    )
    + f'<Relationship Id="rId{len(SHEETS) + 1}" Type="{_LINKS}/styles" Target="styles.xml"/>'
    "</Relationships>"
)

WORKBOOK: Final = (
    f'{XML}<workbook xmlns="{_MAIN}" xmlns:r="{_LINKS}"><sheets>'
    + "".join(
        f'<sheet name="{name}" sheetId="{n}" r:id="rId{n}"/>' for n, name in enumerate(SHEETS, 1)
    )
    + '</sheets><calcPr fullCalcOnLoad="1"/></workbook>'
)
