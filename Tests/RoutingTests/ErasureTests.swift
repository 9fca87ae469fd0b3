import Testing
import Wire

@testable import Routing

extension World {
    /// Does what the leader's node does for erasures under way, from the rows.
    mutating func forgetErased() {
        while let erasure = state.erasureUnderWay {
            for id in state.sessions.sortedKeys where id.rawValue < erasure.id.rawValue {
                let session = state.session(id)!
                guard session.project == erasure.project,
                    session.user == erasure.user || session.user == erasure.pseudonym
                else { continue }
                let items = history(id).map(\.withoutWords)
                done(.eraseSession(erasure.id, id, from: 0, items))
                let keys = session.touches.filter { $0.via == .own }.map(\.key)
                let known = keys.compactMap(click)
                if !known.isEmpty { done(.forgetClicks(known.map(\.withoutVisitor))) }
            }
            done(.finishErasure(erasure.id))
        }
    }

    /// A click's row.
    func click(_ key: ClickKey) -> Click? {
        rows[
            RowKey(
                table: RowTable.click.rawValue, major: Int64(bitPattern: key.epoch),
                minor: Int64(bitPattern: key.sequence))
        ].map { try! Click(value: $0) }
    }

    /// Whether any row has these bytes.
    func says(_ word: Text) -> Bool {
        rows.values.contains { value in
            value.indices.contains { value[$0...].starts(with: word.utf8) }
        }
    }

    /// A person's click with everything that a visitor brings along.
    func visit(_ link: LinkID, _ key: ClickKey) -> Click {
        Click(
            key: key, link: link, at: time, node: 1, flag: .human, address: "203.0.113.77",
            userAgent: "Browser/7", referrer: "https://there.example", language: "pt",
            query: "who=walter&utm_source=mail&utm_campaign=may", fingerprint: 77)
    }
}

/// Customers who are erased, and what stays of them.
@Suite struct ErasureTests {
    private struct Desk {
        var world = World.newest
        let ana: AgentID
        let chief: AgentID
        let project: ProjectID
        let link: LinkID

        init() {
            ana = world.agent("ana")
            chief = world.agent("chief", isAdmin: true)
            project = world.project([ana])
            link = world.link(project, "ad")
            world.show(ana)
            var book = DeskBook()
            book.tags = ["hexvip"]
            world.done(.setDeskBook(project, by: nil, book))
        }

        /// A session in which everything is said that can be.
        mutating func talk(_ key: ClickKey) -> SessionID {
            let start = Start.click(link: link, key: key, clickedAt: world.time)
            let session = world.write(project, user: 4711, "hexsecret one", start: start)
            world.done(.clicks([world.visit(link, key)]))
            _ = world.update(
                project, .edit(world.message(4711, "hexsecret edited")))
            _ = world.update(project, .callback(user: TelegramID(4711), data: "hexbutton"))
            world.done(.reply(session, by: ana, text: "hexanswer"))
            world.done(.addNote(session, by: ana, text: "hexnote"))
            world.done(.addRemark(session, by: ana, text: "hexremark"))
            world.done(.setTags(session, by: ana, add: ["hexvip"], remove: []))
            return session
        }

        mutating func erase() -> ErasureID {
            ErasureID(
                world.done(.eraseCustomer(TelegramID(4711), of: project, by: chief)))
        }
    }
    private let words: [Text] = [
        "hexsecret", "hexanswer", "hexbutton", "hexnote", "hexremark", "Customer",
        "203.0.113.77", "Browser/7", "there.example", "walter",
    ]

