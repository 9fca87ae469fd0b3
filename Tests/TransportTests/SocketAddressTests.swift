import Glibc
import Testing

@testable import Transport

@Suite struct SocketAddressTests {
    @Test(arguments: [
        ("127.0.0.1:8080", "127.0.0.1", 8080), ("0.0.0.0:0", "0.0.0.0", 0),
        ("[::1]:443", "::1", 443), ("[2001:db8::5]:65535", "2001:db8::5", 65535),
    ])
    func `an address and its text are the same`(text: String, ip: String, port: UInt16) throws {
        let address = try #require(SocketAddress(text))
        #expect(address.ip == ip)
        #expect(address.port == port)
        #expect(address.description == text)
        #expect(address == SocketAddress(ip: ip, port: port))
    }

    @Test(arguments: [
        "", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "localhost:80", "::1:80", "[::1]",
        "[127.0.0.1]:80", "127.0.0.1:-1", "[::1:80", "256.0.0.1:80",
    ])
    func `what is no address is refused`(text: String) {
        #expect(SocketAddress(text) == nil)
    }

    @Test func `an IPv4 address mapped into IPv6 is IPv4`() throws {
        let mapped = try #require(SocketAddress(ip: "::ffff:10.1.2.3", port: 5))
        #expect(mapped == SocketAddress(ip: "10.1.2.3", port: 5))
        #expect(mapped.addressBytes == [10, 1, 2, 3])
        #expect(SocketAddress(ip: "::1", port: 1)?.addressBytes.count == 16)
    }

    @Test func `the kernel's form gives the address back`() throws {
        for text in ["192.0.2.7:99", "[2001:db8::1]:443"] {
            let address = try #require(SocketAddress(text))
            let back = address.withSockaddr { pointer, length in
                var storage = sockaddr_storage()
                withUnsafeMutableBytes(of: &storage) {
                    $0.copyMemory(from: UnsafeRawBufferPointer(start: pointer, count: Int(length)))
                }
                return SocketAddress(storage)
            }
            #expect(back == address)
        }
    }
}
