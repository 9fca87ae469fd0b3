import HTTP
import Routing

/// Tells people from previews, prefetches and crawlers by their requests.
struct ClickFlags {
    /// `User-Agent`s remembered before all are forgotten.
    static let maxRemembered = 4096

    private var agents: [[UInt8]: Click.Flag] = [:]

    /// Whether a click is a person's, as far as its request tells.
    mutating func flag(of request: HTTPRequest) -> Click.Flag {
        if request.method == .head { return .head }
        for name in ClickFlags.purposes where request.headers.contains(name) {
            let value = request.headers.first(name) ?? []
            if ClickFlags.contains(value, "prefetch") || ClickFlags.contains(value, "preview") {
                return .prefetch
            }
        }
        guard let agent = request.headers.first("User-Agent"), !agent.isEmpty else { return .bot }
        if let known = agents[agent] { return known }
        let isBot = ClickFlags.previewBots.contains { ClickFlags.contains(agent, $0) }
        if agents.count >= ClickFlags.maxRemembered { agents = [:] }
        agents[agent] = isBot ? .bot : .human
        return isBot ? .bot : .human
    }

    private static let purposes = ["Sec-Purpose", "Purpose", "X-Moz", "X-Purpose"]

    /// Parts of the `User-Agent` of preview bots, crawlers and command-line clients, lower case.
    private static let previewBots = [
        "bot", "facebookexternalhit", "facebot", "slackbot-linkexpanding", "whatsapp/",
        "crawler", "spider", "preview", "embedly", "curl/", "wget/", "python-requests",
        "go-http-client", "headless", "vkshare", "google-inspectiontool",
    ]

    /// Whether a part in lower case occurs, whatever the case of the bytes.
    private static func contains(_ bytes: [UInt8], _ part: String) -> Bool {
        let part = Array(part.utf8)
        guard bytes.count >= part.count else { return false }
        return (0...bytes.count - part.count).contains { start in
            for offset in 0..<part.count {
                var byte = bytes[start + offset]
                if byte >= 0x41 && byte <= 0x5A { byte |= 0x20 }
                if byte != part[offset] { return false }
            }
            return true
        }
    }
}