    @Test func `No row says a word of an erased customer, and decisions and times stay`() throws {
        var desk = Desk()
        let first = desk.talk(ClickKey(epoch: 9, sequence: 1))
        let version = desk.world.version(first)
        desk.world.done(.complete(first, by: desk.ana, version: version))
        let second = desk.talk(ClickKey(epoch: 9, sequence: 2))
        #expect(second != first)
        for word in words { #expect(desk.world.says(word)) }
        let decision = desk.world.decision(second)
        let before = desk.world.history(second)
        let erasure = desk.erase()
        desk.world.forgetErased()
        for word in words { #expect(!desk.world.says(word), "\(word) is still in a row") }
        for session in [first, second] {
            let kept = desk.world.state.session(session)!
            #expect(kept.user == TelegramID(-erasure.rawValue) && kept.isErased)
            #expect(kept.state == .completed && kept.lastOwner == desk.ana)
            #expect(kept.username.isEmpty && kept.language.isEmpty)
            #expect(desk.world.state.tags(of: session).isEmpty)
        }
        let erased = desk.world.state.session(second)!
        #expect(erased.previous == first && desk.world.state.sessionBefore(erased) == nil)
        #expect(!desk.world.state.canRead(desk.ana, first, from: second))
        #expect(desk.world.decision(second) == decision)
        #expect(desk.world.history(second).prefix(before.count).map(\.at) == before.map(\.at))
        let kept = desk.world.state.erasure(erasure)!
        #expect(kept.user == nil && kept.sessions == 2 && kept.finishedAt != nil)
        #expect(try desk.world.rebuilt() == desk.world.state)
        desk.world.state.checkInvariants()
    }

    @Test func `Of a click that led to an erased customer the campaign alone stays`() {
        var desk = Desk()
        let early = ClickKey(epoch: 9, sequence: 1)
        _ = desk.talk(early)
        let late = ClickKey(epoch: 9, sequence: 2)
        let start = Start.click(link: desk.link, key: late, clickedAt: desk.world.time)
        desk.world.write(desk.project, user: 4711, start: start)
        _ = desk.erase()
        desk.world.forgetErased()
        desk.world.done(.clicks([desk.world.visit(desk.link, late)]))
        for key in [early, late] {
            let click = desk.world.click(key)!
            #expect(click.query == "utm_source=mail&utm_campaign=may")
            #expect(click == click.withoutVisitor)
        }
        #expect(desk.world.state.link(desk.link)?.humanClicks == 2)
    }

    @Test func `Clicks of more links than a session keeps say nothing of their visitor either`() {
        var desk = Desk()
        let keys = (1...UInt64(Touch.limit + 3)).map { ClickKey(epoch: 9, sequence: $0) }
        for key in keys {
            desk.world.done(.clicks([desk.world.visit(desk.link, key)]))
            let start = Start.click(link: desk.link, key: key, clickedAt: desk.world.time)
            desk.world.write(desk.project, user: 4711, start: start)
        }
        #expect(desk.world.says("203.0.113.77"))
        _ = desk.erase()
        desk.world.forgetErased()
        #expect(!desk.world.says("203.0.113.77") && !desk.world.says("walter"))
        let kept = keys.compactMap { desk.world.click($0) }
        #expect(kept.count == Touch.limit - 1)
        #expect(kept.allSatisfy { $0 == $0.withoutVisitor })
    }

    @Test func `An open session ends, nothing more is sent, and capacity is free again`() {
        var desk = Desk()
        let session = desk.talk(ClickKey(epoch: 9, sequence: 1))
        #expect(desk.world.state.openCount(of: desk.ana) == 1)
        _ = desk.erase()
        #expect(desk.world.state.openCount(of: desk.ana) == 0)
        #expect(desk.world.state.session(session)?.state == .completed)
        let chat = Chat(project: desk.project, user: TelegramID(4711))
        #expect(desk.world.state.outbox(of: chat).isEmpty)
        #expect(desk.world.state.outboxReady(at: desk.world.time, limit: 9).isEmpty)
    }

    @Test func `Who was erased and writes again is somebody new, at once and after a restart`()
        throws
    {
        var desk = Desk()
        let first = desk.talk(ClickKey(epoch: 9, sequence: 1))
        let version = desk.world.version(first)
        desk.world.done(.complete(first, by: desk.ana, version: version))
        let second = desk.talk(ClickKey(epoch: 9, sequence: 2))
        _ = desk.erase()
        // The first session still says whose it was, until the leader's node comes to it.
        #expect(desk.world.state.session(first)?.user == TelegramID(4711))
        #expect(try desk.world.rebuilt() == desk.world.state)
        let third = desk.world.write(desk.project, user: 4711, "hello again")
        #expect(third != first && third != second)
        #expect(desk.world.state.session(third)?.earlier == nil)
        #expect(try desk.world.rebuilt() == desk.world.state)
        desk.world.forgetErased()
        #expect(desk.world.state.session(third)?.user == TelegramID(4711))
        #expect(desk.world.state.session(third)?.state == .assigned)
        #expect(try desk.world.rebuilt() == desk.world.state)
        desk.world.state.checkInvariants()
    }

    @Test func `A barred customer who is erased is barred no more`() {
        var desk = Desk()
        _ = desk.talk(ClickKey(epoch: 9, sequence: 1))
        desk.world.done(.bar(TelegramID(4711), of: desk.project, by: desk.chief, true))
        _ = desk.erase()
        #expect(!desk.world.state.isBarred(TelegramID(4711), of: desk.project))
    }

    @Test func `An erased session takes no reply, reopening, note, remark or tag`() {
        var desk = Desk()
        let session = desk.talk(ClickKey(epoch: 9, sequence: 1))
        _ = desk.erase()
        let version = desk.world.version(session)
        let refused: [Command] = [
            .reply(session, by: desk.ana, text: "x"),
            .reopen(session, by: desk.ana, version: version),
            .addNote(session, by: desk.ana, text: "x"),
            .addRemark(session, by: desk.ana, text: "x"),
            .setTags(session, by: desk.ana, add: ["hexvip"], remove: []),
        ]
        for command in refused { #expect(desk.world.apply(command) == .refused(.wrongState)) }
    }

    @Test func `No message is changed or deleted of who is erased, or is being erased`() {
        var desk = Desk()
        let first = desk.talk(ClickKey(epoch: 9, sequence: 1))
        let version = desk.world.version(first)
        desk.world.done(.complete(first, by: desk.ana, version: version))
        let second = desk.talk(ClickKey(epoch: 9, sequence: 2))
        let target = SentMessage(ordinal: 1, messageID: 44, at: desk.world.time)
        let changes = [first, second].flatMap { session in
            [Revision.text("hexnew", []), .deletion].map { revision in
                Command.revise(session, by: desk.ana, target, revision, nil)
            }
        }
        _ = desk.erase()
        for change in changes { #expect(desk.world.apply(change) == .refused(.wrongState)) }
        desk.world.forgetErased()
        for change in changes { #expect(desk.world.apply(change) == .refused(.wrongState)) }
        #expect(!desk.world.says("hexnew"))
    }

    @Test func `A session that is to be erased takes no word before its turn comes`() throws {
        var desk = Desk()
        let first = desk.talk(ClickKey(epoch: 9, sequence: 1))
        let version = desk.world.version(first)
        desk.world.done(.complete(first, by: desk.ana, version: version))
        _ = desk.talk(ClickKey(epoch: 9, sequence: 2))
        let erasure = desk.erase()
        let count = desk.world.state.session(first)!.historyCount
        #expect(desk.world.state.session(first)?.isErased == false)
        let verdict = Verdict(.block, version: 1, rule: "hexrule")
        let refused: [Command] = [
            .addNote(first, by: desk.ana, text: "x"),
            .addRemark(first, by: desk.ana, text: "x"),
            .setTags(first, by: desk.ana, add: [], remove: ["hexvip"]),
            .refuseReply(first, by: desk.ana, verdict),
        ]
        for command in refused { #expect(desk.world.apply(command) == .refused(.wrongState)) }
        #expect(desk.world.state.session(first)?.historyCount == count)
        // Who writes meanwhile is somebody new, of whom everything may be said.
        let third = desk.world.write(desk.project, user: 4711, "hello again")
        desk.world.done(.addRemark(third, by: desk.ana, text: "x"))
        desk.world.done(.refuseReply(third, by: desk.ana, verdict))
        let item = desk.world.history(first)[0].withoutWords
        #expect(
            desk.world.apply(.eraseSession(erasure, first, from: .max, [item]))
                == .refused(.invalid("items")))
        desk.world.forgetErased()
        #expect(
            desk.world.apply(.refuseReply(first, by: desk.ana, verdict)) == .refused(.wrongState))
        #expect(try desk.world.rebuilt() == desk.world.state)
    }

    @Test func `Managers alone erase, and only whom there is`() {
        var desk = Desk()
        _ = desk.talk(ClickKey(epoch: 9, sequence: 1))
        let user = TelegramID(4711)
        #expect(
            desk.world.apply(.eraseCustomer(user, of: desk.project, by: desk.ana))
                == .refused(.forbidden))
        for other in [TelegramID(1), TelegramID(-5)] {
            #expect(
                desk.world.apply(.eraseCustomer(other, of: desk.project, by: desk.chief))
                    == .refused(.notFound))
        }
        _ = desk.erase()
        #expect(
            desk.world.apply(.eraseCustomer(user, of: desk.project, by: desk.chief))
                == .refused(.notFound))
    }

    @Test func `No words are taken for an erased history, and no other session`() {
        var desk = Desk()
        let session = desk.talk(ClickKey(epoch: 9, sequence: 1))
        let other = desk.world.write(desk.project, user: 12)
        let erasure = desk.erase()
        let items = desk.world.history(session)
        #expect(
            desk.world.apply(.eraseSession(erasure, session, from: 0, items))
                == .refused(.invalid("items")))
        let bare = items.map(\.withoutWords)
        #expect(
            desk.world.apply(.eraseSession(erasure, other, from: 0, []))
                == .refused(.notFound))
        #expect(
            desk.world.apply(.eraseSession(erasure, session, from: 2, bare))
                == .refused(.invalid("items")))
        desk.world.forgetErased()
        #expect(
            desk.world.apply(.eraseSession(erasure, session, from: 0, bare))
                == .refused(.notFound), "it is finished")
    }

    @Test func `The audit log names who erased, and nodes tell how far they are`() {
        var desk = Desk()
        _ = desk.talk(ClickKey(epoch: 9, sequence: 1))
        let erasure = desk.erase()
        let row = desk.world.rows[
            RowKey(table: RowTable.audit.rawValue, major: erasure.rawValue, minor: 0)]
        let line = row.map { try! AuditLine(value: $0) }
        #expect(line?.act == .erasedCustomer && line?.actor == desk.chief)
        #expect(line?.subject == erasure.rawValue && line?.project == desk.project)
        #expect(line?.changes.map(\.after) == [Text("\(-erasure.rawValue)")])
        desk.world.forgetErased()
        let last = desk.world.state.lastErasure!.index
        #expect(desk.world.state.erasedThrough(at: 2) == 0)
        desk.world.done(.tellErased(node: 2, last))
        desk.world.done(.tellErased(node: 2, 1))
        #expect(desk.world.state.erasedThrough(at: 2) == last)
    }

    @Test(arguments: [UInt64](1...10))
    func `Whenever customers are erased, the rows rebuild the state`(seed: UInt64) throws {
        var random = RandomWorld(seed: 60_000 + 2 * seed)
        for _ in 0..<8 {
            for _ in 0..<40 { random.step() }
            guard let last = random.world.state.sessions.sortedKeys.last else { continue }
            let session = random.world.state.session(last)!
            random.commit(
                .eraseCustomer(session.user, of: session.project, by: random.agents[0]))
            #expect(try random.world.rebuilt() == random.world.state)
            if seed.isMultiple(of: 2) { random.world.forgetErased() }
            #expect(try random.world.rebuilt() == random.world.state)
            random.world.state.checkInvariants()
        }
        random.world.forgetErased()
        #expect(random.world.state.erasureUnderWay == nil)
        #expect(try random.world.rebuilt() == random.world.state)
    }
}
