import CLinux
import Glibc

/// An IP address and a TCP port.
public struct SocketAddress: Hashable, Sendable, CustomStringConvertible {
    /// The address: four bytes (IPv4) or sixteen (IPv6), in network order.
    public let addressBytes: [UInt8]
    /// The TCP port.
    public let port: UInt16

    /// From a literal such as `127.0.0.1` or `::1`; nil when it is not one (names need `Resolver`).
    public init?(ip: String, port: UInt16) { fatalError("unfinished") }

    /// From `127.0.0.1:8080` or `[::1]:8080`.
    public init?(_ text: String) { fatalError("unfinished") }

    /// The address as text, without the port.
    public var ip: String { fatalError("unfinished") }

    /// `127.0.0.1:8080` or `[::1]:8080`.
    public var description: String { fatalError("unfinished") }
}
