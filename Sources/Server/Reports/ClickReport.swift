import HTTP
import Routing
import Wire

/// Counts the clicks on one or more links: how many, by how many people, and by a property of
/// theirs.
struct ClickReport: Sendable {
    /// A property of clicks to count by.
    enum Property: String, CaseIterable, Sendable {
        case source, medium, campaign, term, content
        case referrer, network, language
        case browser, system, device
        case node, hour, day
        /// The link's id.
        case link
    }
    /// Bounds of one report.
    enum Limits {
        /// People's clicks in a report; the others are not looked at.
        static let humanClicks = 1_000_000
        /// Values of a property that are counted apart; the others are `rest`.
        static let values = 1000
        /// `User-Agent`s remembered with what they mean.
        static let userAgents = 4096
    }
    /// What values beyond the limit are counted as.
    static let rest = "(rest)"

    /// Clicks counted together.
    struct Count: Hashable, Sendable {
        var total = 0
        var human = 0
        /// People's clicks without another of the same visitor in the window before.
        var unique = 0
        /// People's clicks without a fingerprint; each counts as unique.
        var unidentified = 0
    }
    private struct Visit {
        var fingerprint: UInt64
        var at: Int64
        var value: Int
    }

    let links: Set<LinkID>
    /// From when on, and until before when, by the clocks of the nodes that answered.
    let span: Range<Int64>
    let property: Property?
    /// All clicks of the links in the span.
    private(set) var all = Count()
    /// Clicks by value, in the order of `names`.
    private var counts: [Count] = []
    private(set) var names: [String] = []
    private var places: [String: Int] = [:]
    private var visits: [Visit] = []
    private var userAgents: [Text: UserAgent] = [:]
    /// Whether the bound of clicks was met.
    private(set) var isWhole = true

    /// A report on nothing yet.
    init(_ links: Set<LinkID>, in span: Range<Int64>, by property: Property?) {
        self.links = links
        self.span = span
        self.property = property
    }

    /// Takes a click; those of other links and times are passed over.
    mutating func take(_ click: Click) {
        guard links.contains(click.link), span.contains(click.at.milliseconds) else { return }
        guard visits.count < Limits.humanClicks else {
            isWhole = false
            return
        }
        let place = property.map { self.place(of: value(of: click, $0)) }
        all.total += 1
        if let place { counts[place].total += 1 }
        guard click.flag == .human else { return }
        all.human += 1
        if let place { counts[place].human += 1 }
        visits.append(
            Visit(
                fingerprint: click.fingerprint, at: click.at.milliseconds, value: place ?? -1))
    }

    /// Every value with its count: the most frequent first, times in their order.
    ///
    /// A visitor counts once, with the value of the click that counts, and again after a window
    /// without a click. Links are told apart: a visitor counts once for each, as in the link's own
    /// report.
    mutating func finish(windowMilliseconds: Int64) -> [(name: String, count: Count)] {
        visits.sort { ($0.fingerprint, $0.at) < ($1.fingerprint, $1.at) }
        for visit in uniqueVisits(windowMilliseconds, ofEachValue: false) {
            ClickReport.count(visit, in: &all)
            guard property != .link, visit.value >= 0 else { continue }
            ClickReport.count(visit, in: &counts[visit.value])
        }
        if property == .link {
            visits.sort { ($0.value, $0.fingerprint, $0.at) < ($1.value, $1.fingerprint, $1.at) }
            for visit in uniqueVisits(windowMilliseconds, ofEachValue: true) {
                ClickReport.count(visit, in: &counts[visit.value])
            }
        }
        visits = []
        let found = zip(names, counts).map { (name: $0, count: $1) }
        let isOverTime = property == .hour || property == .day
        return found.sorted { a, b in
            isOverTime
                ? a.name < b.name : (b.count.total, a.name) < (a.count.total, b.name)
        }
    }

    /// The visits that count, of the sorted ones.
    private func uniqueVisits(_ windowMilliseconds: Int64, ofEachValue: Bool) -> [Visit] {
        visits.indices.compactMap { place in
            let visit = visits[place]
            guard visit.fingerprint != 0, place > 0 else { return visit }
            let before = visits[place - 1]
            let isSame =
                before.fingerprint == visit.fingerprint
                && (!ofEachValue || before.value == visit.value)
            return isSame && visit.at - before.at < windowMilliseconds ? nil : visit
        }
    }

    private static func count(_ visit: Visit, in count: inout Count) {
        count.unique += 1
        if visit.fingerprint == 0 { count.unidentified += 1 }
    }

    private mutating func place(of value: String) -> Int {
        if let place = places[value] { return place }
        if property != .link, names.count >= Limits.values, value != ClickReport.rest {
            return place(of: ClickReport.rest)
        }
        places[value] = names.count
        names.append(value)
        counts.append(Count())
        return names.count - 1
    }

    private mutating func value(of click: Click, _ property: Property) -> String {
        switch property {
        case .source, .medium, .campaign, .term, .content:
            ClickReport.parameter(Text("utm_" + property.rawValue), of: click)
        case .referrer: ClickReport.host(of: click.referrer)
        case .network: VisitorAddress.kept(click.address, .truncated).string
        case .language: ClickReport.language(of: click)
        case .browser: userAgent(of: click).family
        case .system: userAgent(of: click).system
        case .device: click.flag == .human ? userAgent(of: click).device : "machine"
        case .node: "\(click.node)"
        case .hour: String(click.at.text.prefix(13)) + ":00Z"
        case .day: String(click.at.text.prefix(10))
        case .link: "\(click.link)"
        }
    }

    private mutating func userAgent(of click: Click) -> UserAgent {
        if let known = userAgents[click.userAgent] { return known }
        if userAgents.count >= Limits.userAgents { userAgents = [:] }
        let agent = UserAgent(click.userAgent)
        userAgents[click.userAgent] = agent
        return agent
    }

    /// A query parameter of a click; empty if it has none.
    static func parameter(_ name: Text, of click: Click) -> String {
        URLEncoding.items(click.query.utf8).first { $0.name == name }?.value.string ?? ""
    }

    /// The host of the page that led to the link.
    static func host(of referrer: Text) -> String {
        let text = referrer.string
        guard let scheme = text.firstRange(of: "://") else { return "" }
        let authority = text[scheme.upperBound...].prefix { !"/?#".contains($0) }
        let host = authority.split(separator: "@").last ?? ""
        return host.lowercased()
    }

    /// The language that a visitor likes best.
    static func language(of click: Click) -> String {
        click.language.string.prefix { $0 != "," && $0 != ";" }.lowercased()
    }
}
