import Wire

/// A call of the Bot API that brings a file along: `sendPhoto` or `sendDocument`, as
/// `multipart/form-data` (RFC 7578). It shows twice when it is made twice.
public struct BotUpload: Hashable, Sendable {
    /// As what the file is sent.
    public enum Kind: Hashable, Sendable {
        /// A picture: JPEG, PNG or the like, which Telegram makes smaller.
        case photo
        /// Anything, as it is.
        case document
    }
    /// To whom.
    public var chat: Int64
    /// As what.
    public var kind: Kind
    /// Its name; quotes and control characters in it do no harm.
    public var fileName: Text
    /// Its media type, `type/subtype`; anything else is sent as bytes of an unknown type.
    public var mimeType: Text
    /// At most 1,024 code points; may be empty.
    public var caption: Text
    /// How the caption is to look.
    public var entities: [MessageEntity]

    /// A call of these parts.
    public init(
        chat: Int64, kind: Kind, fileName: Text, mimeType: Text, caption: Text = "",
        entities: [MessageEntity] = []
    ) {
        self.chat = chat
        self.kind = kind
        self.fileName = fileName
        self.mimeType = mimeType
        self.caption = caption
        self.entities = entities
    }

    /// The method's name, the last component of the path.
    public var name: StaticString { kind == .photo ? "sendPhoto" : "sendDocument" }

    /// The request's target. Holds the token: never log it as it is.
    public func target(token: Text) -> [UInt8] { BotMethod.target(name, token: token) }

    /// A boundary of 128 bits, to be drawn at random for each call: then no file has it in it, by
    /// chance or on purpose.
    public static func boundary(_ high: UInt64, _ low: UInt64) -> Text {
        func digits(_ number: UInt64) -> String {
            let digits = String(number, radix: 16)
            return String(repeating: "0", count: 16 - digits.utf8.count) + digits
        }
        return Text("roundhouse-" + digits(high) + digits(low))
    }

    /// The value of `Content-Type` for a body with this boundary.
    public static func contentType(boundary: Text) -> String {
        "multipart/form-data; boundary=\(boundary)"
    }

    /// The request's body: the arguments, then the file's bytes between the boundary's lines.
    public func body(_ file: [UInt8], boundary: Text) -> [UInt8] {
        var form = Form(boundary: boundary, capacity: file.count + caption.utf8.count + 2048)
        form.field("chat_id", Array("\(chat)".utf8))
        if !caption.utf8.isEmpty { form.field("caption", caption.utf8) }
        if !entities.isEmpty {
            var json = JSONWriter()
            json.beginArray()
            for entity in entities { entity.write(into: &json) }
            json.endArray()
            form.field("caption_entities", json.bytes)
        }
        // Else a film or a moving picture is shown as such, and loses its name.
        if kind == .document { form.field("disable_content_type_detection", Array("true".utf8)) }
        form.file(
            kind == .photo ? "photo" : "document", named: fileName, type: mimeType, file)
        return form.finished()
    }
}

/// Writes the parts of a form.
private struct Form {
    private var bytes: [UInt8] = []
    private let delimiter: [UInt8]

    init(boundary: Text, capacity: Int) {
        delimiter = Array("--".utf8) + boundary.utf8
        bytes.reserveCapacity(capacity)
    }

    mutating func field(_ name: StaticString, _ value: [UInt8]) {
        begin(name)
        bytes += Array("\r\n\r\n".utf8)
        end(value)
    }

    mutating func file(_ name: StaticString, named fileName: Text, type: Text, _ value: [UInt8]) {
        begin(name)
        bytes += Array("; filename=\"".utf8)
        for byte in fileName.utf8 where byte >= 0x20 && byte != 0x7f {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                bytes.append(UInt8(ascii: "\\"))
            }
            bytes.append(byte)
        }
        bytes += Array("\"\r\nContent-Type: ".utf8)
        bytes += type.isMediaType ? type.utf8 : Array("application/octet-stream".utf8)
        bytes += Array("\r\n\r\n".utf8)
        end(value)
    }

    private mutating func begin(_ name: StaticString) {
        bytes += delimiter
        bytes += Array("\r\nContent-Disposition: form-data; name=\"\(name)\"".utf8)
    }

    private mutating func end(_ value: [UInt8]) {
        bytes += value
        bytes += Array("\r\n".utf8)
    }

    consuming func finished() -> [UInt8] {
        bytes += delimiter
        bytes += Array("--\r\n".utf8)
        return bytes
    }
}

extension Text {
    /// Whether it has the form `type/subtype`, without parameters, of 127 bytes at most.
    public var isMediaType: Bool {
        let parts = utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts.count == 2, utf8.count <= 127 else { return false }
        return parts.allSatisfy { part in
            !part.isEmpty && part.allSatisfy(Self.isOfMediaType)
        }
    }

    private static func isOfMediaType(_ byte: UInt8) -> Bool {
        isURLSafe(byte) || byte == UInt8(ascii: "+") || byte == UInt8(ascii: ".")
    }
}
