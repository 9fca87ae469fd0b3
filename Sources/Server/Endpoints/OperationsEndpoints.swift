import HTTP
import Raft
import Replica
import Transport
import Wire

/// What operators and their tools read: health, readiness, metrics, status.
extension Node {
    /// A node that has applied all but this many committed entries is caught up.
    static let caughtUpWithin: UInt64 = 1000

    /// Requests of the operations listener.
    func routeOperations(_ exchange: Exchange) {
        if exchange.request.method == .post { return operate(exchange) }
        guard exchange.request.method == .get || exchange.request.method == .head else {
            return exchange.respond(HTTPResponse(status: 405))
        }
        switch exchange.request.pathString {
        case "/healthz": respondHealth(exchange)
        case "/readyz": respondReady(exchange)
        case "/challenge": respondChallenge(exchange)
        case "/metrics":
            exchange.respond(
                HTTPResponse(
                    status: 200, contentType: "text/plain; version=0.0.4; charset=utf-8",
                    body: Array(metrics.text(gauges: gauges).utf8)))
        case "/status":
            exchange.respond(
                HTTPResponse(
                    status: 200, contentType: "application/json",
                    body: JSON.encode(statusView)))
        case "/routes":
            exchange.respond(
                HTTPResponse(
                    status: 200, contentType: "application/json", body: JSON.encode(routes.list)))
        default:
            exchange.respond(
                HTTPResponse(
                    status: 404, contentType: "text/plain; charset=utf-8",
                    body: Array("here are /healthz /readyz /metrics /status /routes\n".utf8)))
        }
    }

    /// The process answers.
    func respondHealth(_ exchange: Exchange) {
        exchange.respond(
            HTTPResponse(
                status: 200, contentType: "text/plain; charset=utf-8", body: Array("ok\n".utf8)))
    }

    /// The node can serve: it has a leader and is caught up.
    func respondReady(_ exchange: Exchange) {
        let reason = whyNotReady
        // What does not keep it from serving but somebody should know.
        let notes = [disk.text, repair.text].compactMap(\.self).map { "; \($0)" }.joined()
        var response = HTTPResponse(
            status: reason == nil ? 200 : 503, contentType: "text/plain; charset=utf-8",
            body: Array(((reason ?? "ready" + notes) + "\n").utf8))
        if reason != nil { response.headers.append("Retry-After", "1") }
        // Consoles of other nodes ask, which is another origin for a browser. It tells nothing that
        // anybody may not know.
        response.headers.append("Access-Control-Allow-Origin", "*")
        exchange.respond(response)
    }

    /// Why requests should go elsewhere; nil when they need not.
    var whyNotReady: String? {
        let status = replica.status
        if isStopping { return "shutting down" }
        if disk.room == .full { return disk.text }
        if status.lacksRoom { return "the disks of a majority are full" }
        guard status.configuration.contains(configuration.node) else {
            return "not a member yet; `roundhouse members add` makes it one"
        }
        guard isVoter else { return "catching up before it may vote" }
        guard status.leader != nil else { return "no leader" }
        if status.isSuspended { return "the nodes' states differ" }
        if status.role == .leader && officeEpoch == nil { return "taking office" }
        // The leader tells of no more commits than it knows to be here: what others have applied
        // says how far there is to go.
        let tip = status.role == .leader ? status.commit : status.heard
        guard let tip else { return "catching up" }
        if status.applied.rawValue + Node.caughtUpWithin < max(tip, status.commit).rawValue {
            return "catching up"
        }
        if state.agents.isEmpty && configuration.bootstrap != nil {
            return "making the first administrator"
        }
        return nil
    }

    private var gauges: [(name: String, value: Int64)] {
        let status = replica.status
        return certificateGauges + storageGauges + outgoingGauges + [
            ("roundhouse_feature_level", Int64(status.level.rawValue)),
            ("roundhouse_feature_level_newest", Int64(configuration.newestLevel.rawValue)),
            ("roundhouse_raft_term", Int64(clamping: status.term.rawValue)),
            ("roundhouse_raft_is_leader", status.role == .leader ? 1 : 0),
            ("roundhouse_raft_has_leader", status.leader == nil ? 0 : 1),
            ("roundhouse_raft_commit_index", Int64(clamping: status.commit.rawValue)),
            ("roundhouse_raft_applied_index", Int64(clamping: status.applied.rawValue)),
            ("roundhouse_raft_durable_index", Int64(clamping: status.durable.rawValue)),
            ("roundhouse_log_base_index", Int64(clamping: logBase.rawValue)),
            ("roundhouse_log_bytes", Int64(stores.log.bytes)),
            ("roundhouse_snapshot_transfers", Int64(snapshots.transfers)),
            ("roundhouse_snapshots_sent", Int64(host.snapshotsSent)),
            ("roundhouse_snapshots_installed", Int64(host.snapshotsInstalled)),
            ("roundhouse_state_written_index", Int64(clamping: stores.state.writtenIndex.rawValue)),
            ("roundhouse_state_pending_rows", Int64(stores.state.pendingRows)),
            ("roundhouse_spool_clicks", Int64(stores.spool.count)),
            ("roundhouse_requests_waiting", Int64(waitingRequests)),
            ("roundhouse_consoles", Int64(live.count)),
            ("roundhouse_public_connections", Int64(publicFront?.openConnections ?? 0)),
            (
                "roundhouse_public_connections_refused",
                Int64(clamping: publicFront?.refusedConnections ?? 0)
            ),
            ("roundhouse_log_oldest_write_ms", stores.log.oldestPending.map(milliseconds) ?? 0),
            (
                "roundhouse_sessions_waiting",
                Int64(state.projects.reduce(0) { $0 + state.waitingCount(in: $1.id) })
            ),
        ]
    }

