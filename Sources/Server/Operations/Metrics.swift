/// Counts and gauges of one node, as Prometheus reads them (text format 0.0.4). Confined to the
/// loop's thread.
struct Metrics {
    /// Requests answered, by route and status.
    private var requests: [RequestKey: Int] = [:]
    /// The same for webhooks, by status: counted for each, so without a look-up.
    private var webhooks = [Int](repeating: 0, count: 600)
    /// How long webhooks took from the whole request to the answer.
    private var webhookSeconds = Histogram()
    /// How long an election left the node without a known leader.
    var leaderlessSeconds = Histogram()
    /// What customers sent and the desk can't show.
    var unsupported = UnsupportedKinds()
    /// By `Counter.rawValue`.
    private var counters = [Int](repeating: 0, count: Counter.allCases.count)

    /// What is counted, without labels.
    enum Counter: Int, CaseIterable {
        case commandsApplied
        case updatesAccepted
        case updatesDuplicate
        case updatesRefused
        case updatesTooLarge
        case textsModerated
        case clicksAccepted
        case clicksForwarded
        case spoolRowsLeftOut
        case leaderChanges
        case peerConnections
        case peerBytesSent
        case messagesSent
        case messagesFailed
        case messagesRetried
        case signInsRefused
        case consoleFramesSent
        case consolesDropped
        case badRows
        case writesWithoutRoom
        case writesHeld
        case webhooksMoved
        case webhookMovesFailed
        case hooksDelivered
        case hooksFailed
        case callbacksAnswered
        case callbacksUnanswered

        /// The name that Prometheus sees.
        var name: String {
            switch self {
            case .commandsApplied: "roundhouse_commands_applied_total"
            case .updatesAccepted: "roundhouse_updates_accepted_total"
            case .updatesDuplicate: "roundhouse_updates_duplicate_total"
            case .updatesRefused: "roundhouse_updates_refused_total"
            case .updatesTooLarge: "roundhouse_updates_too_large_total"
            case .textsModerated: "roundhouse_texts_moderated_total"
            case .clicksAccepted: "roundhouse_clicks_accepted_total"
            case .clicksForwarded: "roundhouse_clicks_forwarded_total"
            case .spoolRowsLeftOut: "roundhouse_spool_rows_left_out_total"
            case .leaderChanges: "roundhouse_leader_changes_total"
            case .peerConnections: "roundhouse_peer_connections_total"
            case .peerBytesSent: "roundhouse_peer_sent_bytes_total"
            case .messagesSent: "roundhouse_messages_sent_total"
            case .messagesFailed: "roundhouse_messages_failed_total"
            case .messagesRetried: "roundhouse_messages_retried_total"
            case .signInsRefused: "roundhouse_sign_ins_refused_total"
            case .consoleFramesSent: "roundhouse_console_frames_sent_total"
            case .consolesDropped: "roundhouse_consoles_dropped_total"
            case .badRows: "roundhouse_state_bad_rows_total"
            case .writesWithoutRoom: "roundhouse_disk_writes_without_room_total"
            case .writesHeld: "roundhouse_state_holds_total"
            case .webhooksMoved: "roundhouse_webhooks_moved_total"
            case .webhookMovesFailed: "roundhouse_webhook_moves_failed_total"
            case .hooksDelivered: "roundhouse_hook_deliveries_total"
            case .hooksFailed: "roundhouse_hook_tries_failed_total"
            case .callbacksAnswered: "roundhouse_callbacks_answered_total"
            case .callbacksUnanswered: "roundhouse_callbacks_unanswered_total"
            }
        }
    }
    /// A route and the class of its answer.
    struct RequestKey: Hashable, Comparable {
        var route: String
        var status: Int
        static func < (a: RequestKey, b: RequestKey) -> Bool {
            (a.route, a.status) < (b.route, b.status)
        }
    }
    /// A distribution over fixed bounds.
    struct Histogram {
        static let bounds: [Double] = [
            0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5,
        ]
        private(set) var buckets = [Int](repeating: 0, count: Histogram.bounds.count)
        private(set) var count = 0
        private(set) var sum = 0.0

        mutating func observe(_ seconds: Double) {
            count += 1
            sum += seconds
            if let place = Histogram.bounds.firstIndex(where: { seconds <= $0 }) {
                buckets[place] += 1
            }
        }
        func write(_ name: String, into text: inout String) {
            text += "# TYPE \(name) histogram\n"
            var running = 0
            for (bound, bucket) in zip(Histogram.bounds, buckets) {
                running += bucket
                text += "\(name)_bucket{le=\"\(bound)\"} \(running)\n"
            }
            text += "\(name)_bucket{le=\"+Inf\"} \(count)\n\(name)_sum \(sum)\n"
            text += "\(name)_count \(count)\n"
        }
    }

    mutating func count(_ counter: Counter, by amount: Int = 1) {
        counters[counter.rawValue] += amount
    }
    mutating func countRequest(route: String, status: Int, by amount: Int = 1) {
        requests[RequestKey(route: route, status: status), default: 0] += amount
    }

    /// Counts the answer to a webhook.
    mutating func countWebhook(status: Int, seconds: Double) {
        webhooks[min(status, webhooks.count - 1)] += 1
        webhookSeconds.observe(seconds)
    }

    /// The text of `/metrics`, with gauges that the node reads at this moment.
    func text(gauges: [(name: String, value: Int64)]) -> String {
        var text = "# TYPE roundhouse_requests_total counter\n"
        var requests = requests
        for (status, count) in webhooks.enumerated() where count > 0 {
            requests[RequestKey(route: "/telegram/*", status: status)] = count
        }
        for key in requests.keys.sorted() {
            text += "roundhouse_requests_total{route=\"\(key.route)\",status=\"\(key.status)\"} "
            text += "\(requests[key] ?? 0)\n"
        }
        for counter in Counter.allCases {
            text += "# TYPE \(counter.name) counter\n"
            text += "\(counter.name) \(counters[counter.rawValue])\n"
        }
        unsupported.write(into: &text)
        webhookSeconds.write("roundhouse_webhook_seconds", into: &text)
        leaderlessSeconds.write("roundhouse_leaderless_seconds", into: &text)
        for gauge in gauges {
            text += "# TYPE \(gauge.name) gauge\n\(gauge.name) \(gauge.value)\n"
        }
        return text
    }
}
