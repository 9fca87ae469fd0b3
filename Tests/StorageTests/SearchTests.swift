import Foundation
import Raft
import Testing
import Wire

@testable import Routing
@testable import Storage

/// search.db: what it finds, and that losing it costs nothing but making it anew.
@Suite struct SearchTests {
    /// A state.db with histories, and the search over it.
    private final class Shelf {
        let scratch = Scratch()
        let state: StateStore
        let store: SearchStore
        let reader: StateReader
        private var index: Int64 = 0

        init() throws {
            state = try StateStore.open(path: scratch.state, identity: Shelf.identity)
            store = SearchStore(path: Shelf.path(scratch), identity: Shelf.identity)
            reader = try state.reader()
        }

        static let identity = StoreIdentity(cluster: "search", node: NodeID(1))
        static func path(_ scratch: Scratch) -> String { scratch.state + "-search.db" }

        /// Puts something into a session's history.
        @discardableResult
        func add(
            _ what: HistoryItem.What, session: Int64 = 1, more: [RowChange] = []
        ) throws -> Int64 {
            index += 1
            let item = HistoryItem(
                index: index, at: LogTime(milliseconds: 1000 * index), what: what, decision: nil)
            let row = RowChange(
                table: .history, major: session, minor: index, value: item.encoded())
            try state.write(
                [row] + more,
                applied: AppliedMark(index: LogIndex(UInt64(index)), term: Term(1)))
            return index
        }

        /// A customer writes.
        @discardableResult
        func write(_ text: Text, session: Int64 = 1) throws -> Int64 {
            try add(
                .inbound(
                    HistoryItem.Inbound(
                        opening: .none, messageID: 1, kind: "text", text: text, fileID: "",
                        touch: nil, payload: "")), session: session)
        }

        /// Reads until there is no more.
        func catchUp(batch: Int = 3) throws {
            let work = SearchWork(store: store, reader: reader, batchRows: batch)
            while try work.step() == nil {}
        }

        /// The ordinals of what is found, newest first.
        func find(
            _ text: Text, before: Int64 = .max, at span: Range<Int64> = .min ..< .max,
            limit: Int = 100
        ) throws -> [Int64]? {
            try store.find(text, before: before, at: span, limit: limit)?.map(\.ordinal)
        }
    }

    @Test func `Places and people are found by their names`() throws {
        let shelf = try Shelf()
        func send(_ enclosure: Enclosure) throws -> Int64 {
            try shelf.add(
                .inbound(
                    HistoryItem.Inbound(
                        opening: .none, messageID: 1, kind: "venue", text: "", fileID: "",
                        touch: nil, payload: "", extras: MessageExtras(enclosure: enclosure))))
        }
        let place = try send(
            .location(
                Location(latitude: 1, longitude: 2, title: "Museum", address: "Harbour 3")))
        let person = try send(
            .contact(ContactCard(phoneNumber: "+49", firstName: "Zoë", lastName: "Quill")))
        try shelf.catchUp()
        #expect(try shelf.find("museum") == [place] && shelf.find("harbour") == [place])
        #expect(try shelf.find("quill") == [person])
    }

    @Test func `A query of two Chinese characters finds its messages`() throws {
        let shelf = try Shelf()
        let first = try shelf.write("你好，我想申请退款。订单还没有到")
        try shelf.write("你好，款式很好，我不退")
        let last = try shelf.write("退款")
        try shelf.catchUp()
        #expect(try shelf.find("退款") == [last, first])
        #expect(try shelf.find("订单") == [first])
        #expect(try shelf.find("申请退款") == [first])
        #expect(try shelf.find("退款 订单") == [first])
        #expect(try shelf.find("单订") == [])
    }

    @Test(
        arguments: [
            ("Where is my Order 4711?", "order", true), ("Where is my Order?", "ord my", true),
            ("Where is my Order?", "orderly", false), ("Where is my Order?", "o", false),
            ("Where is my X-Order?", "x-o", false), ("Plan B, size 4", "b", true),
            ("Plan B, size 42", "4", false), ("Two cafe\u{301}ss", "cafe\u{301}s", true),
            ("Grüße aus Köln", "koln", true),
            ("我的iPhone手机坏了", "iphone", true), ("我的iPhone手机坏了", "手机", true),
            ("我的iPhone手机坏了", "机", true), ("我的iPhone手机坏了", "了", true),
            ("注文をキャンセルしたい", "キャンセル", true), ("注文をキャンセルしたい", "注文", true),
            ("주문을 취소해 주세요", "취소", true), ("주문을 취소해 주세요", "문취", false),
            ("it's \"quoted\"", "quoted", true), ("it's \"quoted\"", "it's", true),
            ("Привет, где заказ?", "ЗАКАЗ", true),
        ] as [(Text, Text, Bool)])
    func `Words are found by their beginning, runs anywhere`(
        text: Text, question: Text, isFound: Bool
    ) throws {
        let shelf = try Shelf()
        let ordinal = try shelf.write(text)
        try shelf.catchUp()
        #expect(try shelf.find(question) == (isFound ? [ordinal] : []))
    }

