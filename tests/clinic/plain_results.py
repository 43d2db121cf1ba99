"""The numbers of the results page once more, from the rows of the journal and from nothing else.

Plain Python on purpose: nothing of openketamine is imported here, the rules are written down anew
from the files of the knowledge room as a clinician reads them. Slow, naive and easy to check.
"""

import math
from collections import Counter, defaultdict
from datetime import timedelta
from itertools import pairwise

Z = 1.959963984540054
RESPONSE = {"phq-9": 50, "peg": 30}  # % improvement
PARTIAL = {"phq-9": 25, "peg": 10}
REMISSION = {"phq-9": 4}
WINDOWS = {"last": (0, None), "month": (14, 31), "two-months": (42, 70)}
EARLY_DAYS = 30
# knowledge/courses/axes.yaml, of which a simulated clinic uses one instrument each.
AXES = {"mood": ("phq-9", "PHQ-9"), "pain": ("peg", "PEG")}
OTHERS_OF_AXES = {"qids-sr16", "madrs", "nrs-pain"}
CELLS = {
    (True, True): "both",
    (True, False): "mood-only",
    (False, True): "pain-only",
    (False, False): "neither",
}


def wilson(count, of):
    """Share, low, high; None of nobody."""
    if not of:
        return None
    share = count / of
    middle = (share + Z * Z / (2 * of)) / (1 + Z * Z / of)
    half = Z * math.sqrt(share * (1 - share) / of + Z * Z / (4 * of * of)) / (1 + Z * Z / of)
    return share, max(0, middle - half), min(1, middle + half)


