import CLinux
import Glibc

extension EventLoop {
    /// Opens a TCP (and TLS) connection. With TLS, `serverName` is what the certificate must name
    /// (the address when nil); `completion` comes after the handshake, on a later turn, exactly
    /// once. `timeout` covers both.
    public func connect(
        to address: SocketAddress, tls: TLSClientContext? = nil, serverName: String? = nil,
        timeout: Duration = .seconds(10), limits: ConnectionLimits = ConnectionLimits(),
        completion: @escaping (Result<Connection, TransportError>) -> Void
    ) {
        checkThread()
        let name = serverName ?? address.ip
        let session = tls?.session(serverName: name)
        guard tls == nil || session != nil else {
            let failure = TLSFailure(
                kind: .protocolError, description: "\"\(name)\" cannot be a TLS server's name")
            return later { completion(.failure(.tls(failure))) }
        }
        connect(
            to: address, session: session, timeout: timeout, limits: limits, completion: completion)
    }

    /// Opens a connection of mutual TLS; `peer` says in messages whom. Otherwise as above; the
    /// name in the peer's certificate is for the caller to check.
    public func connect(
        to address: SocketAddress, as context: TLSPeerContext, peer: String,
        timeout: Duration = .seconds(10), limits: ConnectionLimits = ConnectionLimits(),
        completion: @escaping (Result<Connection, TransportError>) -> Void
    ) {
        checkThread()
        guard let session = context.session(isDialer: true, peer: peer) else {
            return later { completion(.failure(.system(call: "SSL_new", errno: ENOMEM))) }
        }
        connect(
            to: address, session: session, timeout: timeout, limits: limits, completion: completion)
    }

    private func connect(
        to address: SocketAddress, session: TLSSession?, timeout: Duration,
        limits: ConnectionLimits,
        completion: @escaping (Result<Connection, TransportError>) -> Void
    ) {
        let fd = linux_tcp_socket(address.family)
        guard fd >= 0 else {
            let code = errno
            return later { completion(.failure(.system(call: "socket", errno: code))) }
        }
        let result = address.withSockaddr { Glibc.connect(fd, $0, $1) }
        guard result == 0 || errno == EINPROGRESS || errno == EINTR else {
            let code = errno
            Glibc.close(fd)
            let error = TransportError.connect(address: address.description, errno: code)
            return later { completion(.failure(error)) }
        }
        let connection = Connection(loop: self, fd: fd, remote: address, limits: limits)
        connection.start(connecting: session, timeout: timeout, completion: completion)
    }

    /// Looks `host` up and connects to its addresses one after the other until one stands; with
    /// TLS the certificate must name `host`. `timeout` covers everything. Addresses that `permits`
    /// is against are passed over, so what a name means in the end is what counts.
    public func connect(
        host: String, port: UInt16, resolver: Resolver, tls: TLSClientContext? = nil,
        timeout: Duration = .seconds(10), limits: ConnectionLimits = ConnectionLimits(),
        permits: @escaping (SocketAddress) -> Bool = { _ in true },
        completion: @escaping (Result<Connection, TransportError>) -> Void
    ) {
        let deadline = now.adding(timeout)
        resolver.resolve(host: host, port: port) { [self] result in
            switch result {
            case .failure(let error): completion(.failure(error))
            case .success(let all):
                let addresses = all.filter(permits)
                guard !addresses.isEmpty || all.isEmpty else {
                    return completion(.failure(.notPermitted(host: host)))
                }
                let attempts = ConnectAttempts(
                    loop: self, host: host, tls: tls, limits: limits, deadline: deadline,
                    completion: completion)
                attempts.next(addresses[...], last: .timedOut(what: "connecting to \(host)"))
            }
        }
    }
}

/// The addresses of one host, tried in order.
private struct ConnectAttempts {
    let loop: EventLoop
    let host: String
    let tls: TLSClientContext?
    let limits: ConnectionLimits
    let deadline: Int64
    let completion: (Result<Connection, TransportError>) -> Void

    /// Tries the first of `addresses` with a fair share of the time that is left.
    func next(_ addresses: ArraySlice<SocketAddress>, last error: TransportError) {
        let left = deadline - loop.now
        guard let address = addresses.first, left > 0 else { return completion(.failure(error)) }
        let share = addresses.count == 1 ? left : left / 2
        loop.connect(
            to: address, tls: tls, serverName: host, timeout: .nanoseconds(share), limits: limits
        ) { result in
            switch result {
            case .success: completion(result)
            case .failure(.tls(let failure)): completion(.failure(.tls(failure)))
            case .failure(let error): next(addresses.dropFirst(), last: error)
            }
        }
    }
}
