import HTTP
import Replica
import Routing
import Transport
import Wire

/// Posts what waits for hooks, at the leader alone: for each hook one event at a time, in order,
/// the next one once the one before was taken. What became of it is committed in batches; after a
/// change of leaders the uncommitted ones are posted again, under the same names.
/// Loop's thread only.
final class HookSender {
    /// Our patience.
    enum Limits {
        /// From connecting to the end of an answer, and once more for the connection itself.
        static let answer: Duration = .seconds(10)
        /// A connection is kept this long: shorter than receivers keep theirs.
        static let idle: Duration = .seconds(3)
        /// Bytes of an answer, of which nothing but the status is looked at.
        static let answerBytes = 64 << 10
        /// Reports of one hook that are not committed yet.
        static let ahead = 100
        /// Reports in one entry.
        static let batch = 500
        /// Pause before reports that were not committed are put to the cluster again.
        static let reportAgain: Duration = .milliseconds(500)
        /// Longest wait before a hook is looked at again, in milliseconds.
        static let wait: Int64 = 3_600_000
    }

    /// One hook's posts in this office.
    private final class Line {
        let url: HookURL
        let client: ServiceClient
        /// The last delivery that was taken.
        var through: Int64 = 0
        var isCalling = false
        /// A try failed, and the state does not know yet.
        var hasFailed = false
        /// Reports not yet committed.
        var reports = 0
        var timer: LoopTimer?

        init(url: HookURL, client: ServiceClient) {
            self.url = url
            self.client = client
        }
    }

    private unowned let node: Node
    private let tls: TLSClientContext
    private let resolver: Resolver
    private let allowsPrivate: Bool
    private var epoch: UInt64?
    private var lines: [HookID: Line] = [:]
    private var poked: Set<HookID> = []
    private var isPoked = false
    private var reports: [HookReport] = []
    private var isReporting = false

    init(node: Node, tls: TLSClientContext, resolver: Resolver, allowsPrivate: Bool) {
        self.node = node
        self.tls = tls
        self.resolver = resolver
        self.allowsPrivate = allowsPrivate
    }

    /// This node is in office: whatever waits is its to post.
    func beginOffice() {
        for id in node.state.waitingHooks { poke(id) }
    }

    /// A hook changed, or something waits for it; looks at the end of this turn.
    func poke(_ id: HookID) {
        guard followsOffice() != nil else { return }
        poked.insert(id)
        guard !isPoked else { return }
        isPoked = true
        node.loop.later { [weak self] in
            guard let self else { return }
            isPoked = false
            let ids = poked
            poked = []
            for id in ids { look(id) }
        }
    }

    /// The epoch of this node's office; what an older office began is forgotten.
    private func followsOffice() -> UInt64? {
        let office = node.isStopping ? nil : node.officeEpoch
        guard epoch != office else { return epoch }
        for line in lines.values { line.timer?.cancel() }
        lines = [:]
        reports = []
        isReporting = false
        epoch = office
        return epoch
    }

    private func look(_ id: HookID) {
        guard let epoch = followsOffice() else { return }
        guard let hook = node.state.hook(id), hook.settings.isEnabled,
            node.state.waitingCount(for: id) > 0
        else {
            // Kept while it still has something to report.
            if let line = lines[id], !line.isCalling, line.reports == 0 { drop(id) }
            return
        }
        guard let line = line(of: hook), !line.isCalling, !line.hasFailed,
            line.reports < Limits.ahead
        else { return }
        line.timer?.cancel()
        line.timer = nil
        let pause = hook.notBefore.map { $0.milliseconds - node.logTime.milliseconds } ?? 0
        guard pause <= 0 else {
            let wait = min(pause, Limits.wait)
            line.timer = node.loop.schedule(after: .milliseconds(wait)) { [weak self] in
                self?.poke(id)
            }
            return
        }
        guard let delivery = node.state.delivery(to: id, after: line.through) else { return }
        post(delivery, to: hook, line, epoch)
    }

    private func drop(_ id: HookID) {
        lines.removeValue(forKey: id)?.timer?.cancel()
    }

