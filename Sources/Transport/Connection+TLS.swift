import CLinux
import Glibc

// What TLS adds to a connection.
extension Connection {
    /// Goes on with the handshake as far as the received bytes allow.
    func advanceHandshake() {
        guard let tls else { return }
        let result = tls.handshake()
        flush()
        guard phase == .handshaking else { return }
        switch result {
        case .wantsMore: break
        case .done: established()
        case .failed(let failure): finish(.tls(failure), error: .tls(failure))
        }
    }

    /// Hands over what can be decrypted.
    func readPlaintext() {
        if phase == .handshaking { advanceHandshake() }
        guard let tls else { return }
        let buffer = loop.plainBuffer
        reading: while phase == .open && !isReadingPaused && !hasPeerFinished {
            switch tls.read(into: buffer) {
            case .bytes(let count):
                onReceive?(UnsafeRawBufferPointer(start: buffer.baseAddress, count: count))
            case .wantsMore: break reading
            case .finished: peerFinished()
            case .failed(let failure):
                flush()
                return finish(.tls(failure))
            }
        }
        // Reading may have made records of its own: a key update's answer, an alert.
        if phase == .open && tls.hasRecords { queueFlush() }
    }
}
