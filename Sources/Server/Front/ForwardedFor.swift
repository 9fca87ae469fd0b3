import Foundation
import Transport
import Wire

/// Who asks, by what proxies say in `X-Forwarded-For`.
enum ForwardedFor {
    /// The client of a request that came from `peer`: all lines of the field are one list, in their
    /// order, and it is read from the right. Each proxy adds the address that it saw, in the last
    /// line or in one of its own, so only what a trusted one added counts: the first address that
    /// is not trusted itself is the client, and nothing left of it is looked at. What is no address
    /// ends the walk: then the client is the last one that was told, the proxy itself if none was.
    static func client(_ lines: [[UInt8]], peer: Text, trusted: Set<String>) -> Text {
        guard !lines.isEmpty, trusted.contains(peer.string) else { return peer }
        var client = peer
        for line in lines.reversed() {
            for hop in line.split(separator: UInt8(ascii: ",")).reversed() {
                let text = String(decoding: hop, as: UTF8.self)
                    .trimmingCharacters(in: .whitespaces)
                if text.isEmpty { continue }
                guard let address = address(text) else { return client }
                client = Text(address)
                guard trusted.contains(address) else { return client }
            }
        }
        return client
    }

    /// An address as proxies write it, with or without a port: `192.0.2.1`, `192.0.2.1:80`,
    /// `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80`. In the one form that texts of addresses
    /// have here.
    private static func address(_ text: String) -> String? {
        if text.hasPrefix("["), text.hasSuffix("]") {
            let inner = text.dropFirst().dropLast()
            return inner.contains(":") ? SocketAddress(ip: String(inner), port: 0)?.ip : nil
        }
        return SocketAddress(ip: text, port: 0)?.ip ?? SocketAddress(text)?.ip
    }
}
