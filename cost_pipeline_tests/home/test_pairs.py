"""A pair of vendors that cannot be reconciled is told with file, line and what to do."""

import pytest

from cost_pipeline.feeds.all import load_home, problems

EXAMPLE = "vendors/example_rentals.yaml"
RULE = "reconcile_with:\n  vendor: other\n  key: [transaction_id]\n  fields: [amount, currency]\n"
LOST = """posts: false
changes:
  - from: 2026-07-01
    why: They send dollars only
    constants: {department_code: "3300", gl_code: "3301"}
"""


@pytest.fixture
def pair(home):
    """The example and a copy of it that is for reference."""
    text = (home / EXAMPLE).read_text(encoding="utf-8")
    other = text.replace("vendor: example_rentals", "vendor: other") + "\nposts: false\n"
    (home / "vendors" / "other.yaml").write_text(other, encoding="utf-8")
    (home / EXAMPLE).write_text(text + "\n" + RULE, encoding="utf-8")
    return home


def test_a_pair_reads_with_its_defaults(pair):
    example, other = load_home(pair).vendors
    rule = example.reconcile_with
    assert (rule.vendor, rule.key, rule.fields) == (
        "other", ("transaction_id",), ("amount", "currency"),
    )  # fmt: skip
    assert (str(rule.tolerance), rule.wait_days) == ("0", 0)
    assert (example.posts, other.posts) == (True, False)


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("other", "posts: false", "", "would both post the same costs"),
        ("example_rentals", "vendor: other", "vendor: othr", "there is no vendor `othr`"),
        ("example_rentals", "vendor: other", "vendor: example_rentals", "with itself"),
        ("example_rentals", "[amount, currency]", "[amuont]", "no column and no constant"),
        ("example_rentals", "[amount, currency]", "[amount, transaction_id]", "in the key already"),
        ("example_rentals", "key: [transaction_id]\n  f", "key: [worker_id]\n  f", "`worker_id`"),
        ("other", "posts: false", "posts: false\nreconcile_with: {vendor: example_rentals}",
         "name each other"),
        ("other", "vendor_invoice", "payroll_line", "must have the same `record`"),
        ("other", "posts: false", LOST, "no column and no constant of `other` gives `currency`"),
        ("example_rentals", "fields: [amount", "tolerance: -1\n  fields: [amount", "tolerance"),
        ("example_rentals", "fields: [amount", "tolerence: 1\n  fields: [amount", "tolerence"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_pair_is_told(pair, file, old, new, said):
    place = pair / "vendors" / f"{file}.yaml"
    text = place.read_text(encoding="utf-8")
    assert old in text
    place.write_text(text.replace(old, new), encoding="utf-8")
    found = problems(pair)
    assert any(said in f"{p.message} {p.remedy}" for p in found), found
    assert all(problem.line for problem in found)
