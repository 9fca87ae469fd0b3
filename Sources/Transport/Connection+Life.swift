import CLinux
import Glibc

// Birth, timeouts and end of a connection.
extension Connection {
    /// Begins life as an accepted socket; false when it could not be watched.
    func start(accepting listener: Listener, tls session: TLSSession?) -> Bool {
        if let session {
            tls = session
            opener = .server(listener)
            phase = .handshaking
            deadline = loop.now.adding(handshakeTimeout)
        } else {
            phase = .open
        }
        interest = readable
        guard loop.add(fd, interest: readable, target: .connection(self)) else {
            phase = .closed
            Glibc.close(fd)
            return false
        }
        self.listener = listener
        armForPhase()
        return true
    }

    /// Begins life as a socket on its way to the peer.
    func start(
        connecting session: TLSSession?, timeout: Duration,
        completion: @escaping (Result<Connection, TransportError>) -> Void
    ) {
        tls = session
        opener = .client(completion)
        deadline = loop.now.adding(timeout)
        interest = writable
        guard loop.add(fd, interest: writable, target: .connection(self)) else {
            let code = errno
            phase = .closed
            opener = nil
            Glibc.close(fd)
            return loop.later { completion(.failure(.system(call: "epoll_ctl", errno: code))) }
        }
        armForPhase()
    }

    /// The socket of a connecting client became writable or failed.
    func connectFinished() {
        let code = pendingError(of: fd)
        guard code == 0 else {
            let error = TransportError.connect(address: remoteAddress.description, errno: code)
            return finish(.socket(errno: code), error: error)
        }
        interest = readable
        loop.change(fd, interest: interest)
        guard tls != nil else { return established() }
        phase = .handshaking
        advanceHandshake()
    }

    /// Ready for the user.
    func established() {
        phase = .open
        deadline = .max
        lastActivity = loop.now
        armForPhase()
        let opener = opener
        self.opener = nil
        switch opener {
        case .client(let completion): completion(.success(self))
        case .server(let listener): listener.hand(self)
        case nil: break
        }
    }

    /// Sends what is pending, then ends with `reason`; nothing more is read.
    func beginFlushing(_ reason: CloseReason) {
        phase = .flushing
        closeReason = reason
        deadline = .max
        updateInterest()
        queueFlush()
    }

    /// Everything was sent: says goodbye and waits for the peer's end.
    func beginLingering() {
        notify(closeReason)
        guard !hasPeerFinished, Glibc.shutdown(fd, Int32(SHUT_WR)) == 0 else { return destroy() }
        phase = .lingering
        deadline = loop.now.adding(lingerTimeout)
        updateInterest()
        arm(at: deadline)
    }

    /// Ends it now. `error` is what the opener hears when the connection was not yet established.
    func finish(_ reason: CloseReason, error: TransportError? = nil) {
        switch phase {
        case .closed: break
        case .lingering: destroy()
        case .open, .flushing:
            destroy()
            notify(reason)
        case .connecting, .handshaking:
            let opener = opener
            destroy()
            let error = error ?? .closed
            switch opener {
            case .client(let completion): loop.later { completion(.failure(error)) }
            case .server(let listener):
                listener.handshakeFailed(error, from: remoteAddress)
            case nil: break
            }
        }
    }

    private func destroy() {
        phase = .closed
        timer?.cancel()
        timer = nil
        opener = nil
        loop.close(fd)
        output.removeAll()
        records.removeAll()
        tls = nil
        listener?.openConnections -= 1
        listener = nil
    }

    private func notify(_ reason: CloseReason) {
        onReceive = nil
        onPeerFinished = nil
        onDrained = nil
        loop.later { [self] in
            let told = onClosed
            onClosed = nil
            told?(reason)
        }
    }

    /// The loop ends: everything is let go in silence.
    func loopShutDown() {
        onReceive = nil
        onPeerFinished = nil
        onDrained = nil
        onClosed = nil
        destroy()
    }

    // MARK: Time

    /// Makes sure that `checkTime` runs at `time` or earlier.
    func arm(at time: Int64) {
        let timer: LoopTimer
        if let armed = self.timer {
            timer = armed
        } else {
            // The loop holds an open connection and `destroy` cancels the timer, so the action
            // never runs without its connection.
            timer = loop.timer { [unowned self] in checkTime() }
            self.timer = timer
        }
        if time < timer.deadline { timer.reschedule(at: time) }
    }

    private func armForPhase() {
        if deadline != .max { arm(at: deadline) }
        if phase == .open && idleNanoseconds > 0 { arm(at: lastActivity + idleNanoseconds) }
    }

    private func checkTime() {
        let now = loop.now
        guard now < deadline else { return deadlinePassed() }
        var next = deadline
        if phase == .open || phase == .flushing {
            if idleNanoseconds > 0 {
                // Who isn't read from can't be called idle.
                if isReadingPaused { lastActivity = now }
                let limit = lastActivity + idleNanoseconds
                guard now < limit else { return finish(.idleTimeout) }
                next = min(next, limit)
            }
            if isBlocked && writeNanoseconds > 0 {
                let limit = lastProgress + writeNanoseconds
                guard now < limit else { return finish(.writeTimeout) }
                next = min(next, limit)
            }
        }
        if next != .max { arm(at: next) }
    }

    private func deadlinePassed() {
        let what: String
        switch phase {
        case .connecting: what = "connecting to \(remoteAddress)"
        case .handshaking: what = "the TLS handshake with \(remoteAddress)"
        case .open, .flushing, .lingering, .closed: what = ""
        }
        finish(.deadline, error: .timedOut(what: what))
    }
}
