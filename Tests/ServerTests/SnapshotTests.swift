import Crypto
import Foundation
import Raft
import Storage
import Testing
import Transport
import Wire

@testable import Server

@Suite struct SnapshotMessageTests {
    static let header = SnapshotHeader(
        mark: AppliedMark(index: LogIndex(7), term: Term(3), digest: 9), size: 70_000,
        hash: [UInt8](repeating: 5, count: 32))
    static let messages: [SnapshotMessage] =
        [
            .request(from: LogIndex(12)), .offer(header), .want(offset: 1 << 40),
            .chunk(offset: 4096, [1, 2, 3]), .taken(offset: 99), .done,
        ] + SnapshotMessage.Refusal.allCases.map { .refused($0) }

    @Test(arguments: messages)
    func `a message comes back, and nothing cut off is taken for it`(
        _ message: SnapshotMessage
    ) {
        let bytes = message.encoded()
        #expect(SnapshotMessage(bytes) == message)
        for count in bytes.indices { #expect(SnapshotMessage(Array(bytes[..<count])) != message) }
        if case .chunk = message { return }
        #expect(SnapshotMessage(bytes + [0]) == nil)
    }

    @Test func `an unknown message and a chunk over the limit are none`() {
        #expect(SnapshotMessage([99]) == nil && SnapshotMessage([7, 99]) == nil)
        let most = [UInt8](repeating: 0, count: SnapshotMessage.maxChunkBytes)
        #expect(SnapshotMessage(SnapshotMessage.chunk(offset: 0, most).encoded()) != nil)
        #expect(SnapshotMessage(SnapshotMessage.chunk(offset: 0, most + [0]).encoded()) == nil)
    }
}

/// Two linked nodes, a copy at the first and a taker at the second.
private final class Transfer {
    static let log = Log(node: 2, level: .error)
    let nodes: LinkedNodes
    let pool: WorkerPool
    /// The taker's.
    let writers: WorkerPool
    let path = NSTemporaryDirectory() + "snapshot-tests-" + UUID().uuidString
    let bytes: [UInt8]
    var header: SnapshotHeader
    let taker: SnapshotTaker
    var givers: [SnapshotGiver] = []
    var ends: [String] = []
    var ready: [SnapshotHeader] = []
    var isNeeded = true

    init(size: Int, reserve: UInt64 = 0) throws {
        nodes = try LinkedNodes()
        pool = try WorkerPool(name: "tests", threads: 1, queueLimit: 64)
        writers = try WorkerPool(name: "writers", threads: 1, queueLimit: 64)
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
        bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 9) }
        header = SnapshotHeader(
            mark: AppliedMark(index: LogIndex(7), term: Term(3), digest: 9), size: UInt64(size),
            hash: SHA256.hash(bytes))
        taker = SnapshotTaker(
            directory: path, file: "incoming.db", loop: nodes.loop, pool: writers,
            reserve: reserve, log: Transfer.log, news: .milliseconds(20))
        taker.isNeeded = { [unowned self] _ in isNeeded }
        taker.onReady = { [unowned self] in ready.append($0) }
        let one = try nodes.start(LinkedNodes.identity(1))
        let two = try nodes.start(LinkedNodes.identity(2))
        one.onSnapshotLink = { [unowned self] link, node in
            let link = SnapshotLink(link, with: node)
            link.onMessage = { [unowned self] message in
                if case .request = message { give(over: link) }
            }
        }
        two.onSnapshotLink = { [unowned self] link, node in
            let link = SnapshotLink(link, with: node)
            link.onMessage = { [unowned self] message in
                if case .offer(let header) = message { taker.offered(header, over: link) }
            }
        }
        nodes.run { one.isUp(2) && two.isUp(1) }
    }

    deinit {
        pool.shutDown()
        writers.shutDown()
        try? FileManager.default.removeItem(atPath: path)
    }

    /// The file that is given, as it is, under the header as it should be.
    private func give(over link: SnapshotLink) {
        guard let file = try? SnapshotFile.open(path + "/outgoing.db") else { return link.close() }
        let copy = SnapshotCopy(header: header, file: file, pool: pool, loop: nodes.loop)
        let giver = SnapshotGiver(
            copy, over: link, loop: nodes.loop, pool: pool, bytesPerSecond: 1 << 30)
        giver.onEnd = { [unowned self] problem in ends.append(problem ?? "") }
        givers.append(giver)
    }

    /// The first node offers the copy to the second.
    func offer(_ contents: [UInt8]? = nil) throws {
        let file = try SnapshotFile.make(path + "/outgoing.db")
        try file.write(contents ?? bytes, at: 0)
        nodes.links[1]?.openSnapshotLink(to: 2) { [unowned self] result in
            if case .success(let link) = result { give(over: SnapshotLink(link, with: 2)) }
        }
    }

    var received: [UInt8] {
        FileManager.default.contents(atPath: path + "/incoming.db").map { Array($0) } ?? []
    }
}

