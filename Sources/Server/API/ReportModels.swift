import Routing
import Wire

extension API {
    /// How often a link was clicked, and what became of it.
    struct LinkReport: Encodable {
        struct Clicks: Encodable {
            var total: Int
            var human: Int
            var other: Int
            var unique: Int
            var unidentified: Int
            init(_ count: ClickReport.Count) {
                total = count.total
                human = count.human
                other = count.total - count.human
                unique = count.unique
                unidentified = count.unidentified
            }
        }
        struct Item: Encodable {
            var value: String
            var total: Int
            var human: Int
            var unique: Int
            var unidentified: Int
        }
        struct Funnel: Encodable {
            var clicks: Int
            var starts: Int
            var assigned: Int
            var firstReplies: Int
            var completed: Int
            init(_ counts: LinkFunnel, of clicks: Int) {
                self.clicks = clicks
                starts = counts.starts
                assigned = counts.assigned
                firstReplies = counts.firstReplies
                completed = counts.completed
            }
        }
        /// How many it led here first, and last.
        struct Attribution: Encodable {
            struct Touches: Encodable {
                var first: Int
                var last: Int
            }
            var sessions: Touches
            var customers: Touches
            init(_ counts: LinkAttribution) {
                sessions = Touches(first: counts.sessionsFirst, last: counts.sessionsLast)
                customers = Touches(first: counts.customersFirst, last: counts.customersLast)
            }
        }
        var index: String
        var link: String
        var uniqueHours: Int
        /// False when there were more clicks than a report takes.
        var whole: Bool
        /// From when on the clicks are kept, and so counted; null: all are.
        @Null var keptSince: String?
        var clicks: Clicks
        var funnel: Funnel
        var attribution: Attribution
        @Null var by: String?
        var items: [Item]

        init(
            index: String, _ id: LinkID, _ scan: ReportScan, uniqueHours: Int,
            keptSince: LogTime?
        ) {
            self.index = index
            self.keptSince = keptSince?.text
            self.uniqueHours = uniqueHours
            let report = scan.report
            link = "\(id)"
            whole = report.isWhole
            clicks = Clicks(report.all)
            funnel = Funnel(scan.outcomes.funnel(of: id), of: report.all.human)
            attribution = Attribution(scan.outcomes.attribution(of: id))
            by = report.property?.rawValue
            items = scan.counts.map { name, count in
                Item(
                    value: name, total: count.total, human: count.human, unique: count.unique,
                    unidentified: count.unidentified)
            }
        }
    }

    /// One click with what it tells.
    struct ClickView: Encodable {
        struct UTM: Encodable {
            var source: String
            var medium: String
            var campaign: String
            var term: String
            var content: String
        }
        var at: String
        var node: String
        var kind: String
        var address: String
        var browser: String
        var system: String
        var device: String
        var referrer: String
        var language: String
        var query: String
        var utm: UTM
        /// Hexadecimal; null when the visitor or the first feature level left none.
        @Null var fingerprint: String?

        init(_ click: Click) {
            let agent = UserAgent(click.userAgent)
            at = click.at.text
            node = "\(click.node)"
            kind =
                switch click.flag {
                case .human: "human"
                case .head: "head"
                case .prefetch: "prefetch"
                case .bot: "bot"
                }
            address = click.address.string
            browser = agent.family
            system = agent.system
            device = agent.device
            referrer = click.referrer.string
            language = click.language.string
            query = click.query.string
            func utm(_ name: Text) -> String { ClickReport.parameter(name, of: click) }
            self.utm = UTM(
                source: utm("utm_source"), medium: utm("utm_medium"),
                campaign: utm("utm_campaign"), term: utm("utm_term"),
                content: utm("utm_content"))
            fingerprint =
                click.fingerprint == 0 ? nil : String(click.fingerprint, radix: 16)
        }
    }
}
