import Wire

/// A request with its whole body.
public struct HTTPRequest: Sendable, Equatable {
    /// The method.
    public var method: HTTPMethod
    /// The target as it was sent: mostly the path and the query.
    public private(set) var target: [UInt8]
    /// The fields.
    public var headers: HTTPHeaders
    /// The body, already freed of its framing.
    public var body: [UInt8]
    /// The `x` of `HTTP/1.x`.
    public var minorVersion: Int
    /// Whether the client wants the connection to stay open after the answer.
    public var keepAlive: Bool
    private var pathRange: Range<Int>

    /// A request to send; the serialiser adds the fields that frame it.
    public init(
        method: HTTPMethod, target: [UInt8], headers: HTTPHeaders = [:], body: [UInt8] = [],
        minorVersion: Int = 1, keepAlive: Bool = true
    ) {
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
        self.minorVersion = minorVersion
        self.keepAlive = keepAlive
        pathRange = target.withUnsafeBytes { HTTPTarget.path(of: $0) }
    }

    /// A request to send; the serialiser adds the fields that frame it.
    public init(
        method: HTTPMethod, target: String, headers: HTTPHeaders = [:], body: [UInt8] = []
    ) {
        self.init(method: method, target: Array(target.utf8), headers: headers, body: body)
    }

    /// The path as it was sent, not decoded.
    public var path: [UInt8] {
        if pathRange == 0..<target.count, !target.isEmpty { return target }
        return pathRange.isEmpty ? Array("/".utf8) : Array(target[pathRange])
    }
    /// The path for people and for comparison with literals.
    public var pathString: String { String(decoding: path, as: UTF8.self) }
    /// Whether the path begins with these bytes.
    public func hasPathPrefix(_ prefix: [UInt8]) -> Bool {
        target[pathRange].starts(with: prefix)
    }
    /// The host and port that the client means: those of the target where it has them.
    public var host: Text? {
        let authority = target.withUnsafeBytes { HTTPTarget.authority(of: $0) }
        return authority.map { Text(Array(target[$0])) } ?? header("Host")
    }
    /// What follows the "?", not decoded; nil if there is none.
    public var query: [UInt8]? {
        pathRange.upperBound < target.count ? Array(target[(pathRange.upperBound + 1)...]) : nil
    }
    /// The segments of the path, each decoded after the split. "/a/b%2Fc" has "a" and "b/c".
    public var pathSegments: [Text] {
        var segments = target[pathRange].split(
            separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        if segments.first?.isEmpty == true { segments.removeFirst() }
        return segments.map { Text(URLEncoding.decode($0)) }
    }
    /// The name and value pairs of the query.
    public var queryItems: [(name: Text, value: Text)] {
        query.map { URLEncoding.items($0) } ?? []
    }
    /// The first value of a name in the query.
    public func queryItem(_ name: Text) -> Text? {
        queryItems.first { $0.name == name }?.value
    }
    /// The value of the first field of this name.
    public func header(_ name: String) -> Text? {
        headers.first(name).map { Text($0) }
    }
    /// The cookies in their order (RFC 6265, section 4.2.1); what is not `name=value` is left out.
    public var cookies: [(name: Text, value: Text)] {
        headers.all("Cookie").flatMap { line in
            line.split(separator: UInt8(ascii: ";")).compactMap { pair in
                guard let equals = pair.firstIndex(of: UInt8(ascii: "=")) else { return nil }
                var value = Array(pair[(equals + 1)...].trimmingBlanks)
                if value.count >= 2, value.first == 0x22, value.last == 0x22 {
                    value = Array(value.dropFirst().dropLast())
                }
                return (Text(Array(pair[..<equals].trimmingBlanks)), Text(value))
            }
        }
    }
    /// The value of the first cookie of this name.
    public func cookie(_ name: Text) -> Text? {
        cookies.first { $0.name == name }?.value
    }

    /// Appends the request as it goes over the wire. A body is framed by its length.
    ///
    /// Bytes that a target can't hold are written as `%XX`, so that no target can end its line; a
    /// method that is no token traps.
    public func serialize(into out: inout [UInt8]) {
        let name = method.bytes
        precondition(!name.isEmpty && name.allSatisfy(Characters.isToken), "a method is a token")
        out.append(contentsOf: name)
        out.append(0x20)
        for byte in target.isEmpty ? [UInt8(ascii: "/")] : target {
            if Characters.isTarget(byte) {
                out.append(byte)
            } else {
                URLEncoding.appendEscaped(byte, to: &out)
            }
        }
        out.append(contentsOf: minorVersion == 0 ? " HTTP/1.0\r\n".utf8 : " HTTP/1.1\r\n".utf8)
        let isUpgrade = headers.contains("Upgrade")
        MessageWriter.appendFields(of: headers, keepingConnection: isUpgrade, into: &out)
        let hasBodyByMethod = method == .post || method == .put || method == .patch
        if !body.isEmpty || hasBodyByMethod {
            MessageWriter.appendContentLength(body.count, into: &out)
        }
        if !isUpgrade {
            MessageWriter.appendConnection(
                keepAlive: keepAlive, minorVersion: minorVersion, into: &out)
        }
        MessageWriter.appendLineEnd(into: &out)
        out.append(contentsOf: body)
    }
}

/// The forms of a target (RFC 9112, section 3.2).
enum HTTPTarget {
    /// Where the path of an origin-form or absolute-form target lies.
    static func path(of target: UnsafeRawBufferPointer) -> Range<Int> {
        let start = authority(of: target)?.upperBound ?? 0
        let end = target[start...].firstIndex(of: UInt8(ascii: "?")) ?? target.count
        return start..<end
    }

    /// Where the authority of an absolute-form target lies; nil in every other form.
    static func authority(of target: UnsafeRawBufferPointer) -> Range<Int>? {
        let start: Int
        if target.count > 7, target.part(0..<7).equalsIgnoringCase("http://") {
            start = 7
        } else if target.count > 8, target.part(0..<8).equalsIgnoringCase("https://") {
            start = 8
        } else {
            return nil
        }
        let end = target[start...].firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") }
        return start..<(end ?? target.count)
    }
}
