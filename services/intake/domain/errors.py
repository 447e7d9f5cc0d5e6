"""What intake refuses, as facts."""


class BadDefinition(ValueError):
    """The screener's file can't be used. `place` names the part that is wrong."""

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(f"{place}: {problem}")
        self.place = place


class AnswerRefused(Exception):
    """An answer that can't be taken as it stands; the text says what to do about it."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class BadDocument(ValueError):
    """A document of answers that can't be judged. `field` names the part that is wrong."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem
