"""A passkey in the place of a typed secret: good once, here, for two minutes, for who touched."""

import hashlib
import json
from datetime import timedelta
from http import HTTPStatus

import pytest
from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData

from openketamine.clinic.journal.models import Access
from openketamine.clinic.staff import proofs
from openketamine.clinic.staff.models import PasskeyWord
from openketamine.core.findings import BadInput

pytestmark = [pytest.mark.django_db, pytest.mark.hazard("HZ-12")]
HOST = "localhost"
ORIGIN = f"https://{HOST}"
_FLAGS = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV


class Key:
    """A security key in a few lines: one private key, and signatures over what it is shown."""

    def __init__(self, who):
        self.secret = ec.generate_private_key(ec.SECP256R1())
        self.id = hashlib.sha256(str(who.pk).encode()).digest()[:16]
        public = ES256.from_cryptography_key(self.secret.public_key())
        made = AttestedCredentialData.create(b"\0" * 16, self.id, public)
        data = AuthenticatorData.create(
            hashlib.sha256(HOST.encode()).digest(), _FLAGS | AuthenticatorData.FLAG.AT, 0, made
        )
        attested = AttestationObject.create("none", data, {})
        client = json.dumps({"type": "webauthn.create", "challenge": "AAAA", "origin": ORIGIN})
        Authenticator.objects.create(
            user=who,
            type=Authenticator.Type.WEBAUTHN,
            data={
                "name": "Key",
                "credential": self.as_json(
                    attestationObject=websafe_encode(bytes(attested)),
                    clientDataJSON=websafe_encode(client.encode()),
                ),
            },
        )

    def as_json(self, **response):
        name = websafe_encode(self.id)
        return {
            "id": name, "rawId": name, "type": "public-key", "clientExtensionResults": {},
            "response": response,
        }  # fmt: skip

    def touched(self, challenge, origin=ORIGIN):
        """What a browser sends after a touch."""
        said = {"type": "webauthn.get", "challenge": challenge, "origin": origin}
        client = json.dumps(said).encode()
        data = AuthenticatorData.create(hashlib.sha256(HOST.encode()).digest(), _FLAGS, 1)
        signed = self.secret.sign(
            bytes(data) + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256())
        )
        return self.as_json(
            authenticatorData=websafe_encode(bytes(data)),
            clientDataJSON=websafe_encode(client),
            signature=websafe_encode(signed),
        )


@pytest.fixture
def tablet(cast):
    client = Client(headers={"host": HOST})
    client.force_login(cast.nora)
    return client


def say(client, step, **said):
    return client.post(f"/staff/passkey/{step}", said, content_type="application/json", secure=True)


def word_of(client, key, **said):
    challenge = say(client, "ask", **said).json()["publicKey"]["challenge"]
    return say(client, "word", credential=key.touched(challenge), **said)


class TestAPasskey:
    def test_stands_for_the_own_secret_once_and_at_this_screen_only(self, cast, tablet):
        word = word_of(tablet, Key(cast.nora)).json()["word"]
        here = tablet.session.session_key
        with pytest.raises(BadInput):
            proofs.prove("nora", word, source="another screen")
        with pytest.raises(BadInput):
            proofs.prove("wes", word, source=here)
        assert proofs.prove("nora", word, source=here).method == "passkey"
        with pytest.raises(BadInput):
            proofs.prove("nora", word, source=here)
        assert word not in str(list(PasskeyWord.objects.values()))

    def test_of_a_witness_proves_the_witness_and_nobody_else(self, cast, tablet):
        word = word_of(tablet, Key(cast.wes), username="wes").json()["word"]
        here = tablet.session.session_key
        with pytest.raises(BadInput):
            proofs.prove("nora", word, source=here)
        assert proofs.prove("wes", word, source=here).staff == cast.wes

    def test_is_good_for_two_minutes(self, cast, tablet):
        word = word_of(tablet, Key(cast.nora)).json()["word"]
        PasskeyWord.objects.update(until=proofs.clock.now() - timedelta(seconds=1))
        with pytest.raises(BadInput):
            proofs.prove("nora", word, source=tablet.session.session_key)

    def test_of_another_person_is_none_and_on_record(self, cast, tablet):
        Key(cast.nora)
        other = Key(cast.wes)
        answer = word_of(tablet, other)
        assert answer.status_code == HTTPStatus.BAD_REQUEST
        assert Access.objects.filter(what=proofs.FAILED, refused=True, by_name="Nora Lindqvist")

    @pytest.mark.parametrize("origin", ["https://evil.example", "https://localhost.evil.example"])
    def test_touched_at_another_address_is_none(self, cast, tablet, origin):
        key = Key(cast.nora)
        challenge = say(tablet, "ask").json()["publicKey"]["challenge"]
        answer = say(tablet, "word", credential=key.touched(challenge, origin))
        assert answer.status_code == HTTPStatus.BAD_REQUEST

    def test_an_answer_is_not_taken_twice(self, cast, tablet):
        key = Key(cast.nora)
        challenge = say(tablet, "ask").json()["publicKey"]["challenge"]
        answer = key.touched(challenge)
        assert say(tablet, "word", credential=answer).status_code == HTTPStatus.OK
        assert say(tablet, "word", credential=answer).status_code == HTTPStatus.BAD_REQUEST

    def test_who_has_none_is_told_so(self, cast, tablet):
        assert say(tablet, "ask").status_code == HTTPStatus.BAD_REQUEST

    def test_a_form_offers_it_where_anybody_has_one(self, cast, tablet):
        assert "staff/passkey.js" not in tablet.get("/staff/own/").content.decode()
        Key(cast.wes)
        assert "staff/passkey.js" in tablet.get("/staff/own/").content.decode()
