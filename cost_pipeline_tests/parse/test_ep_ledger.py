"""The ledger listing: what is furniture, what is a row, and where a lost line does its damage."""

import pytest

from cost_pipeline.core.reasons import Reason
from cost_pipeline.parse import Limits
from cost_pipeline.parse.ep_ledger import DETAIL_COLUMNS

HEAD = (
    "Show:,Northern Lights\n"
    "Company:,Aurora Pictures LLC\n"
    "Report:,GL 505 - General Ledger List By Account: Detail,Page:,1\n"
    'Project:,P100,Episode:,"101,102",Cost Period:,1 (05/07/25) To 17 (01/03/26)\n'
)
COLUMNS = ",".join(DETAIL_COLUMNS) + "\n"


def detail(account: str = "6305", amount: str = "12.00", description: str = "GUARDS") -> str:
    cells = dict.fromkeys(DETAIL_COLUMNS, "")
    cells |= {"Account": account, "Description": description, "Amount": amount, "Cur": "USD"}
    return ",".join(cells.values()) + "\n"


def total(label: str, amount: str) -> str:
    return f"{label}{',' * 24}{amount}\n"


LISTING = (
    HEAD
    + "Acct: 6305 - LOCATION POLICE\n"
    + COLUMNS
    + detail(amount='"1,238.40"', description='"10/16,10/20 BASECAMP"')
    + detail()
    + "\n"
    + HEAD
    + COLUMNS
    + detail(amount="-3.00")
    + total("Acct Total: 6305", '"1,247.40"')
    + '"Acct: 6307 - FIRE, SAFETY - NIGHT"\n'
    + detail("6307")
    + total("Acct Total: 6307", "12.00")
    + total("Grand Total", '"1,259.40"')
)


@pytest.fixture
def ledger(door):
    def read(text, **form):
        return door.read(text.encode(), kind="ep_ledger", **form)

    return read


@pytest.mark.parametrize("block", [1, 33, 1 << 20])
@pytest.mark.parametrize("chunk_rows", [1, 3, 100])
def test_details_are_rows_under_their_section_and_everything_else_is_counted(
    ledger, block, chunk_rows
):
    read = ledger(LISTING, limits=Limits(block_bytes=block), chunk_rows=chunk_rows, control=True)
    assert read.columns == read.header == ("Acct", "Acct Name", *DETAIL_COLUMNS)
    assert [(*cells[:3], cells[-1]) for cells in read.cells] == [
        ("6305", "LOCATION POLICE", "6305", "1,238.40"),
        ("6305", "LOCATION POLICE", "6305", "12.00"),
        ("6305", "LOCATION POLICE", "6305", "-3.00"),
        ("6307", "FIRE, SAFETY - NIGHT", "6307", "12.00"),
    ]
    assert read.cells[0][15] == "10/16,10/20 BASECAMP"
    assert [row[1] for row in read.rows] == [7, 8, 15, 18]
    assert read.texts[1] == detail().rstrip("\n")
    assert read.furniture_rows == 8 + 2 + 2 + 2 + 1
    assert read.blank_rows == 1
    assert read.control == {"Amount": "1,259.40"}


def test_a_grand_total_nobody_declared_is_furniture(ledger):
    read = ledger(LISTING)
    assert read.control is None
    assert len(read.rows) == 4


@pytest.mark.parametrize("label", ["Total", "GRAND TOTAL", '" Grand Total "'])
def test_the_label_of_the_grand_total_is_compared_without_case_and_blanks(ledger, label):
    text = LISTING.replace("Grand Total", label)
    assert ledger(text, control=True).control == {"Amount": "1,259.40"}


def test_another_delimiter_is_as_good(ledger):
    text = COLUMNS.replace(",", "\t") + "Acct: 1 - A\n" + detail().replace(",", "\t")
    assert ledger(text, delimiter="\t").cells[0][:2] == ["1", "A"]


START = "Acct: 6305 - POLICE\n" + COLUMNS + detail()


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("6305,01\n", "2 cells where the column head has 25"),
        (detail().rstrip("\n") + ",,x\n", "27 cells where the column head has 25"),
        (detail(description='"GUA"RDS'), "cell 14 goes on after its closing quote"),
        (detail(description='"GUARDS'), "the quote around cell 14 has no closing quote"),
        ("Grand Total,12.00\n", "a grand total has 25 cells"),
        (total("Total", ""), "a grand total has 25 cells"),
        ("Run by somebody\n", "1 cells where the column head has 25"),
    ],
)
def test_a_line_that_is_nothing_known_is_a_malformed_row_by_itself(ledger, line, problem):
    read = ledger(START + line + detail(), control=True)
    assert read.problems[2].startswith(problem)
    assert read.texts[1] == line.rstrip("\n")
    assert read.cells[2][:2] == ["6305", "POLICE"]
    assert read.control is None


@pytest.mark.parametrize(
    "section", ["Acct: \n", '"Acct: 6307 - FIRE\n', "Acct: 6307 - FIRE, NIGHT\n"]
)
def test_rows_under_a_section_line_that_cannot_be_read_belong_to_no_account(ledger, section):
    """Above all not to the one before it: that would be a posting to the wrong account."""
    read = ledger(START + section + detail("6307") + "Acct: 1 - X\n" + detail())
    assert list(read.problems) == [2, 3]
    assert "section" in read.problems[3]
    assert read.cells[3][:2] == ["1", "X"]


@pytest.mark.parametrize("spoil", [lambda c: c.replace("LO,EPI", "EPI,LO"), lambda c: '"' + c])
def test_rows_under_a_column_head_unlike_the_first_are_malformed(ledger, spoil):
    read = ledger(START + spoil(COLUMNS) + detail() + COLUMNS + detail())
    assert list(read.problems) == [2, 3]
    assert "column head" in read.problems[3]
    assert read.cells[3] is not None


def test_a_detail_above_the_first_column_head_or_section_is_malformed(ledger):
    read = ledger(detail() + COLUMNS + detail() + "Acct: 1 - X\n" + detail())
    assert read.problems == {
        1: "it stands above the first column head",
        2: "no readable section line (`Acct: ...`) stands above it",
    }


def test_a_renamed_column_is_read_as_it_is_named(ledger):
    read = ledger(START.replace("Eff. Date", "Effective") + COLUMNS)
    assert "Effective" in read.columns
    assert list(read.problems) == [2]


@pytest.mark.parametrize("data", ["", "Show:,X\n", "a,b\n1,2\n", "x\n" * 1000 + COLUMNS])
def test_a_file_without_a_column_head_near_its_top_is_not_a_ledger(door, data):
    refusal = door.refusal(data.encode(), kind="ep_ledger")
    assert refusal.reason is Reason.NOT_THE_FORMAT
    assert "column head" in refusal.message
