"""The lint of telling words."""

import pytest

from shared.neutrality import telling_words


@pytest.mark.parametrize(
    "text",
    [
        "Your couples session is on Tuesday.",
        "https://example.org/intake/step/3",
        "Are you SAFE at home?",
        "Thinking of leaving him",
        "Call 988",
        "Your therapist will call.",
        "marriage counselling",
        "Su sesión de pareja es el martes.",
        "¿Tiene miedo en casa?",
        "La psicóloga le llamará.",
        "Una terapia para los dos",
        "Hubo violencia",
    ],
)
def test_a_telling_word_is_found(text):
    assert telling_words(text)


@pytest.mark.parametrize(
    "text",
    [
        "Harbor Lane: a reminder for Tuesday at 4:45 pm. Reply STOP to stop, HELP for help.",
        "https://example.org/schedule/m/abc",
        "A note from Harbor Lane",
        "courteous, screech, reinforced",
        "Su cita está reservada: miércoles, 23 de septiembre, hora del Pacífico (Los Ángeles)",
        "Este enlace es solo para usted. Responda STOP para parar, HELP para ayuda.",
    ],
)
def test_an_ordinary_sentence_is_neutral(text):
    assert telling_words(text) == []


def test_the_words_found_are_named_in_order():
    assert telling_words("A safe place, no secrets.") == ["safe", "secrets"]
