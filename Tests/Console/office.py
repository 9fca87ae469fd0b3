"""A support office for a test: one project, agents in browsers, customers at Telegram."""

from __future__ import annotations

import http.cookiejar
import itertools
import json
import urllib.request

from playwright.sync_api import Page, expect

SECRET = "a-webhook-secret-of-the-tests"


class Client:
    """One signed-in caller of the REST interface."""

    def __init__(self, url: str, login: str, password: str):
        self.url = url
        jar = http.cookiejar.CookieJar(http.cookiejar.DefaultCookiePolicy())
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        self.call("POST", "/api/v1/sign-in", {"login": login, "password": password})

    def call(self, method: str, path: str, body=None, headers=None):
        data = None if method == "GET" else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, method=method, headers={
            "Content-Type": "application/json", "Origin": self.url,
            "Sec-Fetch-Site": "same-origin", **(headers or {})})
        with self.opener.open(request, timeout=20) as response:
            text = response.read()
        return json.loads(text) if text else None


class Office:
    """One project, made for one test."""

    def __init__(self, url, login, password, admin, chromium, run):
        self.url = url
        self.login, self.password = login, password
        self.chromium = chromium
        self.run = run
        self.admin = admin
        self.numbers = itertools.count(int(f"7{run}000"))
        self.contexts = []
        self.agents: dict[str, str] = {}
        self.members: list[dict] = []
        self.errors: list[str] = []
        self.project = self.add_project(f"Desk {run}")

    def add_project(self, name: str) -> str:
        bot = next(self.numbers)
        return self.admin.call("POST", "/api/v1/projects", {
            "name": name, "botUsername": f"desk_{bot}_bot", "mode": "roundRobin",
            "token": f"{bot}:AAHfiqksKZ8WmR2zSjiQ7d5ZzTjIu0WkPqY", "webhookSecret": SECRET,
            "scope": "allAgents"})["id"]

    def add_agent(self, name: str, permissions=("reply", "transfer"), **changes) -> str:
        """A new account that is the last member of the project."""
        login = f"{name.lower().replace(' ', '-')}-{self.run}"
        agent = self.admin.call("POST", "/api/v1/agents", {
            "login": login, "name": name, "password": f"{login}-password", "isAdmin": False})
        agent = agent.get("agent", agent)["id"]
        if changes:
            self.admin.call("PUT", f"/api/v1/agents/{agent}", changes)
        self.members.append({"agent": agent, "permissions": list(permissions), "inScope": True})
        self.admin.call("PUT", f"/api/v1/projects/{self.project}/members", self.members)
        self.agents[name] = login
        return agent

    def customer_writes(self, name: str, text: str, user: int | None = None) -> int:
        """A webhook as Telegram sends it; gives the customer's number."""
        user = user or next(self.numbers)
        first, _, last = name.partition(" ")
        chat = {"id": user, "type": "private", "first_name": first}
        message = {"message_id": next(self.numbers), "date": 1_770_000_000, "text": text,
                   "chat": chat, "from": {"id": user, "is_bot": False, "first_name": first,
                                          "last_name": last, "language_code": "en",
                                          "username": f"user_{user}"}}
        self.admin.call("POST", f"/telegram/{self.project}",
                        {"update_id": next(self.numbers), "message": message},
                        {"X-Telegram-Bot-Api-Secret-Token": SECRET})
        return user

    def page(self, width=1440, height=900, **options) -> Page:
        """A fresh browser, not signed in."""
        context = self.chromium.new_context(viewport={"width": width, "height": height},
                                            **options)
        self.contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda message: self.errors.append(message.text)
                if "Content Security Policy" in message.text else None)
        page.goto(self.url)
        return page

    def sign_in(self, page: Page, login: str, password: str) -> None:
        page.get_by_label("Login").fill(login)
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Sign in").click()

    def desk_of(self, name: str, **options) -> Page:
        """The agent's console, signed in and receiving."""
        page = self.page(**options)
        login = self.agents[name]
        self.sign_in(page, login, f"{login}-password")
        expect(page.locator(".belief")).to_have_attribute("data-seen", "receiving")
        return page

    def desk_of_admin(self, **options) -> Page:
        page = self.page(**options)
        self.sign_in(page, self.login, self.password)
        expect(page.locator(".belief")).to_have_attribute("data-seen", "receiving")
        return page

    def close(self) -> None:
        for context in self.contexts:
            context.close()
        assert self.errors == [], self.errors
