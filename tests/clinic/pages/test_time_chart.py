"""The time chart shows what was measured and nothing else."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from openketamine.clinic.reports.chart_points import chart_data
from openketamine.clinic.reports.observations import extremes
from openketamine.clinic.reports.time_chart import time_chart
from openketamine.clinic.reports.times import Clock
from openketamine.core.monitoring import Sample

START = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
NOTHING = {"infusion": None, "events": []}


def minute(n):
    return START + timedelta(minutes=n)


def device(n, doubts=None, **values):
    at = minute(n)
    return Sample(
        at, at, {k: None if v is None else Decimal(v) for k, v in values.items()}, doubts or {}
    )


def by_hand(n, **values):
    at = minute(n)
    return Sample(at, at, {k: Decimal(v) for k, v in values.items()}, {}, "manual")


def drawn(samples, state=NOTHING):
    return time_chart(state, samples, minute(60), UTC)


def shown(samples, signal, state=NOTHING):
    points = chart_data(state, samples, minute(60)).points
    return [
        (round((p.at - START) / timedelta(minutes=1), 2), p.value)
        for p in points
        if p.signal == signal
    ]


class TestPoints:
    def test_one_reading_a_minute_is_shown_as_it_was_and_none_is_averaged(self):
        samples = [device(n / 60, heart_rate=70 + n % 5) for n in range(120)]
        assert shown(samples, "heart_rate") == [(0, 70), (1, 70)]

    def test_every_number_charted_by_hand_is_shown(self):
        samples = [by_hand(n / 10, systolic=120 + n) for n in range(5)]
        assert [value for _, value in shown(samples, "systolic")] == [120, 121, 122, 123, 124]

    @pytest.mark.hazard("HZ-06")
    def test_a_number_that_is_not_believed_is_a_cross_and_never_a_point(self):
        samples = [device(0, heart_rate=72), device(1, {"heart_rate": "too fast"}, heart_rate=277)]
        assert shown(samples, "heart_rate") == [(0, 72)]
        assert drawn(samples).count('class="doubted"') == 1
        assert ">277<" not in drawn(samples)

    @pytest.mark.hazard("HZ-01")
    def test_a_gap_stays_a_gap(self):
        values = [97, 97, None, None, None, 96]
        samples = [device(n, spo2=value) for n, value in enumerate(values)]
        assert shown(samples, "spo2") == [(0, 97), (1, 97), (5, 96)]
        assert drawn(samples).count('class="spo2" cx') == 3
        assert "polyline" not in drawn(samples)

    def test_the_first_believed_reading_of_a_minute_counts_where_the_first_was_doubted(self):
        samples = [device(0, {"spo2": "0"}, spo2=0), device(0.5, spo2=95)]
        assert shown(samples, "spo2") == [(0.5, 95)]


class TestDrawing:
    def test_device_points_are_filled_and_those_by_hand_hollow(self):
        picture = drawn([device(0, systolic=120), by_hand(3, systolic=130)])
        assert picture.count('class="caret"') == 1
        assert re.search(r'class="caret-hand"[^>]*fill="none"', picture)

    def test_the_tip_of_a_caret_is_at_its_value(self):
        """∨ comes from above and ∧ from below, and both point at 100 mmHg."""
        picture = drawn([by_hand(0, systolic=100), by_hand(5, diastolic=100)])
        paths = re.findall(r'class="caret-hand" d="M[\d.]+ ([\d.]+)L[\d.]+ ([\d.]+)', picture)
        (above, tip), (below, other_tip) = [(float(a), float(b)) for a, b in paths]
        assert tip == other_tip
        assert above < tip < below

    def test_events_are_numbered_in_time_and_corrected_ones_left_out(self):
        events = [
            {
                "at": minute(9).isoformat(),
                "kind": "note_charted",
                "text": "late",
                "corrected": False,
            },
            {
                "at": minute(3).isoformat(),
                "kind": "note_charted",
                "text": "early",
                "corrected": False,
            },
            {
                "at": minute(5).isoformat(),
                "kind": "note_charted",
                "text": "wrong",
                "corrected": True,
            },
            {
                "at": minute(6).isoformat(),
                "kind": "chair_assigned",
                "text": "x",
                "corrected": False,
            },
        ]
        told = chart_data({"infusion": None, "events": events}, [], minute(60)).events
        assert [(event.number, event.text) for event in told] == [(1, "early"), (2, "late")]

    def test_a_pause_is_a_gap_between_two_bars_with_their_rates(self):
        def segment(first, last, rate):
            return {
                "start": minute(first).isoformat(),
                "end": minute(last).isoformat(),
                "rate_ul_per_h": rate,
                "rate_ug_per_h": rate,
            }

        state = {
            "infusion": {"segments": [segment(0, 20, 52_500), segment(25, 45, 42_000)]},
            "events": [],
        }
        picture = drawn([], state)
        bars = re.findall(r'class="pump" x="([\d.]+)" y="\d+" width="([\d.]+)"', picture)
        (x1, width1), (x2, _) = [(float(x), float(width)) for x, width in bars]
        assert x1 + width1 < x2
        assert "52.5 mL/h = 52.5 mg/h" in picture
        assert "42 mL/h = 42 mg/h" in picture

    def test_it_passes_a_strict_content_security_policy(self):
        picture = drawn([device(0, heart_rate=70, systolic=120, diastolic=70, spo2=97)])
        assert not re.search(r"<script|<style|\sstyle=|\son\w+=|href=", picture)

    def test_words_from_people_cannot_become_markup(self):
        event = {
            "at": minute(1).isoformat(),
            "kind": "note_charted",
            "text": "<b>",
            "corrected": False,
        }
        assert "<b>" not in drawn([], {"infusion": None, "events": [event]})

    def test_it_can_be_drawn_before_anything_was_measured(self):
        assert drawn([]).startswith("<svg")


class TestExtremes:
    def test_lowest_and_highest_come_from_every_reading_with_their_times(self):
        samples = [device(n / 60, spo2=97 if n != 77 else 88) for n in range(180)]
        (row,) = extremes(samples, Clock(UTC))
        assert (row["lowest"], row["count"]) == ({"value": "88", "at": "14:01"}, 180)

    @pytest.mark.hazard("HZ-06")
    def test_what_is_not_believed_is_counted_and_is_no_extreme(self):
        samples = [device(0, heart_rate=72), device(1, {"heart_rate": "0"}, heart_rate=0)]
        (row,) = extremes(samples, Clock(UTC))
        assert (row["lowest"]["value"], row["doubted"]) == ("72", 1)

    @pytest.mark.hazard("HZ-09")
    def test_what_nobody_measured_has_no_row(self):
        assert extremes([], Clock(UTC)) == []
