"""aiogram drives the stand-in: its models must understand all that is sent, nothing left over."""

import asyncio
import contextlib
import struct

import pydantic
import pytest
from aiogram import Bot, Dispatcher, F
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import (
    TelegramBadRequest, TelegramConflictError, TelegramForbiddenError, TelegramNotFound,
    TelegramRetryAfter, TelegramUnauthorizedError)
from aiogram.types import BufferedInputFile, Message, Update
from aiogram.webhook.aiohttp_server import SimpleRequestHandler, setup_application
from aiohttp import web

from standin_process import TOKEN, WAIT, StandIn

CUSTOMER = 5_000_000_017
OTHER = 5_000_000_018


@contextlib.asynccontextmanager
async def client(standin, token=TOKEN):
    """An aiogram bot that talks to the stand-in."""
    session = AiohttpSession(api=TelegramAPIServer.from_base(standin.url))
    async with Bot(token, session=session) as bot:
        yield bot


@pytest.fixture(scope="module")
def standin():
    with StandIn("--seed", 7) as process:
        yield process


def assert_known(value, path="value"):
    """Fails when a model, or one anywhere inside it, has a field that aiogram does not know."""
    if isinstance(value, pydantic.BaseModel):
        assert not value.model_extra, f"{path} has {sorted(value.model_extra)}"
        for name in type(value).model_fields:
            assert_known(getattr(value, name), f"{path}.{name}")
    elif isinstance(value, (list, tuple)):
        for index, element in enumerate(value):
            assert_known(element, f"{path}[{index}]")
    elif isinstance(value, dict):
        for name, element in value.items():
            assert_known(element, f"{path}[{name!r}]")


async def newest_update(bot, update_id):
    """The update of this number, taken by getUpdates."""
    updates = await bot.get_updates(offset=update_id, limit=1)
    assert len(updates) == 1 and updates[0].update_id == update_id
    assert_known(updates[0])
    return updates[0]


def test_get_me(standin):
    async def run():
        async with client(standin) as bot:
            me = await bot.get_me()
            assert_known(me)
            assert (me.id, me.username, me.is_bot) == (123456, "test_bot", True)
            assert me.can_join_groups is True

    asyncio.run(run())


KINDS = ["photo", "document", "voice", "audio", "video", "video_note", "animation", "sticker"]
VALUES = {
    "location": {"latitude": 48.2, "longitude": 16.37},
    "venue": {"location": {"latitude": 48.2, "longitude": 16.37}, "title": "Desk",
              "address": "Ring 1"},
    "contact": {"phone_number": "+4312345", "first_name": "Ada", "user_id": 7},
    "dice": {"emoji": "🎲", "value": 3},
}


@pytest.mark.parametrize("kind", KINDS + sorted(VALUES))
def test_every_kind_of_message(standin, kind):
    async def run():
        message = {"kind": kind}
        if kind in VALUES:
            message["value"] = VALUES[kind]
        elif kind not in ("video_note", "sticker"):
            message["caption"] = "look at this"
        sent = standin.send(CUSTOMER, **message)
        async with client(standin) as bot:
            update = await newest_update(bot, sent["update_id"])
            assert update.event_type == "message"
            assert update.message.content_type == kind
            assert update.message.caption == message.get("caption")
            assert update.message.from_user.id == update.message.chat.id == CUSTOMER
            assert update.message.chat.type == "private"

    asyncio.run(run())


def test_text_start_and_reply(standin):
    async def run():
        async with client(standin) as bot:
            sent = standin.send(CUSTOMER, start="abc-_9")
            update = await newest_update(bot, sent["update_id"])
            assert update.message.text == "/start abc-_9"
            entity = update.message.entities[0]
            assert (entity.type, entity.offset, entity.length) == ("bot_command", 0, 6)
            text = "né 😀 \"quoted\" \\ back\nline \u2028 <b>"
            reply = standin.send(CUSTOMER, text=text, reply_to=sent["message_id"])
            update = await newest_update(bot, reply["update_id"])
            assert update.message.text == text
            assert update.message.reply_to_message.message_id == sent["message_id"]

    asyncio.run(run())


