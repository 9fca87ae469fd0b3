import HTTP
import Routing
import Storage
import Wire

/// `GET /api/v1/sessions/{id}/messages/{ordinal}/file`: the file in a message, from Telegram
/// through this node, for whoever sees the session. The bot's token stays here.
extension Node {
    func addFileRoutes(_ routes: inout Router) {
        api(.get, "/api/v1/sessions/*/messages/*/file", &routes) { node, call throws(Problem) in
            try node.file(call)
        }
    }

    /// What of a message is asked for.
    private struct WantedFile {
        var id: Text
        var name: Text
    }

    private func file(_ call: APICall) throws(Problem) {
        let (session, from) = try readableSession(call)
        let ordinal = try call.ordinal(1)
        let size = call.parameter("size") ?? "large"
        guard size == "large" || size == "thumbnail" else {
            throw .invalid("The parameter size must be large or thumbnail.")
        }
        read(call) { reader throws(StorageError) in
            try reader.row(.history, major: session.rawValue, minor: ordinal)
        } completion: { [self] row in
            guard let row, let item = try? HistoryItem(value: row),
                let wanted = item.file(isThumbnail: size == "thumbnail")
            else { return call.respond(Problem.noFile) }
            fetch(WantedFile(id: wanted.id, name: wanted.name), of: session, from, call)
        }
    }

    private func fetch(
        _ wanted: WantedFile, of session: SessionID, _ from: SessionID, _ call: APICall
    ) {
        guard let project = (state.session(session)?.project).flatMap({ state.project($0) }),
            let token = secrets.open(project.settings.sealedToken, for: .botToken)
        else { return call.respond(Problem.fileRefused(Delivery.noToken.string)) }
        guard !call.exchange.isFrontFull else { return call.respond(Problem.overloaded) }
        botFiles.fetch(wanted.id, token: token) { [weak self] result in
            guard let self else { return call.respond(Problem.overloaded) }
            // The session may have gone out of sight while the file was on its way.
            guard state.canRead(call.caller.agent, session, from: from) else {
                return call.respond(Problem.notFound)
            }
            switch result {
            case .success where call.exchange.isFrontFull: call.respond(Problem.overloaded)
            case .success(let bytes): respond(bytes, named: wanted.name, call)
            case .failure(.busy): call.respond(Problem.overloaded)
            case .failure(.tooLarge): call.respond(Problem.fileTooLarge)
            case .failure(.badToken(let reason)), .failure(.refused(let reason)):
                call.respond(Problem.fileRefused(reason))
            }
        }
    }

    /// Answers with a customer's file: never shown as a page of this site, whatever is in it.
    private func respond(_ bytes: [UInt8], named name: Text, _ call: APICall) {
        var response = HTTPResponse(
            status: 200, contentType: FileType.of(bytes), body: bytes)
        response.headers.append("Content-Disposition", FileName.attachment(name))
        response.headers.append("Content-Security-Policy", "default-src 'none'; sandbox")
        response.headers.append("X-Content-Type-Options", "nosniff")
        response.headers.append("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.append("Referrer-Policy", "no-referrer")
        response.headers.append("Cache-Control", "private, max-age=300")
        response.headers.append("Vary", "Cookie, Authorization")
        response.headers.append("Roundhouse-Index", "\(appliedIndex)")
        if publicTLS != nil {
            response.headers.append("Strict-Transport-Security", "max-age=31536000")
        }
        call.exchange.respond(response)
    }
}

/// How a file is named to browsers.
enum FileName {
    /// The value of `Content-Disposition` (RFC 6266): plain letters for all, and the name as it is,
    /// percent-encoded, for those who read it.
    static func attachment(_ name: Text) -> String {
        let leaf = name.utf8.split { $0 == 0x2f || $0 == 0x5c }.last.map(Array.init) ?? []
        let kept = leaf.filter { $0 >= 0x20 && $0 != 0x7f }
        guard !kept.isEmpty, UTF8Form.isValid(kept) else { return "attachment" }
        let plain = kept.map { isPlain($0) ? $0 : UInt8(ascii: "_") }
        var encoded = ""
        for byte in kept {
            if isPlain(byte), byte != 0x20 {
                encoded.append(Character(UnicodeScalar(byte)))
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                encoded += "%" + (digits.utf8.count == 1 ? "0" + digits : digits)
            }
        }
        let quoted = String(decoding: plain, as: UTF8.self)
        return "attachment; filename=\"\(quoted)\"; filename*=UTF-8''\(encoded)"
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), 0x20, UInt8(ascii: "."), UInt8(ascii: "-"),
            UInt8(ascii: "_"):
            true
        default: false
        }
    }
}

extension HistoryItem {
    /// The file in a message: its id with the project's bot and its name; nil: there is none.
    fileprivate func file(isThumbnail: Bool) -> (id: Text, name: Text)? {
        let (fileID, kind, facts): (Text, Text, Attachment)
        switch what {
        case .inbound(let message):
            (fileID, kind, facts) = (message.fileID, message.kind, message.extras.attachment)
        case .edited(let edited):
            (fileID, kind, facts) = (edited.fileID, edited.kind, edited.extras.attachment)
        case .outbound(let message):
            guard let file = message.file else { return nil }
            (fileID, kind, facts) = (file.fileID, file.kind.word, file.attachment)
        default: return nil  // Nobody's file.
        }
        guard !fileID.isEmpty else { return nil }
        guard isThumbnail else { return (fileID, facts.name) }
        // A photo that has but one size is its own thumbnail.
        if facts.thumbnailID.isEmpty, kind == "photo" { return (fileID, "") }
        return facts.thumbnailID.isEmpty ? nil : (facts.thumbnailID, "")
    }
}

extension APICall {
    /// The number of a history item in the path.
    func ordinal(_ place: Int) throws(Problem) -> Int64 {
        guard let number = Int64(parts[place].string), number >= 0 else { throw .notFound }
        return number
    }
}

extension Problem {
    static let noFile = Problem(
        404, "not_found", "No file here",
        detail: "There is no such message, or it has no file of this size.",
        hint: "Take the ordinal from the session's history, of an item that has a file.")
    static let fileTooLarge = Problem(
        422, "file_too_large", "Too large for a bot",
        detail: "Telegram gives bots files of 20 MB at most.",
        hint: "Ask the customer for a smaller file, or for a link to it.")

    /// Telegram does not give the file.
    static func fileRefused(_ reason: String) -> Problem {
        Problem(
            502, "telegram", "Telegram did not give the file", detail: "Reason: \(reason).",
            hint: "Try again later. If it stays so, look at the project's checkup: its token "
                + "may be that of another bot than the one that got the file.")
    }
}
