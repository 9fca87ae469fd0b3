import Routing

extension API {
    /// What managers measure a project and its agents by.
    struct Numbers: Encodable {
        /// Lengths of time, in seconds.
        struct Lengths: Encodable {
            var count: Int
            @Null var median: Double?
            @Null var p90: Double?
            init(_ times: Times) {
                count = times.count
                median = times.rank(50).map { Double($0) / 1000 }
                p90 = times.rank(90).map { Double($0) / 1000 }
            }
        }
        struct Figures: Encodable {
            var sessions: Int
            var inTime: Int
            var judged: Int
            @Null var successRate: Double?
            var offline: Int
            var assignment: Lengths
            var firstReply: Lengths
            var resolution: Lengths
            var openNow: Int
            /// Sessions open on average over the span, as far as it is past.
            @Null var meanOpen: Double?
            var handedOn: Int
            var received: Int
            var bounces: Int

            init(_ figures: Routing.Numbers.Figures, openNow: Int, past: Int64) {
                sessions = figures.sessions
                inTime = figures.rate.inTime
                judged = figures.rate.judged
                successRate = figures.rate.value.map(API.Numbers.rounded)
                offline = figures.offline
                assignment = Lengths(figures.assignment)
                firstReply = Lengths(figures.firstReply)
                resolution = Lengths(figures.resolution)
                self.openNow = openNow
                meanOpen =
                    past > 0
                    ? API.Numbers.rounded(Double(figures.ownedMilliseconds) / Double(past)) : nil
                handedOn = figures.handedOn
                received = figures.received
                bounces = figures.bounces
            }
        }
        struct OfAgent: Encodable {
            var agent: Named
            /// Whether they are in the project's list now.
            var isMember: Bool
            var figures: Figures
            var onlineSeconds: Int64
            @Null var lastSignIn: String?
            /// A member with an active account and without a sign-in for a week.
            var isInactive: Bool
        }
        struct Before: Encodable {
            var inTime: Int
            var judged: Int
            @Null var successRate: Double?
        }
        struct Alert: Encodable {
            var code: String
            var text: String
        }
        var index: String
        var project: Named
        var from: String
        var to: String
        /// False when there were more sessions than are read.
        var whole: Bool
        var unassignedNow: Int
        var all: Figures
        /// The window of the same length before.
        var before: Before
        @Null var alert: Alert?
        var agents: [OfAgent]

        /// After how many days without a sign-in an account counts as inactive.
        static let inactiveDays: Int64 = 7

        /// To thousandths.
        static func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
    }
}

extension API.Numbers {
    /// What a scan found, with what is now.
    init(index: String, _ scan: NumbersScan, in state: RoutingState) {
        let numbers = scan.numbers
        let project = state.project(numbers.project)!
        self.index = index
        self.project = API.Named(id: "\(project.id)", name: project.settings.name.string)
        from = numbers.span.lowerBound.text
        to = numbers.span.upperBound.text
        whole = scan.isWhole
        unassignedNow = state.waitingCount(in: project.id)
        let past =
            min(numbers.span.upperBound, numbers.now).milliseconds
            - max(numbers.span.lowerBound, project.createdAt).milliseconds
        let members = Set(project.members.map(\.agent))
        // By the list, then who is not in it any more.
        let former = scan.numbers.agents.keys.filter { !members.contains($0) }.sorted()
        let horizon = numbers.now.adding(milliseconds: -API.Numbers.inactiveDays * 86_400_000)
        var open = 0
        agents = (project.members.map(\.agent) + former).map { id in
            let openNow = state.openCount(of: id, in: project.id)
            open += openNow
            let account = state.agent(id)
            let isStale = account?.lastSignIn.map { $0 < horizon } ?? true
            return OfAgent(
                agent: state.named(id), isMember: members.contains(id),
                figures: Figures(
                    (numbers.agents[id] ?? .init()).sorted, openNow: openNow, past: past),
                onlineSeconds: (scan.online[id] ?? 0) / 1000,
                lastSignIn: account?.lastSignIn?.text,
                isInactive: members.contains(id) && account?.isActive == true && isStale)
        }
        all = Figures(numbers.all.sorted, openNow: open, past: past)
        before = Before(
            inTime: numbers.before.inTime, judged: numbers.before.judged,
            successRate: numbers.before.value.map(API.Numbers.rounded))
        alert = numbers.isAlarming ? Alert(after: numbers.before, numbers.all.rate) : nil
    }

    /// The project and each agent as a table.
    var csv: [UInt8] {
        let columns = [
            "kind", "id", "name", "sessions", "inTime", "judged", "successRate", "offline",
            "assignmentMedian", "assignmentP90", "firstReplyMedian", "firstReplyP90",
            "resolutionMedian", "resolutionP90", "openNow", "meanOpen", "handedOn", "received",
            "bounces", "onlineSeconds", "lastSignIn", "isInactive",
        ]
        var rows = [columns.joined(separator: ",")]
        rows.append((["project"] + cells(project, all) + ["", "", ""]).joined(separator: ","))
        for each in agents {
            let more = ["\(each.onlineSeconds)", each.lastSignIn ?? "", "\(each.isInactive)"]
            rows.append(
                (["agent"] + cells(each.agent, each.figures) + more).joined(separator: ","))
        }
        return Array(rows.map { $0 + "\r\n" }.joined().utf8)
    }

    private func cells(_ who: API.Named, _ figures: Figures) -> [String] {
        func cell(_ number: Double?) -> String { number.map { "\($0)" } ?? "" }
        func cells(_ lengths: Lengths) -> [String] { [cell(lengths.median), cell(lengths.p90)] }
        return [
            who.id, CSV.cell(who.name), "\(figures.sessions)", "\(figures.inTime)",
            "\(figures.judged)", cell(figures.successRate), "\(figures.offline)",
        ] + cells(figures.assignment) + cells(figures.firstReply) + cells(figures.resolution) + [
            "\(figures.openNow)", cell(figures.meanOpen), "\(figures.handedOn)",
            "\(figures.received)", "\(figures.bounces)",
        ]
    }
}

extension API.Numbers.Alert {
    /// The success rate fell.
    init(after before: Numbers.Rate, _ now: Numbers.Rate) {
        func hundredths(_ rate: Numbers.Rate) -> Int { Int(((rate.value ?? 0) * 100).rounded()) }
        code = "successRateFell"
        text =
            "\(hundredths(now)) % of the sessions were given in time, after \(hundredths(before)) "
            + "% in the window before. See who is receiving, and what the waiting sessions say."
    }
}
