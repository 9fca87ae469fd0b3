"""The checkup of the mock: one check that follows the members, and nine that are good."""

from __future__ import annotations

from mock_desk import Desk, now

GOOD = [
    ("botToken", "Bot token", "The token is @desk_bot's."),
    ("webhook", "Webhook", "Telegram delivers to https://desk.example; 0 updates wait."),
    ("links", "Magic links", "The project has no links."),
    ("roster", "Members and pools", "1 active member with Reply."),
    ("scope", "Scope and languages", "1 member can be given what comes in."),
    ("seats", "Seats", "Seats are not limited."),
    ("stalePages", "Open pages", "1 member with an open page that shows what came in."),
    ("notifications", "Notifications", "1 member with an open page that may notify."),
    ("completed", "Completed sessions", "0 completed sessions, nothing written after the end."),
    ("signIns", "Sign-ins", "1 member here within 7 days."),
]


def check(name: str, title: str, text: str, verdict="ok", fix=None) -> dict:
    return {"id": name, "title": title, "verdict": verdict, "fix": fix,
            "evidence": [{"verdict": verdict, "text": text}]}


def checkup(desk: Desk, project: str) -> dict:
    checks = [check(*each) for each in GOOD]
    members = desk.projects[project]["members"]
    if not any("reply" in each["permissions"] for each in members):
        checks[3] = check("roster", "Members and pools", "No member is active and may reply.",
                          "problem", "Add an active member with Reply.")
    worst = next((each for each in checks if each["verdict"] != "ok"), checks[0])
    return {"index": str(desk.index), "project": project, "at": now(),
            "verdict": worst["verdict"], "checks": checks,
            "deliveries": check("deliveries", "Deliveries", "No message failed.")}
