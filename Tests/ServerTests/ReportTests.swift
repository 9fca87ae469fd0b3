import Routing
import Testing
import Wire

@testable import Server

/// How clicks are counted, and what their user agents tell.
@Suite struct ReportTests {
    private static let hour: Int64 = 3_600_000
    private func click(
        at hours: Int64, by visitor: UInt64, query: Text = "", flag: Click.Flag = .human,
        link: LinkID = LinkID(5)
    ) -> Click {
        Click(
            key: ClickKey(epoch: 1, sequence: UInt64(hours)), link: link,
            at: LogTime(milliseconds: hours * Self.hour), node: 1, flag: flag, query: query,
            fingerprint: visitor)
    }

    private func report(
        _ clicks: [Click], by property: ClickReport.Property? = nil,
        in span: Range<Int64> = Int64.min..<Int64.max, window: Int64 = 24,
        of links: Set<LinkID> = [LinkID(5)]
    ) -> (all: ClickReport.Count, items: [String: ClickReport.Count]) {
        var report = ClickReport(links, in: span, by: property)
        for click in clicks { report.take(click) }
        let items = report.finish(windowMilliseconds: window * Self.hour)
        return (report.all, Dictionary(uniqueKeysWithValues: items.map { ($0.name, $0.count) }))
    }

    @Test func `A visitor counts again after a window without a click`() {
        let clicks = [0, 10, 30, 60].map { click(at: $0, by: 7) }
        #expect(report(clicks).all.unique == 2, "only the last comes 24 hours after another")
        #expect(report(clicks, window: 15).all.unique == 3)
        #expect(report(clicks, window: 1).all.unique == 4)
        #expect(report(clicks.reversed()).all.unique == 2, "whatever the order of the rows")
    }

    @Test func `Machines are neither human nor unique, and other links are not counted`() {
        let clicks = [
            click(at: 1, by: 7), click(at: 2, by: 8, flag: .bot),
            click(at: 3, by: 9, flag: .head), click(at: 4, by: 10, link: LinkID(6)),
        ]
        #expect(report(clicks).all == .init(total: 3, human: 1, unique: 1))
    }

    @Test func `Who has no fingerprint counts each time, and is counted apart too`() {
        let all = report([click(at: 1, by: 0), click(at: 2, by: 0), click(at: 3, by: 7)]).all
        #expect(all == .init(total: 3, human: 3, unique: 3, unidentified: 2))
    }

    @Test func `A span begins with its first moment and ends before its last`() {
        let clicks = (0...5).map { click(at: $0, by: UInt64($0 + 1)) }
        #expect(report(clicks, in: (2 * Self.hour)..<(4 * Self.hour)).all.total == 2)
    }

    @Test func `Values are counted apart, unique with the click that counts`() {
        let clicks = [
            click(at: 1, by: 7, query: "utm_source=mail&x=1"),
            click(at: 2, by: 7, query: "utm_source=chat"),
            click(at: 3, by: 8, query: "utm_source=mail%20list"), click(at: 4, by: 9),
        ]
        let items = report(clicks, by: .source).items
        #expect(items["mail"] == .init(total: 1, human: 1, unique: 1))
        #expect(items["chat"] == .init(total: 1, human: 1, unique: 0))
        #expect(items["mail list"] == .init(total: 1, human: 1, unique: 1))
        #expect(items[""] == .init(total: 1, human: 1, unique: 1))
        let days = report([click(at: 0, by: 1), click(at: 24, by: 2)], by: .day).items
        #expect(days.keys.sorted() == ["1970-01-01", "1970-01-02"])
        #expect(report([click(at: 25, by: 1)], by: .hour).items.keys.first == "1970-01-02T01:00Z")
    }

    @Test func `Links side by side count as each would alone, and a visitor of two once in all`() {
        let clicks = [
            click(at: 1, by: 7), click(at: 2, by: 7, link: LinkID(6)), click(at: 3, by: 7),
            click(at: 4, by: 8, link: LinkID(6)), click(at: 5, by: 9, link: LinkID(4)),
        ]
        let found = report(clicks, by: .link, of: [LinkID(5), LinkID(6)])
        #expect(found.all == .init(total: 4, human: 4, unique: 2))
        #expect(found.items["5"] == report(clicks).all)
        #expect(found.items["6"] == report(clicks, of: [LinkID(6)]).all)
        #expect(found.items["5"]?.unique == 1 && found.items["6"]?.unique == 2)
    }

    @Test func `What comes after a thousand values is the rest`() {
        let clicks = (0..<1010).map { click(at: 1, by: 1, query: Text("utm_term=w\($0)")) }
        let items = report(clicks, by: .term).items
        #expect(items.count == ClickReport.Limits.values + 1)
        #expect(items[ClickReport.rest]?.total == 10)
    }

    @Test(
        arguments: [
            ("https://News.Example.org/a?b", "news.example.org"),
            ("android-app://com.example", "com.example"), ("https://a@b.example#c", "b.example"),
            ("nonsense", ""), ("", ""),
        ])
    func `A referrer is counted by its host`(referrer: String, host: String) {
        #expect(ClickReport.host(of: Text(referrer)) == host)
    }

    @Test(
        arguments: [
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                "Firefox", "Linux", "desktop"
            ),
            (
                "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) "
                    + "Chrome/130.0.0.0 Mobile Safari/537.36", "Chrome", "Android", "phone"
            ),
            (
                "Mozilla/5.0 (Linux; Android 14; SM-X710) AppleWebKit/537.36 (KHTML, like Gecko) "
                    + "SamsungBrowser/26.0 Chrome/122.0.0.0 Safari/537.36", "Samsung Internet",
                "Android", "tablet"
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 "
                    + "(KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1", "Safari",
                "iOS", "phone"
            ),
            (
                "Mozilla/5.0 (iPad; CPU OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
                    + "Gecko) CriOS/130.0 Mobile/15E148 Safari/604.1", "Chrome", "iOS", "tablet"
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
                    + "Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0", "Edge", "Windows", "desktop"
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, "
                    + "like Gecko) Version/18.0 Safari/605.1.15", "Safari", "macOS", "desktop"
            ),
            ("curl/8.5.0", "other", "other", "other"), ("", "other", "other", "other"),
        ] as [(String, String, String, String)])
    func `A user agent tells family, system and device`(
        text: String, family: String, system: String, device: String
    ) {
        let agent = UserAgent(Text(text))
        #expect((agent.family, agent.system, agent.device) == (family, system, device))
    }

    @Test(
        arguments: [
            ("mail", "mail"), ("a,b", "\"a,b\""), ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("=1+2", "'=1+2"), ("@x,", "\"'@x,\""), ("a\r\nb", "\"a\r\nb\""), ("", ""),
        ])
    func `No cell of a table breaks it or begins a formula`(text: String, cell: String) {
        #expect(CSV.cell(text) == cell)
    }
}
