/// A request method; methods are case-sensitive (RFC 9110, section 9.1).
public enum HTTPMethod: Hashable, Sendable {
    case get
    case head
    case post
    case put
    case patch
    case delete
    case options
    /// Any other token.
    case other([UInt8])

    /// The method of these bytes.
    public init(_ bytes: [UInt8]) {
        self = bytes.withUnsafeBytes { HTTPMethod($0) }
    }

    /// The method of these bytes, which allocates for unusual ones only.
    init(_ bytes: UnsafeRawBufferPointer) {
        switch bytes.count {
        case 3 where bytes.equals("GET"): self = .get
        case 3 where bytes.equals("PUT"): self = .put
        case 4 where bytes.equals("POST"): self = .post
        case 4 where bytes.equals("HEAD"): self = .head
        case 5 where bytes.equals("PATCH"): self = .patch
        case 6 where bytes.equals("DELETE"): self = .delete
        case 7 where bytes.equals("OPTIONS"): self = .options
        default: self = .other(Array(bytes))
        }
    }

    /// The method as it is written.
    public var bytes: [UInt8] {
        switch self {
        case .get: Array("GET".utf8)
        case .head: Array("HEAD".utf8)
        case .post: Array("POST".utf8)
        case .put: Array("PUT".utf8)
        case .patch: Array("PATCH".utf8)
        case .delete: Array("DELETE".utf8)
        case .options: Array("OPTIONS".utf8)
        case .other(let bytes): bytes
        }
    }
}
