"""Fills the mock with a plausible hour of work, for pictures and for trying things out."""

from __future__ import annotations

import mock_actions
import mock_links
from mock_desk import Desk

MINUTE = 60


def fill(desk: Desk) -> None:
    """Three agents, two projects, links, and conversations in every state."""
    people = {}
    for login, name in [("ana", "Ana Ribeiro"), ("wei", "Wei Zhang"), ("jonas", "Jonas Berg"),
                        ("lena", "Lena Vogt")]:
        people[login] = desk.add_agent(login, name, f"{login}-password")["id"]
    admin = next(iter(desk.agents))
    shop = desk.set_project(None, {"name": "Harbour Bikes", "botUsername": "harbour_bikes_bot",
                                   "token": "1:x", "webhookSecret": "s"})["id"]
    care = desk.set_project(None, {"name": "Repairs", "botUsername": "harbour_care_bot",
                                   "token": "2:x", "mode": "onlineFirst"})["id"]
    for project in (shop, care):
        desk.projects[project]["members"] = [
            {"agent": agent, "inScope": True,
             "permissions": ["reply", "transfer"] + (["view", "manage"] if agent == admin else [])}
            for agent in [*people.values(), admin] if agent != admin or project == shop]
    desk.projects[care]["members"].append(
        {"agent": admin, "inScope": True, "permissions": ["view", "manage"]})
    links = {}
    for code, name in [("spring", "Spring newsletter"), ("map", "Map listing"),
                       ("qr7", "Shop window code")]:
        links[code] = desk.next_id()
        desk.links[links[code]] = {**mock_links.DEFAULTS, "id": links[code], "code": code,
                                   "name": name, "project": shop, "enabled": code != "qr7"}
        desk.entry("link", links[code])
    present(desk, people, {"ana": True, "wei": True, "jonas": False})
    desk.agents[people["wei"]]["openLimit"] = 3
    talks(desk, people, shop, care, links)
    desk.shift = 0


def present(desk, people, pages):
    """Simulated pages: visible or hidden."""
    for login, is_visible in pages.items():
        desk.agents[people[login]]["signedIn"] = True
        desk.pages[people[login]] = {0: is_visible}


def say(desk, session, agent, text, minutes, fate="sent", failure=None):
    """An answer some minutes ago, already through."""
    desk.shift = minutes * MINUTE
    item = mock_actions.reply(desk, session, agent, {"text": text}, lambda *_: None)
    item["delivery"] = fate
    if failure:
        item["failure"] = failure


def talks(desk, people, shop, care, links):
    """The conversations."""
    ana = people["ana"]
    number = iter(range(5001, 6000))
    # Ana is first in the list, so that the turn decides who gets which.
    script = [
        (96, shop, "Piotr Lewandowski", "pl", "spring", ["Thanks, that worked!"]),
        (81, shop, "Chiara Fontana", "it", None, ["Is the shop open on Sunday?"]),
        (74, shop, "Noor Haddad", "ar", "map", ["مرحبا، هل تشحنون إلى عمّان؟"]),
        (66, shop, "Sven Aalto", "fi", "spring", ["Do you take old bikes in part exchange?"]),
        (58, care, "Marta Kowalska", "en", None, [
            "Hi! My rear brake squeals since the service on Tuesday.",
            "It is the blue city bike, order 20417"]),
        (41, shop, "Daniel Osei", "en", "map", ["Which child seat fits the Trail 3?"]),
        (30, shop, "Yuki Tanaka", "ja", "spring", ["Can I collect tomorrow at 10?"]),
        (19, care, "Elif Demir", "tr", None, ["The gear lever got stuck again"]),
    ]
    made = {}
    for minutes, project, name, language, link, texts in script:
        desk.shift = minutes * MINUTE
        user = next(number)
        for text in texts:
            made[name] = desk.customer_writes(
                project, user, name, text, username=name.split()[0].lower() + "_tg",
                language=language, link=links.get(link))
            desk.shift -= 20
    for session in made.values():
        if session["owner"] not in (None, ana) and session["customer"]["name"] in (
                "Marta Kowalska", "Daniel Osei", "Yuki Tanaka", "Noor Haddad"):
            desk.own(session, ana)
    marta = made["Marta Kowalska"]
    say(desk, marta, ana, "Good morning! Sorry about that. Does it squeal only when wet, or "
        "always?", 52)
    desk.shift = 50 * MINUTE
    user = int(marta["customer"]["id"])
    desk.customer_writes(care, user, "", "Always. Louder when I brake softly.")
    desk.shift = 49.5 * MINUTE
    desk.customer_writes(care, user, "", "", kind="video")
    say(desk, marta, ana, "Thank you, the video helps. The pads look glazed; we sand them and "
        "true the rotor, which takes about half an hour and costs nothing after a service.", 46)
    say(desk, marta, ana, "Would today at 16:30 or tomorrow before 11:00 suit you?", 45)
    desk.shift = 12 * MINUTE
    desk.customer_writes(care, user, "", "Today 16:30 is perfect.")
    say(desk, marta, ana, "Booked: today, 16:30, ask for the workshop desk.", 10)
    say(desk, marta, ana, "Please bring the key of the battery lock as well.", 9.5, "uncertain",
        "the node that sent it stopped before it heard from Telegram")
    desk.shift = 2 * MINUTE
    desk.customer_writes(care, user, "", "Will do. Can I wait there while you work on it?")
    noor = made["Noor Haddad"]
    say(desk, noor, ana, "Yes, we ship to Amman in about nine days.", 70)
    yuki = made["Yuki Tanaka"]
    say(desk, yuki, ana, "Yes, it will be ready at the counter.", 26)
    piotr = made["Piotr Lewandowski"]
    if piotr["owner"]:
        desk.shift = 90 * MINUTE
        mock_actions.complete(desk, piotr, piotr["owner"], {"version": piotr["version"]})
    # From here nobody receives, so that the queue has somebody in it.
    for pages in desk.pages.values():
        pages.update({0: False})
    for minutes, name, text in [(6, "Isabel Moreno", "Hello, is somebody there?"),
                                (3, "Tom Okafor", "What does a new wheel cost?")]:
        desk.shift = minutes * MINUTE
        session = desk.customer_writes(shop, next(number), name, text, language="es")
        session["excluded"].add(ana)
    desk.pages[people["wei"]] = {0: True}
    desk.agents[people["wei"]]["openLimit"] = 2
    desk.pages[people["lena"]] = {}
