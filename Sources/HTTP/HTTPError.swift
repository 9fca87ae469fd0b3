import Wire

/// Why a message can't be accepted. The connection that threw it must be closed.
public struct HTTPError: Error, Equatable, Sendable {
    /// The status that a server answers with before it closes.
    public let status: Int
    /// What was wrong, for people.
    public let reason: String

    /// An error of this status.
    public init(_ status: Int, _ reason: String) {
        self.status = status
        self.reason = reason
    }

    /// A problem (RFC 9457) that tells the client.
    public var response: HTTPResponse {
        let (code, title) = words
        var json = JSONWriter()
        json.beginObject()
        json.field("type", "about:blank" as String)
        json.field("title", title)
        json.field("status", status)
        json.field("code", code)
        json.field("detail", reason)
        json.field("hint", "Correct the request; this connection is closed." as String)
        json.endObject()
        var response = HTTPResponse(
            status: status, contentType: "application/problem+json", body: json.bytes)
        if status == 426 {
            response.headers.append("Upgrade", "websocket")
            response.headers.append("Sec-WebSocket-Version", "13")
        }
        return response
    }
    /// A stable code and a title for the status.
    private var words: (code: String, title: String) {
        switch status {
        case 405: ("method_not_allowed", "Method not allowed")
        case 413: ("too_large", "The body is too large")
        case 414: ("target_too_long", "The address is too long")
        case 426: ("upgrade_required", "A WebSocket is wanted here")
        case 431: ("head_too_large", "The head is too large")
        case 417, 501, 505: ("not_supported", "Not supported")
        default: ("malformed", "Not a proper request")
        }
    }
}
