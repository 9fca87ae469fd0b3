"""Files of customers' messages, brought from the Bot API through a node for who sees them."""

import base64
import urllib.parse

import pytest
from desk import new_user
from driver.waiting import wait_until

# The smallest whole picture: one grey pixel.
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==")


@pytest.fixture(scope="module")
def desk(shared_desk):
    """A desk whose webhook is at the second node."""
    desk = shared_desk("Ana", "Wei")
    desk.open_console("Ana")
    desk.admin.at(desk.cluster[2].url).post(
        f"/api/v1/projects/{desk.id}/webhook", {"url": desk.cluster[2].url})
    return desk


def sends(desk, user, **content):
    """A customer sends something; gives the session and the item in its history."""
    if "bytes" in content:
        content["bytes"] = base64.urlsafe_b64encode(content["bytes"]).decode().rstrip("=")
    desk.standin.post(f"/standin/customers/{user}/send", {"bot": desk.bot, **content})
    session = wait_until("the message", lambda: desk.session_of(user, name="Ana"))
    items = [i for i in desk.browser("Ana").history(session["id"]) if i["kind"] == "message"]
    return session["id"], items[-1]


def fetch(desk, session, item, name="Ana", node=1, size=None):
    query = f"?size={size}" if size else ""
    return desk.browser(name, node).attempt(
        "GET", f"/api/v1/sessions/{session}/messages/{item['ordinal']}/file{query}")


def test_a_photo_comes_from_every_node_in_two_sizes(desk):
    whole = PNG + bytes(500)
    session, item = sends(desk, new_user(), kind="photo", bytes=whole, caption="Look")
    assert item["messageKind"] == "photo" and item["text"] == "Look"
    assert item["file"] == {"hasThumbnail": True, "size": len(whole)}
    for node in (1, 2, 3):
        answer = fetch(desk, session, item, node=node)
        assert answer.status == 200 and answer.body == whole
        assert answer.headers["Content-Type"] == "image/png"
    small = fetch(desk, session, item, size="thumbnail")
    assert small.status == 200 and small.body == whole + b"small"


def test_a_file_is_never_a_page_of_the_console(desk):
    page = b"<html><script>alert(1)</script></html>"
    session, item = sends(
        desk, new_user(), kind="document", bytes=page, file_name="naïve \"x\".html",
        mime_type="text/html")
    assert item["file"] == {
        "hasThumbnail": False, "size": len(page), "name": "naïve \"x\".html",
        "mimeType": "text/html"}
    answer = fetch(desk, session, item)
    assert answer.status == 200 and answer.body == page
    headers = answer.headers
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    plain, encoded = headers["Content-Disposition"].split("; filename*=UTF-8''")
    assert plain.startswith("attachment; filename=\"na")
    assert urllib.parse.unquote(encoded) == "naïve \"x\".html"
    assert headers["Cache-Control"] == "private, max-age=300"
    assert desk.token.split(":")[1] not in str(headers)


def test_only_who_sees_the_session_gets_its_files(desk):
    session, item = sends(desk, new_user(), kind="voice", bytes=b"OggS" + bytes(50))
    assert fetch(desk, session, item).headers["Content-Type"] == "audio/ogg"
    assert fetch(desk, session, item, name="Wei").status == 404
    nobody = desk.browser("Ana")
    nobody = type(nobody)(nobody.url)
    path = f"/api/v1/sessions/{session}/messages/{item['ordinal']}/file"
    assert nobody.attempt("GET", path).status == 401


def test_what_is_no_file_is_said(desk):
    session, item = sends(desk, new_user(), text="no file in here")
    assert "file" not in item
    refused = fetch(desk, session, item)
    assert refused.status == 404 and refused.json()["code"] == "not_found"
    assert fetch(desk, session, {"ordinal": "999"}).status == 404
    assert fetch(desk, session, {"ordinal": "x"}).status == 404
    assert fetch(desk, session, item, size="tiny").status == 422


def test_a_large_file_comes_whole_and_one_too_large_is_refused_in_words(desk):
    large = bytes(range(256)) * 20_000
    session, item = sends(desk, new_user(), kind="video", bytes=large)
    assert fetch(desk, session, item).body == large
    session, item = sends(desk, new_user(), kind="document", size=21 << 20)
    refused = fetch(desk, session, item)
    assert refused.status == 422 and refused.json()["code"] == "file_too_large"
    assert "20 MB" in refused.json()["detail"]


def test_a_bot_api_in_trouble_is_named(desk):
    session, item = sends(desk, new_user(), kind="photo", bytes=PNG)
    desk.standin.post(f"/standin/bots/{desk.bot}/faults", {
        "method": "getFile", "effect": "fail", "code": 500,
        "description": "Internal Server Error"})
    refused = fetch(desk, session, item)
    assert refused.status == 502 and refused.json()["code"] == "telegram"
    assert "Internal Server Error" in refused.json()["detail"]
    assert fetch(desk, session, item).body == PNG
