"""
CVAT's own login, closed to all but one account, the way in when the issuer is down, and those of programs, which no issuer knows: their
passwords were made by the stack, and by them it makes their tokens.
"""

from django.contrib.auth.backends import ModelBackend

from . import configuration


class EmergencyAccount(ModelBackend):
    """
    The only backend, so that no way by a password is left beside it: login, Basic, Django's own pages. Sessions that others had by a password
    end with it: Django knows none of a backend that is not there.
    """

    def authenticate(self, request, username=None, password=None, **credentials):
        user = super().authenticate(request, username=username, password=password, **credentials)
        return user if user is not None and self.may(user) else None

    def get_user(self, user_id):
        user = super().get_user(user_id)
        return user if user is not None and self.may(user) else None

    @staticmethod
    def may(user):
        expected = configuration.current()
        return user.username == expected.emergency_account or user.username in expected.program_accounts
