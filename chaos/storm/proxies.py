"""The network where namespaces can't be had: a TCP proxy for each pair of nodes, which holds
back, slows down or breaks what passes."""

import asyncio
import random
import threading

from driver.waiting import free_ports

CHUNK = 1 << 16
# A lost segment costs TCP a retransmission: this long, and now and then the connection.
RETRANSMISSION_SECONDS = (0.2, 0.6)
RESET_SHARE = 0.02


class Way:
    """One direction between two nodes."""

    def __init__(self):
        self.losses = []
        self.delays = []
        self.changed = None

    async def pass_on(self, chance):
        """Waits as long as a chunk has to; false when the connection is to be broken."""
        while any(share >= 1 for share in self.losses):
            self.changed = self.changed or asyncio.Event()
            await self.changed.wait()
            self.changed = None
        for share in self.losses:
            if chance.random() < share:
                await asyncio.sleep(chance.uniform(*RETRANSMISSION_SECONDS))
                if chance.random() < RESET_SHARE:
                    return False
        if self.delays:
            await asyncio.sleep(sum(self.delays))
        return True


class Proxies:
    """The network of a run on 127.0.0.1: the node with the higher number dials through a proxy."""

    name = "proxies"
    hub = "127.0.0.1"
    has_tls = False

    def __init__(self, count):
        ports = free_ports(3 * count + count * (count - 1) // 2)
        self._ports = {
            n: (ports.pop(), ports.pop(), ports.pop()) for n in range(1, count + 1)}
        self._pairs = {
            (high, low): ports.pop()
            for high in range(2, count + 1) for low in range(1, high)}
        self._ways = {
            (a, b): Way() for a in self._ports for b in self._ports if a != b}
        self._chance = random.Random(count)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._do(self._listen())

    def _do(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(20)

    async def _listen(self):
        for (high, low), port in self._pairs.items():
            await asyncio.start_server(self._carrier(high, low), "127.0.0.1", port)

    def place(self, number):
        """Where a node lives: each has a place of its own."""
        return number

    def host(self, _number):
        """A node's address."""
        return "127.0.0.1"

    def ports(self, number):
        """A node's (public, operations, peer) ports."""
        return self._ports[number]

    def peer_address(self, of, number):
        """Where a node finds another: through the proxy when it is the one that dials."""
        port = self._pairs[of, number] if of > number else self._ports[number][2]
        return f"127.0.0.1:{port}"

    def prefix(self, _number):
        """Nodes run as they are."""
        return []

    def lose(self, sender, receiver, share):
        """Loses this share of the chunks from one node to another, 1 for all, as TCP would
        show it; gives what ends it."""
        return self._change(self._ways[sender, receiver].losses, share)

    def delay(self, number, seconds):
        """Delays what a node sends and gets; gives what ends it."""
        ends = [
            self._change(way.delays, seconds)
            for pair, way in self._ways.items() if number in pair]

        def end():
            for each in ends:
                each()
        return end

    def _change(self, values, value):
        async def add():
            values.append(value)

        async def remove():
            values.remove(value)
            for way in self._ways.values():
                if way.changed:
                    way.changed.set()

        self._do(add())
        return lambda: self._do(remove())

    def _carrier(self, high, low):
        async def carry(reader, writer):
            try:
                far_reader, far_writer = await asyncio.open_connection(
                    "127.0.0.1", self._ports[low][2])
            except OSError:
                return writer.transport.abort()
            there = self._pump(reader, far_writer, self._ways[high, low])
            back = self._pump(far_reader, writer, self._ways[low, high])
            await asyncio.gather(there, back)

        return carry

    async def _pump(self, reader, writer, way):
        try:
            while True:
                chunk = await reader.read(CHUNK)
                if not await way.pass_on(self._chance) or not chunk:
                    break
                writer.write(chunk)
                await writer.drain()
        except OSError:
            pass  # One side is gone; the other learns it now.
        finally:
            writer.transport.abort()

    def close(self):
        """Ends the proxies."""
        async def cancel():
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        self._do(cancel())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
