from datetime import date

import pytest

from cost_pipeline.core.errors import UsageError
from cost_pipeline.core.reasons import Reason
from cost_pipeline.validate.dates import DateReader

READ = [
    ("%d/%m/%Y", "24/12/2010", date(2010, 12, 24)),
    ("%d/%m/%Y", "1/2/2010", date(2010, 2, 1)),
    ("%d-%b-%y", "24-Dec-13", date(2013, 12, 24)),
    ("%d-%b-%Y", "14-JAN-2011", date(2011, 1, 14)),
    ("%d-%b-%y", "01-May-68", date(2068, 5, 1)),
    ("%d-%b-%y", "01-May-69", date(1969, 5, 1)),
    ("%B %d, %Y", "February 26, 2021", date(2021, 2, 26)),
    ("%m/%d/%Y", "02/29/2024", date(2024, 2, 29)),
    ("%Y%m%d", "20240229", date(2024, 2, 29)),
    ("%Y-%m-%d", "0001-01-01", date(1, 1, 1)),
]
NOT_READ = [
    ("%d/%m/%Y", "31/02/2020"),
    ("%d/%m/%Y", "24/12/10"),
    ("%d/%m/%Y", "24-12-2010"),
    ("%d/%m/%Y", "24/12/2010 00:00"),
    ("%d/%m/%Y", "124/12/2010"),
    ("%Y-%m-%d", "0000-01-01"),
    ("%Y-%m-%d", "2026-04-01T00:00:00Z"),
    ("%Y-%m-%d", "2026-04-01 "),
    ("%Y-%m-%d", "\uff12\uff10\uff12\uff16-04-01"),
    ("%Y-%m-%d", "\u0662\u0660\u0662\u0666-04-01"),
    ("%Y-%m-%d", "10000-01-01"),
    ("%d-%b-%y", "24-Dez-13"),
    ("%d-%b-%y", "24-December-13"),
    ("%d-%b-%y", "24-\u017fep-13"),
]


@pytest.mark.parametrize(("form", "text", "day"), READ)
def test_a_date_is_read_in_its_declared_form(form, text, day):
    assert DateReader([form]).read(text) == day


@pytest.mark.parametrize(("form", "text"), NOT_READ)
def test_anything_else_is_not_a_date(form, text):
    assert DateReader([form]).read(text).code is Reason.BAD_DATE


def test_a_form_is_told_in_letters_that_people_write():
    forms = ["%d/%m/%Y", "%d-%b-%y", "%B %d, %Y"]
    message = DateReader(forms).read("soon").message
    assert message.endswith("DD/MM/YYYY, DD-Mon-YY, Month DD, YYYY")


def test_two_forms_that_disagree_are_ambiguous():
    problem = DateReader(["%d/%m/%Y", "%m/%d/%Y"]).read("01/02/2026")
    assert problem.code is Reason.AMBIGUOUS_DATE
    assert "2026-01-02 and 2026-02-01" in problem.message


def test_two_forms_that_agree_or_of_which_one_fits_are_not():
    reader = DateReader(["%d/%m/%Y", "%m/%d/%Y"])
    assert reader.read("02/02/2026") == date(2026, 2, 2)
    assert reader.read("25/12/2026") == date(2026, 12, 25)


@pytest.mark.parametrize("form", ["%d/%m/%Y %j", "%d/%d/%Y", "%-d/%m/%Y", "%d/%m/%Y%", "%s"])
def test_a_form_that_cannot_be_read_strictly_is_a_mistake_of_the_vendor_file(form):
    with pytest.raises(UsageError, match="cannot be read"):
        DateReader([form])
