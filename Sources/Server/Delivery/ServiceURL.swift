/// The parts of an `http` or `https` base URL that a client needs.
struct ServiceURL: Hashable, Sendable {
    /// Whether it is `https`.
    var isSecure: Bool
    /// The host as it goes into `Host` and into the certificate check, without brackets.
    var host: String
    /// The port, written or the scheme's own.
    var port: UInt16
    /// The path before the method, without a final slash; may be empty.
    var path: String

    /// What `Host` says.
    var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }

    /// Reads `scheme://host[:port][/path]`; nil for anything else (userinfo, query, fragment).
    init?(_ text: String) {
        var rest = Substring(text)
        if rest.hasPrefix("https://") {
            isSecure = true
            rest = rest.dropFirst(8)
        } else if rest.hasPrefix("http://") {
            isSecure = false
            rest = rest.dropFirst(7)
        } else {
            return nil
        }
        guard !rest.contains(where: { "?#@ \\".contains($0) }), rest.utf8.allSatisfy({ $0 > 32 })
        else { return nil }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        var authority = rest[..<slash]
        var path = String(rest[slash...])
        while path.hasSuffix("/") { path.removeLast() }
        self.path = path
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            host = String(authority[authority.index(after: authority.startIndex)..<end])
            authority = authority[authority.index(after: end)...]
        } else {
            let colon = authority.firstIndex(of: ":") ?? authority.endIndex
            host = String(authority[..<colon])
            authority = authority[colon...]
        }
        if authority.isEmpty {
            port = isSecure ? 443 : 80
        } else {
            guard authority.hasPrefix(":"), let number = UInt16(authority.dropFirst()), number > 0
            else { return nil }
            port = number
        }
        guard !host.isEmpty else { return nil }
    }
}
