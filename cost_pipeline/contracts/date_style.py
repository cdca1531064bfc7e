"""The `dates` section of a vendor file: how this vendor writes days.

Belongs here: what is declared, and which declarations need each other. Reading a text by it is
`cost_pipeline.validate.dates`' work; the names of months are reference data (`month_names.csv`).
"""

from __future__ import annotations

import csv
import functools
import re
import unicodedata
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import Field, field_validator, model_serializer, model_validator

from cost_pipeline.contracts.sections import Section, ShortForms
from cost_pipeline.core.reference import reference_path

DIRECTIVES: Final = "dmbBYyHIMSfpz%"
"""The letters that may follow a `%` in a form."""
ISO_FORM: Final = "%Y-%m-%d"
MONTH_NAMES: Final = "month_names.csv"

# A day written by these alone is whole: a typed date can be written by the form and read again.
_WHOLE: Final = "dmbBYy%"

Year = Annotated[int, Field(ge=1900, le=2200)]


class DateStyle(Section):
    """How this vendor writes days; a list of forms is short for `forms`.

    Attributes:
        forms: The ways in which days are written, of the directives of `DIRECTIVES`.
        languages: Whose names of months are read; English if none is named.
        zone: In forms with `%z`, `written` takes the day as it stands, `production` the day that
            it is then in the production's time zone.
        day: In forms without `%d`, the day of the month that a period stands for.
        year: In forms without a year: a year, `past` (the last such day up to the pull date),
            `nearest` (to the pull date), or `file_name`.
        file_name: A form that the name of the delivery's file holds; `*` stands for anything. A row
            without a day of its own has that one.
        header: A form that a line above the header holds; `*` stands for anything. A row without a
            day of its own has that one.
    """

    short_forms: ClassVar[ShortForms] = ShortForms(
        instead=({"type": "string"}, {"type": "array", "items": {"type": "string"}})
    )

    forms: tuple[str, ...] = (ISO_FORM,)
    languages: tuple[str, ...] = ()
    zone: Literal["written", "local"] | None = None
    day: Literal["first", "last"] | None = None
    year: Year | Literal["past", "nearest", "file_name"] | None = None
    file_name: str | None = None
    header: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, settings: object) -> object:
        if isinstance(settings, str):
            return {"forms": (settings,)}
        if isinstance(settings, list | tuple):
            return {"forms": tuple(settings)}
        return settings

    @field_validator("year", mode="before")
    @classmethod
    def _number(cls, year: object) -> object:
        return int(year) if isinstance(year, str) and year.isdecimal() else year

    @field_validator("languages")
    @classmethod
    def _known_languages(cls, languages: tuple[str, ...]) -> tuple[str, ...]:
        named = tuple(language.replace("_", "-").lower() for language in languages)
        for language in named:
            if language not in month_names():
                known = ", ".join(sorted(month_names()))
                raise ValueError(f"{language!r} is not a language with names of months: {known}")
        return named

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not self.forms:
            raise ValueError("name at least one date format")
        for form in self.forms:
            self._check(form)
        if self.file_name is not None:
            self._check_around("file_name", self.file_name, year_only=self.year == "file_name")
        elif self.year == "file_name":
            raise ValueError("`year: file_name` needs `file_name`, the form of the file's name")
        if self.header is not None:
            self._check_around("header", self.header, year_only=False)
            if self.file_name is not None and self.year != "file_name":
                raise ValueError("`header` and `file_name` would both say the day: keep one")
        unread = {
            "zone": self.zone and not any("%z" in form for form in self.forms),
            "day": self.day and all("%d" in form for form in self._all_forms()),
            "year": self.year and all(map(_has_year, self.forms)),
            "languages": self.languages and not any(map(_has_name, self._all_forms())),
        }
        for name, nothing in unread.items():
            if nothing:
                raise ValueError(f"`{name}` is declared and no form needs it")
        return self

    def _all_forms(self) -> tuple[str, ...]:
        around = (self.file_name, self.header)
        return (*self.forms, *(form for form in around if form is not None))

    def _check(self, form: str) -> None:
        if not re.search("%[mbB]", form):
            raise ValueError(f"{form!r} does not hold day, month and year")
        if "%d" not in form and self.day is None:
            raise ValueError(
                f"{form!r} does not hold day, month and year: declare `day: first` or `day: last`"
                " where it stands for a whole month"
            )
        if not _has_year(form) and self.year is None:
            raise ValueError(
                f"{form!r} does not hold day, month and year: declare `year:` as a number, `past`,"
                " `nearest` or `file_name`"
            )
        if "%z" in form and self.zone is None:
            raise ValueError(
                f"{form!r} holds a time zone: declare `zone: written` (the day as it stands) or"
                " `zone: local` (the day in the time zone of whoever's records they are)"
            )

    def _check_around(self, key: str, form: str, *, year_only: bool) -> None:
        if not _has_year(form):
            raise ValueError(f"`{key}`: {form!r} does not hold a year")
        if year_only:
            return
        if not re.search("%[mbB]", form):
            raise ValueError(f"`{key}`: {form!r} does not hold a month")
        if "%d" not in form and self.day is None:
            raise ValueError(f"`{key}`: {form!r} holds no day: declare `day: first` or `last`")

    @property
    def gives_a_day(self) -> bool:
        """Whether the file's name, or a line above its header, gives rows a day."""
        return self.header is not None or self.named_by_the_file

    @property
    def named_by_the_file(self) -> bool:
        """Whether the name of the file gives rows without a day of their own one."""
        return self.file_name is not None and self.year != "file_name"

    @property
    def looks_around(self) -> bool:
        """Whether a text means another day in another file, or pulled on another date."""
        return self.file_name is not None or self.year in {"past", "nearest"}

    @property
    def written_form(self) -> str:
        """A form by which any day can be written and is read again as the same."""
        whole = (f for f in self.forms if _has_year(f) and "%d" in f and not self.languages)
        return next((f for f in whole if not re.search(f"%[^{_WHOLE}]", f)), ISO_FORM)

    def by_itself(self, *, iso: bool) -> DateStyle:
        """Returns the style of days that say all by themselves, whatever file they stand in.

        Args:
            iso: Whether ISO days must be among them.
        """
        needs = iso or self.written_form == ISO_FORM
        alone = not (self.year or self.file_name or self.header)
        if alone and (not needs or ISO_FORM in self.forms):
            return self
        forms = (*filter(_has_year, self.forms), ISO_FORM)
        return DateStyle.model_construct(
            forms=tuple(dict.fromkeys(forms)),
            languages=self.languages,
            zone=self.zone,
            day=self.day,
        )

    @model_serializer(mode="plain")
    def _as_said(self) -> Any:  # noqa: ANN401 - a list, or a mapping of what is not the default
        """Writes briefly what a vendor file says briefly, so that its digest stays as it was."""
        rest = {
            name: getattr(self, name)
            for name in ("languages", "zone", "day", "year", "file_name", "header")
            if getattr(self, name)
        }
        return {"forms": list(self.forms), **rest} if rest else list(self.forms)


def _has_year(form: str) -> bool:
    return re.search("%[yY]", form) is not None


def _has_name(form: str) -> bool:
    return re.search("%[bB]", form) is not None


@functools.cache
def month_names() -> dict[str, dict[str, dict[str, int]]]:
    """Returns, by language and by `short` and `full`, each name in lower case with its month."""
    found: dict[str, dict[str, dict[str, int]]] = {}
    with reference_path(MONTH_NAMES).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            names = found.setdefault(row["language"], {"short": {}, "full": {}})[row["length"]]
            for name in row["names"].split("|"):
                for spelled in (name, _without_accents(name)):
                    names.setdefault(spelled, int(row["month"]))
    return found


def _without_accents(name: str) -> str:
    parts = unicodedata.normalize("NFD", name)
    return unicodedata.normalize("NFC", "".join(c for c in parts if not unicodedata.combining(c)))
