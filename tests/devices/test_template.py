"""The connector that others are copied from works."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openketamine.core.findings import BadInput
from openketamine.devices.connectors._template import decode

NOW = datetime(2026, 5, 1, 10, 5, 1, tzinfo=UTC)
LINE = b"OXI-1,MRN0001,17,2026-05-01T10:05:00+00:00,heart_rate=0,spo2=,perfusion=4\n"


def test_a_line_becomes_a_reading():
    (reading,) = decode(LINE, received_at=NOW, zone=UTC)
    assert reading.key == "OXI-1|17"
    assert reading.mrn == "MRN0001"
    assert reading.values == {"heart_rate": Decimal(0), "spo2": None}
    assert [item.code for item in reading.unmapped] == ["perfusion"]


def test_a_time_without_zone_is_remarked():
    (reading,) = decode(LINE.replace(b"+00:00", b""), received_at=NOW, zone=UTC)
    assert reading.measured_at == datetime(2026, 5, 1, 10, 5, tzinfo=UTC)
    assert "without zone" in reading.remarks[0]


@given(st.binary(max_size=200) | st.binary(max_size=40).map(lambda tail: LINE[:50] + tail))
def test_no_bytes_crash_it(raw):
    try:
        for reading in decode(raw, received_at=NOW, zone=UTC):
            reading.as_json()
    except BadInput:
        pass


def test_a_line_that_is_none_is_refused():
    with pytest.raises(BadInput, match="device,person,number,time"):
        decode(b"hello", received_at=NOW, zone=UTC)
