/// The console's files, compiled into the binary, and what a node needs to serve them.
public enum Asset {
    /// Every file: the path a browser asks for, its type, its bytes and its entity tag. The page
    /// itself is at `/`; the tag changes with the bytes, so nodes of one build give the same tag.
    public static let all: [(path: String, contentType: String, bytes: [UInt8], etag: String)] =
        files.map { name, bytes in
            (
                path: name == "index.html" ? "/" : "/assets/\(name)",
                contentType: contentType(of: name), bytes: bytes, etag: etag(of: bytes)
            )
        }

    /// The `Content-Security-Policy` under which the page works: its own files, nothing inline.
    public static let contentSecurityPolicy = """
        default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
        img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'
        """

    /// The files by name; `Tests/Console/test_assets.py` checks that none is forgotten.
    private static var files: [(name: String, bytes: [UInt8])] {
        [
            ("index.html", PackageResources.index_html)
        ]
    }

    /// The media type for a file name; every text of ours is UTF-8.
    private static func contentType(of name: String) -> String {
        switch name.split(separator: ".").last {
        case "html": "text/html; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "js": "text/javascript; charset=utf-8"
        case "svg": "image/svg+xml"
        default: "application/octet-stream"
        }
    }

    /// A strong entity tag: 64-bit FNV-1a of the bytes, in quotes.
    private static func etag(of bytes: [UInt8]) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes {
            hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
        }
        return "\"\(String(hash, radix: 16))\""
    }
}
