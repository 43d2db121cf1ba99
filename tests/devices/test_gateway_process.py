"""The gateway as a process: sockets, disk and signals are real; the clinic is at the border."""

import signal
import sqlite3

import pytest
from tests.devices.border import BorderClinic, GatewayProcess, wait_for
from tests.devices.captures import BPM, FULL_MONITOR, HR, MDS, message, numeric
from tests.devices.conftest import ATTACHED

from openketamine.devices.__main__ import main
from openketamine.devices.connectors.mllp.framing import wrap
from openketamine.devices.forward import BATCH


def beat(number):
    """One small message of its own."""
    return message(MDS, numeric(2, HR, "1.5.1.1", 60 + number % 40, BPM), control=f"N{number}")


def msa(answer):
    return answer.split("\r")[1]


def test_a_reading_is_acknowledged_and_reaches_the_clinic(clinic, attached, connect):
    device = connect(attached.port)
    device.put(wrap(FULL_MONITOR))
    assert msa(device.answer()) == "MSA|AA|C1"
    wait_for(lambda: clinic.received)
    assert clinic.received[0]["values"]["systolic"] == 131
    assert clinic.received[0]["mrn"] == "MRN7007"
    assert attached.end() == 0


def test_a_message_split_over_many_reads_and_two_in_one_read_are_all_answered(attached, connect):
    device = connect(attached.port)
    frame = wrap(beat(1))
    for place in range(0, len(frame), 50):
        device.put(frame[place : place + 50])
    assert msa(device.answer()) == "MSA|AA|N1"
    device.put(wrap(beat(2)) + wrap(beat(3)))
    assert [msa(device.answer()) for _ in range(2)] == ["MSA|AA|N2", "MSA|AA|N3"]


def test_a_slow_device_does_not_hold_up_the_others(attached, connect):
    slow, quick = connect(attached.port), connect(attached.port)
    slow.put(wrap(beat(1))[:40])
    quick.put(wrap(beat(2)))
    assert msa(quick.answer()) == "MSA|AA|N2"
    slow.put(wrap(beat(1))[40:])
    assert msa(slow.answer()) == "MSA|AA|N1"


def test_a_message_over_a_mebibyte_is_refused_and_the_connection_closed(attached, connect):
    device = connect(attached.port)
    device.put(b"\x0b" + b"x" * (1024 * 1024 + 1))
    assert "MSA|AR|" in device.answer()
    assert device.answer() is None


def test_unreadable_bytes_are_refused_counted_and_told_to_the_clinic(clinic, attached, connect):
    device = connect(attached.port)
    device.put(b"stray" + wrap(b"PID|not a message") + wrap(beat(1)))
    assert ["AR" in device.answer(), "AR" in device.answer()] == [True, True]
    assert msa(device.answer()) == "MSA|AA|N1"
    wait_for(lambda: clinic.heartbeats[-1]["unreadable"] == 2)


@pytest.mark.hazard("HZ-02")
def test_another_persons_reading_is_refused_and_still_told_to_the_clinic(clinic, attached, connect):
    device = connect(attached.port)
    device.put(wrap(FULL_MONITOR.replace(b"MRN7007", b"MRN9999")))
    answer = device.answer()
    assert msa(answer) == "MSA|AE|C1"
    assert "204^Unknown key identifier" in answer
    wait_for(lambda: clinic.received)
    assert clinic.received[0]["mrn"] == "MRN9999"


@pytest.mark.hazard("HZ-02")
def test_a_device_that_is_attached_to_nobody_is_refused_once_that_is_known(
    clinic, start_gateway, connect
):
    gateway = start_gateway(clinic.url)
    wait_for(lambda: clinic.heartbeats)
    device = connect(gateway.port)
    device.put(wrap(FULL_MONITOR))
    assert msa(device.answer()) == "MSA|AE|C1"


@pytest.mark.hazard("HZ-05")
def test_a_repeated_message_is_acknowledged_and_not_forwarded_twice(clinic, attached, connect):
    device = connect(attached.port)
    for _ in range(3):
        device.put(wrap(beat(1)))
        assert msa(device.answer()) == "MSA|AA|N1"
    device.put(wrap(beat(1).replace(b"|61|", b"|62|")))
    assert msa(device.answer()) == "MSA|AE|N1"
    device.put(wrap(beat(2)))
    device.answer()
    wait_for(lambda: len(clinic.received) == 2)
    assert [one["values"]["heart_rate"] for one in clinic.received] == [61, 62]


@pytest.mark.hazard("HZ-05")
@pytest.mark.hazard("HZ-18")
def test_what_was_acknowledged_survives_a_killed_gateway_and_arrives_once(
    clinic, start_gateway, connect
):
    clinic.status = 503
    gateway = start_gateway(clinic.url)
    device = connect(gateway.port)
    for number in range(300):
        device.put(wrap(beat(number)))
    answers = [msa(device.answer()) for _ in range(300)]
    gateway.end(signal.SIGKILL)
    assert not clinic.received
    clinic.status = 200
    again = start_gateway(clinic.url)
    wait_for(lambda: len(clinic.received) >= 300)
    device = connect(again.port)
    device.put(wrap(beat(7)))
    assert device.answer()
    device.put(wrap(beat(300)))
    assert device.answer()
    wait_for(lambda: clinic.received[-1]["key"].endswith("|N300"))
    numbers = [one["key"].rsplit("|", 1)[1] for one in clinic.received]
    assert numbers == [f"N{number}" for number in range(301)]
    assert len(answers) == 300
    assert max(clinic.batches) <= BATCH


