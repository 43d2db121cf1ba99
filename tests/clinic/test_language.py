"""A person's own language: on the page, in the letter, on paper; and what is left in English."""

import re
from datetime import timedelta

import pytest
from tests.clinic.test_check_ins import (  # noqa: F401  (fixtures)
    ADDRESS,
    Phone,
    address_in,
    answer_all,
    course,
    office,
    opens,
    person,
    time,
    work,
)

from openketamine.clinic.checkins import links, speech
from openketamine.clinic.outcomes.commands import record
from openketamine.clinic.outcomes.queries import facts_of
from openketamine.core.course import facts, language_of, tasks
from openketamine.core.findings import BadInput

pytestmark = pytest.mark.django_db
HOME = "Empezar"


@pytest.fixture
def spanish(person, cast, time):  # noqa: F811
    opens(person, cast.priya, time.now)
    record(person, facts.LanguageChosen("es"), cast.fran, time.now)
    return person


def lang_of(page):
    return re.search(r'<html lang="([^"]+)"', page).group(1)


class TestTheLetter:
    def test_it_is_in_the_persons_language_and_names_nobody(self, spanish, office, time):  # noqa: F811
        work(time)
        letter = office.letters[0]
        assert letter["Subject"] == "Unas preguntas de su clínica"
        text = letter.get_content()
        assert "una a una" in text
        assert "No recibir más mensajes: http" in text
        assert "clinic" not in text
        assert "Maren" not in text

    def test_english_stays_english(self, course, office, time):  # noqa: F811
        work(time)
        assert office.letters[0]["Subject"] == "A few questions from your clinic"


