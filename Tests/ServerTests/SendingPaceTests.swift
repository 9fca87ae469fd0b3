import Routing
import Testing

@testable import Server

/// Telegram's rates, on a clock of milliseconds.
@Suite struct SendingPaceTests {
    private static let millisecond: Int64 = 1_000_000
    private typealias Limits = SendingPace.Limits

    private static func chat(_ user: Int64, of project: Int64 = 1) -> Chat {
        Chat(project: ProjectID(project), user: TelegramID(user))
    }

    /// Chats that all have much to say, a commit that takes its time, and when calls were made.
    private struct Run {
        var pace = SendingPace()
        var now: Int64 = 0
        var calls: [(chat: Chat, at: Int64)] = []
        private var committing: [(chat: Chat, at: Int64)] = []
        private var busy: Set<Chat> = []

        /// Lets time pass, a millisecond a step; what is chosen is called for `commit` later.
        mutating func run(_ chats: [Chat], milliseconds: Int, commit: (Int) -> Int64) {
            for step in 0..<milliseconds {
                while let first = committing.first, first.at <= now {
                    committing.removeFirst()
                    busy.remove(first.chat)
                    pace.called(first.chat, now: now)
                    calls.append((first.chat, now))
                }
                let end = now + commit(step) * millisecond
                for chat in chats where !busy.contains(chat) {
                    guard pace.choose(chat, now: now) == .go else { continue }
                    busy.insert(chat)
                    // Entries are committed in order.
                    committing.append((chat, max(end, committing.last?.at ?? end)))
                }
                now += millisecond
            }
        }

        /// The most calls that arrived within a second, if each took so many milliseconds.
        func mostInASecond(delay: (Int) -> Int64) -> Int {
            let times = calls.indices.map { calls[$0].at + delay($0) * millisecond }.sorted()
            return times.indices.map { first in
                times[first...].prefix { $0 < times[first] + 1000 * millisecond }.count
            }.max() ?? 0
        }
    }

    @Test(arguments: [0, 3, 150, 900, 2500] as [Int64])
    func `A bot never calls more than 30 times in a second, however long a commit takes`(
        commit: Int64
    ) {
        var run = Run()
        let chats = (1...200).map { Self.chat($0) }
        run.run(chats, milliseconds: 6000) { _ in commit }
        // A commit that hangs, and what gathers behind it.
        run.run(chats, milliseconds: 6000) { $0 % 2000 < 1000 ? 2000 - Int64($0 % 2000) : commit }
        #expect(run.calls.count > 10)
        #expect(run.mostInASecond { _ in 0 } <= 25)
        // Also when the way to Telegram delays one call 0.2 s longer than the next.
        #expect(run.mostInASecond { $0 % 7 == 0 ? 200 : 0 } <= 30)
        #expect(run.mostInASecond { $0 / 5 % 2 == 0 ? 200 : 0 } <= 30)
    }

    @Test func `A busy bot sends 25 a second, and holds up no other`() {
        var run = Run()
        let chats = (1...200).map { Self.chat($0) } + (1...200).map { Self.chat($0, of: 2) }
        run.run(chats, milliseconds: 4000) { _ in 2 }
        for project in [ProjectID(1), ProjectID(2)] {
            let count = run.calls.count { $0.chat.project == project }
            #expect((95...100).contains(count))
        }
    }

