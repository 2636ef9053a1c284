"""An issuer of tokens on loopback: its discovery document, its keys, and a count of who asked for them."""

import datetime
import ipaddress
import json
import ssl
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

PUBLIC = "https://auth.example.com/realms/lab"
REALM = "/realms/lab"


def rsa_key(size=2048):
    return rsa.generate_private_key(public_exponent=65537, key_size=size)


# Made once: it takes long.
FIRST, SECOND, STRANGER = rsa_key(), rsa_key(), rsa_key()
CURVE = ec.generate_private_key(ec.SECP256R1())


def jwk(private, kid, **changes):
    algorithm = jwt.algorithms.RSAAlgorithm if isinstance(private, rsa.RSAPrivateKey) else jwt.algorithms.ECAlgorithm
    return {**json.loads(algorithm.to_jwk(private.public_key())), "kid": kid, "use": "sig", **changes}


def authority_and_server():
    """A private authority of its own, in PEM, and a context of a server on loopback that it vouches for."""
    names = [x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)]) for text in ("authority", "issuer")]
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in names]
    now = datetime.datetime.now(datetime.UTC)

    def made(name, key, *extensions):
        day = datetime.timedelta(days=1)
        builder = x509.CertificateBuilder(
            names[0], name, key.public_key(), x509.random_serial_number(), now - day, now + day
        )
        for extension in extensions:
            builder = builder.add_extension(extension, critical=False)
        return builder.sign(keys[0], hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    authority = made(names[0], keys[0], x509.BasicConstraints(ca=True, path_length=None))
    loopback = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    key = keys[1].private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile() as file:
        file.write(made(names[1], keys[1], loopback) + key)
        file.flush()
        context.load_cert_chain(file.name)
    return authority.decode(), context


class Issuer:
    def __init__(self, tls=None):
        self.keys = [jwk(FIRST, "first", alg="RS256")]
        self.issuer = PUBLIC
        self.asked = []
        self.answers = True
        self.delay = 0.0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                outer.asked.append(self.path)
                time.sleep(outer.delay)
                documents = {
                    f"{REALM}/.well-known/openid-configuration": {
                        "issuer": outer.issuer,
                        "jwks_uri": f"{PUBLIC}/protocol/openid-connect/certs",
                    },
                    f"{REALM}/protocol/openid-connect/certs": {"keys": outer.keys},
                }
                document = documents.get(self.path) if outer.answers else None
                body = json.dumps(document).encode()
                self.send_response(200 if document else 503)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.address = f"{'http' if tls is None else 'https'}://127.0.0.1:{self._server.server_address[1]}{REALM}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def asked_for_keys(self):
        return sum(path.endswith("/certs") for path in self.asked)

    def end(self):
        self._server.shutdown()
        self._server.server_close()


def id_claims(now=None, **changes):
    """As Keycloak writes them. A change to None takes a claim away."""
    now = int(time.time()) if now is None else now
    claims = {
        "iss": PUBLIC,
        "aud": "cvat",
        "azp": "cvat",
        "sub": "f3c1a0e2",
        "sid": "session-1",
        "typ": "ID",
        "iat": now,
        "exp": now + 300,
        "auth_time": now,
        "email": "ann@example.test",
        "email_verified": True,
        "preferred_username": "ann",
        "given_name": "Ann",
        "family_name": "Otator",
        "groups": ["/annotators"],
        **changes,
    }
    return {name: value for name, value in claims.items() if value is not None}


def logout_claims(**changes):
    events = {"http://schemas.openid.net/event/backchannel-logout": {}}
    return id_claims(
        **{
            **dict.fromkeys(["azp", "auth_time", "email", "email_verified", "preferred_username", "groups"]),
            "typ": "Logout",
            "events": events,
            "jti": f"jti-{time.monotonic_ns()}",
            **changes,
        }
    )


def signed(claims, key=FIRST, algorithm="RS256", kid="first", **header):
    headers = {name: value for name, value in {"typ": "JWT", "kid": kid, **header}.items() if value is not None}
    return jwt.encode(claims, key, algorithm=algorithm, headers=headers)


def logout_token(**changes):
    return signed(logout_claims(**changes), typ="logout+jwt")
