import Wire

/// A response with its whole body.
public struct HTTPResponse: Sendable, Equatable {
    /// The status.
    public var status: Int
    /// The fields. Those that frame the message are the serialiser's and are not written from here.
    public var headers: HTTPHeaders
    /// The body, free of framing.
    public var body: [UInt8]
    /// Whether the sender closes the connection after this response.
    public var closes = false

    /// A response of these parts.
    public init(status: Int, headers: HTTPHeaders = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// A response with a `Content-Type`.
    public init(status: Int, contentType: String, body: [UInt8]) {
        self.init(status: status, body: body)
        headers.append("Content-Type", contentType)
    }

    /// The value of the first field of this name.
    public func header(_ name: String) -> Text? {
        headers.first(name).map { Text($0) }
    }

    /// Appends the response as it goes over the wire.
    ///
    /// - Parameters:
    ///   - keepAlive: whether the connection stays open; `closes` overrides it.
    ///   - head: whether this answers HEAD: the length is told, the body not sent.
    ///   - date: the text of the `Date` field, for a server that has a clock.
    ///   - minorVersion: the request's minor version, as keeping alive is said otherwise in 1.0.
    public func serialize(
        into out: inout [UInt8], keepAlive: Bool, head: Bool = false, date: Text? = nil,
        minorVersion: Int = 1
    ) {
        out.reserveCapacity(out.count + headers.storage.count + body.count + 160)
        MessageWriter.appendStatusLine(status, into: &out)
        if let date { MessageWriter.appendField("Date: ", date.utf8, into: &out) }
        let switches = status == 101
        MessageWriter.appendFields(of: headers, keepingConnection: switches, into: &out)
        let hasBody = status >= 200 && status != 204 && status != 304
        if hasBody { MessageWriter.appendContentLength(body.count, into: &out) }
        if !switches {
            MessageWriter.appendConnection(
                keepAlive: keepAlive && !closes, minorVersion: minorVersion, into: &out)
        }
        MessageWriter.appendLineEnd(into: &out)
        if hasBody && !head { out.append(contentsOf: body) }
    }
}