@pytest.mark.hazard("HZ-05")
def test_a_clinic_that_comes_late_gets_everything_in_order(start_gateway, connect):
    early = BorderClinic()
    port = early.port
    early.close()
    gateway = start_gateway(f"http://127.0.0.1:{port}")
    device = connect(gateway.port)
    for number in range(20):
        device.put(wrap(beat(number)))
        assert msa(device.answer()).startswith("MSA|AA|")
    late = BorderClinic(port)
    try:
        wait_for(lambda: len(late.received) == 20)
        keys = [one["key"].rsplit("|", 1)[1] for one in late.received]
        assert keys == [f"N{number}" for number in range(20)]
    finally:
        gateway.end()
        late.close()


def test_one_reading_that_the_clinic_cannot_read_does_not_stop_the_rest(
    clinic, start_gateway, connect
):
    clinic.status = 503
    gateway = start_gateway(clinic.url)
    device = connect(gateway.port)
    for number in range(9):
        device.put(wrap(beat(number)))
        device.answer()
    clinic.refuse_keys = {"BEDMON^0A0B0CFFFE000042^EUI-64|N4"}
    clinic.status = 200
    wait_for(lambda: len(clinic.received) == 8)
    wait_for(lambda: clinic.heartbeats[-1]["set_aside"] == 1)


def test_the_log_names_no_person(attached, connect):
    device = connect(attached.port)
    device.put(wrap(FULL_MONITOR.replace(b"MRN7007", b"MRN9999")) + wrap(b"PID|||MRN7007||FIXTURE"))
    device.answer()
    device.answer()
    assert attached.end() == 0
    assert "unreadable" in attached.log
    assert not any(word in attached.log for word in ("MRN9999", "MRN7007", "FIXTURE", "FERN"))


def test_the_spool_is_readable_by_its_own_user_only_and_empty_once_forwarded(
    clinic, attached, connect, tmp_path
):
    device = connect(attached.port)
    device.put(wrap(FULL_MONITOR))
    device.answer()
    wait_for(lambda: clinic.received and clinic.heartbeats[-1]["spool_waiting"] == 0)
    attached.end()
    path = tmp_path / "gateway" / "spool.sqlite3"
    assert path.stat().st_mode & 0o077 == 0
    db = sqlite3.connect(path)
    assert db.execute("SELECT count(*) FROM waiting").fetchone() == (0,)
    assert db.execute("SELECT count(*) FROM seen").fetchone() == (1,)
    db.close()


def test_a_second_gateway_on_the_same_spool_does_not_start(clinic, attached, start_gateway):
    with pytest.raises(AssertionError, match="the spool cannot be opened"):
        start_gateway(clinic.url)


def test_what_was_set_aside_is_tried_again_by_the_next_gateway(clinic, start_gateway, connect):
    gateway = start_gateway(clinic.url)
    clinic.refuse_keys = {"BEDMON^0A0B0CFFFE000042^EUI-64|N4"}
    device = connect(gateway.port)
    device.put(wrap(beat(4)) + wrap(beat(5)))
    device.answer()
    wait_for(lambda: [one["values"]["heart_rate"] for one in clinic.received] == [65])
    gateway.end()
    clinic.refuse_keys = set()
    start_gateway(clinic.url)
    wait_for(lambda: [one["values"]["heart_rate"] for one in clinic.received] == [65, 64])


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--clinic", "nowhere", "--data", "d", "--token", "t"], "--clinic: expected an http"),
        (["--clinic", "http://c", "--data", "d"], "--token: expected the gateway token"),
        (["--clinic", "http://c", "--data", "d", "--token", "t", "--zone", "Mars"], "--zone"),
    ],
)
def test_wrong_words_end_it_with_one_sentence(words, sentence, capsys, monkeypatch):
    monkeypatch.delenv("OPENKETAMINE_GATEWAY_TOKEN", raising=False)
    assert main(words) == 2
    assert sentence in capsys.readouterr().err


@pytest.mark.hazard("HZ-05")
def test_two_gateways_bring_the_same_messages_under_the_same_keys(clinic, tmp_path, connect):
    """A monitor goes over to a second gateway in mid-stream, and repeats what was unanswered."""
    clinic.associations = ATTACHED
    both = [GatewayProcess(clinic.url, tmp_path / name) for name in ("one", "two")]
    try:
        first, second = (connect(gateway.port) for gateway in both)
        for number in range(40):
            first.put(wrap(beat(number)))
            assert first.answer()
        both[0].end(signal.SIGKILL)
        for number in range(35, 60):
            second.put(wrap(beat(number)))
            assert second.answer()
        keys = {f"N{number}" for number in range(60)}
        wait_for(lambda: keys <= {one["key"].rsplit("|", 1)[1] for one in clinic.received})
        again = GatewayProcess(clinic.url, tmp_path / "one")
        both.append(again)
        by_key = {}
        for one in clinic.received:
            by_key.setdefault(one["key"], set()).add(one["values"]["heart_rate"])
        assert all(len(values) == 1 for values in by_key.values())
        assert len(by_key) == 60
    finally:
        for gateway in both:
            gateway.end(signal.SIGKILL)