    @Test func `No question breaks the index; one without words is none`() throws {
        let shelf = try Shelf()
        let ordinal = try shelf.write("hello 世界")
        try shelf.catchUp()
        for question: Text in ["", " ", "?!", "\"", "\"\"", "* ( ) : ^ -"] {
            #expect(try shelf.find(question) == nil, "\(question)")
        }
        let odd: [Text] = [
            "NOT hello", "hello OR", "text:hello", "he\"llo", "a*b", "{a}", "NEAR(a b)", "²", "ा",
            "\u{0}hello", Text([0xff, 0x41]), "-hello", "a AND",
        ]
        for question in odd { _ = try shelf.find(question) }
        #expect(try shelf.find("hello") == [ordinal], "and nothing was made anew")
        #expect(try shelf.find("世界") == [ordinal])
    }

    @Test func `Pages go from the newest on, and a span of time bounds them`() throws {
        let shelf = try Shelf()
        for _ in 1...10 { try shelf.write("hello") }
        try shelf.catchUp()
        let page = try #require(
            try shelf.store.find("hello", before: .max, at: .min ..< .max, limit: 4))
        #expect(page.map(\.ordinal) == [10, 9, 8, 7])
        #expect(try shelf.find("hello", before: page[3].id, limit: 4) == [6, 5, 4, 3])
        #expect(try shelf.find("hello", at: 3000..<5000) == [4, 3])
    }

    @Test func `Private notes are never indexed, remarks and answers are`() throws {
        let shelf = try Shelf()
        let agent = AgentID(5)
        let note = PrivateNote(
            author: agent, index: 1, session: SessionID(1), at: LogTime(milliseconds: 1),
            text: "secret tea")
        try shelf.add(
            .noted(by: agent),
            more: [RowChange(table: .note, major: 5, minor: 1, value: note.encoded())])
        let remark = try shelf.add(.remarked(by: agent, text: "tea at five"))
        let answer = try shelf.add(
            .outbound(
                HistoryItem.Outbound(
                    agent: agent, text: "tea is served", outbox: OutboxID(48), state: .queued,
                    attempts: 0)))
        try shelf.catchUp()
        #expect(try shelf.find("secret") == [])
        #expect(try shelf.find("tea") == [answer, remark])
    }

    @Test func `Changed messages are found by their words, old ones by what they were`() throws {
        let shelf = try Shelf()
        var message = HistoryItem.Outbound(
            agent: AgentID(5), text: "first words", outbox: OutboxID(16), state: .queued,
            attempts: 0)
        let old = try shelf.add(.outbound(message))
        let waiting = try shelf.add(
            .rewritten(by: AgentID(5), of: old, text: "second words", entities: []))
        message.text = "third words"
        message.outbox = OutboxID(48)
        let sent = try shelf.add(.revised(message, of: old, isDeletion: false))
        try shelf.catchUp()
        #expect(try shelf.find("words") == [sent, waiting, old])
        #expect(try shelf.find("second") == [waiting])
        let hit = try #require(
            try shelf.store.find("first", before: .max, at: .min ..< .max, limit: 1)?.first)
        message.outbox = OutboxID(16)
        var item = HistoryItem(
            index: 1, at: LogTime(milliseconds: 1000), what: .outbound(message), decision: nil)
        #expect(hit.isOf(item))
        message.changedAt = 2
        item.what = .outbound(message)
        #expect(!hit.isOf(item), "its words are others now")
    }

    @Test func `It shows up to which log index it has read`() throws {
        let shelf = try Shelf()
        for _ in 1...7 { try shelf.write("hello") }
        #expect(try shelf.store.index() == 0)
        let work = SearchWork(store: shelf.store, reader: shelf.reader, batchRows: 5)
        #expect(try work.step() == nil)
        #expect(try shelf.store.index() == 0, "not all of any entry's")
        #expect(try work.step() == 7)
        #expect(try shelf.store.index() == 7)
    }

    @Test(arguments: ["deleted", "noise", "cut", "foreign", "rebuilt"])
    func `A lost index costs nothing but making it anew`(how: String) throws {
        let shelf = try Shelf()
        for number in 1...200 { try shelf.write(Text("hello 退款 \(number)")) }
        try shelf.catchUp(batch: 50)
        let url = URL(fileURLWithPath: shelf.store.path)
        if how == "rebuilt" {
            shelf.store.rebuild()
        } else {
            shelf.store.close()
            for end in ["-wal", "-shm"] {
                try? FileManager.default.removeItem(atPath: shelf.store.path + end)
            }
        }
        switch how {
        case "deleted": try FileManager.default.removeItem(at: url)
        case "noise": try Data(repeating: 0x5a, count: 40_000).write(to: url)
        case "cut": try Data(contentsOf: url).prefix(5_000).write(to: url)
        case "foreign":
            try FileManager.default.removeItem(at: url)
            let other = StoreIdentity(cluster: "other", node: NodeID(1))
            try SearchFile.open(shelf.store.path, identity: other, options: .search).close()
        default: break
        }
        // The first attempt may find out that the file does not read.
        for _ in 1...2 { _ = try? shelf.catchUp(batch: 50) }
        #expect(try shelf.find("退款")?.count == 100)
        #expect(try shelf.find("200") == [200])
        #expect(try shelf.store.index() == 200)
    }

    @Test func `Another state file is read anew, and nothing is found twice`() throws {
        let shelf = try Shelf()
        for _ in 1...5 { try shelf.write("hello") }
        try shelf.catchUp()
        // What a power cut takes back comes again, perhaps in another order.
        var gone = SearchFile.Progress(stamp: "another file", row: 3, index: 900)
        try shelf.store.add([], gone)
        try shelf.write("hello")
        try shelf.catchUp()
        #expect(try shelf.find("hello") == [6, 5, 4, 3, 2, 1])
        gone = SearchFile.Progress(stamp: try shelf.reader.stamp(), row: 900, index: 900)
        try shelf.store.add([], gone)
        try shelf.write("hello")
        try shelf.catchUp()
        #expect(try shelf.find("hello") == [7, 6, 5, 4, 3, 2, 1])
    }

    @Test func `A row that is written again is not read again`() throws {
        let shelf = try Shelf()
        let ordinal = try shelf.write("hello")
        try shelf.catchUp()
        let value = try #require(try shelf.reader.row(.history, major: 1, minor: ordinal))
        try shelf.state.write(
            [RowChange(table: .history, major: 1, minor: ordinal, value: value)],
            applied: AppliedMark(index: LogIndex(2), term: Term(1)))
        try shelf.catchUp()
        #expect(try shelf.find("hello") == [ordinal])
        #expect(try shelf.store.index() == 2)
    }

    @Test func `After an erasure the index is made anew without what was erased`() throws {
        let shelf = try Shelf()
        let kept = try shelf.write("hello there")
        let erased = try shelf.write("hexsecret hello", session: 2)
        try shelf.catchUp()
        #expect(try shelf.find("hexsecret") == [erased])
        let bare = HistoryItem(
            index: erased, at: LogTime(milliseconds: 1000 * erased), what: .flooded,
            decision: nil)
        let mark = RowChange(table: .erasureMark, major: 1, value: (Int64(3)).encodedAlone())
        let row = RowChange(table: .history, major: 2, minor: erased, value: bare.encoded())
        try shelf.state.write(
            [row, mark], applied: AppliedMark(index: LogIndex(3), term: Term(1)))
        try shelf.catchUp()
        #expect(try shelf.store.erasedThrough() == 3)
        #expect(try shelf.find("hexsecret") == [])
        #expect(try shelf.find("hello") == [kept])
        shelf.store.close()
        let path = Shelf.path(shelf.scratch)
        for file in [path, path + "-wal"] {
            let bytes = (try? Data(contentsOf: URL(fileURLWithPath: file))) ?? Data()
            #expect(bytes.range(of: Data("hexsecret".utf8)) == nil)
        }
        try shelf.catchUp()
        #expect(try shelf.find("hello") == [kept], "once is enough")
    }

    @Test func `What reaches state.db after it was applied is read without more news`() throws {
        let shelf = try Shelf()
        var limits = SearchIndexer.Limits()
        limits.rest = .milliseconds(1)
        let indexer = SearchIndexer(
            store: shelf.store, reader: try shelf.state.reader(), limits: limits
        ) { error in Issue.record(error) }
        // The thread looks before the rows are there.
        indexer.applied(2)
        try shelf.write("hello")
        try shelf.write("hello")
        // Only the thread can end this.
        while try shelf.store.index() < 2 { sched_yield() }
        indexer.close()
        #expect(try shelf.find("hello") == [2, 1])
    }
}
