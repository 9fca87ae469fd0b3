import Foundation
import Routing
import Wire

extension API {
    /// A project's hours: `{"zone": "Europe/Vienna", "week": [{"day": "mon", "from": "09:00",
    /// "to": "17:30"}], "outside": "hold"}`. An empty zone: always open.
    struct HoursBody: Codable {
        struct Span: Codable {
            var day: String
            var from: String
            var to: String
        }
        var zone: String
        var week: [Span]
        var outside: String?

        private static let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

        init(_ hours: Hours) {
            func text(_ minute: UInt32) -> String {
                func two(_ number: UInt32) -> String { number < 10 ? "0\(number)" : "\(number)" }
                return "\(two(minute / 60)):\(two(minute % 60))"
            }
            zone = hours.zone.string
            week = hours.week.map {
                Span(day: Self.days[Int($0.day) - 1], from: text($0.from), to: text($0.to))
            }
            outside = hours.outside == .hold ? "hold" : "route"
        }

        func hours() throws(Problem) -> Hours? {
            if zone.isEmpty { return nil }
            guard TimeZone(identifier: zone) != nil else {
                throw .invalid("The field zone must be a time zone such as Europe/Vienna.")
            }
            guard outside == nil || outside == "route" || outside == "hold" else {
                throw .invalid("The field outside must be route or hold.")
            }
            var spans: [Hours.Span] = []
            for span in week {
                guard let day = Self.days.firstIndex(of: span.day),
                    let from = Self.minute(span.from), let to = Self.minute(span.to), from < to
                else {
                    throw .invalid(
                        "The field week must hold spans such as "
                            + "{\"day\": \"mon\", \"from\": \"09:00\", \"to\": \"17:30\"}.")
                }
                spans.append(Hours.Span(day: UInt8(day + 1), from: from, to: to))
            }
            return Hours(
                zone: Text(zone), week: spans, outside: outside == "hold" ? .hold : .route)
        }

        /// Minutes of `09:30`; `24:00` is the end of the day.
        private static func minute(_ text: String) -> UInt32? {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 }),
                let hour = UInt32(parts[0]), let minute = UInt32(parts[1]), minute < 60,
                hour * 60 + minute <= 1440
            else { return nil }
            return hour * 60 + minute
        }
    }
}
