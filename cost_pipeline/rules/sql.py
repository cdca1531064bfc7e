"""Pieces of SQL that the families share: money, rounding, clocks and the shape of a finding.

Amounts are whole ten-thousandths of a dollar, hours are minutes or tenths. There is no division of
money but `rounded`, which is on whole numbers, half up.
"""

from __future__ import annotations

from dataclasses import dataclass


def rounded(numerator: str, denominator: str) -> str:
    """A quotient of whole numbers (not negative) as whole cents, in ten-thousandths of a dollar.

    `numerator / denominator` is in ten-thousandths; it is rounded half up to the cent.
    """
    return f"((2 * ({numerator}) + 100 * ({denominator})) // (200 * ({denominator})) * 100)"


def pay(tenths_times_hundredths: str, *, rate: str = "rate", per: str = "rate_tenths") -> str:
    """Pay of tenths of an hour times hundredths of a multiplier at a rate for `per` tenths."""
    return rounded(f"{rate} * ({tenths_times_hundredths})", f"100 * {per}")


def dollars(units: str) -> str:
    """Ten-thousandths as `$1,246.00`; more decimals only where there are any."""
    plain = f"CAST(CAST({units} // 100 AS DECIMAL(18, 0)) * CAST(0.01 AS DECIMAL(2, 2)) AS VARCHAR)"
    whole = f"format('{{:,}}', abs({units}) // 10000)"
    cents = f"right(CAST(abs({units}) % 10000 // 100 + 100 AS VARCHAR), 2)"
    rest = f"CASE WHEN {units} % 100 = 0 THEN '' ELSE right(CAST(abs({units}) % 100 + 100 AS VARCHAR), 2) END"
    # The short way is for most amounts and costs a third of the long one.
    return (
        f"(CASE WHEN {units} >= 0 AND {units} < 10000000 AND {units} % 100 = 0 THEN '$' || {plain}"
        f" ELSE CASE WHEN {units} < 0 THEN '-$' ELSE '$' END || {whole} || '.' || {cents} || {rest} END)"
    )


def hours(minutes: str) -> str:
    """Minutes as `8.5 h`; with minutes where they are no tenth: `8:31 h`."""
    return (
        f"CASE WHEN ({minutes}) % 6 = 0 THEN (({minutes}) // 60) || '.' || (({minutes}) % 60 // 6)"
        f" || ' h' ELSE (({minutes}) // 60) || ':' || lpad(CAST(({minutes}) % 60 AS VARCHAR), 2, '0')"
        " || ' h' END"
    )


def tenths(value: str) -> str:
    """Tenths of an hour as `8.5 h`."""
    return f"((({value}) // 10) || '.' || (({value}) % 10) || ' h')"


def times(hundredths: str) -> str:
    """Hundredths as `1.5x`."""
    return (
        f"(({hundredths}) // 100 || CASE WHEN ({hundredths}) % 100 = 0 THEN '' WHEN ({hundredths})"
        f" % 10 = 0 THEN '.' || (({hundredths}) % 100 // 10) ELSE '.' ||"
        f" lpad(CAST(({hundredths}) % 100 AS VARCHAR), 2, '0') END || 'x')"
    )


def clock(wall: str) -> str:
    """Minutes of the work date by the wall clock as `02:30`, with `(+1)` on the next day."""
    text = (
        f"lpad(CAST(({wall}) // 60 % 24 AS VARCHAR), 2, '0') || ':' ||"
        f" lpad(CAST(({wall}) % 60 AS VARCHAR), 2, '0')"
    )
    return f"({text} || CASE WHEN ({wall}) >= 1440 THEN ' (+' || (({wall}) // 1440) || ')' ELSE '' END)"


def tenths_up(minutes: str) -> str:
    """Minutes as tenths of an hour, a part of one counting whole."""
    return f"((({minutes}) + 5) // 6)"


@dataclass(frozen=True, slots=True)
class Query:
    """One rule on every card that it is for.

    Attributes:
        slot: Whose rule it is: its id, pack, grade and caveat come from there.
        due: What is due, in ten-thousandths; NULL where the rule is not about money.
        paid: What was paid for it; NULL where the card does not say.
        words: The explanation, SQL text.
        where: Which cards it is for.
        why: Why it cannot be evaluated on a card, or NULL.
        floor: Paid may be more without anything being said.
        broken: For rules that are not about money: whether the card breaks it.
        at_most: Never more than a flag.
        unpaid_is_silent: Cards do not usually say what was paid for it, so that is no flag.
        quiet: The words where nothing is due and nothing was paid.
    """

    slot: str
    due: str = "NULL"
    paid: str = "NULL"
    words: str = "''"
    where: str = "true"
    why: str = "NULL"
    floor: bool = False
    broken: str = "NULL"
    at_most: bool = False
    unpaid_is_silent: bool = False
    quiet: str = ""

    def any_card(self) -> str:
        """Whether the rule is for any card, over the same; cheaper than finding that out by `sql`."""
        return f"coalesce(bool_or({self.slot}__rule IS NOT NULL AND ({self.where})), false)"

    def sql(self) -> str:
        """The statement over the facts of cards and the terms of their contexts: `ANSWER_SCHEMA`.

        The words are left out where nothing but that it was not evaluated, or `quiet`, will be said.
        """
        told = "why IS NULL AND (due IS NOT NULL OR broken IS NOT NULL)"
        loud = " AND NOT coalesce(due = 0 AND paid = 0, false)" if self.quiet else ""
        return f"""
SELECT id, context, why, due, paid, broken, CASE WHEN {told}{loud} THEN {self.words} END AS words
FROM (SELECT *, coalesce({self.slot}__why, {self.why}) AS why, CAST({self.due} AS BIGINT) AS due,
          CAST({self.paid} AS BIGINT) AS paid, CAST({self.broken} AS BOOLEAN) AS broken
      FROM FACTS JOIN TERMS USING (context)
      WHERE {self.slot}__rule IS NOT NULL AND ({self.where}))"""
