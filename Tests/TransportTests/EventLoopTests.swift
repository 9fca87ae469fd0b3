import Glibc
import Synchronization
import Testing

@testable import Transport

@Suite struct EventLoopTests {
    @Test func `timers act in the order of their times`() throws {
        let loop = try EventLoop()
        var order: [Int] = []
        loop.schedule(after: .milliseconds(3)) { order.append(3) }
        loop.schedule(after: .milliseconds(1)) { order.append(1) }
        loop.schedule(after: .milliseconds(1)) { order.append(2) }
        loop.schedule(after: .milliseconds(2)) { order.append(9) }.cancel()
        loop.schedule(after: .milliseconds(5)) { loop.stop() }
        run(loop)
        #expect(order == [1, 2, 3])
    }

    @Test func `a timer moved later acts once, at the later time`() throws {
        let loop = try EventLoop()
        var firedAt: [Int64] = []
        let start = EventLoop.clock()
        let timer = loop.schedule(after: .milliseconds(1)) { firedAt.append(EventLoop.clock()) }
        timer.reschedule(after: .milliseconds(10))
        loop.schedule(after: .milliseconds(20)) { loop.stop() }
        run(loop)
        #expect(firedAt.count == 1)
        #expect(try #require(firedAt.first) - start >= 10_000_000)
        #expect(!timer.isPending)
    }

    @Test func `a timer that fired or was cancelled can be armed again`() throws {
        let loop = try EventLoop()
        var count = 0
        let timer = loop.timer { count += 1 }
        #expect(!timer.isPending)
        timer.reschedule(after: .zero)
        timer.cancel()
        timer.reschedule(after: .zero)
        loop.schedule(after: .milliseconds(1)) {
            timer.reschedule(after: .zero)
            loop.schedule(after: .milliseconds(1)) { loop.stop() }
        }
        run(loop)
        #expect(count == 2)
    }

    @Test func `a timer that arms itself at once leaves other work its turn`() throws {
        let loop = try EventLoop()
        var spins = 0
        var timer: LoopTimer?
        timer = loop.timer {
            spins += 1
            timer?.reschedule(after: .zero)
        }
        timer?.reschedule(after: .zero)
        loop.post { loop.post { loop.stop() } }
        run(loop)
        #expect(spins >= 1)
        timer?.cancel()
        timer = nil
    }

    @Test func `timers moved or cancelled in masses leave no heap of rubbish`() throws {
        let loop = try EventLoop()
        let timers = (0..<1000).map { _ in loop.schedule(after: .seconds(60)) {} }
        for _ in 0..<100 { for timer in timers { timer.reschedule(after: .seconds(70)) } }
        #expect(loop.timers.entryCount == 1000)
        for round in 1...20 {
            for timer in timers { timer.reschedule(after: .seconds(60 - Int64(round))) }
        }
        #expect(loop.timers.entryCount <= 2001)
        for timer in timers { timer.cancel() }
        #expect(loop.timers.entryCount <= 130)
    }

    @Test func `posts from many threads all arrive, those of one thread in order`() throws {
        let loop = try EventLoop()
        let seen = LoopBoundLog()
        let threads = try (0..<4).map { thread in
            try OSThread(name: "poster") {
                for number in 0..<1000 { loop.post { seen.add(thread, number) { loop.stop() } } }
            }
        }
        run(loop)
        for thread in threads { thread.join() }
        #expect(seen.inOrder)
        #expect(seen.count == 4000)
    }

    @Test func `a turn ends with onTurnEnd, also when only deferred work ran`() throws {
        let loop = try EventLoop()
        var transcript: [String] = []
        loop.onTurnEnd = {
            transcript.append("end")
            if transcript.count == 5 { loop.stop() }
        }
        loop.later {
            transcript.append("first")
            loop.later { transcript.append("second") }
        }
        loop.schedule(after: .zero) { transcript.append("timer") }
        run(loop)
        #expect(transcript.first == "first")
        #expect(transcript.contains("timer"))
        #expect(transcript.filter { $0 == "end" }.count == 2)
        #expect(transcript.last == "end")
    }

    @Test func `a loop on its own thread takes posts and stops`() throws {
        let thread = try LoopThread(name: "loop")
        let value = Mutex(0)
        let loop = thread.loop
        for _ in 0..<10 {
            loop.post {
                precondition(loop.isOnLoop)
                value.withLock { $0 += 1 }
            }
        }
        thread.stop()
        thread.stop()
        #expect(value.withLock { $0 } == 10)
        #expect(!loop.isOnLoop)
    }

    @Test func `a signal becomes a callback`() throws {
        let loop = try EventLoop()
        var count = 0
        try SignalWatch.watch(SIGUSR1, on: loop) {
            count += 1
            if count == 2 { loop.stop() } else { kill(getpid(), SIGUSR1) }
        }
        kill(getpid(), SIGUSR1)
        run(loop)
        #expect(count == 2)
    }

    @Test func `a call from another thread traps`() async {
        await #expect(processExitsWith: .signal(SIGILL)) {
            let loop = try EventLoop()
            let thread = try OSThread(name: "wrong") { loop.later {} }
            thread.join()
        }
    }
}

/// Numbers per thread, written on the loop's thread only.
private final class LoopBoundLog: Sendable {
    private let state = Mutex((next: [Int](repeating: 0, count: 4), count: 0, inOrder: true))

    var count: Int { state.withLock { $0.count } }
    var inOrder: Bool { state.withLock { $0.inOrder } }

    func add(_ thread: Int, _ number: Int, atEnd: () -> Void) {
        let isLast = state.withLock { state in
            state.inOrder = state.inOrder && state.next[thread] == number
            state.next[thread] += 1
            state.count += 1
            return state.count == 4000
        }
        if isLast { atEnd() }
    }
}
