import HTTP
import Transport
import Wire

/// One console's WebSocket: messages both ways, pings, and a bounded queue. Loop's thread only.
final class ConsoleSocket {
    /// Bounds of one console connection.
    enum Limits {
        /// The longest message that a console sends.
        static let messageBytes = 16 << 10
        /// How often the server pings; a browser answers without the page's help.
        static let ping: Duration = .seconds(10)
        /// Silence after which the console counts as gone: three pings and some.
        static let silence: Duration = .seconds(35)
        /// How long the closing handshake may take.
        static let closing: Duration = .seconds(2)
    }

    /// A text message came.
    var onMessage: (([UInt8]) -> Void)?
    /// The connection is over.
    var onClosed: (() -> Void)?
    /// Everything that waited was taken by the browser.
    var onDrained: (() -> Void)?

    private let connection: Connection
    private var machine = WebSocketConnection(
        role: .server, limits: WebSocketConnection.Limits(maxMessageBytes: Limits.messageBytes))
    private var pingTimer: LoopTimer?
    private var isClosing = false

    /// A socket over a connection that was just upgraded; `first` came behind the request.
    init(_ connection: Connection, first: [UInt8]) {
        self.connection = connection
        // Silence is what is not heard: what is sent to a machine that was switched off still finds
        // room in the kernel for a while.
        connection.idleTimeout = nil
        connection.setDeadline(after: Limits.silence)
        connection.onReceive = { [weak self, unowned connection] bytes in
            guard let self else { return }
            if !isClosing { connection.setDeadline(after: Limits.silence) }
            machine.receive(bytes)
            advance()
        }
        connection.onDrained = { [weak self] in self?.onDrained?() }
        connection.onClosed = { [weak self] _ in
            self?.pingTimer?.cancel()
            self?.onClosed?()
        }
        machine.receive(first)
        schedulePing()
        connection.loop.later { [weak self] in self?.advance() }
    }

    /// Bytes that the browser has not taken yet.
    var pendingBytes: Int { connection.pendingWriteBytes }

    /// Sends a text message.
    func send(_ text: [UInt8]) { write(.text(text)) }

    /// Says goodbye with a code of RFC 6455, section 7.4, and closes.
    func close(code: UInt16, reason: Text) {
        write(.close(code: code, reason: reason))
        isClosing = true
        connection.setDeadline(after: Limits.closing)
        if machine.isFinished { connection.close() }
    }

    private func write(_ event: WebSocketEvent) {
        guard connection.isOpen else { return }
        connection.write { machine.send(event, into: &$0) }
    }

    private func advance() {
        do {
            while let event = try machine.next() {
                if let reply = machine.reply(to: event) { write(reply) }
                switch event {
                case .text(let text): onMessage?(text)
                case .binary: close(code: 1003, reason: "text messages only")
                case .close: connection.close()
                case .ping, .pong: break
                }
            }
            if machine.isFinished { connection.close() }
        } catch {
            close(code: error.code, reason: Text(error.reason))
            connection.close()
        }
    }

    private func schedulePing() {
        pingTimer = connection.loop.schedule(after: Limits.ping) { [weak self] in
            guard let self else { return }
            write(.ping([]))
            schedulePing()
        }
    }
}
