import HTTP
import Wire

/// The arguments of a call: of the query and of the body, in whichever form it came.
///
/// The first occurrence of a name counts and the query comes before the body. What can't be read
/// is ignored, as by the real server.
struct Arguments {
    private(set) var values: [(name: Text, value: Text)] = []
    private(set) var uploads: [Upload] = []

    /// A file in a multipart body.
    struct Upload {
        let field: Text
        let fileName: Text
        let contentType: Text
        let bytes: [UInt8]
    }

    /// The arguments of a request.
    init(request: HTTPRequest) {
        values = request.queryItems
        read(body: request.body, contentType: request.header("Content-Type")?.string ?? "")
    }

    /// The arguments in a body alone: a method in the answer to a webhook.
    init(body: [UInt8], contentType: String) {
        read(body: body, contentType: contentType)
    }

    private mutating func read(body: [UInt8], contentType: String) {
        let parts = contentType.split(separator: ";", omittingEmptySubsequences: true)
        switch parts.first.map({ Self.trimmed($0).lowercased() }) {
        case "application/json": readJSON(body)
        case "application/x-www-form-urlencoded": values += URLEncoding.items(body)
        case "multipart/form-data":
            for part in Multipart.parts(of: body, contentType: contentType) {
                if part.fileName == nil {
                    values.append((part.name, Text(Array(part.bytes))))
                } else {
                    uploads.append(
                        Upload(
                            field: part.name, fileName: part.fileName ?? "",
                            contentType: part.contentType, bytes: Array(part.bytes)))
                }
            }
        default: break
        }
    }

    private mutating func readJSON(_ body: [UInt8]) {
        guard let members = (try? JSONValue.parse(body))?.members else { return }
        for member in members {
            switch member.value {
            case .null: continue
            case .text(let text): values.append((member.name, text))
            case .bool, .int, .number, .array, .object:
                values.append((member.name, Text(member.value.serialized())))
            }
        }
    }

    /// The value of a name; empty when there is none, as for the real server.
    subscript(name: Text) -> Text { values.first { $0.name == name }?.value ?? "" }

    /// Whether the name occurs.
    func has(_ name: Text) -> Bool { values.contains { $0.name == name } }

    /// The value as an integer; nil when it is none.
    func int(_ name: Text) -> Int64? { Int64(Self.trimmed(self[name].string)) }

    /// The value as an integer within bounds; `standard` when there is none.
    func int(_ name: Text, standard: Int64, in range: ClosedRange<Int64>) -> Int64 {
        let value = int(name) ?? standard
        return min(max(value, range.lowerBound), range.upperBound)
    }

    /// Whether the value is one of the words for true.
    func bool(_ name: Text) -> Bool {
        ["true", "yes", "1"].contains(Self.trimmed(self[name].string).lowercased())
    }

    /// The value as JSON; nil when it is none.
    func json(_ name: Text) -> JSONValue? { try? JSONValue.parse(self[name].utf8) }

    /// The file under this name, or the one that the value attaches.
    func upload(_ name: Text) -> Upload? {
        if let upload = uploads.first(where: { $0.field == name }) { return upload }
        let value = self[name].string
        guard value.hasPrefix("attach://") else { return nil }
        let field = Text(String(value.dropFirst(9)))
        return uploads.first { $0.field == field }
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        var rest = text[...]
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }
}
