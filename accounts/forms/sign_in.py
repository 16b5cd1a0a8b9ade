"""allauth's forms in Tandem's words. What is checked, and how, stays allauth's."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as account
from allauth.mfa.base import forms as mfa
from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as webauthn
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from typing_extensions import override

from accounts import limits, password_mail

# From here on the remaining tries are counted out loud.
FEW_TRIES = 4
SHORT_NAME = MaxLengthValidator(60)
NEW_PASSWORD_HINT = gettext_lazy("At least 10 characters. A few words in a row are good and easy to keep.")


class InTandemsWords(forms.Form):
    """Labels and hints that are ours: allauth writes its own into placeholders, which vanish while one types."""

    mark_optional = False
    WORDS: dict[str, Any] = {}
    HINTS: dict[str, Any] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = self.WORDS.get(name, field.label)
            field.help_text = self.HINTS.get(name, "")
            field.widget.attrs.pop("placeholder", None)


class SignInForm(InTandemsWords, account.LoginForm):
    WORDS = {
        "login": gettext_lazy("E-mail"),
        "password": gettext_lazy("Password"),
        "remember": gettext_lazy("Keep me signed in on this device for 14 days"),
    }
    wait: limits.Wait | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].widget.attrs |= {"autocomplete": "username", "autofocus": not self.is_bound}

    @override
    def clean(self) -> dict[str, Any]:
        """A refusal stands beside the password and sounds the same whether or not the address is known."""
        try:
            super().clean()
        except ValidationError as error:
            self.add_error("password", self._sentence(error))
        return self.cleaned_data

    def _sentence(self, error: ValidationError) -> str:
        request: HttpRequest = self.request
        email = self.cleaned_data["login"]
        if error.code == "too_many_login_attempts":
            self.wait = limits.wait_of_sign_in(request, email)
            return _too_many(self.wait)
        left = limits.tries_left(request, email)
        if left is None or left > FEW_TRIES:
            return _("This address and this password do not belong together.")
        return _("This address and this password do not belong together.") + " " + _tries(left)


def _tries(left: int) -> str:
    if not left:
        return _("That was the last try for now.")
    return ngettext("%(number)d try left.", "%(number)d tries left.", left) % {"number": left}


def _too_many(wait: limits.Wait | None) -> str:
    if wait is None:
        return _("Too many tries. Try again later.")
    sentence = ngettext(
        "Too many tries. Try again in %(number)d minute.",
        "Too many tries. Try again in %(number)d minutes.",
        wait.minutes,
    )
    return sentence % {"number": wait.minutes}


class AskForPasswordForm(InTandemsWords, account.ResetPasswordForm):
    WORDS = {"email": gettext_lazy("E-mail")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].widget.attrs |= {"autocomplete": "username", "autofocus": not self.is_bound}

    @override
    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        """Mail the link, or for an unknown address do the same work for nobody: time must not tell either."""
        email: str = self.cleaned_data["email"]
        password_mail.send(email, user=self.users[0] if self.users else None)
        return email


class ChoosePasswordForm(InTandemsWords, account.ResetPasswordKeyForm):
    WORDS = {"password1": gettext_lazy("New password"), "password2": gettext_lazy("The same again")}
    HINTS = {"password1": NEW_PASSWORD_HINT}


class ChangePasswordForm(InTandemsWords, account.ChangePasswordForm):
    WORDS = {"oldpassword": gettext_lazy("Present password"), **ChoosePasswordForm.WORDS}
    HINTS = {"password1": NEW_PASSWORD_HINT}


class SetPasswordForm(InTandemsWords, account.SetPasswordForm):
    WORDS = ChoosePasswordForm.WORDS
    HINTS = {"password1": NEW_PASSWORD_HINT}


class ConfirmPasswordForm(InTandemsWords, account.ReauthenticateForm):
    WORDS = {"password": gettext_lazy("Password")}

    @override
    def clean_password(self) -> str:
        try:
            password: str = super().clean_password()
        except ValidationError as error:
            if error.code == "too_many_login_attempts":
                raise ValidationError(_too_many(None)) from error
            raise ValidationError(_("This is not your password.")) from error
        return password


class CodeForm(InTandemsWords):
    """The six digits of an app or, where it is asked at sign-in, one of the recovery codes."""

    WORDS = {"code": gettext_lazy("Code")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        attributes = {"class": "in-code", "autofocus": True, "spellcheck": "false", "autocapitalize": "off"}
        self.fields["code"].widget.attrs |= attributes

    def clean_code(self) -> str:
        try:
            return super().clean_code()  # type: ignore[misc, no-any-return]
        except ValidationError as error:
            if error.code in {"too_many_login_attempts", "rate_limited"}:
                raise ValidationError(_too_many(None)) from error
            raise ValidationError(_("This code does not fit, or it was used already.")) from error


class SecondFactorForm(CodeForm, mfa.AuthenticateForm):
    pass


class ConfirmCodeForm(CodeForm, mfa.ReauthenticateForm):
    pass


class AddAppForm(CodeForm, totp.ActivateTOTPForm):
    WORDS = {"code": gettext_lazy("Code from the app")}


class AddPasskeyForm(InTandemsWords, webauthn.AddWebAuthnForm):
    WORDS = {
        "name": gettext_lazy("Name"),
        "passwordless": gettext_lazy("Sign in with it alone, without address and password"),
    }
    HINTS = {
        "name": gettext_lazy("So that you know it again: the phone, the laptop, the key on your ring."),
        "passwordless": gettext_lazy("It then asks for a fingerprint, a face or a PIN."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].validators.append(SHORT_NAME)
        self.fields["passwordless"].initial = True


class RenamePasskeyForm(InTandemsWords, webauthn.EditWebAuthnForm):
    WORDS = {"name": gettext_lazy("Name")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].validators.append(SHORT_NAME)
        self.fields["name"].widget.attrs["autofocus"] = True
