import Foundation
import HTTP
import Routing
import Wire

/// `session send-file`.
extension AdminCommand {
    /// Sends a file to a session's customer: a picture as a photo, unless another kind is asked
    /// for or it is too large.
    func sendFile(_ file: String, in session: String) throws {
        guard let data = FileManager.default.contents(atPath: file) else {
            throw AdminFailure("\(file) can't be read", code: EX_NOINPUT)
        }
        let bytes = Array(data)
        let type = FileType.of(bytes)
        let isPhoto = type.hasPrefix("image/") && type != "image/gif"
        let fits = Int64(bytes.count) <= FileOffer.Kind.photo.maxBytes
        let kind = arguments.options["kind"] ?? (isPhoto && fits ? "photo" : "document")
        guard FileOffer.Kind(word: Text(kind)) != nil else {
            throw Arguments.Problem(description: "--kind is photo or document")
        }
        let name = file.split(separator: "/").last.map(String.init) ?? "file"
        var path = try sessionPath(session) + "/files?kind=\(kind)&name=\(Self.escaped(name))"
        if let caption = arguments.options["caption"] {
            path += "&caption=\(Self.escaped(caption))"
        }
        if arguments.flags.contains("confirm") { path += "&confirm=true" }
        let answer = try client.upload(path, bytes, type: type)
        if output.isJSON { return output.show(answer) }
        output.done("\(name) is on its way as a \(kind); `session history \(session)` shows it")
    }

    /// A value of a query.
    private static func escaped(_ text: String) -> String {
        var escaped: [UInt8] = []
        for byte in text.utf8 {
            let isPlain = (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte | 0x20)
            if isPlain {
                escaped.append(byte)
            } else {
                let digits = String(byte, radix: 16)
                escaped += Array(("%" + (digits.utf8.count == 1 ? "0" : "") + digits).utf8)
            }
        }
        return String(decoding: escaped, as: UTF8.self)
    }
}
