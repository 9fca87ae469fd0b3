import Foundation
import HTTP
import Raft
import Routing
import Wire

// Conditions of requests (RFC 9110, section 13) on what is configured. An ETag is
// `"VERSION-DIGEST"`: the version of the setting, which is the same at every node, and a digest of
// this answer, which has names and figures beside the setting. `If-None-Match` compares all of it,
// `If-Match` the version alone.
extension APICall {
    /// Answers with a view of a setting and its ETag; without a body (304) where the client has it.
    func respond(_ value: some Encodable, setting: Setting, status: Int = 200) {
        guard let version = node.state.version(of: setting) else {
            return respond(value, status: status)
        }
        let body = JSON.encode(value, isOrdered: true)
        var digest = Digest64()
        digest.absorb(body)
        let tag = "\"\(version)-\(String(digest.value, radix: 16))\""
        let isKnown = exchange.request.method == .get && clientHas(tag)
        var response =
            isKnown
            ? HTTPResponse(status: 304)
            : HTTPResponse(status: status, contentType: "application/json", body: body)
        response.headers.append("ETag", tag)
        node.addAnswerHeaders(&response)
        exchange.respond(response)
    }

    /// Whether `If-None-Match` names the tag, or any.
    private func clientHas(_ tag: String) -> Bool {
        guard let known = exchange.request.header("If-None-Match") else { return false }
        return known.string.split(separator: ",").contains { part in
            let each = part.trimmingCharacters(in: .whitespaces)
            return each == "*" || each == tag || each == "W/" + tag
        }
    }

    /// The command under the condition that `If-Match` makes, if it makes one. The cluster judges
    /// where it applies it, also when this node could already say that it does not hold: under an
    /// idempotency key it may be the repetition of what changed it.
    func conditional(_ command: Command) throws(Problem) -> Command {
        guard let setting = command.setting, let seen = try matching,
            node.state.version(of: setting) != nil
        else { return command }
        // Absent fields of a body were taken from what this node knows. If that is older than what
        // the client saw, the condition would hold and old values would come back.
        if LogIndex(seen) > node.appliedIndex { throw .behind }
        return .ifUnchanged(since: seen, command)
    }

    /// The version in `If-Match`; nil: there is none, or any will do. A tag that is none of ours
    /// fits nothing.
    private var matching: UInt64? {
        get throws(Problem) {
            guard let header = exchange.request.header("If-Match") else { return nil }
            let tag = header.string.trimmingCharacters(in: .whitespaces)
            if tag == "*" { return nil }
            if tag.hasPrefix("W/\"") { return 0 }
            guard tag.utf8.count > 2, tag.hasPrefix("\""), tag.hasSuffix("\""),
                !tag.dropFirst().dropLast().contains("\"")
            else { throw .invalid("If-Match must be one ETag, or *.") }
            let version = tag.dropFirst().dropLast().prefix { $0 != "-" }
            return UInt64(version) ?? 0
        }
    }

    /// Somebody changed a setting since the client looked: who, if the audit log knows.
    func changed(_ setting: Setting) -> Problem {
        let last = node.state.lastChange(of: setting)
        let who = last.map { last in
            last.by.map { node.state.named($0).name } ?? "An operator, or the cluster itself,"
        }
        var problem = Problem(
            412, "version_conflict", "Changed by somebody else meanwhile",
            detail: "\(who ?? "Somebody") changed this since you read it. Nothing was changed now.",
            hint: "Read it again and decide anew.")
        problem.version = node.state.version(of: setting).map { Int64(clamping: $0) }
        problem.changedBy = last?.by.map(node.state.named)
        problem.changedAt = last?.at.text
        return problem
    }
}