class Plain:
    """`rows`: (stream, number, kind, body, at) of the whole journal; `zone`: the clinic's."""

    def __init__(self, rows, zone, today):
        self.zone, self.today = zone, today
        self.sessions, self.courses = defaultdict(list), defaultdict(list)
        for stream, _number, kind, body, at in sorted(rows, key=lambda row: (row[0], row[1])):
            place, _, name = stream.partition(":")
            if place == "session":
                self.sessions[name].append((kind, body, at))
            if place == "course":
                self.courses[name].append((kind, body, at))
        self.of_person = defaultdict(list)
        for facts in self.sessions.values():
            opened = next(body for kind, body, _ in facts if kind == "session_opened")
            self.of_person[opened["person_id"]].append(facts)
        self.people = {name: self.person(name) for name in self.courses}
        self.people = {name: one for name, one in self.people.items() if one}

    def day(self, at):
        return at.astimezone(self.zone).date()

    # --- one person -------------------------------------------------------------------------

    def given(self, name):
        """(moment of the first drug, adverse events) of each session with drug, oldest first."""
        found = []
        for facts in self.of_person[name]:
            starts = [at for kind, _, at in facts if kind in ("infusion_started", "dose_given")]
            if not starts:
                continue
            events = [
                (body["event"], body["severity"])
                for kind, body, _ in facts
                if kind == "adverse_event_charted"
            ]
            scores = [(at, b) for kind, b, at in facts if kind == "score_recorded"]
            found.append((min(starts), events, scores))
        return sorted(found, key=lambda one: one[0])

    def person(self, name):
        facts = self.courses[name]
        opened = [(at, body) for kind, body, at in facts if kind == "course_opened"]
        given = self.given(name)
        if not opened or not given:
            return None
        at, course = opened[-1]
        given = [one for one in given if self.day(one[0]) >= self.day(at)]
        if not given:
            return None
        taken = [(when, body) for kind, body, when in facts if kind == "score_taken"]
        scores = taken + [score for _, _, some in given for score in some]
        own = sorted(
            (when, body["total"])
            for when, body in scores
            if body["instrument"] == course["primary"] and body["total"] is not None
        )
        return {
            "protocol": course["protocol_id"],
            "instrument": course["primary"],
            "opened": at,
            "given": given,
            "scores": own,
            "forms": sorted((when, b["instrument"], b["total"]) for when, b in scores),
            "facts": facts,
        }

    def baseline(self, one):
        start = one["given"][0][0]
        before = [total for when, total in one["scores"] if when < start]
        return before[-1] if before else None

    def after(self, one, window="last"):
        """(moment, total) since the first session, within the window."""
        start = one["given"][0][0]
        low, high = WINDOWS[window]
        return [
            (when, total)
            for when, total in one["scores"]
            if when >= start
            and (self.day(when) - self.day(start)).days >= low
            and (high is None or (self.day(when) - self.day(start)).days <= high)
        ]

    def verdict(self, one, window="last"):
        """(response | partial | none | worsening | not evaluable, remission)."""
        before, after = self.baseline(one), self.after(one, window)
        if before is None or not after:
            return "not evaluable", None
        return self.judged(one["instrument"], before, after[-1][1])

    def judged(self, instrument, before, now):
        if instrument == "phq-9":
            if before < 10:
                return "not evaluable", None
            percent = 100 * (before - now) / before
            worse = now - before >= 5 or percent <= -20
        else:
            if not before:
                return "not evaluable", None
            percent = 100 * (before - now) / before
            worse = percent <= -20 + 1e-9
        remission = now <= REMISSION[instrument] if instrument in REMISSION else None
        if percent >= RESPONSE[instrument] - 1e-9:
            return "response", remission
        if percent >= PARTIAL[instrument] - 1e-9:
            return "partial", remission
        return ("worsening" if worse else "none"), remission

    # --- mood and pain ----------------------------------------------------------------------

    def axis(self, one, axis, window):
        """(response: True, False or None; why it cannot be said). Never measured: (None, None)."""
        name, title = AXES[axis]
        assert not OTHERS_OF_AXES & {instrument for _, instrument, _ in one["forms"]}
        forms = [(when, total) for when, instrument, total in one["forms"] if instrument == name]
        if not forms:
            return None, None
        start = one["given"][0][0]
        scored = {"scores": [form for form in forms if form[1] is not None], "given": one["given"]}
        before, after = self.baseline(scored), self.after(scored, window)
        why = []
        if before is None:
            empty = any(when < start for when, _ in forms)
            says = "the form before session 1 could not be scored"
            why.append(says if empty else "no score before session 1")
        if not after:
            why.append("no score since session 1")
        if not why and name == "phq-9" and before < 10:
            why.append("a response needs a baseline of >= 10 points")
        if why:
            return None, {f"{title}: {said}" for said in why}
        return self.judged(name, before, after[-1][1])[0] == "response", set()

    def axes(self, people, window):
        """(who has both measures, cell → who, why they cannot be judged → who, the same of those
        who were not measured on both)."""
        measured, cells = set(), defaultdict(set)
        why, never = defaultdict(set), defaultdict(set)
        for name, one in people.items():
            found = {axis: self.axis(one, axis, window) for axis in AXES}
            lacking = [axis for axis, (_, reasons) in found.items() if reasons is None]
            for axis in lacking:
                never[f"{axis} was never measured"].add(name)
            if lacking:
                continue
            measured.add(name)
            (mood, no_mood), (pain, no_pain) = found["mood"], found["pain"]
            for reason in no_mood | no_pain:
                why[reason].add(name)
            if not no_mood | no_pain:
                cells[CELLS[mood, pain]].add(name)
        return measured, cells, why, never

    # --- relapse ----------------------------------------------------------------------------

    def followed(self, one, definition):
        """(days, relapsed) since the first response; None where this definition says nothing."""
        before, after = self.baseline(one), self.after(one)
        if before is None:
            return None
        seen = [
            place
            for place, (_, total) in enumerate(after)
            if self.judged(one["instrument"], before, total)[0] == "response"
        ]
        if not seen:
            return None
        after = after[seen[0] :]
        on = self.relapsed(one, definition, before, after)
        if on == "says nothing":
            return None
        first = self.day(after[0][0])
        if on is not None:
            return (on - first).days, True
        return (self.day(after[-1][0]) - first).days, False

    def relapsed(self, one, definition, before, after):
        """The day of the relapse, None, or "says nothing"."""
        instrument = one["instrument"]
        if definition == "phq-9-twice" and instrument == "phq-9":
            for (_, first), (when, second) in pairwise(after):
                if first >= 10 and second >= 10:
                    return self.day(when)
            return None
        if definition == "phq-9-half-lost" and instrument == "phq-9":
            for place, (when, total) in enumerate(after):
                best = min(t for _, t in after[: place + 1])
                if before > best and 2 * (total - best) >= before - best:
                    return self.day(when)
            return None
        if definition == "pain-back" and instrument == "peg":
            hit = [when for when, total in after if total / before > 0.7 + 1e-12]
            return self.day(hit[0]) if hit else None
        if definition == "event":
            since = after[0][0]
            hit = [
                when
                for kind, body, when in one["facts"]
                if kind == "event_recorded"
                and body["kind"] in ("hospitalised", "suicide_attempt")
                and when >= since
            ]
            return self.day(min(hit)) if hit else None
        return "says nothing"

    def curve(self, people, definition):
        """day → (at risk, relapsed, left, share without) by the product over days."""
        times = [f for one in people.values() if (f := self.followed(one, definition)) is not None]
        share, found = 1.0, {}
        for day in sorted({0, *(days for days, _ in times)}):
            at_risk = sum(days >= day for days, _ in times)
            ended = sum(days == day and relapsed for days, relapsed in times)
            left = sum(days == day and not relapsed for days, relapsed in times)
            share *= 1 - ended / at_risk if at_risk else 1
            found[day] = (at_risk, ended, left, share)
        return len(times), sum(relapsed for _, relapsed in times), found

    # --- many people ------------------------------------------------------------------------

    def chosen(self, protocol="", since=None, until=None):
        return {
            name: one
            for name, one in self.people.items()
            if protocol in ("", one["protocol"])
            and (since is None or self.day(one["given"][0][0]) >= since)
            and (until is None or self.day(one["given"][0][0]) <= until)
        }

    def outcomes(self, people, window):
        """verdict → people; remission apart."""
        found = defaultdict(set)
        for name, one in people.items():
            verdict, remission = self.verdict(one, window)
            found[verdict].add(name)
            if remission and verdict != "not evaluable":
                found["remission"].add(name)
        return found

    def early(self, people):
        """(who stopped, of whom)."""
        who, of = set(), set()
        for name, one in people.items():
            days = sorted({self.day(start) for start, _, _ in one["given"]})
            if (self.today - days[0]).days <= EARLY_DAYS:
                continue
            of.add(name)
            if len(days) == 1 or days[1] - days[0] > timedelta(days=EARLY_DAYS):
                who.add(name)
        return who, of

    def events(self, people):
        """event → (sessions, severe sessions, people), "" for any; and all sessions."""
        sessions, severe, whose = Counter(), Counter(), defaultdict(set)
        total = 0
        for name, one in people.items():
            for _, events, _ in one["given"]:
                total += 1
                for event in {"", *(e for e, _ in events)} if events else set():
                    sessions[event] += 1
                    whose[event].add(name)
                    grades = [grade for e, grade in events if event in ("", e)]
                    severe[event] += max(grades) >= 3
        return {e: (sessions[e], severe[e], whose[e]) for e in sessions}, total

    def check_ins(self, people):
        """How each ended; one that no message could be sent for is one of them all the same."""
        counted = Counter()
        for one in people.values():
            named, missed, finished = {}, {}, set()
            for kind, body, at in one["facts"]:
                if not kind.startswith("check_in_") or kind == "check_in_opened":
                    continue
                name = body["check_in"]
                named[name] = min(at, named.get(name, at))
                if kind == "check_in_missed":
                    missed[name] = body["cause"]
                if kind == "check_in_finished":
                    finished.add(name)
            for name, at in named.items():
                if at >= one["opened"]:
                    end = "finished" if name in finished else missed.get(name, "open")
                    counted[end] += 1
        return counted

    def unscored(self, people):
        """Sessions without a score of the course's own instrument before the next."""
        missing = 0
        for one in people.values():
            starts = [start for start, _, _ in one["given"]]
            for start, end in zip(starts, [*starts[1:], None], strict=True):
                missing += not any(
                    when >= start and (end is None or when < end) for when, _ in one["scores"]
                )
        return missing
