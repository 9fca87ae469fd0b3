import CLinux
import Glibc

/// The interest in data to read.
let readable = UInt32(LINUX_READABLE)
/// The interest in room to write.
let writable = UInt32(LINUX_WRITABLE)

/// Sets an integer option; the options used here can't fail on a TCP socket, and nothing but
/// latency would depend on it.
func setOption(_ fd: Int32, _ level: Int32, _ name: Int32, _ value: Int32) {
    var value = value
    setsockopt(fd, level, name, &value, socklen_t(MemoryLayout<Int32>.size))
}

/// The error that a non-blocking operation left on the socket.
func pendingError(of fd: Int32) -> Int32 {
    var code: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    guard getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &length) == 0 else { return errno }
    return code
}

/// This side's address.
func boundAddress(of fd: Int32) -> SocketAddress? {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let result = withUnsafeMutablePointer(to: &storage) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(fd, $0, &length) }
    }
    return result == 0 ? SocketAddress(storage) : nil
}

/// The system's text for an errno.
func text(ofErrno code: Int32) -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    strerror_r(code, &buffer, buffer.count)
    return text(of: buffer)
}

/// Asks the system's resolver, which may take its time: not for a loop's thread in operation.
func lookUp(_ host: String, _ port: UInt16) throws(TransportError) -> [SocketAddress] {
    var hints = addrinfo()
    hints.ai_family = AF_UNSPEC
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_ADDRCONFIG
    var list: UnsafeMutablePointer<addrinfo>?
    let result = getaddrinfo(host, nil, &hints, &list)
    guard result == 0 else {
        let detail =
            result == EAI_SYSTEM ? text(ofErrno: errno) : String(cString: gai_strerror(result))
        throw .lookUp(host: host, detail: detail)
    }
    defer { freeaddrinfo(list) }
    var addresses: [SocketAddress] = []
    var next = list
    while let entry = next?.pointee {
        var storage = sockaddr_storage()
        withUnsafeMutableBytes(of: &storage) {
            $0.copyMemory(
                from: UnsafeRawBufferPointer(
                    start: entry.ai_addr, count: min(Int(entry.ai_addrlen), $0.count)))
        }
        if let address = SocketAddress(storage)?.withPort(port), !addresses.contains(address) {
            addresses.append(address)
        }
        next = entry.ai_next
    }
    guard !addresses.isEmpty else { throw .lookUp(host: host, detail: "no IP address") }
    return addresses
}
