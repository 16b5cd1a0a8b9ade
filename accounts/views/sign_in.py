"""Where allauth's own pages are not enough."""

from __future__ import annotations

from http import HTTPStatus

from allauth.account.views import LoginView
from django.http import HttpResponse
from typing_extensions import override

from accounts.forms.sign_in import SignInForm


class SignInView(LoginView):
    """A refusal for too many tries is a 429 that says from when on it is worth trying again."""

    @override
    def form_invalid(self, form: SignInForm) -> HttpResponse:
        answer: HttpResponse = super().form_invalid(form)
        if form.wait is not None:
            answer.status_code = HTTPStatus.TOO_MANY_REQUESTS
            answer.headers["Retry-After"] = str(form.wait.seconds)
        return answer


sign_in = SignInView.as_view()
