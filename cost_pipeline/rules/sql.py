"""Pieces of SQL that the families share: money, rounding, clocks and the shape of a finding.

Amounts are whole ten-thousandths of a dollar, hours are minutes or tenths. Only `rounded` divides
money: it divides whole numbers, and rounds half up.
"""

from __future__ import annotations

from dataclasses import dataclass


def rounded(numerator: str, denominator: str) -> str:
    """Returns SQL: a quotient of whole numbers (not negative), rounded half up to the cent.

    `numerator / denominator` is in ten-thousandths of a dollar, and so is the result.
    """
    return f"((2 * ({numerator}) + 100 * ({denominator})) // (200 * ({denominator})) * 100)"


def pay(tenths_times_hundredths: str, *, rate: str = "rate", per: str = "rate_tenths") -> str:
    """Returns SQL: pay for tenths of an hour times hundredths of a multiplier.

    `rate` is paid for `per` tenths of an hour.
    """
    return rounded(f"{rate} * ({tenths_times_hundredths})", f"100 * {per}")


def dollars(units: str) -> str:
    """Returns SQL that spells ten-thousandths as `$1,246.00`, with more decimals where needed."""
    whole = f"format('{{:,}}', abs({units}) // 10000)"
    cents = f"right(CAST(abs({units}) % 10000 // 100 + 100 AS VARCHAR), 2)"
    rest = (
        f"CASE WHEN {units} % 100 <> 0 THEN right(CAST(abs({units}) % 100 + 100 AS VARCHAR), 2) END"
    )
    sign = f"CASE WHEN {units} < 0 THEN '-$' ELSE '$' END"
    thousands = f"right(CAST({_decimal(f'({units} // 100 % 100000 + 100000)', 2)} AS VARCHAR), 6)"
    # The last two ways are for most amounts and cost a third of the first.
    return (
        f"(CASE WHEN {units} IS NULL THEN NULL"
        f" WHEN {units} % 100 <> 0 OR {units} < 0 OR {units} >= 10000000000"
        f" THEN concat({sign}, {whole}, '.', {cents}, {rest})"
        f" WHEN {units} < 10000000 THEN concat('$', {_decimal(f'({units} // 100)', 2)})"
        f" ELSE concat('$', {units} // 10000000, ',', {thousands}) END)"
    )


def _decimal(number: str, places: int) -> str:
    """Returns SQL: a whole number of units of the last of so many places, as a decimal."""
    one = f"CAST({10**-places:.{places}f} AS DECIMAL({places + 1}, {places}))"
    return f"CAST({number} AS DECIMAL({18 - places - 1}, 0)) * {one}"


def hours(minutes: str) -> str:
    """Returns SQL that spells minutes as `8.5 h`, or as `8:31 h` where they are no tenth."""
    rest = f"right(CAST(({minutes}) % 60 + 100 AS VARCHAR), 2)"
    return (
        f"CASE WHEN ({minutes}) IS NULL THEN NULL WHEN ({minutes}) % 6 = 0"
        f" THEN {tenths(f'({minutes}) // 6')} ELSE concat(({minutes}) // 60, ':', {rest}, ' h') END"
    )


def tenths(value: str) -> str:
    """Returns SQL that spells tenths of an hour as `8.5 h`."""
    return f"({_decimal(f'({value})', 1)} || ' h')"


def times(hundredths: str) -> str:
    """Returns SQL that spells hundredths as `1.5x`."""
    one, two = _decimal(f"(({hundredths}) // 10)", 1), _decimal(f"({hundredths})", 2)
    return (
        f"(CASE WHEN ({hundredths}) % 100 = 0 THEN ({hundredths}) // 100 || 'x'"
        f" WHEN ({hundredths}) % 10 = 0 THEN {one} || 'x' ELSE {two} || 'x' END)"
    )


def clock(wall: str) -> str:
    """Returns SQL that spells minutes of the work date by the wall clock as `02:30`.

    On the next day `(+1)` follows.
    """
    hour, minute = (
        f"right(CAST({part} + 100 AS VARCHAR), 2)"
        for part in (f"({wall}) // 60 % 24", f"({wall}) % 60")
    )
    later = f"CASE WHEN ({wall}) >= 1440 THEN concat(' (+', ({wall}) // 1440, ')') END"
    return f"(CASE WHEN ({wall}) IS NULL THEN NULL ELSE concat({hour}, ':', {minute}, {later}) END)"


def tenths_up(minutes: str) -> str:
    """Returns SQL: minutes as tenths of an hour, a part of one counting whole."""
    return f"((({minutes}) + 5) // 6)"


@dataclass(frozen=True, slots=True)
class Query:
    """One rule on every card that it is for.

    Attributes:
        slot: The slot of the rule: its id, pack, grade and caveat come from there.
        due: What is due, in ten-thousandths; NULL where the rule is not about money.
        paid: What was paid for it; NULL where the card does not say.
        words: The SQL text of the explanation.
        where: Which cards it is for.
        why: Why it cannot be evaluated on a card, or NULL.
        floor: Whether more may be paid without that being a flag.
        broken: For rules that are not about money: whether the card breaks it.
        at_most: Whether a finding is never more than a flag.
        unpaid_is_silent: Whether it is no flag that a card does not say what was paid: cards do not
            usually say it.
        quiet: The explanation where nothing is due and nothing was paid.
        named: Names and SQL of values that the other pieces name: they are computed once for each
            card, where a piece of SQL would be computed wherever it stands.
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
    named: tuple[tuple[str, str], ...] = ()

    def any_card(self) -> str:
        """Returns SQL: whether the rule is for any card, cheaper than finding out by `sql`."""
        return f"coalesce(bool_or({self.slot}__rule IS NOT NULL AND ({self.where})), false)"

    def sql(self) -> str:
        """Returns the statement over the facts of cards and the terms (`ANSWER_SCHEMA`).

        The words are left out where only `quiet`, or that it was not evaluated, will be said.
        """
        told = "why IS NULL AND (due IS NOT NULL OR broken IS NOT NULL)"
        named = "".join(f", {sql} AS {name}" for name, sql in self.named)
        loud = " AND NOT coalesce(due = 0 AND paid = 0, false)" if self.quiet else ""
        return f"""
SELECT id, context, why, due, paid, broken, CASE WHEN {told}{loud} THEN {self.words} END AS words
FROM (SELECT *, coalesce({self.slot}__why, {self.why}) AS why, CAST({self.due} AS BIGINT) AS due,
          CAST({self.paid} AS BIGINT) AS paid, CAST({self.broken} AS BOOLEAN) AS broken
      FROM (SELECT *{named}
            FROM FACTS JOIN TERMS USING (context)
            WHERE {self.slot}__rule IS NOT NULL AND ({self.where})))"""
