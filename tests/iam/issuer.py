"""An OpenID Connect issuer of the tests' own: real HTTP, real keys."""

import base64
import hashlib
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Issuer:
    """Signs whatever claims the test puts into ``claims``; ``spoil`` changes a token before it goes out."""

    def __init__(self):
        self.client_id, self.client_secret = "devopsweb", "s3cret of the client"
        self.key = KEY
        self.kid = "k1"
        self.claims = {"sub": "u-1", "preferred_username": "ada", "email": "ada@example.com"}
        self.codes = {}
        self.basic = True
        self.fetched = []
        self.shown = None  # What the address of the keys answers instead of the keys.
        self.configuration = {}

    def start(self):
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                issuer.fetched.append(self.path)
                self.answer(issuer.page(urlsplit(self.path).path))

            def do_POST(self):
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                token = issuer.exchange(
                    {k: v[0] for k, v in form.items()}, self.headers.get("Authorization", "")
                )
                self.answer(
                    {"id_token": token} if token else {"error": "invalid_grant"}, 200 if token else 400
                )

            def answer(self, found, status=200):
                body = json.dumps(found).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://localhost:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def page(self, path):
        if path == "/.well-known/openid-configuration":
            methods = ["client_secret_basic"] if self.basic else ["client_secret_post"]
            found = {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
                "token_endpoint_auth_methods_supported": methods,
            }
            return found | self.configuration
        if self.shown is not None:
            return self.shown
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        return {
            "keys": [public | {"kid": self.kid, "use": "sig"}, {"kty": "oct", "k": "AAAA", "kid": "weak"}]
        }

    def authorize(self, away):
        """The person agrees: the query with which the browser goes back."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(away).query).items()}
        code = secrets.token_urlsafe(8)
        self.codes[code] = asked
        return {"code": code, "state": asked["state"]}

    def exchange(self, form, authorization):
        asked = self.codes.pop(form.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        given = base64.b64decode(authorization.removeprefix("Basic ")).decode() if self.basic else ""
        proven = (
            "s3cret%20of%20the%20client" in given
            if self.basic
            else form.get("client_secret") == self.client_secret
        )
        if not asked or not proven or challenge.rstrip(b"=").decode() != asked["code_challenge"]:
            return None
        return self.token(nonce=asked["nonce"])

    def token(self, **more):
        now = int(time.time())
        claims = {"iss": self.url, "aud": self.client_id, "iat": now, "exp": now + 300, **self.claims, **more}
        return jwt.encode(claims, self.key, "RS256", headers={"kid": self.kid})
