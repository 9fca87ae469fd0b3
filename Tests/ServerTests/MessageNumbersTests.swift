import Telegram
import Testing
import Wire

@testable import Routing
@testable import Server

/// What items of a history say of each other, by Telegram's numbers.
@Suite struct MessageNumbersTests {
    private func item(_ what: HistoryItem.What) -> HistoryItem {
        HistoryItem(index: 1, at: LogTime(milliseconds: 1), what: what, decision: nil)
    }

    private func inbound(_ number: Int64, replyTo: Int64 = 0) -> HistoryItem {
        item(
            .inbound(
                HistoryItem.Inbound(
                    opening: .none, messageID: number, kind: "text", text: "x", fileID: "",
                    touch: nil, payload: "", extras: MessageExtras(replyTo: replyTo))))
    }

    private func outbound(_ state: DeliveryState) -> HistoryItem {
        item(
            .outbound(
                HistoryItem.Outbound(
                    agent: AgentID(2), text: "y", outbox: OutboxID(16), state: state,
                    attempts: 1)))
    }

    private func named(_ what: HistoryItem, among items: [HistoryItem]) -> API.Item {
        let page = (items + [what]).enumerated().map {
            (item: $0.element, ordinal: Int64($0.offset))
        }
        var view = API.Item(ordinal: "0", at: "", kind: "message", from: "customer")
        MessageNumbers(page).name(&view, of: what)
        return view
    }

    @Test func `customers answer their own messages and ours that were sent`() {
        let items = [inbound(7), outbound(.sent(messageID: 8)), outbound(.queued)]
        #expect(named(inbound(9, replyTo: 7), among: items).replyTo == "0")
        #expect(named(inbound(9, replyTo: 8), among: items).replyTo == "1")
        #expect(named(inbound(9, replyTo: 6), among: items).replyTo == nil)
        #expect(named(inbound(9), among: items).replyTo == nil)
    }

    @Test func `a change names the message that it changes`() {
        let edit = item(.edited(HistoryItem.Edited(messageID: 7, text: "z")))
        #expect(named(edit, among: [inbound(6), inbound(7)]).of == "1")
        #expect(named(edit, among: [inbound(6)]).of == nil)
        let erased = item(.edited(HistoryItem.Edited(messageID: 0, text: "")))
        #expect(named(erased, among: [inbound(0)]).of == nil)
    }

    @Test func `only what Telegram has can be answered`() {
        #expect(inbound(7).number == 7 && inbound(0).number == nil)
        #expect(outbound(.sent(messageID: 8)).number == 8)
        #expect(outbound(.queued).number == nil && item(.flooded).number == nil)
    }
}

@Suite struct UnsupportedKindsTests {
    @Test func `what can't be shown is counted by kind, and kinds that nobody knows together`() {
        var kinds = UnsupportedKinds()
        for kind: Text in ["poll", "dice", "poll", "hologram", "a\"b\n"] { kinds.count(kind) }
        var text = ""
        kinds.write(into: &text)
        let name = "roundhouse_updates_unsupported_total"
        #expect(
            text == "# TYPE \(name) counter\n\(name){kind=\"dice\"} 1\n\(name){kind=\"poll\"} 2\n"
                + "\(name){kind=\"other\"} 2\n")
        #expect(UnsupportedKinds.known == UnsupportedKinds.known.sorted())
        #expect(UnsupportedKinds.known.allSatisfy { !Message.isSupported(kind: $0) })
    }
}
