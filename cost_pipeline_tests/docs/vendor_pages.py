"""The pages of `docs/vendors` as values: samples, vendor files, what is said to come out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_LINK = re.compile(r"\[samples/(\S+?)\]\(samples/\1\)")
_BLOCK = re.compile(r"```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_ROW = re.compile(r"^\|(.*)\|$", re.MULTILINE)
COLUMNS = ("id", "date", "amount", "currency", "vendor", "account", "becomes")


@dataclass(frozen=True)
class Piece:
    """A vendor file of a page, and what stands around it.

    Attributes:
        page: The page without its ending.
        samples: The files that it reads, by name.
        shown: Each of those as the page shows it.
        vendor: The vendor's name.
        yaml: The vendor file.
        command: The command that the page shows, in words.
        output: What the command prints; a line `...` stands for lines that are left out.
        rows: The table of what comes out, by `COLUMNS`.
    """

    page: str
    samples: tuple[str, ...]
    shown: tuple[str, ...]
    vendor: str
    yaml: str
    command: tuple[str, ...]
    output: tuple[str, ...]
    rows: tuple[dict[str, str], ...]

    @property
    def id(self) -> str:
        """The page and the vendor."""
        return f"{self.page}-{self.vendor}"


def pieces(folder: Path) -> list[Piece]:
    """Every vendor file of the pages in a folder."""
    files = sorted(file for file in folder.glob("*.md") if file.name != "README.md")
    return [piece for file in files for piece in _of(file)]


def content_of(sample: Path) -> str:
    """A sample as a page shows it: as text, with the line ends of the page."""
    data = sample.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252")
    return text.replace("\r\n", "\n").rstrip("\n") + "\n"


def _of(file: Path) -> Iterator[Piece]:
    text = file.read_text(encoding="utf-8")
    blocks = list(_BLOCK.finditer(text))
    start = 0
    for place, block in enumerate(blocks):
        name = re.match(r"vendor: (\w+)\n", block[2])
        if block[1] != "yaml" or name is None:
            continue
        (console,) = [b for b in blocks[place + 1 : place + 2] if b[1] == "console"]
        command, *output = console[2].splitlines()
        table = text[console.end() :].lstrip("\n").split("\n\n")[0]
        before = [b for b in blocks[:place] if b.start() >= start]
        yield Piece(
            page=file.stem,
            samples=tuple(_LINK.findall(text[start : block.start()])),
            shown=tuple(b[2] for b in before),
            vendor=name[1],
            yaml=block[2],
            command=tuple(command.removeprefix("$ cost-pipeline ").split()),
            output=tuple(output),
            rows=tuple(_rows(table)),
        )
        start = console.end()


def _rows(table: str) -> Iterator[dict[str, str]]:
    head, _, *rows = [[cell.strip() for cell in row.split("|")] for row in _ROW.findall(table)]
    assert tuple(head) == COLUMNS
    for row in rows:
        yield dict(zip(COLUMNS, row, strict=True))
