"""What is asked on the pages about somebody's sign-in, each field with its own sentence."""

from marshmallow import fields, validate

from services.scheduler.schemas import Strict


class CodeForm(Strict):
    """The second step: six digits of an app, or a recovery code."""

    code = fields.String(
        required=True,
        validate=validate.Length(max=60, error="That is too long for a code."),
        error_messages={"required": "Type the code."},
    )


class AppForm(CodeForm):
    """A first code of a new app. `setup` is what we sent with the square, signed."""

    setup = fields.String(required=True, validate=validate.Length(max=1000))


class PasskeyForm(Strict):
    """A name for a new passkey; the rest is the browser's, and read by `passkey_forms`."""

    name = fields.String(
        required=True,
        validate=validate.Length(max=60, error="Please use at most 60 characters."),
        error_messages={"required": "Give it a name, so that you know it again."},
    )
    credential = fields.String(load_default="")
    challenge = fields.String(load_default="")


class NewPasswordForm(Strict):
    """The password of now, and the one that takes its place."""

    current = fields.String(
        required=True,
        validate=validate.Length(max=1000),
        error_messages={"required": "Type the password that you have now."},
    )
    password = fields.String(
        required=True,
        validate=validate.Length(max=1000),
        error_messages={"required": "Choose a password of at least 15 characters."},
    )


class ReasonForm(Strict):
    """Why something was done to somebody else's sign-in."""

    reason = fields.String(
        required=True,
        validate=validate.Length(max=200, error="Please use at most 200 characters."),
        error_messages={"required": "Write why, in a few words."},
    )
