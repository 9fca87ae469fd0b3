"""The peer of the `bot` benchmark: what a small team writes first.

One process, aiogram's webhook handler on aiohttp, Redis for what must not be lost. An update is
handled before it is acknowledged: skip it if seen, find the customer's agent or take the next by
RPOPLPUSH, keep the message.
"""

import sys

from aiogram import Bot, Dispatcher
from aiogram.types import Message, Update
from aiogram.webhook.aiohttp_server import SimpleRequestHandler
from aiohttp import web
from redis.asyncio import Redis

SECRET = "bench-secret"


def main(port, redis_port):
    # As many connections as there are updates under way: the default pool refuses some.
    redis = Redis(port=redis_port, decode_responses=True, max_connections=1024)
    dispatcher = Dispatcher()

    @dispatcher.message()
    async def message(message: Message, event_update: Update):
        if not await redis.set(f"seen:{event_update.update_id}", 1, nx=True, ex=172_800):
            return
        user = message.from_user.id
        agent = await redis.hget(f"session:{user}", "agent")
        if agent is None:
            agent = await redis.rpoplpush("agents", "agents")
            await redis.hset(f"session:{user}", mapping={"agent": agent, "state": "assigned"})
        await redis.rpush(f"messages:{user}", message.text or "")

    async def fill(_):
        await redis.delete("agents")
        await redis.lpush("agents", *[f"agent{n}" for n in range(1, 6)])

    application = web.Application()
    bot = Bot("123456789:AAbenchmarkbenchmarkbenchmarkbenchm")
    SimpleRequestHandler(
        dispatcher, bot, handle_in_background=False, secret_token=SECRET,
    ).register(application, path="/webhook")
    application.on_startup.append(fill)
    web.run_app(application, host="127.0.0.1", port=port, access_log=None, print=None)


main(int(sys.argv[1]), int(sys.argv[2]))
