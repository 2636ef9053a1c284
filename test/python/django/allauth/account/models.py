"""As much of allauth/account/models.py (django-allauth 0.57.2) as users need."""

from django.contrib.auth.models import User
from django.db import models


class EmailAddress(models.Model):
    user = models.ForeignKey(User, on_delete=models.CASCADE)
    email = models.EmailField(max_length=254)
