"""Reading a form: blank means not sent, all that is wrong is said at once, nothing is lost."""

import pytest
from marshmallow import Schema, ValidationError, fields, validate, validates_schema
from werkzeug.datastructures import MultiDict

from shared.web.forms import FormErrors, load


class PersonSchema(Schema):
    name = fields.String(required=True, validate=validate.Length(max=8, error="At most 8 letters."))
    email = fields.Email()
    goals = fields.List(fields.String(), load_default=list)
    age = fields.Integer()

    @validates_schema
    def reachable(self, data: dict[str, object], **_: object) -> None:
        if data.get("name") == "Nobody":
            raise ValidationError("Someone has to come.")


def errors_of(form: MultiDict[str, str]) -> dict[str, list[str]]:
    with pytest.raises(FormErrors) as caught:
        load(PersonSchema(), form)
    assert caught.value.given is form
    return caught.value.errors


def test_values_come_typed_and_the_token_stays_outside():
    form = MultiDict([("csrf_token", "t"), ("name", "Rowan"), ("age", "41")])

    assert load(PersonSchema(), form) == {"name": "Rowan", "age": 41, "goals": []}


def test_a_list_takes_every_value_and_others_the_last():
    form = MultiDict([("name", "A"), ("name", "Rowan"), ("goals", "closer"), ("goals", "repair")])

    assert load(PersonSchema(), form) == {"name": "Rowan", "goals": ["closer", "repair"]}


def test_a_blank_field_counts_as_not_sent():
    assert load(PersonSchema(), MultiDict({"name": "Rowan", "email": "  "})) == {
        "name": "Rowan",
        "goals": [],
    }


def test_everything_that_is_wrong_is_said_at_once_in_plain_words():
    form = MultiDict({"name": "", "email": "rowan@", "age": "old"})

    assert errors_of(form) == {
        "name": ["Please answer this one."],
        "email": ["Write the whole address, for example rowan@example.org."],
        "age": ["Please write a whole number."],
    }


def test_a_schema_s_own_words_come_first():
    assert errors_of(MultiDict({"name": "Rowan Teller"})) == {"name": ["At most 8 letters."]}


def test_a_field_that_the_page_does_not_have_is_refused():
    """ASVS 15.3.3: nothing is assigned that the schema doesn't name."""
    assert errors_of(MultiDict({"name": "Rowan", "role": "owner"})) == {
        "role": ["This page does not ask for that."]
    }


def test_a_nul_byte_is_refused_beside_its_field():
    errors = errors_of(MultiDict({"name": "Ro\x00wan", "email": "rowan@"}))

    assert list(errors) == ["name", "email"]
    assert errors["name"] == ["Please leave out the characters that can't be shown."]


def test_what_is_wrong_with_the_whole_form_has_a_place():
    assert errors_of(MultiDict({"name": "Nobody"})) == {"_schema": ["Someone has to come."]}
