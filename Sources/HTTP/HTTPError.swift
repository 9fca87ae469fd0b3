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

    /// A plain answer that tells the client.
    public var response: HTTPResponse {
        var response = HTTPResponse(
            status: status, contentType: "text/plain; charset=utf-8",
            body: Array((reason + "\n").utf8))
        if status == 426 {
            response.headers.append("Upgrade", "websocket")
            response.headers.append("Sec-WebSocket-Version", "13")
        }
        return response
    }
}