def test_places_people_and_albums_and_their_changes(standin):
    async def run():
        async with client(standin) as bot:
            sent = standin.send(CUSTOMER, kind="location", value={
                "latitude": 1.5, "longitude": 2.5, "live_period": 900})
            update = await newest_update(bot, sent["update_id"])
            assert update.message.location.live_period == 900
            moved = standin.control("POST", f"customers/{CUSTOMER}/edit", {
                "bot": "test_bot", "message_id": sent["message_id"], "kind": "location",
                "value": {"latitude": 1.6, "longitude": 2.5, "live_period": 900}})
            update = await newest_update(bot, moved["update_id"])
            assert update.edited_message.location.latitude == 1.6
            contact = standin.send(CUSTOMER, kind="contact", value={
                "phone_number": "+49 30", "first_name": "Kim"})
            update = await newest_update(bot, contact["update_id"])
            assert update.message.contact.phone_number == "+49 30"
            part = standin.send(CUSTOMER, kind="photo", media_group_id="7", caption="a")
            update = await newest_update(bot, part["update_id"])
            assert update.message.media_group_id == "7"
            changed = standin.control("POST", f"customers/{CUSTOMER}/edit", {
                "bot": "test_bot", "message_id": part["message_id"], "kind": "photo",
                "caption": "b"})
            update = await newest_update(bot, changed["update_id"])
            assert update.edited_message.caption == "b" and update.edited_message.photo

    asyncio.run(run())


