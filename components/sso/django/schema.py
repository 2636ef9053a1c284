"""How CVAT's description of its API names the class: its pages ask for that description each time, and for a class without a name each view warns."""

from drf_spectacular.extensions import OpenApiAuthenticationExtension

from . import configuration


class SsoAuthenticationScheme(OpenApiAuthenticationExtension):
    target_class = f"{__package__}.authentication.SsoAuthentication"
    name = "ssoAuth"

    def get_security_definition(self, auto_schema):
        header = configuration.current().header.removeprefix("HTTP_").replace("_", "-").title()
        return {"type": "apiKey", "in": "header", "name": header}
