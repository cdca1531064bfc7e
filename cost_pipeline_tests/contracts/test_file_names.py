"""Names that are never deliveries, and those that only look a little like it."""

import pytest

from cost_pipeline.contracts.file_names import never_a_delivery, refuse_unreadable

TEMPORARY = [
    "x.csv.part", "x.csv.PART", "x.csv.partial", "x.csv.filepart", "x.csv.FilePart", "x.csv.tmp",
    "x.TMP", "x.csv.temp", "x.csv.crdownload", "x.csv.download", "x.csv.opdownload", "x.csv.swp",
    "x.csv.!ut", "x.csv.!qB", "x.csv.!UT", "x.csv.lock", "x.csv.LCK", "x.csv~", "x.csv.~1~",
    "~$x.xlsx", "~$X.XLSX", "~WRL0001.tmp", "~x.csv", "#x.csv#", "x.csv.aria2", "x.csv.part3",
    "x.csv.tmp12", "x.csv.bak", "x.csv.ut!", "x.csv.bc!", "x.csv.uploading", "x.csv.in_progress",
]  # fmt: skip
HIDDEN = [".hidden.csv", ".x.csv.swp~1", ".DS_Store", "._x.csv", ".~lock.x.xlsx#", ".x.csv.AbC123"]
SYSTEM = ["Thumbs.db", "THUMBS.DB", "desktop.ini", "__MACOSX/x.csv"]
DELIVERIES = [
    "x.csv", "x", "x.part.csv", "part.csv", "parts.csv", "tmp.csv", "template.csv", "x.csv.gz",
    "x.xlsx", "x$.xlsx", "download.csv", "lock.csv", "#12.csv", "x#1.csv", "x.csv.1",
    "2026.03.30", "x.tmpl", "x.csv.parts", "a~b.csv", "unpart", "x.department",
    "PARTIAL-2026.csv", "Übersicht.csv",
]  # fmt: skip


@pytest.mark.parametrize("name", TEMPORARY)
def test_names_of_unfinished_files_copies_and_locks_are_no_deliveries(name):
    assert never_a_delivery(name) == "temporary_name"
    assert never_a_delivery(f"sub/{name}", "sub/*") == "temporary_name"


@pytest.mark.parametrize("name", HIDDEN)
def test_hidden_files_are_deliveries_only_where_the_pattern_asks_for_them(name):
    assert never_a_delivery(name) in {"hidden", "temporary_name"}
    assert never_a_delivery(".costs.csv", ".*.csv") is None
    assert never_a_delivery(".cache/x.csv", "**/*.csv") == "hidden"


@pytest.mark.parametrize("name", SYSTEM)
def test_files_of_the_operating_system_are_no_deliveries(name):
    assert never_a_delivery(name) == "system_file"


@pytest.mark.parametrize("name", DELIVERIES)
def test_names_that_only_hold_such_a_word_are_deliveries(name):
    assert never_a_delivery(name) is None


@pytest.mark.parametrize("pattern", ["*.tmp", "x.part", "~$*", "*.filepart", "*~", "Thumbs.db"])
def test_a_pattern_that_could_only_find_such_names_is_refused(pattern):
    with pytest.raises(ValueError, match="files that are never read"):
        refuse_unreadable(pattern)


@pytest.mark.parametrize("pattern", ["*", "*.csv", "{pull_date:%Y-%m}.csv", ".*.csv", "[a-z]?.csv"])
def test_any_other_pattern_stays_as_it_is(pattern):
    assert refuse_unreadable(pattern) == pattern
