import Foundation
import Raft
import Routing
import Transport
import Wire

extension NodeConfiguration {
    /// Reads and checks a file. Relative paths in it are relative to the file's directory.
    public static func read(_ file: String) throws(ConfigurationError) -> NodeConfiguration {
        guard let data = FileManager.default.contents(atPath: file) else {
            throw ConfigurationError(
                file: file, path: "", detail: "can't be read; check that it exists and may be read")
        }
        let value: JSONValue
        do {
            value = try JSONValue.parse(Array(data))
        } catch {
            throw ConfigurationError(file: file, path: "", detail: "is not JSON: \(error)")
        }
        let directory = URL(fileURLWithPath: file).deletingLastPathComponent().path
        return try NodeConfiguration(value, file: file, directory: directory)
    }

    /// Checks a configuration that was parsed already.
    init(_ value: JSONValue, file: String, directory: String) throws(ConfigurationError) {
        func absolute(_ path: String) -> String {
            path.hasPrefix("/") ? path : directory + "/" + path
        }
        var top = try SettingsReader(value, path: "$", file: file)
        clusterKeyFile = absolute(
            try top.required(try top.text("clusterKeyFile"), "clusterKeyFile"))
        dataDirectory = absolute(try top.required(try top.text("dataDirectory"), "dataDirectory"))
        node = NodeID(
            UInt64(try top.required(try top.number("node", in: 1...65_535), "node")))
        publicListener = try PublicListener(&top, absolute)
        guard var operations = try top.object("operations") else {
            throw top.problem("operations", "is missing")
        }
        operationsListen = try operations.required(try operations.address("listen"), "listen")
        try operations.finish()
        members = [:]
        if let name = try top.text("cluster") {
            guard name.utf8.count <= 64, name.utf8.allSatisfy(Self.isNameByte) else {
                throw top.problem("cluster", "must be 1 to 64 characters of A-Z a-z 0-9 _ -")
            }
            cluster = Text(name)
        }
        try readPeers(&top, absolute)
        try readRest(&top, absolute)
        try top.finish()
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    private mutating func readRest(
        _ top: inout SettingsReader, _ absolute: (String) -> String
    ) throws(ConfigurationError) {
        if var section = try top.object("telegram") {
            if let url = try section.text("apiURL") {
                guard ServiceURL(url) != nil else {
                    throw section.problem("apiURL", "must be an http or https URL")
                }
                telegram.apiURL = url
            }
            telegram.caFile = try section.text("caFile").map(absolute)
            try section.finish()
        }
        if var section = try top.object("hooks") {
            hooks.allowsPrivate = try section.flag("allowPrivate") ?? false
            hooks.caFile = try section.text("caFile").map(absolute)
            try section.finish()
        }
        for (place, proxy) in (try top.texts("trustedProxies") ?? []).enumerated() {
            guard let address = SocketAddress(ip: proxy, port: 1) else {
                throw top.problem("trustedProxies[\(place)]", "must be an IP address")
            }
            trustedProxies.insert(address.ip)
        }
        if let name = try top.text("logLevel") {
            guard let level = LogLevel(name: name) else {
                throw top.problem(
                    "logLevel",
                    "must be one of \(LogLevel.allCases.map(\.name).joined(separator: ", "))")
            }
            logLevel = level
        }
        let levels = Int(FeatureLevel.first.rawValue)...Int(FeatureLevel.newest.rawValue)
        if let level = try top.number("newestLevel", in: levels) {
            newestLevel = FeatureLevel(UInt32(level))
        }
        if var section = try top.object("bootstrap") {
            let login = try section.required(try section.text("login"), "login")
            bootstrap = Bootstrap(
                login: Text(login), passwordFile: try section.text("passwordFile").map(absolute))
            try section.finish()
        }
        if var section = try top.object("limits") {
            limits = try NodeLimits(&section)
            try section.finish()
        }
    }
}

extension NodeConfiguration.PublicListener {
    fileprivate init(
        _ top: inout SettingsReader, _ absolute: (String) -> String
    ) throws(ConfigurationError) {
        guard var section = try top.object("public") else {
            throw top.problem("public", "is missing")
        }
        listen = try section.required(try section.address("listen"), "listen")
        url = try section.text("url")
        if let url {
            guard ServiceURL(url) != nil, !url.hasSuffix("/"),
                url.utf8.count <= PeerHandshake.maxURLBytes
            else {
                throw section.problem(
                    "url", "must be an http or https URL without a final slash")
            }
        }
        certificateFile = try section.text("certificateFile").map(absolute)
        keyFile = try section.text("keyFile").map(absolute)
        guard (certificateFile == nil) == (keyFile == nil) else {
            throw section.problem(
                certificateFile == nil ? "certificateFile" : "keyFile",
                "is missing; HTTPS needs both certificateFile and keyFile")
        }
        try section.finish()
    }
}

extension NodeLimits {
    /// Reads the named bounds; each has a range beyond which the node could not work.
    init(_ section: inout SettingsReader) throws(ConfigurationError) {
        func set(
            _ field: WritableKeyPath<NodeLimits, Int>, _ key: String, _ range: ClosedRange<Int>
        ) throws(ConfigurationError) {
            if let number = try section.number(key, in: range) { self[keyPath: field] = number }
        }
        try set(\.connections, "connections", 1...1_000_000)
        try set(\.headBytes, "headBytes", 1024...(1 << 20))
        try set(\.bodyBytes, "bodyBytes", 1024...(16 << 20))
        try set(\.webhookBodyBytes, "webhookBodyBytes", 1024...(16 << 20))
        try set(\.requestSeconds, "requestSeconds", 1...600)
        try set(\.idleSeconds, "idleSeconds", 1...3600)
        try set(\.writeSeconds, "writeSeconds", 1...600)
        try set(\.commandSeconds, "commandSeconds", 1...50)
        try set(\.consoles, "consoles", 1...100_000)
        try set(\.consoleQueueBytes, "consoleQueueBytes", 65_536...(64 << 20))
        try set(\.stateRows, "stateRows", 10_000...10_000_000)
        try set(\.signInsPerMinute, "signInsPerMinute", 1...10_000)
        try set(\.passwordChecks, "passwordChecks", 1...64)
        try set(\.botConnections, "botConnections", 1...1000)
        try set(\.trailingEntries, "trailingEntries", 100...100_000_000)
        try set(\.trailingMiB, "trailingMiB", 1...65_536)
        try set(\.snapshotMiBPerSecond, "snapshotMiBPerSecond", 1...10_000)
        try set(\.scrubMiBPerSecond, "scrubMiBPerSecond", 1...10_000)
        try set(\.diskReserveMiB, "diskReserveMiB", 4...1_048_576)
        try set(\.journalDays, "journalDays", 1...366)
        try set(\.journalMiB, "journalMiB", 8...65_536)
        try set(\.erasureMinutes, "erasureMinutes", 0...10_080)
        try set(\.clickSweepSeconds, "clickSweepSeconds", 1...86_400)
    }
}
