import Foundation
import Routing
import Transport
import Wire

/// Resolves the business hours of projects into UTC and puts them into the log, where no time zone
/// is known: some weeks ahead, and again before they run out. Loop's thread only.
final class HoursResolver {
    /// How often the leader looks whether some run out.
    static let interval: Duration = .seconds(30)
    /// How far ahead they are resolved, in days.
    static let daysAhead = 28
    /// They are resolved again when less than this is left.
    static let leftMilliseconds: Int64 = 14 * 86_400_000

    private unowned let node: Node

    init(node: Node) { self.node = node }

    /// Begins to look.
    func start() {
        _ = node.loop.schedule(after: HoursResolver.interval) { [weak self] in
            guard let self, !node.isStopping else { return }
            if node.officeEpoch != nil { look() }
            start()
        }
    }

    private func look() {
        for project in node.state.projects where project.settings.hours != nil {
            resolve(project)
        }
    }

    /// Resolves a project's hours if less is known than should be.
    func resolve(_ project: Project) {
        guard let hours = project.settings.hours else { return }
        let now = node.logTime
        let enough = now.adding(milliseconds: HoursResolver.leftMilliseconds)
        if let known = node.state.openTimes(of: project.id), known.end > enough { return }
        guard let times = HoursResolver.times(of: hours, from: now) else {
            return node.log.error(
                "this node does not know a project's time zone",
                ["project": .count(project.id.rawValue), "zone": .text(hours.zone.string)])
        }
        node.submit(.resolveHours(project.id, hours, times)) { _ in
            // A refusal or a lost answer: the next look tries again.
        }
    }

    /// The hours in UTC from a day before a moment on; nil: no such zone.
    static func times(of hours: Hours, from start: LogTime) -> OpenTimes? {
        guard let zone = TimeZone(identifier: hours.zone.string) else { return nil }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        let now = Date(timeIntervalSince1970: Double(start.milliseconds) / 1000)
        let today = calendar.startOfDay(for: now)
        var spans: [OpenTimes.Span] = []
        for ahead in -1..<daysAhead {
            guard let day = calendar.date(byAdding: .day, value: ahead, to: today) else { continue }
            // Foundation counts from Sunday, 1; we from Monday, 1.
            let weekday = (calendar.component(.weekday, from: day) + 5) % 7 + 1
            for span in hours.week where Int(span.day) == weekday {
                guard let from = moment(span.from, of: day, calendar),
                    let to = moment(span.to, of: day, calendar), from < to
                else { continue }
                spans.append(OpenTimes.Span(from: from, to: to))
            }
        }
        guard let end = calendar.date(byAdding: .day, value: daysAhead, to: today) else {
            return nil
        }
        return OpenTimes(spans: merged(spans), end: logTime(end))
    }

    /// A minute of a local day; one that the clocks leave out, put forward, is a moment soon after.
    private static func moment(_ minute: UInt32, of day: Date, _ calendar: Calendar) -> LogTime? {
        var parts = calendar.dateComponents([.year, .month, .day], from: day)
        parts.hour = Int(minute / 60)
        parts.minute = Int(minute % 60)
        return calendar.date(from: parts).map(logTime)
    }

    private static func logTime(_ date: Date) -> LogTime {
        LogTime(milliseconds: Int64((date.timeIntervalSince1970 * 1000).rounded()))
    }

    /// In order, with what touches or overlaps made one.
    private static func merged(_ spans: [OpenTimes.Span]) -> [OpenTimes.Span] {
        var merged: [OpenTimes.Span] = []
        for span in spans.sorted(by: { $0.from < $1.from }) {
            if let last = merged.last, span.from <= last.to {
                merged[merged.count - 1].to = max(last.to, span.to)
            } else {
                merged.append(span)
            }
        }
        return merged
    }
}
