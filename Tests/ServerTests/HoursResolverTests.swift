import Foundation
import Routing
import Testing
import Wire

@testable import Server

/// Business hours in UTC, from a zone and a week.
@Suite struct HoursResolverTests {
    private static func at(_ text: String) throws -> LogTime {
        let date = try #require(ISO8601DateFormatter().date(from: text))
        return LogTime(milliseconds: Int64(date.timeIntervalSince1970) * 1000)
    }

    private static func times(
        _ zone: Text, _ week: [Hours.Span], from start: String
    ) throws -> OpenTimes {
        try #require(
            HoursResolver.times(of: Hours(zone: zone, week: week), from: at(start)))
    }

    private static func span(_ from: String, _ to: String) throws -> OpenTimes.Span {
        OpenTimes.Span(from: try at(from), to: try at(to))
    }

    @Test func `a day of the week comes in every week that is looked ahead`() throws {
        let found = try Self.times(
            "UTC", [.init(day: 1, from: 540, to: 1020)], from: "2026-01-05T12:00:00Z")
        #expect(
            try found.spans == [
                Self.span("2026-01-05T09:00:00Z", "2026-01-05T17:00:00Z"),
                Self.span("2026-01-12T09:00:00Z", "2026-01-12T17:00:00Z"),
                Self.span("2026-01-19T09:00:00Z", "2026-01-19T17:00:00Z"),
                Self.span("2026-01-26T09:00:00Z", "2026-01-26T17:00:00Z"),
            ])
        #expect(try found.end == Self.at("2026-02-02T00:00:00Z"))
    }

    /// From a Monday on, where the day before it, a Sunday, is looked at as well.
    @Test(
        arguments: [
            (1, "05"), (2, "06"), (3, "07"), (4, "08"), (5, "09"), (6, "10"), (7, "04"),
        ] as [(UInt8, String)])
    func `Monday is 1 and Sunday is 7`(day: UInt8, date: String) throws {
        let found = try Self.times(
            "UTC", [.init(day: day, from: 0, to: 60)], from: "2026-01-05T12:00:00Z")
        #expect(try found.spans.first?.from == Self.at("2026-01-\(date)T00:00:00Z"))
    }

    @Test func `minute 1440 is the end of its day`() throws {
        let found = try Self.times(
            "Asia/Tokyo", [.init(day: 3, from: 1380, to: 1440)], from: "2026-01-05T12:00:00Z")
        #expect(
            try found.spans.first == Self.span("2026-01-07T14:00:00Z", "2026-01-07T15:00:00Z"))
    }

    @Test func `a span keeps its local hours when clocks are put forward`() throws {
        let found = try Self.times(
            "Europe/Vienna", [.init(day: 7, from: 60, to: 240)], from: "2026-03-28T12:00:00Z")
        #expect(
            try found.spans.prefix(2) == [
                Self.span("2026-03-29T00:00:00Z", "2026-03-29T02:00:00Z"),
                Self.span("2026-04-04T23:00:00Z", "2026-04-05T02:00:00Z"),
            ])
    }

    @Test func `a span keeps its local hours when clocks are put back`() throws {
        let found = try Self.times(
            "Europe/Vienna", [.init(day: 7, from: 60, to: 240)], from: "2026-10-24T12:00:00Z")
        #expect(
            try found.spans.prefix(2) == [
                Self.span("2026-10-24T23:00:00Z", "2026-10-25T03:00:00Z"),
                Self.span("2026-11-01T00:00:00Z", "2026-11-01T03:00:00Z"),
            ])
    }

    @Test func `a time in the gap is one within the hour after it`() throws {
        let found = try Self.times(
            "Europe/Vienna", [.init(day: 7, from: 150, to: 300)], from: "2026-03-28T12:00:00Z")
        let first = try #require(found.spans.first)
        #expect(try first.from >= Self.at("2026-03-29T01:00:00Z"))
        #expect(try first.from <= Self.at("2026-03-29T02:00:00Z"))
        #expect(try first.to == Self.at("2026-03-29T03:00:00Z"))
    }

    @Test func `days of 23 and of 25 hours are whole`() throws {
        for (zone, start, hours) in [
            ("Europe/Vienna", "2026-03-29T12:00:00Z", 23),
            ("Europe/Vienna", "2026-10-25T12:00:00Z", 25),
        ] as [(Text, String, Int64)] {
            let found = try Self.times(zone, [.init(day: 7, from: 0, to: 1440)], from: start)
            let first = try #require(found.spans.first)
            #expect(first.to.milliseconds - first.from.milliseconds == hours * 3_600_000)
        }
    }

    @Test func `what touches or overlaps is one span, over midnight and out of order too`() throws {
        let found = try Self.times(
            "UTC",
            [
                .init(day: 2, from: 0, to: 60), .init(day: 1, from: 600, to: 1080),
                .init(day: 1, from: 0, to: 540), .init(day: 1, from: 540, to: 660),
                .init(day: 1, from: 1200, to: 1440), .init(day: 2, from: 61, to: 62),
            ], from: "2026-01-05T12:00:00Z")
        #expect(
            try found.spans.prefix(3) == [
                Self.span("2026-01-05T00:00:00Z", "2026-01-05T18:00:00Z"),
                Self.span("2026-01-05T20:00:00Z", "2026-01-06T01:00:00Z"),
                Self.span("2026-01-06T01:01:00Z", "2026-01-06T01:02:00Z"),
            ])
    }

    @Test func `a week that is open throughout is one span`() throws {
        let week = (UInt8(1)...7).map { Hours.Span(day: $0, from: 0, to: 1440) }
        let found = try Self.times("UTC", week, from: "2026-01-05T12:00:00Z")
        #expect(try found.spans == [Self.span("2026-01-04T00:00:00Z", "2026-02-02T00:00:00Z")])
    }

    @Test func `a zone that does not exist has no hours`() throws {
        let hours = Hours(zone: "Mars/Olympus", week: [.init(day: 1, from: 0, to: 60)])
        #expect(try HoursResolver.times(of: hours, from: Self.at("2026-01-05T12:00:00Z")) == nil)
    }
}
