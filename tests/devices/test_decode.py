"""Real bytes in, exact readings out."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from tests.devices.captures import (
    BPM,
    BREATHS,
    DIA,
    FULL_MONITOR,
    FULL_PUMP,
    HR,
    MDS,
    MMHG,
    PERCENT,
    RR,
    SPO2,
    SYS,
    WHEN,
    message,
    numeric,
)

from openketamine.core.findings import BadInput
from openketamine.devices.connectors.mllp.decode import decode, read_message

LONG = FULL_MONITOR.replace(b"|C1|", b"|" + b"C" * 200 + b"|")
NOW = datetime(2026, 7, 3, 7, 0, 1, tzinfo=UTC)
MEASURED = datetime(2026, 7, 3, 7, 0, 0, tzinfo=UTC)


def read(payload, zone=UTC, now=NOW):
    return read_message(payload, received_at=now, zone=zone)


def one(*rows, **settings):
    (reading,) = read(message(MDS, *rows, **settings)).readings
    return reading


def test_a_monitor_message_gives_exactly_these_readings():
    (reading,) = decode(FULL_MONITOR, received_at=NOW, zone=UTC)
    assert reading.as_json() == {
        "key": "BEDMON^0A0B0CFFFE000042^EUI-64|C1",
        "device_id": "0A0B0CFFFE000042",
        "device_kind": "monitor",
        "mrn": "MRN7007",
        "received_at": "2026-07-03T07:00:01+00:00",
        "measured_at": "2026-07-03T07:00:00+00:00",
        "values": {
            "heart_rate": 76,
            "systolic": 131,
            "diastolic": 82,
            "mean_pressure": 98.5,
            "spo2": 96,
            "respiratory_rate": 15,
            "etco2": None,
        },
        "doubts": {},
        "texts": {},
        "unmapped": [],
        "remarks": [],
    }


def test_a_pump_message_gives_exactly_these_readings_in_its_signals_units():
    (reading,) = decode(FULL_PUMP, received_at=NOW, zone=UTC)
    assert (reading.device_id, reading.device_kind) == ("PUMP-42", "pump")
    assert reading.values == {
        "pump_rate_ml_per_h": Decimal("52.5"),
        "pump_concentration_mg_per_ml": Decimal(1),
        "pump_volume_left_ml": Decimal("21.5"),
        "pump_running": Decimal(0),
    }
    assert reading.texts == {"pump_status": "pump-status-paused", "pump_drug": "ketamine"}
    assert reading.unmapped == ()


@pytest.mark.parametrize("ends", [b"\n", b"\r\n"])
def test_other_line_ends_and_a_missing_last_one_are_read(ends):
    other = FULL_MONITOR.rstrip(b"\r").replace(b"\r", ends)
    assert decode(other, received_at=NOW, zone=UTC) == decode(
        FULL_MONITOR, received_at=NOW, zone=UTC
    )


@pytest.mark.hazard("HZ-06")
def test_a_zero_stays_a_zero_and_a_blank_is_no_number():
    reading = one(
        numeric(2, HR, "1.5.1.1", "0", BPM),
        numeric(3, SPO2, "1.22.1.1", "", PERCENT, status="X"),
        numeric(4, RR, "1.20.1.1", "", BREATHS),
    )
    assert reading.values == {"heart_rate": Decimal(0), "spo2": None, "respiratory_rate": None}


def test_an_impossible_number_is_kept_as_the_device_said_it():
    assert one(numeric(2, HR, "1.5.1.1", "277.0", BPM)).values["heart_rate"] == Decimal("277.0")


def test_an_unknown_code_is_kept_raw():
    reading = one(numeric(2, "157985^MDC_NOBODY_KNOWS", "1.1.1.9", "3", BPM))
    assert reading.values == {}
    assert reading.as_json()["unmapped"] == [
        {"code": "157985", "text": "MDC_NOBODY_KNOWS", "value": "3", "unit": "MDC_DIM_BEAT_PER_MIN"}
    ]


def test_a_code_and_a_name_that_contradict_each_other_are_not_believed():
    reading = one(numeric(2, "147842^MDC_RESP_RATE", "1.5.1.1", "76", BPM))
    assert reading.values == {}
    assert "contradict" in reading.remarks[0]


@pytest.mark.parametrize(
    ("code", "unit"),
    [
        ("147842^ANYTHING", BPM),
        ("^MDC_ECG_HEART_RATE", "^MDC_DIM_BEAT_PER_MIN"),
        ("HRT^Heart^L^147842^MDC_ECG_HEART_RATE", BPM),
        (HR, "bpm^^L^^/min"),
    ],
)
def test_a_code_may_come_by_number_or_name_and_in_the_alternate_place(code, unit):
    row = f"OBX|2|NM|{code}^MDC|1.5.1.1|76|{unit}^MDC|||||R|||{WHEN}"
    assert one(row).values == {"heart_rate": Decimal(76)}


@pytest.mark.parametrize("said", ["12a", "--", "NaN", "Infinity", "1e5", "82~83", "9" * 50, "٣"])
def test_what_is_no_number_is_kept_raw_and_answered_as_a_fault(said):
    decoded = read(
        message(
            MDS, numeric(2, HR, "1.5.1.1", said, BPM), numeric(3, SPO2, "1.22.1.1", "97", PERCENT)
        )
    )
    assert [fault.code for fault in decoded.faults] == ["102"]
    assert decoded.faults[0].place == "OBX^2^5"
    (reading,) = decoded.readings
    assert reading.values == {"spo2": Decimal(97)}
    assert reading.unmapped[0].value == said


@pytest.mark.parametrize("unit", [BREATHS, "", "kPa"])
def test_a_unit_that_is_not_accepted_is_never_guessed(unit):
    decoded = read(message(MDS, numeric(2, SYS, "1.13.1.1", "17", unit)))
    assert [fault.code for fault in decoded.faults] == ["103"]
    assert decoded.readings[0].values == {}


def test_a_result_that_was_withdrawn_is_not_read():
    reading = one(numeric(2, HR, "1.5.1.1", "76", BPM, status="W"))
    assert reading.values == {}
    assert reading.unmapped[0].value == "76"


def test_a_number_that_the_device_itself_doubts_is_kept_with_the_doubt():
    reading = one(numeric(2, HR, "1.5.1.1", "76", BPM, flags="QUES"))
    assert reading.values == {"heart_rate": Decimal(76)}
    assert reading.doubts == {"heart_rate": "the device calls it questionable"}


TWO_RESPIRATIONS = (
    numeric(2, RR, "1.6.1.1", "31", BREATHS),
    numeric(3, RR, "1.20.1.1", "14", BREATHS),
)


def test_the_same_number_from_two_modules_is_never_averaged():
    reading = one(*TWO_RESPIRATIONS)
    assert reading.values == {"respiratory_rate": Decimal(31)}
    assert reading.remarks == (
        "respiratory_rate came more than once (1.6.1.1 says 31, 1.20.1.1 says 14); took 1.6.1.1",
    )


def test_the_airway_module_is_preferred_for_respiration():
    modules = (
        "OBX|4||70666^MDC_DEV_ECG_RESP_VMD^MDC|1.6.0.0|||||||X",
        "OBX|5||69682^MDC_DEV_ANALY_AWAY_MULTI_PARAM_VMD^MDC|1.20.0.0|||||||X",
    )
    assert one(*TWO_RESPIRATIONS, *modules).values == {"respiratory_rate": Decimal(14)}


def test_a_module_without_a_number_does_not_hide_the_one_that_has_it():
    empty = numeric(2, RR, "1.6.1.1", "", BREATHS, status="X")
    reading = one(empty, TWO_RESPIRATIONS[1])
    assert reading.values == {"respiratory_rate": Decimal(14)}
    assert reading.remarks == ()


@pytest.mark.hazard("HZ-01")
def test_an_old_cuff_pressure_in_a_new_message_keeps_its_own_time():
    old = "20260703085500+0200"
    rows = (
        numeric(2, HR, "1.5.1.1", "76", BPM),
        numeric(3, SYS, "1.13.1.1", "131", MMHG, when=old),
        numeric(4, DIA, "1.13.1.2", "82", MMHG, when=old),
    )
    now, before = read(message(MDS, *rows)).readings
    assert (now.key[-2:], now.measured_at, set(now.values)) == ("C1", MEASURED, {"heart_rate"})
    assert before.key.endswith("|C1|2")
    assert before.measured_at == MEASURED - timedelta(minutes=5)
    assert set(before.values) == {"systolic", "diastolic"}


@pytest.mark.parametrize(
    ("own", "ordered", "expected"),
    [
        ("20260703085930+0200", "20260703085940+0200", "06:59:30"),
        ("", "20260703085940+0200", "06:59:40"),
        ("", "", "07:00:00"),
        ("20260703", "20260703085940+0200", "06:59:40"),
        ("20261303250000+0200", "", "07:00:00"),
    ],
)
def test_the_time_is_that_of_the_row_else_of_the_order_else_of_the_message(own, ordered, expected):
    row = numeric(2, HR, "1.5.1.1", "76", BPM, when=own)
    (reading,) = read(message(row, obr_time=ordered)).readings
    assert reading.measured_at.strftime("%H:%M:%S") == expected


def test_a_time_without_zone_gets_the_configured_one_and_a_remark():
    row = numeric(2, HR, "1.5.1.1", "76", BPM, when="20260703090000")
    (reading,) = read(message(row), zone=ZoneInfo("Europe/Paris")).readings
    assert reading.measured_at == MEASURED
    assert reading.remarks == ("times without zone were read as Europe/Paris",)


@pytest.mark.parametrize(("ahead_s", "doubted"), [(120, False), (121, True)])
def test_a_number_from_the_future_is_kept_and_doubted(ahead_s, doubted):
    now = MEASURED - timedelta(seconds=ahead_s)
    (reading,) = read(FULL_MONITOR, now=now).readings
    assert reading.values["heart_rate"] == Decimal(76)
    assert reading.doubts.get("heart_rate") == ("measured in the future" if doubted else None)
    assert "etco2" not in reading.doubts


@pytest.mark.hazard("HZ-02")
@pytest.mark.parametrize(
    ("pid3", "mrn"),
    [
        ("MRN7007^^^WARD^MR", "MRN7007"),
        ("V99^^^WARD^VN~MRN7007^^^WARD^MR", "MRN7007"),
        ("MRN7007", "MRN7007"),
        ("MRN\\S\\7^^^WARD^MR", "MRN^7"),
        ("", None),
        ('""', None),
    ],
)
def test_the_person_is_the_record_number_of_pid_3(pid3, mrn):
    row = numeric(2, HR, "1.5.1.1", "76", BPM)
    (reading,) = read(message(row, pid=f"PID|||{pid3}||X^Y")).readings
    assert reading.mrn == mrn


@pytest.mark.hazard("HZ-02")
def test_two_people_in_one_message_stay_two_people():
    first, second = (numeric(2, HR, "1.5.1.1", rate, BPM) for rate in ("61", "99"))
    decoded = read(message(first, "PID|||MRN8008^^^WARD^MR", second))
    assert {(r.mrn, r.values["heart_rate"]) for r in decoded.readings} == {
        ("MRN7007", Decimal(61)),
        ("MRN8008", Decimal(99)),
    }


def test_other_separators_are_read():
    odd = FULL_MONITOR.replace(b"^", b"#").replace(b"|", b"$")
    assert decode(odd, received_at=NOW, zone=UTC)[0].values["systolic"] == Decimal(131)


@pytest.mark.parametrize(
    "raw", [b"", b"MSH", b"MSH|^~\\&|", b"PID|||1", b"MSH|||||" * 9, b"\x00\xff", LONG]
)
def test_what_is_no_message_is_refused_in_one_sentence(raw):
    with pytest.raises(BadInput, match="expected"):
        decode(raw, received_at=NOW, zone=UTC)


@pytest.mark.parametrize("nul", ["\0", "\\X00\\"])
def test_a_nul_never_reaches_a_text_that_a_database_must_hold(nul):
    row = f"OBX|2|ST|999^MDC{nul}X^MDC|1.5.1.1|a{nul}b||||||R|||{WHEN}"
    (item,) = one(row).unmapped
    assert "\0" not in "".join(item.as_json().values())


@pytest.mark.parametrize(
    ("word", "running"),
    [("pump-status-infusing", 1), ("pump-status-paused", 0), ("pump-status-odd", None)],
)
def test_only_a_state_that_is_known_says_whether_a_pump_runs(word, running):
    (reading,) = read(FULL_PUMP.replace(b"pump-status-paused", word.encode())).readings
    assert reading.values.get("pump_running") == running
    assert reading.texts["pump_status"] == word
