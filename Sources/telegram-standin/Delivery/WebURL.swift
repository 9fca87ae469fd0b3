import Wire

/// A web address taken apart.
struct WebURL: Equatable {
    let isSecure: Bool
    /// Without the brackets of an IPv6 address.
    let host: String
    let port: UInt16
    /// Path and query, at least "/".
    let target: String
    /// `user:password`; empty when there is none.
    let userInfo: String

    /// The parts of a URL; without a scheme HTTPS is meant. Nil when it is none.
    init?(_ url: Text) {
        var rest = url.string[...]
        guard !rest.isEmpty, rest.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else { return nil }
        let lower = rest.prefix(8).lowercased()
        if lower == "https://" {
            isSecure = true
            rest = rest.dropFirst(8)
        } else if lower.hasPrefix("http://") {
            isSecure = false
            rest = rest.dropFirst(7)
        } else if rest.contains("://") {
            return nil
        } else {
            isSecure = true
        }
        let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
        var authority = rest[..<end]
        let path = rest[end...].prefix { $0 != "#" }
        target = path.first == "/" ? String(path) : "/" + path
        if let at = authority.lastIndex(of: "@") {
            userInfo = String(authority[..<at])
            authority = authority[authority.index(after: at)...]
        } else {
            userInfo = ""
        }
        var portText: Substring?
        if authority.first == "[" {
            guard let bracket = authority.firstIndex(of: "]") else { return nil }
            host = String(authority[authority.index(after: authority.startIndex)..<bracket])
            let after = authority[authority.index(after: bracket)...]
            if after.first == ":" {
                portText = after.dropFirst()
            } else if !after.isEmpty {
                return nil
            }
        } else if let colon = authority.lastIndex(of: ":") {
            host = String(authority[..<colon])
            portText = authority[authority.index(after: colon)...]
        } else {
            host = String(authority)
        }
        guard !host.isEmpty, authority.first == "[" || !host.contains(":") else { return nil }
        if let portText {
            guard let number = UInt16(portText), number > 0 else { return nil }
            port = number
        } else {
            port = isSecure ? 443 : 80
        }
    }

    /// The value of `Host`: with the port unless the scheme implies it.
    var hostField: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }
}