class TestThePages:
    def test_from_the_door_on(self, spanish, office, time):  # noqa: F811
        work(time)
        link = address_in(office.letters[0])
        door = Phone().get(link).content.decode()
        assert lang_of(door) == "es"
        assert HOME in door
        page = Phone().begin(link).page()
        assert lang_of(page) == "es"
        assert "Pregunta 1 de" in page
        assert "Prefiero no responder" in page

    def test_a_questionnaire_is_asked_in_its_published_spanish(self, spanish, office, time):  # noqa: F811
        work(time)
        phone = Phone().begin(address_in(office.letters[0]))
        page = phone.page()
        assert "Durante las últimas 2 semanas, ¿qué tan seguido ha tenido molestias" in page
        assert "Poco interés o placer en hacer cosas" in page
        assert re.findall(r'name="answer" value="(\d)"[^>]*>([^<]+)', page) == [
            ("0", "Ningún día"),
            ("1", "Varios días"),
            ("2", "Más de la mitad de los días"),
            ("3", "Casi todos los días"),
        ]
        assert "No tenemos un texto" not in page
        assert "Little interest" not in page

    def test_one_without_published_spanish_stays_in_english_and_the_page_says_so(
        self, spanish, office, time  # noqa: F811
    ):  # fmt: skip
        work(time)
        phone = Phone().begin(address_in(office.letters[0]))
        while phone.asks()["form"] != "audit-c":
            phone.tap("0")
        page = phone.page()
        assert "No tenemos un texto de esta pregunta en español" in page
        assert 'lang="en">' in page
        assert "How often did you have a drink" in page

    def test_what_was_scored_in_spanish_says_so_and_counts_the_same(self, spanish, office, time):  # noqa: F811
        work(time)
        phone = Phone().begin(address_in(office.letters[0]))
        answer_all(phone, lambda asks: "1" if asks["form"] == "phq-9" else "0")
        scores = {one.body.instrument: one.body for one in facts_of(spanish).all(facts.ScoreTaken)}
        phq, alcohol = scores["phq-9"], scores["audit-c"]
        assert (phq.total, phq.band, phq.language) == (9, "mild", "es")
        assert phq.flags == ("thoughts of death or self-harm",)
        assert (scores["gad-7"].language, alcohol.language) == ("es", "en")

    @pytest.mark.hazard("HZ-20")
    @pytest.mark.parametrize(
        ("answer", "due"), [("1", 30), ("2", 30), ("3", 30), ("0", None), ("", None)]
    )
    def test_the_answer_about_suicide_opens_the_same_task_in_spanish(
        self, spanish, office, time, answer, due  # noqa: F811
    ):  # fmt: skip
        work(time)
        phone = Phone().begin(address_in(office.letters[0]))
        for _ in range(8):
            phone.tap("0")
        page = phone.page()
        assert "Pensamientos de que estaría mejor muerto(a) o de lastimarse" in page
        assert "Nadie lee esta página mientras usted escribe" in page
        phone.tap(answer)
        opened = [(one.body.kind, one.body.due_at) for one in tasks(facts_of(spanish))]
        wanted = [("suicide_answer", time.now + timedelta(minutes=due))] if due else []
        assert opened == wanted

    def test_the_switch_is_kept_and_goes_both_ways(self, course, person, office, time):  # noqa: F811
        work(time)
        phone = Phone().begin(address_in(office.letters[0]))
        assert lang_of(phone.page()) == "en"
        switch = phone.here.replace("/c/i/", "/c/l/")
        assert phone.post(switch, {"language": "es"}).headers["Location"] == phone.here
        assert lang_of(phone.page()) == "es"
        assert language_of(facts_of(person)) == "es"
        phone.post(switch, {"language": "en"})
        assert lang_of(phone.page()) == "en"

    def test_a_language_that_is_none_of_ours_changes_nothing(self, course, person, office, time):  # noqa: F811
        work(time)
        phone = Phone().begin(address_in(office.letters[0]))
        for wanted in ("xx", "", "../es", "ES"):
            phone.post(phone.here.replace("/c/i/", "/c/l/"), {"language": wanted})
        assert language_of(facts_of(person)) == "en"
        with pytest.raises(BadInput):
            speech.choose(person, "xx", time.now)

    def test_another_device_switches_nothing(self, course, person, office, time):  # noqa: F811
        work(time)
        phone = Phone().begin(address_in(office.letters[0]))
        stranger = Phone()
        answer = stranger.post(phone.here.replace("/c/i/", "/c/l/"), {"language": "es"})
        assert answer.status_code == 404
        assert language_of(facts_of(person)) == "en"

    def test_looking_at_the_door_in_another_language_changes_nothing_until_it_is_opened(
        self, course, person, office, time  # noqa: F811
    ):  # fmt: skip
        work(time)
        link = address_in(office.letters[0])
        door = Phone().get(f"{link}?language=es").content.decode()
        assert lang_of(door) == "es"
        assert language_of(facts_of(person)) == "en"
        Phone().post(link, {"language": "es"})
        assert language_of(facts_of(person)) == "es"

    def test_a_link_that_is_not_good_speaks_the_language_of_the_device(self):
        page = Phone().get("/c/nothing/", headers={"Accept-Language": "es-MX,es;q=0.9"})
        assert lang_of(page.content.decode()) == "es"
        assert "Este enlace no se abre" in page.content.decode()
        assert lang_of(Phone().get("/c/nothing/").content.decode()) == "en"

    def test_the_own_page_says_days_and_numbers_in_it_and_its_picture_stays_whole(
        self, spanish, time  # noqa: F811
    ):  # fmt: skip
        for total in ("7.3", "5.3"):
            body = facts.ScoreTaken("peg", "1", (), total=float(total))
            record(spanish, body, speech.the_person(spanish), time.now)
            time.goes_on(days=1)
        phone = Phone()
        address = links.issue(spanish, "own:", time.now)
        phone.begin(address.replace("http://testserver", "") if "testserver" in address
                    else "/c/" + address.split("/c/")[1])  # fmt: skip
        born = spanish.birth_date
        phone.post(phone.here, {"day": born.day, "month": born.month, "year": born.year})
        page = phone.page()
        assert "Dolor en la vida diaria" in page
        assert "Al principio 7,3, ahora 5,3. Ha mejorado en 2" in page
        picture = re.search(r"<svg.*?</svg>", page, re.DOTALL).group()
        numbers = re.findall(r' c[xy]="([^"]+)"', picture)
        assert len(numbers) == 4
        assert all(float(one) >= 0 for one in numbers)


class TestStaff:
    def test_the_front_desk_records_it_and_reads_that_nobody_reviewed_it(
        self, course, person, cast, client  # noqa: F811
    ):  # fmt: skip
        client.force_login(cast.fran)
        said = {
            "channel": "email", "address": ADDRESS, "language": "es", "zone": "",
            "quiet_from": "21:00", "quiet_until": "08:00",
        }  # fmt: skip
        client.post(f"/people/{person.pk}/check-ins/contact/", said)
        assert language_of(facts_of(person)) == "es"
        page = client.get(f"/people/{person.pk}/check-ins/").content.decode()
        assert lang_of(page) != "es"
        assert "No clinician has read this translation yet (evidence P)" in page

    def test_who_treats_sees_which_questionnaires_are_asked_in_english(
        self, spanish, cast, client, office, time  # noqa: F811
    ):  # fmt: skip
        work(time)
        client.force_login(cast.nora)
        page = client.get(f"/people/{spanish.pk}/check-ins/").content.decode()
        assert "Asked in English, no words in español here: AUDIT-C" in re.sub(r"<[^>]+>", "", page)
