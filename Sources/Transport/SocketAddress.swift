import Glibc

/// An IP address and a TCP port.
public struct SocketAddress: Hashable, Sendable, CustomStringConvertible {
    /// IPv6, or IPv4 (an IPv4 address mapped into IPv6 becomes IPv4).
    public let isIPv6: Bool
    /// The TCP port.
    public let port: UInt16
    /// The sixteen (IPv6) or first four (IPv4) bytes of the address, in memory order.
    private let words: (UInt64, UInt64)
    /// The interface of a link-local IPv6 address, else 0.
    private let scope: UInt32

    /// From a literal such as `127.0.0.1` or `::1`; nil when it is not one (names need `Resolver`).
    public init?(ip: String, port: UInt16) {
        var four = in_addr()
        var six = in6_addr()
        if inet_pton(AF_INET, ip, &four) == 1 {
            self.init(four: four, port: port)
        } else if inet_pton(AF_INET6, ip, &six) == 1 {
            self.init(six: six, port: port, scope: 0)
        } else {
            return nil
        }
    }

    /// From `127.0.0.1:8080` or `[::1]:8080`.
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"),
            let port = UInt16(text[text.index(after: colon)...])
        else { return nil }
        let host = text[..<colon]
        if host.hasPrefix("[") && host.hasSuffix("]") {
            guard host.contains(":") else { return nil }
            self.init(ip: String(host.dropFirst().dropLast()), port: port)
        } else {
            guard !host.contains(":") else { return nil }
            self.init(ip: String(host), port: port)
        }
    }

    /// Whether it stays on this machine: 127.0.0.0/8 or ::1.
    public var isLoopback: Bool { ip.hasPrefix("127.") || ip == "::1" }

    /// Whether the address is one of the public internet: not this machine, no private network, no
    /// link's own, none that stands for many or for nobody (RFC 6890 and its successors).
    public var isPublic: Bool {
        let bytes = addressBytes
        if !isIPv6 { return Self.isPublic(four: bytes[...]) }
        // Those that carry an IPv4 address are as public as that: 64:ff9b::/96, 2002::/16, and
        // ::/96, which is nobody's any more but still understood by some.
        if bytes.starts(with: [0x00, 0x64, 0xff, 0x9b] + [UInt8](repeating: 0, count: 8)) {
            return Self.isPublic(four: bytes[12...])
        }
        if bytes.starts(with: [0x20, 0x02]) { return Self.isPublic(four: bytes[2..<6]) }
        // Only 2000::/3 is given out; 2001:db8::/32 is for books, 2001::/32 for tunnels.
        guard bytes[0] & 0xe0 == 0x20 else { return false }
        return !bytes.starts(with: [0x20, 0x01, 0x0d, 0xb8])
            && !bytes.starts(with: [0x20, 0x01, 0x00, 0x00])
    }

    private static func isPublic(four bytes: ArraySlice<UInt8>) -> Bool {
        let bytes = Array(bytes)
        switch (bytes[0], bytes[1], bytes[2]) {
        case (0, _, _), (10, _, _), (127, _, _), (224..., _, _): return false
        case (100, 64...127, _), (169, 254, _), (172, 16...31, _), (192, 168, _): return false
        case (192, 0, 0), (192, 0, 2), (198, 18...19, _), (198, 51, 100), (203, 0, 113):
            return false
        default: return true
        }
    }

    private init(four: in_addr, port: UInt16) {
        self.init(isIPv6: false, port: port, words: (UInt64(four.s_addr), 0), scope: 0)
    }

    private init(isIPv6: Bool, port: UInt16, words: (UInt64, UInt64), scope: UInt32) {
        self.isIPv6 = isIPv6
        self.port = port
        self.words = words
        self.scope = scope
    }

    private init(six: in6_addr, port: UInt16, scope: UInt32) {
        let words = withUnsafeBytes(of: six) {
            (
                $0.loadUnaligned(as: UInt64.self),
                $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
            )
        }
        let mappedPrefix = UInt32(bigEndian: 0xFFFF)
        if words.0 == 0, UInt32(truncatingIfNeeded: words.1) == mappedPrefix {
            self.init(four: in_addr(s_addr: UInt32(words.1 >> 32)), port: port)
            return
        }
        self.init(isIPv6: true, port: port, words: words, scope: scope)
    }

    /// From the kernel's form; nil for another family than IP.
    init?(_ storage: sockaddr_storage) {
        let family = Int32(storage.ss_family)
        let address: SocketAddress? = withUnsafeBytes(of: storage) { raw in
            if family == AF_INET {
                let four = raw.loadUnaligned(as: sockaddr_in.self)
                return SocketAddress(four: four.sin_addr, port: UInt16(bigEndian: four.sin_port))
            }
            guard family == AF_INET6 else { return nil }
            let six = raw.loadUnaligned(as: sockaddr_in6.self)
            return SocketAddress(
                six: six.sin6_addr, port: UInt16(bigEndian: six.sin6_port),
                scope: six.sin6_scope_id)
        }
        guard let address else { return nil }
        self = address
    }

    /// The same address with another port.
    func withPort(_ port: UInt16) -> SocketAddress {
        isIPv6
            ? SocketAddress(six: six, port: port, scope: scope)
            : SocketAddress(four: in_addr(s_addr: UInt32(words.0)), port: port)
    }

    /// The address family for `socket`.
    var family: Int32 { isIPv6 ? AF_INET6 : AF_INET }

    private var six: in6_addr {
        var six = in6_addr()
        withUnsafeMutableBytes(of: &six) {
            $0.storeBytes(of: words.0, as: UInt64.self)
            $0.storeBytes(of: words.1, toByteOffset: 8, as: UInt64.self)
        }
        return six
    }

    /// Lends the kernel's form.
    func withSockaddr<Result>(
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        var storage = sockaddr_storage()
        let length = withUnsafeMutableBytes(of: &storage) { raw -> Int in
            if isIPv6 {
                var address = sockaddr_in6()
                address.sin6_family = sa_family_t(AF_INET6)
                address.sin6_port = port.bigEndian
                address.sin6_addr = six
                address.sin6_scope_id = scope
                raw.storeBytes(of: address, as: sockaddr_in6.self)
                return MemoryLayout<sockaddr_in6>.size
            }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = UInt32(words.0)
            raw.storeBytes(of: address, as: sockaddr_in.self)
            return MemoryLayout<sockaddr_in>.size
        }
        return withUnsafePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(length)) }
        }
    }

    /// The bytes of the address: four (IPv4) or sixteen (IPv6), in network order.
    public var addressBytes: [UInt8] {
        let all = withUnsafeBytes(of: words.0) { Array($0) }
        return isIPv6 ? all + withUnsafeBytes(of: words.1) { Array($0) } : Array(all.prefix(4))
    }

    /// The address as text, without the port.
    public var ip: String {
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        if isIPv6 {
            var address = six
            inet_ntop(AF_INET6, &address, &buffer, socklen_t(buffer.count))
        } else {
            var address = in_addr(s_addr: UInt32(words.0))
            inet_ntop(AF_INET, &address, &buffer, socklen_t(buffer.count))
        }
        return text(of: buffer)
    }

    /// `127.0.0.1:8080` or `[::1]:8080`.
    public var description: String { isIPv6 ? "[\(ip)]:\(port)" : "\(ip):\(port)" }

    /// Same address and same port.
    public static func == (left: SocketAddress, right: SocketAddress) -> Bool {
        left.words == right.words && left.port == right.port && left.isIPv6 == right.isIPv6
            && left.scope == right.scope
    }

    /// Feeds what `==` compares.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(isIPv6)
        hasher.combine(port)
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(scope)
    }
}

/// The text in a buffer that C ended with a zero.
func text(of buffer: [CChar]) -> String {
    String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
