import CLinux
import Glibc

// Bytes in and out of the socket.
extension Connection {
    /// Reads at most this often before the other connections get their turn.
    private static let readsPerTurn = 4
    /// Encrypted bytes held beyond what the kernel took.
    private static let recordsAhead = 64 << 10

    /// The loop found the socket ready.
    func ready(_ events: UInt32) {
        if phase == .connecting { return connectFinished() }
        if events & ~writable != 0 {
            switch phase {
            case .open, .handshaking:
                // An error or hang-up while nothing is read has no other way to be noticed.
                if isReadingPaused || hasPeerFinished {
                    failed(pendingError(of: fd))
                } else {
                    readAvailable()
                }
            case .flushing: failed(pendingError(of: fd))
            case .lingering: discardAvailable()
            case .connecting, .closed: break
            }
        }
        if events & writable != 0 { flush() }
    }

    /// The events that this phase waits for.
    func updateInterest() {
        var wanted: UInt32 = isBlocked ? writable : 0
        switch phase {
        case .handshaking: wanted |= readable
        case .open: if !isReadingPaused && !hasPeerFinished { wanted |= readable }
        case .lingering: wanted = readable
        case .connecting, .flushing: break
        case .closed: return
        }
        guard wanted != interest else { return }
        interest = wanted
        loop.change(fd, interest: wanted)
    }

    // MARK: In

    private func readAvailable() {
        for _ in 0..<Self.readsPerTurn {
            let count = Glibc.read(fd, loop.receiveBuffer.baseAddress, EventLoop.bufferSize)
            if count > 0 {
                lastActivity = loop.now
                let bytes = UnsafeRawBufferPointer(
                    start: loop.receiveBuffer.baseAddress, count: count)
                if let tls {
                    tls.feed(bytes)
                    readPlaintext()
                } else if let onReceive {
                    onReceive(bytes)
                }
                guard phase == .open || phase == .handshaking, !isReadingPaused, !hasPeerFinished,
                    count == EventLoop.bufferSize
                else { return }
            } else if count == 0 {
                return streamEnded()
            } else if errno != EINTR {
                if errno != EAGAIN { failed(errno) }
                return
            }
        }
    }

    /// The peer's FIN.
    private func streamEnded() {
        if phase == .handshaking { return finish(.closedByPeer, error: .closed) }
        if isOutputBroken { return finish(.reset) }
        if tls != nil { return finish(.truncated) }
        peerFinished()
    }

    /// The peer's orderly end: FIN, or close_notify of TLS.
    func peerFinished() {
        hasPeerFinished = true
        if let onPeerFinished {
            updateInterest()
            onPeerFinished()
        } else {
            beginFlushing(.closedByPeer)
        }
    }

    private func discardAvailable() {
        for _ in 0..<Self.readsPerTurn {
            let count = Glibc.read(fd, loop.receiveBuffer.baseAddress, EventLoop.bufferSize)
            if count > 0 || (count < 0 && errno == EINTR) { continue }
            if count < 0 && errno == EAGAIN { return }
            return finish(closeReason)
        }
    }

    private func failed(_ code: Int32) {
        let reason: CloseReason
        switch code {
        case 0, ECONNRESET, EPIPE: reason = .reset
        default: reason = .socket(errno: code)
        }
        finish(reason, error: .connect(address: remoteAddress.description, errno: code))
    }

    // MARK: Out

    /// Asks for a flush at the end of this turn.
    func queueFlush() {
        guard !isQueued else { return }
        isQueued = true
        // While blocked the loop waits for room anyway; only `flushing` has more to say.
        loop.willFlush(self)
    }

    /// Sends what the kernel takes. Runs no callback.
    func flush() {
        isQueued = false
        guard phase == .open || phase == .flushing || phase == .handshaking, !isOutputBroken
        else { return }
        while true {
            let result: SendResult
            if let tls {
                while records.count < Self.recordsAhead, !output.isEmpty {
                    guard tls.encrypt(&output) else { break }
                }
                tls.takeRecords(into: &records)
                result = send(&records)
            } else {
                result = send(&output)
            }
            switch result {
            case .everything:
                if tls == nil || output.isEmpty || phase == .handshaking { return allSent() }
            case .blocked: return blocked()
            case .failed(let code): return outputFailed(code)
            }
        }
    }

    private enum SendResult {
        case everything
        case blocked
        case failed(Int32)
    }

    private func send(_ queue: inout ByteQueue) -> SendResult {
        while !queue.isEmpty {
            let sent = queue.withUnsafeBytes { linux_send(fd, $0.baseAddress, $0.count) }
            if sent >= 0 {
                queue.consume(sent)
                lastProgress = loop.now
                lastActivity = loop.now
            } else if errno == EAGAIN {
                return .blocked
            } else if errno != EINTR {
                return .failed(errno)
            }
        }
        return .everything
    }

    private func blocked() {
        guard !isBlocked else { return }
        isBlocked = true
        lastProgress = loop.now
        updateInterest()
        if writeNanoseconds > 0 { arm(at: lastProgress + writeNanoseconds) }
    }

    private func allSent() {
        if isBlocked {
            isBlocked = false
            updateInterest()
            if phase == .open && onDrained != nil {
                loop.later { [self] in
                    if phase == .open && pendingWriteBytes == 0 { onDrained?() }
                }
            }
        }
        guard phase == .flushing else { return }
        if let tls, tls.sayGoodbye() {
            queueFlush()
        } else {
            beginLingering()
        }
    }

    /// Nothing can be sent any more, but the peer's last words may still be in our kernel: an
    /// answer sent before it reset the connection.
    private func outputFailed(_ code: Int32) {
        guard code == EPIPE || code == ECONNRESET, phase == .open, !isReadingPaused,
            !hasPeerFinished
        else { return failed(code) }
        isOutputBroken = true
        isBlocked = false
        output.removeAll()
        records.removeAll()
        updateInterest()
        // The kernel reports the end of the stream, so the next turn reads up to it.
    }
}