    /// What goes out: events to hooks, agents' files.
    private var outgoingGauges: [(name: String, value: Int64)] {
        let totals = state.hookTotals
        return [
            ("roundhouse_hook_deliveries_waiting", Int64(totals.waiting)),
            ("roundhouse_hook_deliveries_given_up", Int64(clamping: totals.givenUp)),
            ("roundhouse_hook_deliveries_dropped", Int64(clamping: totals.dropped)),
            ("roundhouse_upload_bytes", Int64(fileSender.room.bytes)),
            ("roundhouse_upload_files", Int64(fileSender.room.files)),
        ]
    }

    private var storageGauges: [(name: String, value: Int64)] {
        let scrub = stores.state.scrub
        return [
            ("roundhouse_disk_room", Int64(disk.room.rawValue)),
            ("roundhouse_disk_free_bytes", disk.free.map { Int64(clamping: $0) } ?? -1),
            ("roundhouse_disk_reserve_bytes", Int64(clamping: disk.held)),
            ("roundhouse_state_repairing", repair.isUnderWay ? 1 : 0),
            ("roundhouse_state_repairs", Int64(host.repairs)),
            ("roundhouse_scrub_rows", scrub.rows),
            ("roundhouse_scrub_rows_known", scrub.of),
            ("roundhouse_scrub_passes", Int64(scrub.passes)),
            (
                "roundhouse_scrub_last_pass_age_seconds",
                scrub.lastPass.map { (EventLoop.clock() - $0) / 1_000_000_000 } ?? -1
            ),
        ]
    }

    private var certificateGauges: [(name: String, value: Int64)] {
        guard let certificates else { return [] }
        return [
            ("roundhouse_peer_certificate_days_left", certificates.daysLeft),
            ("roundhouse_peer_authority_days_left", certificates.authorityDaysLeft),
        ]
    }

    private func milliseconds(_ duration: Duration) -> Int64 {
        duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000
    }

    /// The body of `/status`.
    struct StatusView: Codable {
        struct Member: Codable {
            var id: UInt64
            var match: UInt64
            var lag: UInt64
        }
        /// Who takes part, by the newest entry in this node's log that says so.
        struct Membership: Codable {
            var node: UInt64
            var peer: String?
            var isVoter: Bool
            var isReachable: Bool
            /// The highest feature level that it applies, as far as the node asked can tell.
            var newestLevel: UInt32?
        }
        var cluster: String
        var node: UInt64
        var version: String
        var role: String
        var leader: UInt64?
        var term: UInt64
        var commit: UInt64
        var applied: UInt64
        var durable: UInt64
        var last: UInt64
        /// Just before the first entry of the log.
        var base: UInt64
        var digest: String
        var stateWritten: UInt64
        var statePendingRows: Int
        var spooledClicks: Int
        var waitingRequests: Int
        var consoles: Int
        var connections: Int
        var reachablePeers: [UInt64]
        var members: [Member]
        var membership: [Membership]
        var isMembershipCommitted: Bool
        /// The room of the disk: ok, low or full. Nil from a release that does not watch it.
        var disk: String?
        var diskFreeBytes: UInt64?
        /// What is wrong with the disk, or with the rows on it.
        var storageNotes: [String]?
        var ready: Bool
        var reason: String?
        var logTime: String
        var publicURL: String
        /// The feature level in force, and the highest that this node applies.
        var level: UInt32?
        var newestLevel: UInt32?
        /// Up to which log index nothing erased is in this node's files, and up to where customers
        /// were erased. Nil from a release that erases nobody.
        var erasedThrough: Int64?
        var lastErasure: Int64?
    }

    var statusView: StatusView {
        let status = replica.status
        let reason = whyNotReady
        return StatusView(
            cluster: configuration.cluster.string, node: configuration.node.rawValue,
            version: Roundhouse.version, role: "\(status.role)", leader: status.leader?.rawValue,
            term: status.term.rawValue, commit: status.commit.rawValue,
            applied: status.applied.rawValue, durable: status.durable.rawValue,
            last: status.last.rawValue, base: logBase.rawValue,
            digest: String(status.digest, radix: 16),
            stateWritten: stores.state.writtenIndex.rawValue,
            statePendingRows: stores.state.pendingRows, spooledClicks: stores.spool.count,
            waitingRequests: waitingRequests, consoles: live.count,
            connections: publicFront?.openConnections ?? 0,
            reachablePeers: peers.reachable.map(\.rawValue),
            members: status.members.map { member in
                StatusView.Member(
                    id: member.id.rawValue, match: member.match.rawValue,
                    lag: status.last.rawValue - min(status.last.rawValue, member.match.rawValue))
            }, membership: membership(status),
            isMembershipCommitted: status.isConfigurationCommitted, disk: "\(disk.room)",
            diskFreeBytes: disk.free, storageNotes: [disk.text, repair.text].compactMap(\.self),
            ready: reason == nil,
            reason: reason, logTime: logTime.text,
            publicURL: configuration.publicListener.baseURL, level: status.level.rawValue,
            newestLevel: configuration.newestLevel.rawValue,
            erasedThrough: state.erasedThrough(at: configuration.node.rawValue),
            lastErasure: state.lastErasure?.index ?? 0)
    }

    private func membership(_ status: Replica.Status) -> [StatusView.Membership] {
        status.configuration.members.map { member in
            let address = status.configuration.address(of: member)
            return StatusView.Membership(
                node: member.rawValue, peer: address.map { String(decoding: $0, as: UTF8.self) },
                isVoter: status.configuration.voters.contains(member),
                isReachable: member == configuration.node || peers.isUp(member),
                newestLevel: status.newestLevels.first { $0.id == member }?.newest.rawValue)
        }
    }
}
