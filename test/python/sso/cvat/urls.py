"""CVAT's addresses, as many as sign-in meets (cvat/apps/iam/urls.py), with two that say who called."""

from dj_rest_auth.registration.views import RegisterView
from dj_rest_auth.views import LoginView, LogoutView, PasswordChangeView, PasswordResetView
from django.contrib import admin
from django.urls import include, path
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView


class Self(APIView):
    def get(self, request):
        user = request.user
        members = user.memberships.filter(is_active=True).select_related("organization")
        return Response(
            {
                "id": user.pk,
                "username": user.username,
                "email": user.email,
                "superuser": user.is_superuser,
                "groups": sorted(user.groups.values_list("name", flat=True)),
                "organizations": {member.organization.slug: member.role for member in members},
            }
        )

    post = patch = put = delete = get


class About(APIView):
    permission_classes = (AllowAny,)

    def get(self, request):
        return Response({"name": "CVAT"})


auth = [
    path("login", LoginView.as_view(), name="rest_login"),
    path("logout", LogoutView.as_view(), name="rest_logout"),
    path("register", RegisterView.as_view(), name="rest_register"),
    path("password/reset", PasswordResetView.as_view(), name="rest_password_reset"),
    path("password/change", PasswordChangeView.as_view(), name="rest_password_change"),
]
urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/auth/", include(auth)),
    path("api/users/self", Self.as_view()),
    path("api/server/about", About.as_view()),
]
