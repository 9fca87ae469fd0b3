import Wire

/// Counts of what customers sent and the desk can't show, by kind. Kinds are the Bot API's names;
/// there is a fixed list of them, so that nobody makes the node's metrics grow.
struct UnsupportedKinds {
    /// The kinds with a count of their own, in order; every other one is `other`.
    static let known: [Text] = [
        "business_message", "channel_post", "checklist", "dice", "game", "gift", "giveaway",
        "inline_query", "invoice", "message/channel", "message/group", "message/supergroup",
        "message_reaction", "paid_media", "passport_data", "pinned_message", "poll", "poll_answer",
        "pre_checkout_query", "refunded_payment", "shipping_query", "story", "successful_payment",
        "unique_gift", "users_shared", "web_app_data", "write_access_allowed",
    ]
    /// The last is that of all others.
    private var counts = [Int](repeating: 0, count: known.count + 1)

    /// Counts one.
    mutating func count(_ kind: Text) {
        counts[Self.known.firstIndex(of: kind) ?? Self.known.count] += 1
    }

    /// Appends the lines of the kinds that came.
    func write(into text: inout String) {
        let name = "roundhouse_updates_unsupported_total"
        text += "# TYPE \(name) counter\n"
        for (place, count) in counts.enumerated() where count > 0 {
            let kind = place < Self.known.count ? Self.known[place] : "other"
            text += "\(name){kind=\"\(kind)\"} \(count)\n"
        }
    }
}
