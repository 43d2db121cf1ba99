"""IEEE 11073 SDC against a provider of the same library, over real sockets; and the pure half."""

import importlib.util
import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.devices.border import TOKEN, wait_for

from openketamine.devices.__main__ import main
from openketamine.devices.connectors.sdc import Metric, Update, decode

NOW = datetime(2026, 5, 1, 10, 0, tzinfo=UTC)
HR = Metric("147842", "", "264864", Decimal(72), "Vld", NOW)
needs_library = pytest.mark.skipif(
    importlib.util.find_spec("sdc11073") is None, reason="the extra `sdc` is not installed"
)


def read(*metrics, **other):
    return decode(Update("k", "S1", "69965", None, metrics, **other), received_at=NOW)


class TestDecode:
    def test_a_number_in_a_known_unit_is_read(self):
        (reading,) = read(HR)
        assert (reading.values, reading.doubts, reading.unmapped) == ({"heart_rate": 72}, {}, ())
        assert reading.device_kind == "monitor"

    @pytest.mark.parametrize(
        ("change", "value", "doubt"),
        [
            ({"validity": "Qst"}, 72, "the device calls it questionable"),
            ({"validity": "Inv"}, 72, "the device calls it invalid"),
            ({"validity": ""}, 72, "its validity is not known"),
            ({"validity": "NA"}, None, None),
            ({"on": False}, None, None),
            ({"value": None}, None, None),
        ],
    )
    @pytest.mark.hazard("HZ-06")
    def test_validity_is_kept(self, change, value, doubt):
        (reading,) = read(Metric(**{**vars(HR), **change}))
        assert reading.values == {"heart_rate": value}
        assert reading.doubts.get("heart_rate") == doubt

    @pytest.mark.parametrize(
        "change",
        [{"code": "999"}, {"unit": "266016"}, {"system": "urn:oid:1.2"}, {"value": "seventy"},
         {"value": Decimal("NaN")}, {"value": Decimal("1e99")}],
    )  # fmt: skip
    def test_what_is_not_known_is_kept_raw(self, change):
        (reading,) = read(Metric(**{**vars(HR), **change}))
        assert reading.values == {}
        assert len(reading.unmapped) == 1

    def test_an_older_number_keeps_its_own_time(self):
        old = Metric("150021", "", "266016", Decimal(120), "Vld", NOW - timedelta(minutes=4))
        now, before = read(HR, old)
        assert (set(now.values), set(before.values)) == ({"heart_rate"}, {"systolic"})
        assert (now.key, before.key) == ("k", "k|2")

    def test_two_numbers_of_one_kind_are_never_averaged(self):
        (reading,) = read(HR, Metric(**{**vars(HR), "value": Decimal(90)}))
        assert reading.values == {"heart_rate": 72}
        assert "more than once" in reading.remarks[0]

    def test_a_report_of_nothing_is_no_reading(self):
        assert read() == []


class Provider:
    """`provider.py`, really running."""

    def __init__(self, *words, papers=None):
        told = {**os.environ, "SDC_PAPERS": str(papers or "")}
        path = Path(__file__).parent / "provider.py"
        self.process = subprocess.Popen(
            [sys.executable, str(path), *words],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env=told,
        )  # fmt: skip
        said = json.loads(self.process.stdout.readline())
        self.address, self.epr = said["address"], said["epr"]

    def kill(self):
        self.process.kill()
        self.process.communicate(timeout=15)


@pytest.fixture
def provide():
    running = []

    def start(*words, **more):
        running.append(Provider(*words, **more))
        return running[-1]

    yield start
    for one in running:
        one.kill()


@pytest.fixture
def follow(clinic, tmp_path):
    running = []

    def start(*where):
        words = ["--clinic", clinic.url, "--data", str(tmp_path / "sdc"), *where]
        running.append(
            subprocess.Popen(
                [sys.executable, "-m", "openketamine.devices", *words],
                env={**os.environ, "OPENKETAMINE_GATEWAY_TOKEN": TOKEN},
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            )
        )  # fmt: skip
        return running[-1]

    yield start
    for one in running:
        one.send_signal(signal.SIGTERM)
        one.communicate(timeout=30)


@needs_library
class TestOverSockets:
    @pytest.mark.hazard("HZ-02")
    def test_reports_go_through_the_spool_to_the_clinic(self, clinic, provide, follow):
        gateway = follow("--sdc", provide("SN-77", "MRN7007").address)
        wait_for(lambda: len(clinic.received) >= 4, seconds=60)
        one = clinic.received[-1]
        assert (one["device_id"], one["mrn"], one["device_kind"]) == ("SN-77", "MRN7007", "monitor")
        rates = [each["values"]["heart_rate"] for each in clinic.received]
        assert rates == list(range(rates[0], rates[0] + len(rates)))
        assert one["doubts"] == {"spo2": "the device calls it questionable"}
        assert [code["code"] for code in one["unmapped"]] == ["999999"]
        assert len({each["key"] for each in clinic.received}) == len(clinic.received)
        wait_for(lambda: "SN-77" in clinic.heartbeats[-1]["health"]["devices"])
        assert clinic.heartbeats[-1]["health"]["devices"]["SN-77"]["connector"] == "sdc"
        assert gateway.poll() is None

    def test_a_provider_that_dies_is_told_and_the_gateway_lives(self, clinic, provide, follow):
        provider = provide("SN-78")
        gateway = follow("--sdc", provider.address)
        wait_for(lambda: clinic.received, seconds=60)
        provider.kill()
        wait_for(
            lambda: any(
                "cannot be reached" in one["words"]
                for one in clinic.heartbeats[-1]["health"]["rejected"]
            ),
            seconds=60,
        )
        assert gateway.poll() is None

    def test_a_provider_is_found_by_its_endpoint_among_two(self, clinic, provide, follow):
        provide("SN-79", "MRN1", "announce")
        wanted = provide("SN-80", "MRN2", "announce")
        follow("--sdc-discover", "127.0.0.1", "--sdc-epr", wanted.epr)
        wait_for(lambda: clinic.received, seconds=90)
        assert {one["device_id"] for one in clinic.received} == {"SN-80"}