@Suite struct SnapshotTransferTests {
    @Test(arguments: [1, 256 << 10, (256 << 10) + 1, 9_000_000])
    func `a copy arrives whole, and is ready once`(size: Int) throws {
        let transfer = try Transfer(size: size)
        try transfer.offer()
        transfer.nodes.run { !transfer.ready.isEmpty && !transfer.ends.isEmpty }
        #expect(transfer.ready == [transfer.header] && transfer.ends == [""])
        #expect(transfer.received == transfer.bytes)
        #expect(transfer.taker.progress == nil && transfer.taker.isReady)
    }

    @Test func `who asks is offered a copy`() throws {
        let transfer = try Transfer(size: 100_000)
        try SnapshotFile.make(transfer.path + "/outgoing.db").write(transfer.bytes, at: 0)
        transfer.nodes.links[2]?.openSnapshotLink(to: 1) { result in
            guard case .success(let link) = result else { return }
            transfer.taker.ask(from: LogIndex(3), over: SnapshotLink(link, with: 1))
        }
        transfer.nodes.run { !transfer.ready.isEmpty }
        #expect(transfer.received == transfer.bytes)
    }

    @Test func `after a break it goes on where it was`() throws {
        let transfer = try Transfer(size: 9_000_000)
        try transfer.offer()
        transfer.nodes.run { (transfer.taker.progress?.done ?? 0) > 2_000_000 }
        let before = try #require(transfer.taker.progress).done
        transfer.givers[0].end("cut")
        transfer.nodes.run { transfer.taker.progress == nil }
        try transfer.offer()
        var first: UInt64?
        transfer.nodes.run {
            if first == nil { first = transfer.taker.progress?.done }
            return !transfer.ready.isEmpty
        }
        #expect(try #require(first) >= before)
        #expect(transfer.ends == ["cut", ""] && transfer.received == transfer.bytes)
    }

