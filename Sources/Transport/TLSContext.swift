import COpenSSL

/// A server's certificate and key, TLS 1.2 and later. Any thread.
public final class TLSServerContext: Sendable {
    /// Reads a PEM certificate chain and its key, and checks that they belong together.
    public init(certificateFile: String, keyFile: String) throws(TransportError) {
        fatalError("unfinished")
    }

    /// Reads the files again; new connections use them. On an error the old ones stay.
    public func reload() throws(TransportError) { fatalError("unfinished") }
}

/// Whom a client trusts: the system's store and optionally one more CA file. Any thread.
public final class TLSClientContext: Sendable {
    /// `extraCAFile` is PEM; TLS 1.2 and later; chain and host name are always verified.
    public init(
        extraCAFile: String? = nil, trustsSystemStore: Bool = true
    ) throws(TransportError) { fatalError("unfinished") }
}
