"""What the Django of CVAT takes for an address. Reads {"urls": [], "emails": [], "texts": []}, prints the same with Django's word on each."""

import json
import sys

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator, URLValidator


def takes(validator, value):
    try:
        validator(value)
        return True
    except ValidationError:
        return False


asked = json.load(sys.stdin)
json.dump(
    {
        "urls": [takes(URLValidator(), url) for url in asked["urls"]],
        "emails": [takes(EmailValidator(), email) for email in asked["emails"]],
        "texts": [text.strip() for text in asked["texts"]],
    },
    sys.stdout,
)