    @Test func `an offer that comes while a chunk is being written waits for that`() throws {
        let transfer = try Transfer(size: 3_000_000)
        try transfer.offer()
        transfer.nodes.run { (transfer.taker.progress?.done ?? 0) > 0 }
        let disk = DispatchSemaphore(value: 0)
        var isBeforeDone = false
        let loop = transfer.nodes.loop
        #expect(
            transfer.writers.submit(on: loop, {}, completion: { _ in isBeforeDone = true })
                && transfer.writers.submit(on: loop, { disk.wait() }, completion: { _ in }))
        // What is being written from here on waits behind the one that holds the disk.
        transfer.nodes.run { isBeforeDone }
        transfer.nodes.run { transfer.taker.isWriting }
        transfer.givers[0].end("cut")
        transfer.nodes.run { transfer.taker.progress == nil }
        try transfer.offer()
        transfer.nodes.run { transfer.taker.progress != nil }
        #expect(transfer.taker.isWriting)
        disk.signal()
        transfer.nodes.run { !transfer.ready.isEmpty && transfer.ends.count == 2 }
        #expect(transfer.ends == ["cut", ""] && transfer.received == transfer.bytes)
    }

    /// Holds a pool's only thread until the signal comes; whether it will.
    private func holds(
        _ pool: WorkerPool, _ loop: EventLoop, _ signal: DispatchSemaphore
    ) -> Bool {
        pool.submit(on: loop, { signal.wait() }, completion: { _ in })
    }

    @Test func `the giver hears that it goes on while the whole file is read again`() throws {
        let transfer = try Transfer(size: 200_000)
        let loop = transfer.nodes.loop
        let (chunk, hash) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        // One before the only chunk is written, one before the file is read again.
        let writers = transfer.writers
        try #require(holds(writers, loop, chunk))
        try transfer.offer()
        transfer.nodes.run { transfer.taker.isWriting }
        try #require(holds(writers, loop, hash))
        chunk.signal()
        transfer.nodes.run { transfer.taker.progress?.done == 200_000 }
        var news = 0
        transfer.givers[0].onProgress = { news += 1 }
        transfer.nodes.run { news >= 3 }
        #expect(transfer.taker.isWriting && transfer.ends.isEmpty)
        hash.signal()
        transfer.nodes.run { !transfer.ready.isEmpty && !transfer.ends.isEmpty }
        #expect(transfer.ends == [""] && transfer.received == transfer.bytes)
    }

    @Test func `a database's size is told without opening it`() async throws {
        let path = NSTemporaryDirectory() + "size-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(SnapshotFile.size(at: path) == nil)
        try SnapshotFile.make(path).write([1, 2, 3], at: 0)
        #expect(SnapshotFile.size(at: path) == 3)
        // What the process holds of it survives, as SQLite's locks must.
        let held = open(path, O_RDWR)
        defer { close(held) }
        var lock = flock()
        (lock.l_type, lock.l_whence) = (Int16(F_WRLCK), Int16(SEEK_SET))
        #expect(fcntl(held, F_SETLK, &lock) == 0)
        #expect(SnapshotFile.size(at: path) == 3)
        await #expect(processExitsWith: .exitCode(7)) { [path = path as String] in
            let other = open(path, O_RDWR)
            var lock = flock()
            (lock.l_type, lock.l_whence) = (Int16(F_WRLCK), Int16(SEEK_SET))
            exit(fcntl(other, F_SETLK, &lock) == 0 ? 0 : 7)
        }
    }

    @Test func `what arrives damaged starts over, and is given up the second time`() throws {
        let transfer = try Transfer(size: 600_000)
        var damaged = transfer.bytes
        damaged[300_000] ^= 1
        let givenUp = "it arrived damaged twice"
        // On a machine with too much to do the link may break for its silence; the taker remembers
        // what it has seen.
        for attempt in 1...5 where transfer.ends.last != givenUp {
            try transfer.offer(damaged)
            transfer.nodes.run { transfer.ends.count == attempt }
        }
        #expect(transfer.ends.last == givenUp)
        #expect(transfer.ready.isEmpty)
        try transfer.offer()
        transfer.nodes.run { !transfer.ready.isEmpty }
        #expect(transfer.received == transfer.bytes)
    }

    @Test func `what is not needed is not taken, also at the last moment`() throws {
        let transfer = try Transfer(size: 600_000)
        transfer.isNeeded = false
        try transfer.offer()
        transfer.nodes.run { transfer.ends.count == 1 }
        #expect(transfer.received.isEmpty)
        transfer.isNeeded = true
        try transfer.offer()
        transfer.nodes.run {
            if transfer.taker.progress != nil { transfer.isNeeded = false }
            return transfer.ends.count == 2
        }
        #expect(transfer.ends == ["", ""] && transfer.ready.isEmpty)
    }

    @Test func `without room it is refused, with the reason`() throws {
        let transfer = try Transfer(size: 1_000, reserve: 1 << 60)
        try transfer.offer()
        transfer.nodes.run { !transfer.ends.isEmpty }
        #expect(transfer.ends == ["the disk lacks room for it"])
    }

    @Test func `a size beyond all disks is refused`() throws {
        let transfer = try Transfer(size: 1_000, reserve: 1 << 60)
        transfer.header.size = .max
        try transfer.offer()
        transfer.nodes.run { !transfer.ends.isEmpty }
        #expect(transfer.ends == ["the disk lacks room for it"])
    }

    @Test func `chunks that come while one is being written wait for it`() throws {
        let transfer = try Transfer(size: 700_000)
        // The only thread that writes is held up until all chunks have come.
        let gate = DispatchSemaphore(value: 0)
        _ = transfer.pool.submit(on: transfer.nodes.loop, { gate.wait() }, completion: { _ in })
        var closed: [String] = []
        transfer.nodes.links[1]?.openSnapshotLink(to: 2) { result in
            guard case .success(let peer) = result else { return }
            let link = SnapshotLink(peer, with: 2)
            link.onClosed = { closed.append($0) }
            link.send(.offer(transfer.header))
            link.onMessage = { message in
                guard case .want = message else { return }
                for start in stride(from: 0, to: 700_000, by: 100_000) {
                    link.send(
                        .chunk(
                            offset: UInt64(start),
                            Array(transfer.bytes[start..<start + 100_000])))
                }
                // By then they have come.
                _ = transfer.nodes.loop.schedule(after: .milliseconds(300)) { gate.signal() }
            }
        }
        transfer.nodes.run { !transfer.ready.isEmpty || !closed.isEmpty }
        // Also when the test failed: the thread must end.
        gate.signal()
        #expect(transfer.ready == [transfer.header])
        #expect(transfer.received == transfer.bytes)
    }

    @Test func `room is told for a directory and not for what is not there`() {
        #expect(DiskRoom.free(at: NSTemporaryDirectory()) ?? 0 > 0)
        #expect(DiskRoom.free(at: "/nowhere/at/all") == nil)
    }
}
