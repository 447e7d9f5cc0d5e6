"""Who fits: language and the way of meeting, in what is offered, held and explained (section 5)."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from services.scheduler.domain.explanation import Reason
from services.scheduler.models import Practitioner
from services.scheduler.operations.offers import explain
from shared.clock import utcnow
from tests.integration.scheduler.acts import MONDAY
from tests.integration.scheduler.calendar_rules import (
    a_house,
    ask,
    change_kind,
    open_schedule,
    question,
    starts,
)
from tests.integration.scheduler.world import (
    NEW_YORK,
    Visitor,
    a_clinician,
    an_invitation,
    live_rows,
    local,
    schedule_of,
    slot_values,
    token_of,
    words,
)


@pytest.fixture
def two(scheduler_db: Any) -> tuple[Practitioner, Practitioner]:
    """Ada, who speaks English, and Inés, who also speaks Spanish."""
    with scheduler_db.begin() as session:
        return a_clinician(session, "Ada Obi"), a_clinician(session, "Inés Marsh")


def fits(database: Any, who: Practitioner, **values: Any) -> None:
    with database.begin() as session:
        session.execute(update(Practitioner).where(Practitioner.id == who.id).values(**values))


def test_only_who_speaks_the_language_is_offered(scheduler_db, two):
    ada, ines = two
    fits(scheduler_db, ines, languages=["en", "es"])

    def names(language: str | None) -> set[str]:
        return {one.name for one in ask(scheduler_db, language=language).schedules.values()}

    assert names(None) == names("en") == {"Ada Obi", "Inés Marsh"}
    assert names("es") == {"Inés Marsh"}
    assert names("ko") == set()
    with scheduler_db.begin() as session:
        asked = question(session, language="es")
        why = explain(session, open_schedule(session, ada), local(MONDAY, "10:00"), asked)
    assert why.reason is Reason.OTHER_LANGUAGE


def test_who_meets_people_remotely_only_is_not_offered_in_a_room_and_the_other_way(
    scheduler_db, two
):
    ada, ines = two
    a_house(scheduler_db, "Blue")
    fits(scheduler_db, ada, meets=["remote"])
    fits(scheduler_db, ines, meets=["in-person"])

    assert {one.name for one in ask(scheduler_db).schedules.values()} == {"Ada Obi"}
    change_kind(scheduler_db, in_person=True)
    assert {one.name for one in ask(scheduler_db).schedules.values()} == {"Inés Marsh"}
    with scheduler_db.begin() as session:
        why = explain(
            session, open_schedule(session, ada), local(MONDAY, "10:00"), question(session)
        )
    assert why.reason is Reason.NOT_THIS_WAY


def test_the_page_asks_for_a_language_only_where_there_is_a_choice(
    scheduler_db, two, visitor, settings
):
    with scheduler_db.begin() as session:
        token = token_of(an_invitation(session).id)

    assert "Any language" not in words(visitor.open(f"/t/{token}"))
    fits(scheduler_db, two[1], languages=["en", "es"])
    page = visitor.open(f"/t/{token}?language=es")
    assert "Any language English Spanish" in words(page)
    assert "with Inés" in words(page)
    assert "with Ada" not in words(page)
    assert 'name="language" value="es"' in page.get_data(as_text=True)
    assert visitor.open(f"/t/{token}?language=xx").status_code == 200


def test_the_language_stays_asked_for_on_the_page_of_zones(scheduler_db, two, visitor):
    fits(scheduler_db, two[1], languages=["en", "es"])
    with scheduler_db.begin() as session:
        token = token_of(an_invitation(session).id)
    asked = "?language=es"

    assert f"/t/{token}/zone{asked}" in visitor.open(f"/t/{token}{asked}").get_data(as_text=True)
    page = visitor.open(f"/t/{token}/zone{asked}")
    assert f'href="/t/{token}{asked}"' in page.get_data(as_text=True)
    unknown = visitor.send(f"/t/{token}/zone{asked}", page, timezone="Nowhere")
    assert f'action="/t/{token}/zone{asked}"' in unknown.get_data(as_text=True)
    chosen = visitor.send(f"/t/{token}/zone{asked}", page, timezone="America/Denver")

    assert chosen.location == f"/t/{token}{asked}"


def test_p24_who_asked_for_a_language_falls_over_to_nobody_who_does_not_speak_it(
    scheduler_db, two, visitor
):
    fits(scheduler_db, two[1], languages=["en", "es"])
    with scheduler_db.begin() as session:
        first, second = (token_of(an_invitation(session).id) for _ in range(2))
        number = schedule_of(session, two[1]).id
    page = visitor.open(f"/t/{first}?language=es")
    value = slot_values(page)[0]
    form = {"start": value, "anyone": "true", "language": "es"}
    assert visitor.send(f"/t/{first}/hold", page, **form).status_code == 303

    refused = visitor.send(f"/t/{second}/hold", page, **form)

    assert refused.status_code == 409
    assert [row.schedule_id for row in live_rows(scheduler_db)] == [number]
    assert "with Ada" not in words(refused), "the page still shows what was asked for"
    in_any = {"start": value, "anyone": "true"}
    assert visitor.send(f"/t/{second}/hold", page, **in_any).status_code == 303


def test_programs_ask_for_a_language(scheduler_db, two, app):
    ada, ines = two
    fits(scheduler_db, ines, languages=["en", "es"])
    with scheduler_db.begin() as session:
        token = token_of(an_invitation(session).id)
    program = app.test_client()
    headers = {"Authorization": f"Bearer {token}"}

    found = program.get("/api/slots?language=es", headers=headers).get_json()["slots"]
    assert {who for one in found for who in one["practitioner_ids"]} == {str(ines.id)}
    wanted = {"start": found[0]["start"], "language": "es"}
    refused = program.post(
        "/api/holds", json=wanted | {"practitioner_id": str(ada.id)}, headers=headers
    )
    assert refused.status_code == 409
    held = program.post("/api/holds", json=wanted, headers=headers)
    assert held.get_json()["practitioner_id"] == str(ines.id)
    bad = program.get("/api/slots?language=xx", headers=headers)
    assert bad.status_code == 422
    assert bad.get_json()["errors"][0]["field"] == "language"


def test_staff_learn_that_it_is_the_language(scheduler_db, two, app, owner: Visitor):
    fits(scheduler_db, two[1], languages=["en", "es"])
    day = utcnow().astimezone(NEW_YORK).date() + timedelta(days=7)
    address = f"/staff/why?who={two[0].id}&type=private-call&day={day}&at=10:00"

    assert "This time is offered" in words(owner.open(address))
    assert "does not speak that language" in words(owner.open(f"{address}&language=es"))


def test_everyone_speaks_english_and_meets_people_in_both_ways_unless_told_otherwise(
    scheduler_db, two
):
    assert starts(scheduler_db, MONDAY, language="en")
    change_kind(scheduler_db, in_person=True)
    a_house(scheduler_db, "Blue")
    assert starts(scheduler_db, MONDAY)
