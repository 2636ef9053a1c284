"""CVAT's pages under /api/auth (cvat/apps/iam/urls.py)."""

from dj_rest_auth.registration.views import RegisterView
from dj_rest_auth.views import LoginView, PasswordChangeView, PasswordResetConfirmView, PasswordResetView
from django.urls import include, path

auth = [
    path("login", LoginView.as_view(), name="rest_login"),
    path("register", RegisterView.as_view(), name="rest_register"),
    path("password/reset", PasswordResetView.as_view(), name="rest_password_reset"),
    path("password/reset/confirm", PasswordResetConfirmView.as_view(), name="rest_password_reset_confirm"),
    path("password/change", PasswordChangeView.as_view(), name="rest_password_change"),
]
urlpatterns = [
    path("api/auth/", include(auth)),
    # For the link in the mail; the page is the web pages' own.
    path("auth/password/reset/confirm/<uidb64>/<token>", LoginView.as_view(), name="password_reset_confirm"),
]
