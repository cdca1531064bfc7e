"""More names of unfinished files, and more words beside totals."""

import pytest

from cost_pipeline.contracts.control import ControlTotal
from cost_pipeline.contracts.file_names import never_a_delivery

UNFINISHED = [
    "x.csv.filepart.2", "x.csv.part.1", "x.csv.partial.12", "x.csv.tmp.3", "x.csv.upload",
    "x.csv.Processing", "x.csv.wip", "x.csv.transferring", "x.xlsx.sb-1a2b3c4d-AbCdEf",
]  # fmt: skip
LABELS = [
    "Totaux", "Totales:", "TOTALSUMMA", "Gesamtergebnis", "Slutsumma", "Totalbeløb", "Totalen",
    "\uff34\uff2f\uff34\uff21\uff2c", "\u03a3", "\u2211", "Total\u00a0:",
    "V\u00e9go\u0308sszeg", "Łącznie",
    "Общая сумма", "Total (EUR)", "TOTAL GENERAL", "ΣΎΝΟΛΑ", "合計\uff1a",
]  # fmt: skip


@pytest.mark.parametrize("name", UNFINISHED)
def test_numbered_and_renamed_parts_are_no_deliveries(name):
    assert never_a_delivery(name) == "temporary_name"


@pytest.mark.parametrize("name", ["x.1", "part.2.csv", "x.sb-12.csv", "wip.csv", "upload-3.csv"])
def test_names_that_only_look_like_parts_are_deliveries(name):
    assert never_a_delivery(name) is None


@pytest.mark.parametrize("label", LABELS)
def test_totals_are_known_by_the_words_of_more_languages_and_in_wide_letters(label):
    assert ControlTotal().is_label(label)


@pytest.mark.parametrize(
    "text", ["Totalenergies", "Sumner Ltd", "Summer camp", "Subtotal", "A3", ""]
)
def test_words_that_only_begin_so_are_no_labels(text):
    assert not ControlTotal().is_label(text)
