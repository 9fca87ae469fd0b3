/// Why a listener, a connect or a look-up did not succeed.
public enum TransportError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A system call failed; `errno` says how.
    case system(call: String, errno: Int32)
    /// The address could not be bound or listened on.
    case listen(address: String, errno: Int32)
    /// The peer refused or could not be reached.
    case connect(address: String, errno: Int32)
    /// The name has no address, or the name server did not know.
    case lookUp(host: String, detail: String)
    /// Time ran out while doing `what`.
    case timedOut(what: String)
    /// The TLS handshake failed.
    case tls(TLSFailure)
    /// A certificate, key or CA file is missing or unusable.
    case certificate(file: String, detail: String)
    /// A queue with a named limit is full.
    case overloaded(what: String)
    /// None of a host's addresses is one that the caller wants to talk to.
    case notPermitted(host: String)
    /// The peer hung up before the connection stood.
    case closed

    /// One sentence for the operator.
    public var description: String {
        switch self {
        case .system(let call, let code): "\(call) failed: \(text(ofErrno: code))"
        case .listen(let address, let code): "cannot listen on \(address): \(text(ofErrno: code))"
        case .connect(let address, let code):
            "cannot connect to \(address): \(text(ofErrno: code))"
        case .lookUp(let host, let detail): "cannot look up \(host): \(detail)"
        case .timedOut(let what): "time ran out: \(what)"
        case .tls(let failure): failure.description
        case .certificate(let file, let detail): "\(file): \(detail)"
        case .overloaded(let what): "\(what) is full"
        case .notPermitted(let host): "\(host) is at an address that is not permitted"
        case .closed: "the peer hung up"
        }
    }
}

/// Why TLS with a peer failed.
public struct TLSFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// What to tell apart in code.
    public enum Kind: Equatable, Sendable {
        /// The certificate's time is over.
        case certificateExpired
        /// The certificate's time has not come.
        case certificateNotYetValid
        /// The certificate is for other names.
        case wrongHost
        /// The certificate is signed by itself and not in the trust store.
        case selfSigned
        /// The chain leads to no trusted authority.
        case untrusted
        /// Another fault of the certificate.
        case badCertificate
        /// The peer refused us with a TLS alert.
        case refusedByPeer
        /// Anything else: not TLS, no common version, broken record.
        case protocolError
    }
    /// What went wrong.
    public let kind: Kind
    /// One sentence for the operator.
    public let description: String
}

/// Why a connection ended.
public enum CloseReason: Equatable, Sendable, CustomStringConvertible {
    /// This side closed it.
    case closedHere
    /// The peer closed it in order (FIN, with TLS after close_notify).
    case closedByPeer
    /// TLS only: the stream ended without close_notify, so data may be missing.
    case truncated
    /// The peer or the network reset it.
    case reset
    /// Nothing was received or sent for the idle timeout.
    case idleTimeout
    /// Bytes waited for the write timeout and the peer took none.
    case writeTimeout
    /// The deadline set with `setDeadline` passed.
    case deadline
    /// The peer reads too slowly: more than `maxPendingWriteBytes` waited for it.
    case slowReader
    /// TLS failed after the handshake.
    case tls(TLSFailure)
    /// Another error of the socket.
    case socket(errno: Int32)
    /// The loop was shut down.
    case loopStopped

    /// One sentence for the operator.
    public var description: String {
        switch self {
        case .closedHere: "this side closed the connection"
        case .closedByPeer: "the peer closed the connection"
        case .truncated: "the stream ended without a goodbye"
        case .reset: "the connection was reset"
        case .idleTimeout: "nothing was heard for too long"
        case .writeTimeout: "the peer took no bytes for too long"
        case .deadline: "time ran out"
        case .slowReader: "the peer reads too slowly"
        case .tls(let failure): failure.description
        case .socket(let code): "the socket failed: \(text(ofErrno: code))"
        case .loopStopped: "the process ends"
        }
    }
}
