"""A client of the REST API: one connection, one cookie, errors as exceptions."""

import http.client
import json
import urllib.parse


class ApiError(Exception):
    """An answer that is not 2xx, with its problem document."""

    def __init__(self, method, path, status, headers, body):
        self.status = status
        self.headers = headers
        try:
            self.problem = json.loads(body)
        except ValueError:
            self.problem = {"detail": body[:300].decode(errors="replace")}
        self.code = self.problem.get("code")
        super().__init__(f"{method} {path}: {status} {self.problem}")


class Answer:
    """Status, headers and body of one answer."""

    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    def json(self):
        """The parsed body."""
        return json.loads(self.body)


def request(url, method, target, headers=None, body=None, tls=None, timeout=30, source=None):
    """One request on a connection of its own; every status is an answer."""
    parts = urllib.parse.urlsplit(url)
    source = (source, 0) if source else None
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(
            parts.hostname, parts.port, timeout=timeout, context=tls, source_address=source)
    else:
        connection = http.client.HTTPConnection(
            parts.hostname, parts.port, timeout=timeout, source_address=source)
    try:
        connection.request(method, target, body, headers or {})
        return Answer(connection.getresponse())
    finally:
        connection.close()


class Api:
    """The REST API at one node, for one browser: its cookie goes along to other nodes."""

    def __init__(self, url, tls=None, cookie=None):
        self.url = url
        self.tls = tls
        self.cookie = cookie
        self.index = 0

    def at(self, url):
        """The same browser at another node."""
        return Api(url, self.tls, self.cookie)

    def send(self, method, path, body=None, headers=None):
        """One call; raises ApiError unless it is 2xx, else gives the Answer."""
        answer = self.attempt(method, path, body, headers)
        if not 200 <= answer.status < 300:
            raise ApiError(method, path, answer.status, answer.headers, answer.body)
        return answer

    def attempt(self, method, path, body=None, headers=None):
        """One call; any status is an answer."""
        parts = urllib.parse.urlsplit(self.url)
        all_headers = {"Origin": f"{parts.scheme}://{parts.netloc}", "Accept": "application/json"}
        if self.cookie:
            all_headers["Cookie"] = self.cookie
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            all_headers["Content-Type"] = "application/json"
        elif method not in ("GET", "HEAD"):
            data = b"{}"
            all_headers["Content-Type"] = "application/json"
        all_headers.update(headers or {})
        answer = request(self.url, method, path, all_headers, data, self.tls)
        self.index = int(answer.headers.get("Roundhouse-Index", self.index))
        return answer

    def get(self, path, **query):
        """GETs JSON."""
        text = urllib.parse.urlencode(query)
        return self.send("GET", f"{path}?{text}" if text else path).json()

    def post(self, path, body=None):
        """POSTs JSON; gives the parsed answer, or None when it is empty."""
        answer = self.send("POST", path, body if body is not None else {})
        return answer.json() if answer.body else None

    def put(self, path, body):
        """PUTs JSON; gives the parsed answer, or None when it is empty."""
        answer = self.send("PUT", path, body)
        return answer.json() if answer.body else None

    def sign_in(self, login, password):
        """Signs in and keeps the cookie; gives the agent."""
        answer = self.send("POST", "/api/v1/sign-in", {"login": login, "password": password})
        self.cookie = answer.headers["Set-Cookie"].split(";")[0]
        return answer.json()["agent"]

    def sessions(self, which, **query):
        """All sessions of a list, page after page."""
        cursor, result = None, []
        while True:
            more = dict(query, cursor=cursor) if cursor else query
            page = self.get("/api/v1/sessions", list=which, **more)
            result += page["items"]
            cursor = page.get("next")
            if not cursor:
                return result

    def history(self, session):
        """The whole history of a session, oldest first."""
        before, items = None, []
        while True:
            query = {"limit": 100, **({"before": before} if before else {})}
            page = self.get(f"/api/v1/sessions/{session}/history", **query)
            items += page["items"]
            before = page.get("next")
            if not before:
                return sorted(items, key=lambda item: int(item["ordinal"]))

    def export_sessions(self, **query):
        """Every session with its updates and decisions, for bulk checks."""
        after, result = "0", []
        while True:
            page = self.get("/api/v1/export/sessions", after=after, limit=1000, **query)
            result += page["items"]
            after = page["next"]
            if not after:
                return result
