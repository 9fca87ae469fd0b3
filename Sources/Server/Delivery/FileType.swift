import Wire

/// What a file is, by its first bytes: what a sender says of it is not believed, and only what no
/// browser runs is named.
enum FileType {
    /// The media type to serve these bytes under.
    static func of(_ bytes: [UInt8]) -> String {
        for (start, type) in starts where bytes.starts(with: start) { return type }
        let later = bytes.dropFirst(4)
        if later.starts(with: Array("ftyp".utf8)) {
            return later.dropFirst(4).starts(with: Array("M4A".utf8)) ? "audio/mp4" : "video/mp4"
        }
        let isRIFF = bytes.starts(with: Array("RIFF".utf8))
        if isRIFF, bytes.dropFirst(8).starts(with: Array("WEBP".utf8)) { return "image/webp" }
        if isRIFF, bytes.dropFirst(8).starts(with: Array("WAVE".utf8)) { return "audio/wav" }
        return unknown
    }

    /// For everything else: browsers offer to save it.
    static let unknown = "application/octet-stream"

    private static let starts: [([UInt8], String)] = [
        ([0xff, 0xd8, 0xff], "image/jpeg"),
        ([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], "image/png"),
        (Array("GIF87a".utf8), "image/gif"), (Array("GIF89a".utf8), "image/gif"),
        (Array("OggS".utf8), "audio/ogg"), (Array("ID3".utf8), "audio/mpeg"),
        ([0xff, 0xfb], "audio/mpeg"), ([0x1a, 0x45, 0xdf, 0xa3], "video/webm"),
    ]
}
