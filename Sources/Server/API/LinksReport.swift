import Routing
import Wire

extension API {
    /// The links of a project side by side: how often each was clicked, and what became of it.
    struct LinksReport: Encodable {
        struct Item: Encodable {
            var link: String
            var name: String
            var code: String
            var clicks: LinkReport.Clicks
            var funnel: LinkReport.Funnel
            var attribution: LinkReport.Attribution
        }
        var index: String
        var project: String
        var uniqueHours: Int
        /// False when there were more clicks than a report takes.
        var whole: Bool
        /// From when on the clicks are kept, and so counted; null: all are.
        @Null var keptSince: String?
        /// Of all links; a visitor of several is unique once.
        var clicks: LinkReport.Clicks
        /// Of all links.
        var funnel: LinkReport.Funnel
        /// Of all links.
        var attribution: LinkReport.Attribution
        /// The most clicked first, links that nobody clicked in their order.
        var items: [Item]

        init(
            index: String, _ project: ProjectID, _ links: [Link], _ scan: ReportScan,
            uniqueHours: Int, keptSince: LogTime?
        ) {
            self.index = index
            self.project = "\(project)"
            self.uniqueHours = uniqueHours
            self.keptSince = keptSince?.text
            whole = scan.report.isWhole
            var clicksOf: [String: ClickReport.Count] = [:]
            for (name, count) in scan.counts { clicksOf[name] = count }
            let attributions = scan.outcomes.everyAttribution()
            var (funnels, led) = (LinkFunnel(), LinkAttribution())
            var items: [Item] = []
            for link in links {
                let clicks = clicksOf["\(link.id)"] ?? .init()
                let funnel = scan.outcomes.funnel(of: link.id)
                let attribution = attributions[link.id] ?? .init()
                funnels += funnel
                led += attribution
                items.append(
                    Item(
                        link: "\(link.id)", name: link.settings.name.string,
                        code: link.settings.code.string, clicks: .init(clicks),
                        funnel: .init(funnel, of: clicks.human), attribution: .init(attribution)))
            }
            // Sorting keeps the order of equal ones in no promise: the place decides.
            self.items = items.enumerated().sorted { a, b in
                (b.element.clicks.total, a.offset) < (a.element.clicks.total, b.offset)
            }.map(\.element)
            clicks = .init(scan.report.all)
            funnel = .init(funnels, of: scan.report.all.human)
            attribution = .init(led)
        }
    }
}

extension API.LinkReport.Clicks {
    static let columns = ["total", "human", "other", "unique", "unidentified"]
    var cells: [String] { [total, human, other, unique, unidentified].map { "\($0)" } }
}

extension API.LinkReport.Funnel {
    static let columns = ["clicks", "starts", "assigned", "firstReplies", "completed"]
    var cells: [String] { [clicks, starts, assigned, firstReplies, completed].map { "\($0)" } }
}

extension API.LinkReport.Attribution {
    static let columns = ["sessionsFirst", "sessionsLast", "customersFirst", "customersLast"]
    var cells: [String] {
        [sessions.first, sessions.last, customers.first, customers.last].map { "\($0)" }
    }
}

extension API.LinkReport: ReportTables {
    func rows(_ part: ReportPart) -> [[String]] {
        switch part {
        case .breakdown:
            [["value", "total", "human", "unique", "unidentified"]]
                + items.map { item in
                    [item.value]
                        + [item.total, item.human, item.unique, item.unidentified].map { "\($0)" }
                }
        case .totals: [Clicks.columns, clicks.cells]
        case .funnel: [Funnel.columns, funnel.cells]
        case .attribution: [Attribution.columns, attribution.cells]
        }
    }
}

extension API.LinksReport: ReportTables {
    /// The breakdown has everything of each link; the other parts are those of all links.
    func rows(_ part: ReportPart) -> [[String]] {
        switch part {
        case .breakdown:
            [
                ["link", "name", "code"] + API.LinkReport.Clicks.columns
                    + API.LinkReport.Funnel.columns.dropFirst()
                    + API.LinkReport.Attribution.columns
            ]
                + items.map { item in
                    [item.link, item.name, item.code] + item.clicks.cells
                        + item.funnel.cells.dropFirst() + item.attribution.cells
                }
        case .totals: [API.LinkReport.Clicks.columns, clicks.cells]
        case .funnel: [API.LinkReport.Funnel.columns, funnel.cells]
        case .attribution: [API.LinkReport.Attribution.columns, attribution.cells]
        }
    }
}
