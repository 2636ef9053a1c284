"""The issuer's public keys: asked for once, kept, and asked for again as seldom as will do."""

import json
import logging
import ssl
import threading
import time
from dataclasses import dataclass

import jwt
import requests
from requests.adapters import HTTPAdapter

log = logging.getLogger("cvat.vision_platform_sso")

# A token with a key that is not known makes the issuer be asked at most once in this many seconds, whoever sends how many.
PAUSE = 30
# A key that the issuer has taken back is gone here after this many seconds.
LIFE = 600
# Seconds. Somebody waits for the page.
TO_CONNECT, TO_ANSWER = 3, 5
LONGEST_ANSWER = 1024 * 1024
SHORTEST_RSA = 2048

RSA = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
# By the key, never by the token alone: a public key is no secret for HS256, and `none` needs none at all.
ALGORITHMS = {
    ("RSA", None): RSA,
    ("EC", "P-256"): frozenset({"ES256"}),
    ("EC", "P-384"): frozenset({"ES384"}),
    ("EC", "P-521"): frozenset({"ES512"}),
}


class Unreachable(Exception):
    """The issuer does not answer, or not as an issuer does. The text has no secret in it."""


@dataclass(frozen=True)
class Key:
    kid: str | None
    algorithms: frozenset[str]
    public: object


class IssuerKeys:
    """Of one issuer, for all threads of this process."""

    def __init__(self, issuer, issuer_for_pods, issuer_ca="", clock=time.monotonic):
        self._issuer = issuer
        self._base = issuer_for_pods
        self._authority = issuer_ca
        self._clock = clock
        self._lock = threading.Lock()
        self._keys = ()
        self._address = None
        self._asked = None
        self._answered = None

    def known(self):
        """The keys as they are known. Asks where there are none yet, and now and then for what changed."""
        keys = self._keys
        if keys and self._clock() - self._answered > LIFE and self._lock.acquire(blocking=False):
            # One asks; meanwhile the others go on with what is known.
            try:
                self._ask_if_due()
            finally:
                self._lock.release()
        elif not keys:
            with self._lock:
                self._ask_if_due()
        if not self._keys:
            raise Unreachable(f"the keys of {self._issuer} are not known")
        return self._keys

    def newer_than(self, keys):
        """Other keys than these, where the issuer has them and may be asked; else none."""
        with self._lock:
            if self._keys is keys:
                self._ask_if_due()
            return self._keys if self._keys is not keys else ()

    def _ask_if_due(self):
        now = self._clock()
        if self._asked is not None and now - self._asked < PAUSE:
            return
        self._asked = now
        try:
            self._address = self._address or self._discover()
            keys = tuple(filter(None, map(usable, listed(fetch(self._address, self._authority)))))
        except Unreachable as error:
            # It may have moved; what is known stays good meanwhile.
            self._address = None
            log.warning("sign-in: %s", error)
            return
        self._answered = self._clock()
        if keys:
            self._keys = keys
        else:
            log.warning("sign-in: %s has no key that tokens may be signed with", self._issuer)

    def _discover(self):
        document = fetch(f"{self._base.rstrip('/')}/.well-known/openid-configuration", self._authority)
        address = document.get("jwks_uri")
        if document.get("issuer") != self._issuer or not isinstance(address, str):
            raise Unreachable(f"{self._base} is another issuer than {self._issuer}, or none")
        if address.startswith(f"{self._issuer.rstrip('/')}/"):
            # Where the issuer's own name does not lead to it from here.
            address = self._base.rstrip("/") + address[len(self._issuer.rstrip("/")) :]
        if self._base.startswith("https:") and not address.startswith("https:"):
            raise Unreachable(f"{self._issuer} has its keys at {address}, where anybody on the way can change them")
        return address


class Trusting(HTTPAdapter):
    """Trusts an authority besides the public ones, which requests loads into the same context."""

    def __init__(self, authority):
        self._authority = authority
        super().__init__()

    def init_poolmanager(self, *args, **kwargs):
        context = ssl.create_default_context(cadata=self._authority)
        super().init_poolmanager(*args, ssl_context=context, **kwargs)

    def proxy_manager_for(self, proxy, **kwargs):
        context = ssl.create_default_context(cadata=self._authority)
        return super().proxy_manager_for(proxy, ssl_context=context, **kwargs)


def fetch(url, authority=""):
    """A JSON object, within the bounds above."""
    try:
        with requests.Session() as session:
            if authority:
                session.mount("https://", Trusting(authority))
            return object_at(session, url)
    except requests.exceptions.SSLError:
        raise Unreachable(
            f"{url} has a certificate that is not trusted here: see vision-platform:sso.issuerCa"
        ) from None
    except (requests.RequestException, ValueError) as error:
        raise Unreachable(f"{url}: no answer ({type(error).__name__})") from None


def object_at(session, url):
    with session.get(url, timeout=(TO_CONNECT, TO_ANSWER), allow_redirects=False, stream=True) as answer:
        if answer.status_code != 200:
            raise Unreachable(f"{url} answers {answer.status_code}")
        end = time.monotonic() + TO_ANSWER
        text = b""
        for part in answer.iter_content(65536):
            text += part
            if len(text) > LONGEST_ANSWER or time.monotonic() > end:
                raise Unreachable(f"{url} answers too much or too slowly")
    document = json.loads(text)
    if not isinstance(document, dict):
        raise Unreachable(f"{url} answers no object")
    return document


def listed(document):
    keys = document.get("keys")
    return [key for key in keys if isinstance(key, dict)] if isinstance(keys, list) else []


def usable(jwk):
    """A key that signs. Keycloak lists one to encrypt with, too."""
    algorithms = ALGORITHMS.get((jwk.get("kty"), jwk.get("crv")), frozenset())
    if "alg" in jwk:
        algorithms &= {jwk["alg"]}
    if jwk.get("use", "sig") != "sig" or "verify" not in jwk.get("key_ops", ["verify"]) or not algorithms:
        return None
    try:
        public = jwt.PyJWK(jwk, algorithm=min(algorithms)).key
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        log.warning("sign-in: a key of the issuer is left out (%s)", type(error).__name__)
        return None
    if jwk["kty"] == "RSA" and public.key_size < SHORTEST_RSA:
        log.warning("sign-in: a key of the issuer is left out, which is shorter than %d", SHORTEST_RSA)
        return None
    return Key(jwk.get("kid"), algorithms, public)
