"""A dosage in plain words: "take 1 tablet by mouth twice daily". What is not plain is not read."""

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

_NUMBERS = {"a": "1", "an": "1", "one": "1", "two": "2", "three": "3", "four": "4"}
_NUMBERS |= {"half": "0.5", "half a": "0.5", "one half": "0.5", "1/2": "0.5", "½": "0.5"}
_A_DAY = r"(a day|daily|per day|each day|every day|/day)"
_TIMES = {
    r"(once )?(a day|daily|per day|every day|each day|qd|od|q day)|once": "1",
    r"(every |each |in the |once every )?(morning|evening|night|bedtime)|nightly|qam|qpm|qhs|at "
    r"(night|bedtime)|(daily|every day|once daily) (at|before) (bedtime|night)|before bed": "1",
    rf"(twice|two times|2 times|2 ?x) ?{_A_DAY}|bid|twice": "2",
    rf"(three times|thrice|3 times|3 ?x) ?{_A_DAY}|tid": "3",
    rf"(four times|4 times|4 ?x) ?{_A_DAY}|qid": "4",
    r"every other day|qod": "0.5",
}
_SIG = re.compile(
    r"(?:take |give |use |sig )?(?P<amount>one half|half a|half|1/2|½|an?|one|two|three|four|"
    r"\d{1,4}(?:\.\d{1,3})?(?: ?(?:-|to) ?\d{1,4}(?:\.\d{1,3})?)?) ?"
    r"(?P<unit>mg|mcg|ug|g|tablets?|tabs?|capsules?|caps?|pills?)?"
    r"(?: \([^)]{1,40}\))?(?: (?:oral )?(?:tablets?|capsules?))?"
    r"(?: (?:by mouth|orally|oral|po|total))? "
    r"(?P<times>.{2,60}?)"
    r"(?: (?:as needed|prn)\b.*)?(?: for \d{1,3} (?:days?|weeks?|months?))?"
    r"(?: with (?:food|meals))?"
)
_HOURLY = re.compile(r"(?:every |q ?)(\d{1,2})(?: ?(?:-|to) ?\d{1,2})? ?(?:hours?|hrs?|h)")


@dataclass(frozen=True)
class Sig:
    """How much each time, in which unit ("" for pieces), and how often a day."""

    amount: Decimal
    unit: str
    times: Decimal


@lru_cache(maxsize=2048)
def read_sig(words: str) -> Sig | None:
    """The dosage, or None where the words say more or other than one amount and one frequency."""
    said = re.sub(r"[.,;]+(?=\s|$)", "", words.lower().replace("p.o.", "po")).strip()
    match = _SIG.fullmatch(" ".join(said.split())[:200])
    times = _often(match.group("times").strip()) if match else None
    if match is None or times is None:
        return None
    amount = re.split(r" ?(?:-|to) ?", match.group("amount"))[-1]
    value = _NUMBERS.get(amount, amount)
    unit = match.group("unit") or ""
    if not re.fullmatch(r"[\d.]+", value):
        return None
    return Sig(Decimal(value), unit if unit.endswith("g") else "", times)


def _often(words: str) -> Decimal | None:
    if hourly := _HOURLY.fullmatch(words):
        return Decimal(24) / max(1, int(hourly.group(1)))
    known = (times for pattern, times in _TIMES.items() if re.fullmatch(pattern, words))
    return next((Decimal(times) for times in known), None)
