import Foundation
import Transport

/// Where a hook's events go: a server, and what follows its name word for word.
struct HookURL: Hashable {
    /// The server.
    var service: ServiceURL
    /// Path and query, as they go into the request.
    var target: String

    /// Reads `http[s]://host[:port][/path][?query]`; nil for anything else, such as one with a
    /// user's name, a fragment, or characters that are not ASCII.
    init?(_ text: String) {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }), !text.contains("#"),
            !text.contains("\\"), let scheme = text.range(of: "://")
        else { return nil }
        let end = text[scheme.upperBound...].firstIndex { "/?".contains($0) } ?? text.endIndex
        guard let service = ServiceURL(String(text[..<end])) else { return nil }
        self.service = service
        let rest = String(text[end...])
        target = rest.hasPrefix("/") ? rest : "/" + rest
    }

    /// Whether the host is written as an address that is not one of the public internet, or as a
    /// name of this machine. Other names are looked at when they are looked up.
    var isPrivate: Bool {
        let host = service.host.lowercased()
        if host == "localhost" || host.hasSuffix(".localhost") { return true }
        guard let address = SocketAddress(ip: service.host, port: service.port) else {
            return false
        }
        return !address.isPublic
    }
}