    @Test func `A chat's second counts from its last call, not from when it was chosen`() {
        var pace = SendingPace()
        let chat = Self.chat(7)
        #expect(pace.choose(chat, now: 0) == .go)
        let late = 700 * Self.millisecond
        pace.called(chat, now: late)
        #expect(
            pace.choose(chat, now: late + 999 * Self.millisecond) == .wait(Self.millisecond))
        #expect(pace.choose(Self.chat(8), now: late + Self.millisecond) == .go)
        #expect(pace.choose(chat, now: late + Limits.chatPause) == .go)
    }

    @Test func `What was chosen has its place until it is called for or given up`() {
        var pace = SendingPace()
        for user in 1...Int64(Limits.calls) {
            #expect(pace.choose(Self.chat(user), now: 0) == .go)
        }
        let later = 10 * Limits.span
        #expect(pace.choose(Self.chat(99), now: later) == .waitForOthers)
        pace.gaveUp(Self.chat(1))
        #expect(pace.choose(Self.chat(99), now: later) == .go)
        pace.called(Self.chat(2), now: later)
        #expect(pace.choose(Self.chat(98), now: later) == .wait(Limits.span))
        #expect(pace.choose(Self.chat(1), now: later) == .wait(Limits.span), "it was not called")
    }

    @Test func `A new office waits a second: it does not know the last one's calls`() {
        var pace = SendingPace()
        pace.beganOffice(now: 5000)
        #expect(pace.choose(Self.chat(1), now: 5000) == .wait(Limits.officePause))
        #expect(pace.choose(Self.chat(1, of: 2), now: 5000 + Limits.officePause) == .go)
    }

    @Test func `A 429 of one chat holds no other`() {
        var pace = SendingPace()
        let pause = 60_000 * Self.millisecond
        pace.refused(Self.chat(1), pause: pause, now: 0)
        pace.refused(Self.chat(1), pause: pause, now: Self.millisecond)
        #expect(pace.choose(Self.chat(2), now: 2 * Self.millisecond) == .go)
    }

    @Test func `A second chat's 429 while the first is held holds the bot, and no other bot`() {
        var pace = SendingPace()
        let second = 1000 * Self.millisecond
        pace.refused(Self.chat(1), pause: 30 * second, now: 0)
        pace.refused(Self.chat(2), pause: 5 * second, now: 10 * second)
        #expect(pace.choose(Self.chat(3), now: 11 * second) == .wait(4 * second))
        #expect(pace.choose(Self.chat(3, of: 2), now: 11 * second) == .go)
        #expect(pace.choose(Self.chat(3), now: 15 * second) == .go)
        // The first is over: another chat's is again its own.
        pace.refused(Self.chat(4), pause: 5 * second, now: 31 * second)
        #expect(pace.choose(Self.chat(5), now: 32 * second) == .go)
        pace.refused(Self.chat(6), pause: 9 * second, now: 33 * second)
        #expect(pace.choose(Self.chat(5), now: 33 * second) == .wait(9 * second))
    }

    @Test func `A call of another node counts from its turn, and holds its chat from its end on`() {
        var pace = SendingPace()
        let chat = Self.chat(1)
        #expect(pace.choose(chat, now: 0) == .go)
        pace.called(chat, now: 0)
        pace.ended(chat, now: 5 * Limits.chatPause)
        let soon = 5 * Limits.chatPause + Self.millisecond
        #expect(pace.choose(chat, now: soon) == .wait(Limits.chatPause - Self.millisecond))
        #expect(pace.choose(Self.chat(2), now: soon) == .go)
        #expect(pace.choose(chat, now: 6 * Limits.chatPause) == .go)
    }

    @Test func `Five calls in doubt end a change, and one a message`() {
        let sent = SentMessage(ordinal: 1, messageID: 2, at: LogTime(milliseconds: 0))
        for act in [OutboxMessage.Act.edit(sent), .delete(sent)] {
            let again = (1...6).map { Delivery.isTriedAgain(act, attempts: $0) }
            #expect(again == [true, true, true, true, false, false])
        }
        #expect(!Delivery.isTriedAgain(.send, attempts: 1))
        let file = FileOffer(
            kind: .photo, name: "a", mimeType: "a/b", size: 1, holder: 1, incarnation: 1, key: 1)
        #expect(!Delivery.isTriedAgain(.sendFile(file), attempts: 1))
        #expect(Delivery.isTriedAgain(.editCaption(sent), attempts: 1))
    }
}

/// `Run` counts in these.
private let millisecond: Int64 = 1_000_000
