import Glibc
import HTTP
import Wire

/// Why an administrator's command was not done, with the exit code that says so to programs.
struct AdminFailure: Error, CustomStringConvertible {
    /// What happened, where, and what to do.
    var description: String
    /// Of sysexits.h.
    var code: Int32

    /// A failure in these words.
    init(_ description: String, code: Int32) {
        self.description = description
        self.code = code
    }

    /// A refusal of the node, in its own words.
    init(_ response: HTTPResponse, of request: String) {
        let problem = try? JSONValue.parse(response.body)
        let words = ["title", "detail", "hint"].compactMap { problem?[$0]?.string }
        let name = problem?["code"]?.string.map { " [\($0)]" } ?? ""
        let said =
            words.count == 3
            ? "\(words[0]): \(words[1]) \(words[2])" : "the answer has status \(response.status)"
        self.init("\(request): \(said)\(name)", code: AdminFailure.code(of: response.status))
    }

    /// The exit code for a status.
    static func code(of status: Int) -> Int32 {
        switch status {
        case 401, 403: EX_NOPERM
        case 404: EX_NOINPUT
        case 400, 405, 413, 414, 415, 422, 428, 431: EX_DATAERR
        case 409, 412, 429, 502, 503, 504: EX_TEMPFAIL
        default: EX_SOFTWARE
        }
    }
}
