import Glibc
import Transport
import Wire

extension WebhookDelivery {
    /// Trust in one certificate alone, which OpenSSL wants to read from a file.
    static func trust(in certificate: [UInt8]) throws(TransportError) -> TLSClientContext {
        let pattern = "/tmp/telegram-standin-" + String(repeating: "X", count: 6)
        var name = Array(pattern.utf8CString)
        let file = mkstemp(&name)
        guard file >= 0 else { throw .system(call: "mkstemp", errno: errno) }
        let path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer {
            close(file)
            unlink(path)
        }
        guard write(file, certificate, certificate.count) == certificate.count else {
            throw .system(call: "write", errno: errno)
        }
        return try TLSClientContext(extraCAFile: path, trustsSystemStore: false)
    }
}

/// Base64 with padding, which the `Authorization` field wants.
enum Base64 {
    static func string(_ bytes: [UInt8]) -> String {
        var text = Base64URL.encode(bytes).map { byte in
            switch byte {
            case UInt8(ascii: "-"): UInt8(ascii: "+")
            case UInt8(ascii: "_"): UInt8(ascii: "/")
            default: byte
            }
        }
        while text.count % 4 != 0 { text.append(UInt8(ascii: "=")) }
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes of a text in either alphabet, padded or not.
    static func bytes(_ text: Text) -> [UInt8]? {
        Base64URL.decode(
            text.utf8.compactMap { byte -> UInt8? in
                switch byte {
                case UInt8(ascii: "+"): UInt8(ascii: "-")
                case UInt8(ascii: "/"): UInt8(ascii: "_")
                case UInt8(ascii: "="): nil
                default: byte
                }
            })
    }
}

/// Status codes with their phrases, as error messages show them.
enum StatusWords {
    static func line(_ status: Int) -> String {
        let words: [Int: String] = [
            301: "Moved Permanently", 302: "Moved Temporarily", 303: "See Other",
            307: "Temporary Redirect", 308: "Permanent Redirect", 400: "Bad Request",
            401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
            408: "Request Timeout", 410: "Gone", 413: "Request Entity Too Large",
            429: "Too Many Requests", 500: "Internal Server Error", 502: "Bad Gateway",
            503: "Service Unavailable", 504: "Gateway Timeout",
        ]
        return words[status].map { "\(status) \($0)" } ?? "\(status)"
    }
}
