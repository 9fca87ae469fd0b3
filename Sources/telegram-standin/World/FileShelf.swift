import Wire

/// A file that a bot can send again or download.
struct StoredFile {
    let fileID: Text
    let uniqueID: Text
    let bytes: [UInt8]
    /// The size told to the bot: larger than `bytes` to try the limits without the memory.
    let size: Int
    let name: Text
    let mimeType: Text
    let path: Text
    /// What the file was sent as.
    let kind: Text

    private var idMembers: [JSONValue.Member] {
        [
            .init("file_id", .text(fileID)), .init("file_unique_id", .text(uniqueID)),
            .init("file_size", .int(Int64(size))),
        ]
    }

    /// What `getFile` answers, but for the path.
    var json: JSONValue { .object(idMembers) }

    /// The fields of a message that hold files of this kind.
    static func members(kind: Text, files: [StoredFile]) -> [JSONValue.Member] {
        guard let file = files.last else { return [] }
        let name = JSONValue.Member("file_name", .text(file.name))
        let type = JSONValue.Member("mime_type", .text(file.mimeType))
        func value(_ before: [JSONValue.Member]) -> JSONValue {
            .object(before + file.idMembers)
        }
        func square(_ side: Int64) -> [JSONValue.Member] {
            [.init("width", .int(side)), .init("height", .int(side))]
        }
        let duration = JSONValue.Member("duration", 3)
        switch kind.string {
        case "photo":
            let sizes = files.enumerated().map { index, size in
                JSONValue.object(size.idMembers + square(index == files.count - 1 ? 800 : 90))
            }
            return [.init("photo", .array(sizes))]
        case "voice": return [.init(kind, value([duration, type]))]
        case "audio": return [.init(kind, value([duration, name, type]))]
        case "video": return [.init(kind, value([duration] + square(320) + [name, type]))]
        case "video_note": return [.init(kind, value([duration, .init("length", 240)]))]
        case "animation":
            // Also shown as a document, for bots older than animations.
            return [
                .init(kind, value([duration] + square(320) + [name, type])),
                .init("document", value([name, type])),
            ]
        case "sticker":
            let sticker: [JSONValue.Member] = [
                .init("emoji", "👍"), .init("is_animated", false), .init("is_video", false),
                .init("type", "regular"),
            ]
            return [.init(kind, value(square(512) + sticker))]
        default: return [.init("document", value([name, type]))]
        }
    }
}

/// The files of one bot. A file's id means nothing to another bot.
final class FileShelf {
    private var files: [Text: StoredFile] = [:]
    private var pathExpiry: [Text: (file: StoredFile, until: Double)] = [:]
    private var order: [Text] = []
    private var heldBytes = 0
    private var counter = 0

    /// Past this the oldest files are dropped.
    static let maxBytes = 256 << 20

    /// Puts bytes on the shelf as a file of a kind.
    func add(
        kind: Text, bytes: [UInt8], name: Text, mimeType: Text, size: Int? = nil, bot: Int64
    ) -> StoredFile {
        var writer = ByteWriter()
        writer.u8(2)
        writer.text(kind)
        writer.varint(UInt64(bot))
        writer.u64(Digest64.of(bot, counter))
        let unique = Base64URL.encode(Array(writer.bytes.suffix(8)))
        let file = StoredFile(
            fileID: Text(Base64URL.encode(writer.bytes)), uniqueID: Text(unique), bytes: bytes,
            size: size ?? bytes.count, name: name, mimeType: mimeType,
            path: Text("\(kind.string)s/file_\(counter)\(Self.suffix(of: name))"), kind: kind)
        counter += 1
        files[file.fileID] = file
        order.append(file.fileID)
        heldBytes += bytes.count
        while heldBytes > Self.maxBytes, order.count > 1 {
            let oldest = order.removeFirst()
            heldBytes -= files.removeValue(forKey: oldest)?.bytes.count ?? 0
        }
        return file
    }

    /// The small size of a photo. Nothing here scales pictures: it is the picture with some bytes
    /// after its end, which decoders pass over, so that it can be seen and is not the whole one.
    static func small(_ picture: [UInt8]) -> [UInt8] { picture + "small".utf8 }

    /// The file with this id.
    func file(_ id: Text) -> StoredFile? { files[id] }

    /// Lets a file be downloaded until then.
    func publish(_ file: StoredFile, until: Double) { pathExpiry[file.path] = (file, until) }

    /// The file under a path, while its link is valid.
    func download(_ path: Text, now: Double) -> StoredFile? {
        guard let (file, until) = pathExpiry[path], now < until else { return nil }
        return file
    }

    private static func suffix(of name: Text) -> String {
        guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")) else { return "" }
        let suffix = name.utf8[dot...].prefix(8)
        let isPlain = suffix.dropFirst().allSatisfy {
            (0x30...0x39).contains($0) || (0x61...0x7a).contains($0 | 0x20)
        }
        return isPlain ? String(decoding: suffix, as: UTF8.self) : ""
    }
}

extension Digest64 {
    /// A number that looks random and follows from these two.
    static func of(_ a: Int64, _ b: Int) -> UInt64 {
        var digest = Digest64(UInt64(bitPattern: a))
        digest.absorb(UInt64(bitPattern: Int64(b)))
        return digest.value
    }
}
