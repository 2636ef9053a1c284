"""CVAT's addresses, as many as sign-in meets (cvat/apps/iam/urls.py), with one that says who called and one that takes uploads."""

import hashlib
import time

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


class Analytics(APIView):
    """Whether somebody may see Grafana. (cvat/apps/log_viewer/views.py)"""

    def get(self, request):
        return Response(status=200 if request.user.profile.has_analytics_access else 403)


class Upload(APIView):
    """Says what came of an upload, and begins its answer as late as it is asked to. CVAT takes uploads at this address, whole or in parts."""

    def post(self, request, task, file=None):
        digest, size = hashlib.sha256(), 0
        while part := request._request.read(1024 * 1024):
            digest.update(part)
            size += len(part)
        time.sleep(float(request.query_params.get("late", 0)))
        return Response({"username": request.user.username, "bytes": size, "sha256": digest.hexdigest()})

    patch = post


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
    path("api/tasks/<int:task>/data", Upload.as_view()),
    path("api/tasks/<int:task>/data/<str:file>", Upload.as_view()),
    path("analytics", Analytics.as_view()),
    path("api/server/about", About.as_view()),
]
