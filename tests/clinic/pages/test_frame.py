"""What is round every page: who is here, where they may go, and that a demonstration is one."""

import pytest

from openketamine.clinic.patients.banner import HEADINGS, age_in_words, clinic_date

pytestmark = pytest.mark.django_db


@pytest.mark.hazard("HZ-15")
@pytest.mark.parametrize(
    "path", ["/account/login/", "/people/", "/knowledge/", "/vials/", "/nowhere/"]
)
def test_in_a_demonstration_every_page_says_so_in_frame_and_word(
    page, client, priya, settings, path
):
    settings.OPENKETAMINE_DEMO = True
    shown = client.get(path) if "login" in path else page(priya, path).answer
    html = shown.content.decode()
    assert '<html lang="en" class="demo" ' in html
    assert "<b>DEMONSTRATION</b>" in html


@pytest.mark.hazard("HZ-15")
def test_a_real_clinic_never_says_demonstration_and_lists_no_names_to_sign_in_with(client, cast):
    html = client.get("/account/login/").content.decode()
    assert "DEMONSTRATION" not in html
    assert "ketamine-demo" not in html
    assert "priya" not in html


def test_a_demonstration_lists_its_people_and_their_password(client, cast, settings):
    settings.OPENKETAMINE_DEMO = True
    html = client.get("/account/login/").content.decode()
    for part in ("ketamine-demo", "Dr Priya Raman", "Prescriber", "priya"):
        assert part in html


@pytest.mark.parametrize(
    ("who", "places"),
    [
        ("priya", ["Board", "People", "Tasks", "Vials", "Knowledge", "Devices", "Staff"]),
        ("fran", ["Board", "People", "Knowledge", "Staff"]),
        ("ines", ["Vials", "Knowledge", "Staff"]),
        ("sam", ["Knowledge", "Devices", "Staff"]),
    ],
)
def test_the_top_bar_shows_who_is_here_and_only_where_they_may_go(page, cast, who, places):
    import re

    person = getattr(cast, who)
    shown = page(person, "/knowledge/")
    nav = re.search(r'<nav class="nav".*?</nav>', shown.html, re.DOTALL)[0]
    assert re.findall(r">\s*(\w+)\s*</a>", nav) == places
    assert person.display_name in shown.text


@pytest.mark.parametrize(
    ("who", "home"), [("nora", "/"), ("ines", "/vials/"), ("sam", "/knowledge/")]
)
def test_after_sign_in_everybody_lands_where_their_work_is(page, cast, who, home):
    assert page(getattr(cast, who), "/home/").answer["Location"] == home


def test_no_page_has_an_inline_script_or_style(page, priya, told):
    import re

    paths = ["/people/", f"/people/{told.person_id}/", f"/sessions/{told.id}/report/"]
    paths += [f"/people/{told.person_id}/evaluation/iv-depression/", f"/sessions/{told.id}/plan/"]
    for path in paths:
        html = page(priya, path).html
        assert not re.search(r"<script(?![^>]*src=)(?![^>]*application/json)", html), path
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=\"", html), path


def test_a_stranger_is_sent_to_the_sign_in_page(client, told):
    for path in ("/people/", f"/people/{told.person_id}/", f"/sessions/{told.id}/report.pdf"):
        assert client.get(path)["Location"].startswith("/account/login/")


@pytest.mark.hazard("HZ-09")
def test_a_birth_date_that_is_not_known_says_so():
    assert (clinic_date(None), age_in_words(None, None)) == ("Not known", "")


def test_there_are_exactly_four_headings_for_allergies():
    assert list(HEADINGS) == ["known", "none", "not_recorded", "unavailable"]