def test_edits_blocks_and_buttons(standin):
    async def run():
        async with client(standin) as bot:
            sent = standin.send(CUSTOMER, text="fisrt")
            path = f"customers/{CUSTOMER}/"
            edit = standin.control(
                "POST", path + "edit",
                {"bot": "test_bot", "message_id": sent["message_id"], "text": "first"})
            update = await newest_update(bot, edit["update_id"])
            assert update.edited_message.text == "first"
            assert update.edited_message.edit_date is not None

            for action, old, new in [
                ("block", "member", "kicked"), ("unblock", "kicked", "member"),
            ]:
                change = standin.control("POST", path + action, {"bot": "test_bot"})
                update = await newest_update(bot, change["update_id"])
                assert update.my_chat_member.old_chat_member.status == old
                assert update.my_chat_member.new_chat_member.status == new
                assert update.my_chat_member.from_user.id == CUSTOMER

            keyboard = {"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}]]}
            question = standin.result(
                "sendMessage", chat_id=CUSTOMER, text="Sure?", reply_markup=keyboard)
            press = standin.control(
                "POST", path + "press",
                {"bot": "test_bot", "message_id": question["message_id"], "data": "y"})
            update = await newest_update(bot, press["update_id"])
            query = update.callback_query
            assert (query.data, query.message.text) == ("y", "Sure?")
            assert await bot.answer_callback_query(query.id, text="ok") is True
            with pytest.raises(TelegramBadRequest, match="query is too old"):
                await bot.answer_callback_query(query.id)

    asyncio.run(run())


def test_writing_to_a_customer(standin):
    async def run():
        standin.send(CUSTOMER, text="hello")
        async with client(standin) as bot:
            first = await bot.send_message(CUSTOMER, "  one \n")
            assert_known(first)
            assert first.text == "one" and first.from_user.id == 123456
            second = await bot.send_message(
                CUSTOMER, "two", reply_parameters={"message_id": first.message_id})
            assert_known(second)
            assert second.reply_to_message.text == "one"
            assert second.message_id > first.message_id
            edited = await bot.edit_message_text(
                "zwei", chat_id=CUSTOMER, message_id=second.message_id)
            assert_known(edited)
            assert edited.text == "zwei" and edited.edit_date is not None
            assert await bot.delete_message(CUSTOMER, first.message_id) is True
            assert await bot.send_chat_action(CUSTOMER, "typing") is True
            chat = await bot.get_chat(CUSTOMER)
            assert_known(chat)
            assert chat.id == CUSTOMER
        seen = standin.chat(CUSTOMER)
        assert seen["actions"][-1] == "typing"
        one, two = seen["messages"][-2:]
        assert (one["text"], one["deleted"], one["from"]) == ("one", True, "bot")
        assert (two["text"], two["edited"], two["reply_to"]) == ("zwei", True, first.message_id)

    asyncio.run(run())


def test_files_both_ways(standin):
    async def run():
        content = bytes(range(256)) * 50
        standin.send(CUSTOMER, text="hello")
        async with client(standin) as bot:
            for send, kind in [
                (bot.send_document, "document"), (bot.send_photo, "photo"),
                (bot.send_voice, "voice"), (bot.send_audio, "audio"), (bot.send_video, "video"),
                (bot.send_animation, "animation"), (bot.send_video_note, "video_note"),
                (bot.send_sticker, "sticker"),
            ]:
                sent = await send(CUSTOMER, BufferedInputFile(content, "a b.pdf"))
                assert_known(sent)
                assert sent.content_type == kind
                value = getattr(sent, kind)
                file_id = (value[-1] if kind == "photo" else value).file_id
                file = await bot.get_file(file_id)
                assert_known(file)
                assert file.file_size == len(content)
                assert (await bot.download_file(file.file_path)).read() == content
                again = await send(CUSTOMER, file_id)
                assert_known(again)
            captioned = await bot.send_document(
                CUSTOMER, BufferedInputFile(content, "x.txt"), caption="see")
            assert captioned.caption == "see" and captioned.document.file_name == "x.txt"

    asyncio.run(run())


def png(width, height):
    """The beginning of a PNG of this size."""
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", width, height) + bytes(50)


def test_photos_have_sizes_and_captions_that_change(standin):
    async def run():
        standin.send(OTHER, text="hello")
        async with client(standin) as bot:
            whole = png(800, 600)
            sent = await bot.send_photo(
                OTHER, BufferedInputFile(whole, 'a "b"\\c.png'), caption="old")
            assert_known(sent)
            small, large = sent.photo
            assert (small.width, large.width, large.file_size) == (90, 800, len(whole))
            found = await bot.get_file(large.file_id)
            assert (await bot.download_file(found.file_path)).read() == whole
            changed = await bot.edit_message_caption(
                chat_id=OTHER, message_id=sent.message_id, caption="new")
            assert_known(changed)
            assert changed.caption == "new" and changed.edit_date is not None
            with pytest.raises(TelegramBadRequest, match="not modified"):
                await bot.edit_message_caption(
                    chat_id=OTHER, message_id=sent.message_id, caption="new")
            with pytest.raises(TelegramBadRequest, match="no text in the message"):
                await bot.edit_message_text(
                    "x", chat_id=OTHER, message_id=sent.message_id)
            text = await bot.send_message(OTHER, "text")
            with pytest.raises(TelegramBadRequest, match="no caption in the message"):
                await bot.edit_message_caption(
                    chat_id=OTHER, message_id=text.message_id, caption="x")
            for width, height in ((9000, 9000), (2100, 100)):
                with pytest.raises(TelegramBadRequest, match="PHOTO_INVALID_DIMENSIONS"):
                    await bot.send_photo(
                        OTHER, BufferedInputFile(png(width, height), "wide.png"))
            document = await bot.send_document(
                OTHER, BufferedInputFile(png(9000, 9000), "wide.png"),
                disable_content_type_detection=True)
            assert_known(document)
            assert document.document.file_name == "wide.png"

    asyncio.run(run())


def test_a_customers_photo_is_downloaded(standin):
    async def run():
        sent = standin.send(CUSTOMER, kind="photo", bytes="3q2-7w", caption="c")
        async with client(standin) as bot:
            update = await newest_update(bot, sent["update_id"])
            sizes = update.message.photo
            assert len(sizes) == 2 and sizes[0].width < sizes[1].width
            assert len({size.file_unique_id for size in sizes}) == 2
            downloaded = await bot.download(sizes[-1])
            assert downloaded.read() == b"\xde\xad\xbe\xef"
            huge = standin.send(CUSTOMER, kind="document", size=21 << 20)
            with pytest.raises(TelegramBadRequest, match="file is too big"):
                await bot.get_file(huge["message"]["file_id"])

    asyncio.run(run())


def test_errors_are_told_as_telegram_tells_them():
    async def run(standin):
        standin.send(1, text="hello")
        standin.send(2, text="hello")
        standin.control("POST", "customers/1/block", {"bot": "test_bot"})
        standin.control("POST", "customers/2/deactivate", {})
        standin.send(3, text="hello")
        async with client(standin) as bot:
            for chat, kind, text in [
                (1, TelegramForbiddenError, "Forbidden: bot was blocked by the user"),
                (2, TelegramForbiddenError, "Forbidden: user is deactivated"),
                (4, TelegramBadRequest, "Bad Request: chat not found"),
            ]:
                with pytest.raises(kind) as error:
                    await bot.send_message(chat, "x")
                assert error.value.message == text
            for text, problem in [
                (" \n ", "Bad Request: message text is empty"),
                ("x" * 4097, "Bad Request: message is too long"),
            ]:
                with pytest.raises(TelegramBadRequest) as error:
                    await bot.send_message(3, text)
                assert error.value.message == problem
            assert len((await bot.send_message(3, "😀" * 4096)).text) == 4096
            with pytest.raises(TelegramNotFound, match="Not Found: method not found"):
                await bot.get_forum_topic_icon_stickers()
            standin.control(
                "POST", "bots/test_bot/faults",
                {"method": "sendMessage", "effect": "fail", "retry_after": 7})
            with pytest.raises(TelegramRetryAfter) as error:
                await bot.send_message(3, "x")
            assert error.value.retry_after == 7
            standin.control("POST", "bots/test_bot/revoke", {})
            with pytest.raises(TelegramUnauthorizedError, match="Unauthorized"):
                await bot.get_me()

    with StandIn() as standin:
        asyncio.run(run(standin))


def test_long_polling_waits_for_updates():
    async def run(standin):
        async with client(standin) as bot, client(standin) as other:
            assert await bot.get_updates() == []
            waiting = asyncio.create_task(bot.get_updates(timeout=30))
            # Whether it comes before or after, the update ends the wait.
            await asyncio.to_thread(standin.send, CUSTOMER, text="now")
            updates = await asyncio.wait_for(waiting, WAIT)
            assert [update.message.text for update in updates] == ["now"]
            # Unconfirmed updates come again, confirmed ones don't.
            again = await bot.get_updates()
            assert again == updates
            assert await bot.get_updates(offset=updates[0].update_id + 1) == []

            waiting = asyncio.create_task(bot.get_updates(timeout=30))
            answer = []
            while not waiting.done():
                answer = await other.get_updates()
            assert answer == []
            with pytest.raises(TelegramConflictError, match="terminated by other getUpdates"):
                await waiting

    with StandIn() as standin:
        asyncio.run(run(standin))


def test_webhook_info_and_getupdates_beside_it():
    async def run(standin):
        async with client(standin) as bot:
            info = await bot.get_webhook_info()
            assert_known(info)
            assert (info.url, info.pending_update_count) == ("", 0)
            assert await bot.set_webhook(
                "http://127.0.0.1:9/closed", secret_token="s", max_connections=5,
                allowed_updates=["message"]) is True
            info = await bot.get_webhook_info()
            assert_known(info)
            assert (info.max_connections, info.allowed_updates) == (5, ["message"])
            assert info.ip_address == "127.0.0.1" and info.last_error_date is None
            with pytest.raises(TelegramConflictError, match="use deleteWebhook to delete"):
                await bot.get_updates()
            standin.send(CUSTOMER, text="x")
            while info.last_error_date is None:
                info = await bot.get_webhook_info()
            assert_known(info)
            assert info.last_error_message == "Connection refused"
            assert info.pending_update_count == 1
            assert await bot.delete_webhook(drop_pending_updates=True) is True
            assert (await bot.get_webhook_info()).pending_update_count == 0

    with StandIn() as standin:
        asyncio.run(run(standin))


def test_an_aiogram_bot_lives_behind_the_webhook():
    """The whole way: a customer writes, aiogram's own webhook server answers in both manners."""
    async def run(standin):
        dispatcher = Dispatcher()
        raw = []

        @dispatcher.message(F.text == "by answer")
        async def by_answer(message: Message):
            return message.answer("in the webhook's answer")

        @dispatcher.message()
        async def by_call(message: Message, bot: Bot):
            await bot.send_message(message.chat.id, "by a call of its own")

        @dispatcher.update.outer_middleware()
        async def check(handler, event: Update, data):
            assert_known(event)
            raw.append(event.update_id)
            return await handler(event, data)

        async with client(standin) as bot:
            app = web.Application()
            SimpleRequestHandler(
                dispatcher, bot, handle_in_background=False, secret_token="the-secret",
            ).register(app, path="/hook")
            setup_application(app, dispatcher, bot=bot)
            runner = web.AppRunner(app)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            port = site._server.sockets[0].getsockname()[1]
            await bot.set_webhook(f"http://127.0.0.1:{port}/hook", secret_token="the-secret")
            for text, expected in [
                ("by answer", "in the webhook's answer"), ("by call", "by a call of its own"),
            ]:
                await asyncio.to_thread(standin.send, CUSTOMER, text=text)
                async with asyncio.timeout(WAIT):
                    while True:
                        chat = await asyncio.to_thread(standin.chat, CUSTOMER)
                        if chat["messages"][-1]["text"] == expected:
                            break
            assert len(raw) == 2 and raw[1] == raw[0] + 1
            await runner.cleanup()

    with StandIn() as standin:
        asyncio.run(run(standin))
