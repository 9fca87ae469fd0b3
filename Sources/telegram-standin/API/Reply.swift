import HTTP
import Wire

/// What a call is answered with.
enum Reply {
    /// Done.
    case ok(JSONValue, description: Text? = nil)
    /// Not done.
    case error(Int, Text)
    /// Not done: too many calls.
    case tooMany(seconds: Int)

    /// The answer as it goes over the wire: the status is the error's code.
    var response: HTTPResponse {
        var members: [JSONValue.Member] = []
        var status = 200
        var retryAfter: Int?
        switch self {
        case .ok(let result, let description):
            members = [.init("ok", true), .init("result", result)]
            if let description { members.append(.init("description", .text(description))) }
        case .error(let code, let description):
            status = code
            members = Self.failure(code, description)
        case .tooMany(let seconds):
            status = 429
            retryAfter = seconds
            members = Self.failure(429, Text("Too Many Requests: retry after \(seconds)"))
            members.append(
                .init("parameters", ["retry_after": .int(Int64(seconds))]))
        }
        var response = HTTPResponse(
            status: status, contentType: "application/json",
            body: JSONValue.object(members).serialized())
        if let retryAfter { response.headers.append("Retry-After", "\(retryAfter)") }
        return response
    }

    private static func failure(_ code: Int, _ description: Text) -> [JSONValue.Member] {
        [
            .init("ok", false), .init("error_code", .int(Int64(code))),
            .init("description", .text(description)),
        ]
    }

    /// A call that is wrong in some way.
    static func bad(_ what: String) -> Reply { .error(400, Text("Bad Request: \(what)")) }
}