    /// The hook's line; nil: it has an address that this release can't read.
    private func line(of hook: Hook) -> Line? {
        guard let url = HookURL(hook.settings.url.string) else { return nil }
        if let line = lines[hook.id], line.url == url || line.isCalling { return line }
        let allowsPrivate = allowsPrivate
        var limits = ServiceClient.Limits(connections: 1)
        limits.connect = Limits.answer
        limits.answer = Limits.answer
        limits.idle = Limits.idle
        limits.answerBytes = Limits.answerBytes
        let client = ServiceClient(
            loop: node.loop, url: url.service, name: "the receiver", tls: tls, resolver: resolver,
            limits: limits, permits: { allowsPrivate || $0.isPublic })
        let line = Line(url: url, client: client)
        if let old = lines[hook.id] {
            old.timer?.cancel()
            (line.through, line.hasFailed, line.reports) =
                (old.through, old.hasFailed, old.reports)
        }
        lines[hook.id] = line
        return line
    }

    private func post(
        _ delivery: HookDelivery, to hook: Hook, _ line: Line, _ epoch: UInt64
    ) {
        guard let secret = node.secrets.open(hook.sealedSecret, for: .hookSecret) else {
            let reason: Text = "this cluster can't read the hook's secret; renew it"
            return finish(delivery, of: hook, line, .failed(reason: reason))
        }
        let body = JSON.encode(HookPost(delivery, to: hook, in: node.state))
        let seconds = WallClock.now() / 1000
        var headers = HTTPHeaders()
        headers.append("Host", line.url.service.authority)
        headers.append("Content-Type", "application/json")
        headers.append("User-Agent", "Roundhouse/\(Roundhouse.version)")
        headers.append("Roundhouse-Event", delivery.what.word)
        headers.append("Roundhouse-Delivery", hook.name(of: delivery))
        headers.append(
            "Roundhouse-Signature", HookPost.signature(of: body, secret: secret, at: seconds))
        line.isCalling = true
        let request = HTTPRequest(
            method: .post, target: line.url.target, headers: headers, body: body)
        line.client.send(request) { [weak self] result in
            guard let self, followsOffice() == epoch, lines[hook.id] === line else { return }
            line.isCalling = false
            finish(delivery, of: hook, line, HookSender.result(result))
        }
    }

    /// What an answer, or none, means.
    static func result(
        _ result: Result<HTTPResponse, ServiceClient.Failure>
    ) -> HookReport.Result {
        switch result {
        case .failure(.notSent(let reason)), .failure(.lost(let reason)):
            .failed(reason: Text(reason))
        case .success(let response):
            switch response.status {
            case 200..<300: .delivered
            case 410: .gone(reason: "the receiver answered 410: it wants no more")
            default: .failed(reason: Text("the receiver answered \(response.status)"))
            }
        }
    }

    private func finish(
        _ delivery: HookDelivery, of hook: Hook, _ line: Line, _ result: HookReport.Result
    ) {
        switch result {
        case .delivered:
            node.metrics.count(.hooksDelivered)
            line.through = delivery.sequence
        case .failed(let reason), .gone(let reason):
            node.metrics.count(.hooksFailed)
            line.hasFailed = true
            node.log.warning(
                "an event was not delivered to a hook",
                [
                    "hook": .count(hook.id.rawValue),
                    "delivery": .text(hook.name(of: delivery)), "reason": .text(reason.string),
                ])
        }
        // Earlier successes of this line end its failures, but are not committed yet.
        let failures = line.reports > 0 ? 0 : node.state.hook(hook.id)?.failures ?? 0
        line.reports += 1
        reports.append(
            HookReport(
                hook: hook.id, sequence: delivery.sequence, failures: failures, result: result))
        report()
        poke(hook.id)
    }

    /// Commits what there is to report, one entry at a time.
    private func report() {
        guard !isReporting, !reports.isEmpty, let epoch = followsOffice() else { return }
        isReporting = true
        let batch = Array(reports.prefix(Limits.batch))
        node.submit(.finishDeliveries(batch)) { [weak self] answer in
            guard let self, followsOffice() == epoch else { return }
            if case .applied = answer {
            } else {
                _ = node.loop.schedule(after: Limits.reportAgain) { [weak self] in
                    guard let self, followsOffice() == epoch, !node.isStopping else { return }
                    isReporting = false
                    report()
                }
                return
            }
            isReporting = false
            reports.removeFirst(batch.count)
            for report in batch { committed(report) }
            report()
        }
    }

    private func committed(_ report: HookReport) {
        guard let line = lines[report.hook] else { return }
        line.reports -= 1
        switch report.result {
        case .delivered: break
        case .failed, .gone: line.hasFailed = false
        }
        poke(report.hook)
    }
}