def signed(folder, authority, name):
    """A certificate by this authority, with its key, as files."""
    folder.mkdir()
    key = ec.generate_private_key(ec.SECP256R1())
    issuer, issuer_key = authority or (None, key)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if issuer is None else issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=authority is None, path_length=None), critical=True)
        .sign(issuer_key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (folder / "key.pem").write_bytes(key.private_bytes(*form))
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    trusted = made if authority is None else issuer
    (folder / "ca.pem").write_bytes(trusted.public_bytes(serialization.Encoding.PEM))
    return made, key


def words_for(folder, authority=None):
    files = {
        "certificate": folder / "cert.pem",
        "key": folder / "key.pem",
        "authority": authority or folder / "ca.pem",
    }
    return [word for name, path in files.items() for word in (f"--sdc-{name}", str(path))]


def rejected(clinic):
    return [one["words"] for beat in clinic.heartbeats for one in beat["health"]["rejected"]]


@pytest.fixture
def ours(tmp_path):
    """The authority of a hospital, a monitor and a gateway; and an authority of somebody else."""
    hospital = signed(tmp_path / "hospital", None, "Hospital devices")
    stranger = signed(tmp_path / "stranger", None, "Somebody else")
    signed(tmp_path / "monitor", hospital, "Monitor")
    signed(tmp_path / "gateway", hospital, "Gateway")
    signed(tmp_path / "false", stranger, "Monitor")
    return tmp_path


@needs_library
@pytest.mark.hazard("HZ-18")
class TestEncrypted:
    def test_both_sides_show_a_certificate_and_readings_come(self, clinic, provide, follow, ours):
        provider = provide("SN-81", "MRN7007", papers=ours / "monitor")
        assert provider.address.startswith("https://")
        follow("--sdc", provider.address, *words_for(ours / "gateway"))
        wait_for(lambda: len(clinic.received) >= 2, seconds=60)
        assert clinic.received[-1]["device_id"] == "SN-81"
        assert clinic.heartbeats[-1]["listeners"][0]["kind"] == "sdc"

    def test_a_monitor_of_another_authority_is_not_believed(self, clinic, provide, follow, ours):
        provider = provide("SN-82", "MRN7007", papers=ours / "false")
        follow("--sdc", provider.address, *words_for(ours / "gateway"))
        wait_for(lambda: any("cannot be reached" in one for one in rejected(clinic)), seconds=60)
        assert clinic.received == []

    def test_without_a_certificate_an_encrypted_monitor_says_nothing(
        self, clinic, provide, follow, ours
    ):
        provider = provide("SN-83", "MRN7007", papers=ours / "monitor")
        gateway = follow("--sdc", provider.address)
        wait_for(lambda: any("cannot be reached" in one for one in rejected(clinic)), seconds=60)
        assert clinic.received == []
        assert clinic.heartbeats[-1]["listeners"][0]["kind"] == "sdc, not encrypted"
        assert gateway.poll() is None

    def test_with_certificates_it_never_goes_on_in_the_open(self, clinic, provide, follow, ours):
        bare = provide("SN-84", "MRN7007")
        address = bare.address.replace("http://", "https://")
        follow("--sdc", address, *words_for(ours / "gateway"))
        wait_for(lambda: any("cannot be reached" in one for one in rejected(clinic)), seconds=60)
        assert clinic.received == []

    @pytest.mark.parametrize(
        ("change", "status", "said"),
        [
            (lambda words: words[:2], 2, "all three"),
            (lambda words: ["--sdc", "http://127.0.0.1:9", *words], 2, "an https address"),
            (lambda words: [*words[:3], words[1], *words[4:]], 1, "cannot run"),
            (lambda words: [*words[:5], "/nowhere/ca.pem"], 1, "cannot run"),
        ],
    )
    def test_half_or_wrong_papers_are_refused_at_the_start(
        self, tmp_path, ours, capsys, change, status, said
    ):
        words = change(words_for(ours / "gateway"))
        where = ["--clinic", "http://127.0.0.1:9", "--token", TOKEN, "--data", str(tmp_path / "s")]
        assert main([*where, "--sdc", "https://127.0.0.1:9/x", *words]) == status
        assert said in capsys.readouterr().err
