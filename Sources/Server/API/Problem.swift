import Foundation
import HTTP
import Routing

/// What went wrong with an API request, as RFC 9457 writes it: a stable code, what happened, and
/// what to do about it.
struct Problem: Error, Encodable {
    var type = "about:blank"
    var title: String
    var status: Int
    var code: String
    var detail: String
    var hint: String
    /// Reasons of a transfer that needs confirmation, or of a refused claim.
    var reasons: [API.Reason]?
    /// The owner who was quicker.
    var owner: API.Named?
    /// The session's version now, or the setting's.
    var version: Int64?
    /// Who changed a setting that is not as the request saw it, and when.
    var changedBy: API.Named?
    var changedAt: String?

    init(_ status: Int, _ code: String, _ title: String, detail: String, hint: String) {
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
        self.hint = hint
    }

    /// The answer.
    var response: HTTPResponse {
        var response = HTTPResponse(
            status: status, contentType: "application/problem+json", body: JSON.encode(self))
        if status == 503 || status == 429 { response.headers.append("Retry-After", "1") }
        return response
    }

    /// What happened and what to do, for who reads plain text.
    var sentence: String { "\(detail) \(hint)" }

    static let notSignedIn = Problem(
        401, "not_signed_in", "Not signed in",
        detail: "The request carries no valid sign-in; it may have expired.",
        hint: "Sign in again.")
    static let notFound = Problem(
        404, "not_found", "Not found",
        detail: "There is nothing here, or you may not see it.",
        hint: "Check the id; reload the list.")
    static let forbidden = Problem(
        403, "forbidden", "Not permitted",
        detail: "Your permissions in this project do not allow this.",
        hint: "Ask a manager of the project for the permission.")
    static let noQuorum = Problem(
        503, "no_quorum", "The cluster can't decide now",
        detail: "This node reaches no leader with a majority. Nothing was changed.",
        hint: "Try again in a moment.")
    static let joining = Problem(
        503, "joining", "This node does not know everything yet",
        detail: "It is joining the cluster and still reads what the others know. "
            + "Nothing was changed.",
        hint: "Ask another node, or try again in a moment.")
    static let unknownOutcome = Problem(
        504, "unknown_outcome", "The outcome is not known yet",
        detail: "The cluster did not confirm your request in time; it may still take effect.",
        hint: "Look at the newest state before you repeat it.")
    static let overloaded = Problem(
        503, "overloaded", "Too much at once",
        detail: "This node has more work waiting than it takes on. Nothing was changed.",
        hint: "Try again in a moment.")
    static let needsLevel = Problem(
        409, "needs_level", "Not before the upgrade is finished",
        detail: "The cluster still runs at the feature level of an older release, which has no "
            + "such request. Nothing was changed.",
        hint: "When every node runs the new release: `roundhouse level raise`.")
    static let versionMissing = Problem(
        428, "version_missing", "Say which version you saw",
        detail: "A change of a session carries the version that its sender saw.",
        hint: "Send it as the field version, or the ETag in If-Match.")
    static let needsScope = Problem(
        403, "needs_scope", "The token is not for this",
        detail: "The scopes of the API token do not cover this request, or it needs a sign-in.",
        hint: "Make a token with read, sessions or manage, as the request needs.")
    static let crossSite = Problem(
        403, "cross_site", "Refused for your safety",
        detail: "The request came from another site.",
        hint: "Use the console at its own address.")
    static let notJSON = Problem(
        415, "not_json", "Content type not taken",
        detail: "This address takes application/json only.",
        hint: "Send Content-Type: application/json.")

    static let notRaw = Problem(
        415, "not_raw", "Content type not taken",
        detail: "This address takes a file's bytes alone, no form.",
        hint: "Send the file itself as the body, with its own Content-Type.")

    /// A body or parameter that can't be taken.
    static func invalid(_ detail: String, hint: String = "Correct the field and send it again.")
        -> Problem
    {
        Problem(422, "invalid", "Not valid", detail: detail, hint: hint)
    }
}

/// JSON of the API, by Foundation: not on the hot path.
enum JSON {
    /// The bytes of a value; the same ones for the same value, where fields are ordered.
    static func encode(_ value: some Encodable, isOrdered: Bool = false) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting =
            isOrdered ? [.withoutEscapingSlashes, .sortedKeys] : [.withoutEscapingSlashes]
        guard let data = try? encoder.encode(value) else {
            preconditionFailure("API models hold nothing that JSON can't carry")
        }
        return Array(data)
    }

    /// A value of a body; the problem names the field.
    static func decode<Value: Decodable>(
        _ type: Value.Type, from body: [UInt8]
    ) throws(Problem) -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(body))
        } catch let error as DecodingError {
            throw Problem.invalid(describe(error))
        } catch {
            throw Problem.invalid("The body is not JSON.")
        }
    }

    private static func describe(_ error: DecodingError) -> String {
        func path(_ context: DecodingError.Context, _ last: String? = nil) -> String {
            (context.codingPath.map(\.stringValue) + (last.map { [$0] } ?? []))
                .joined(separator: ".")
        }
        switch error {
        case .keyNotFound(let key, let context):
            return "The field \(path(context, key.stringValue)) is missing."
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            return "The field \(path(context)) has the wrong type."
        case .dataCorrupted(let context):
            return context.codingPath.isEmpty
                ? "The body is not JSON." : "The field \(path(context)) has no such value."
        @unknown default:
            return "The body can't be read."
        }
    }
}
