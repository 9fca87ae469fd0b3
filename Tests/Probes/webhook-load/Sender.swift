import HTTP
import Transport

/// One kept connection of a load, one webhook at a time.
final class Sender {
    private unowned let load: WebhookLoad
    private var connection: Connection?
    private var machine = HTTPClientConnection()
    /// When the webhook on its way was due.
    private var due: Int64?

    init(load: WebhookLoad) { self.load = load }

    /// Connects, and again until it succeeds.
    func open() {
        load.loop.connect(to: load.address) { [self] result in
            switch result {
            case .success(let connection): opened(connection)
            case .failure: reopen()
            }
        }
    }

    private func reopen() {
        _ = load.loop.schedule(after: WebhookLoad.Limits.reconnect) { [self] in open() }
    }

    private func opened(_ connection: Connection) {
        self.connection = connection
        machine = HTTPClientConnection()
        connection.idleTimeout = nil
        connection.onReceive = { [self] bytes in
            machine.receive(bytes)
            advance()
        }
        connection.onClosed = { [self] _ in
            self.connection = nil
            load.isGone(self)
            if let due { end(due, .broken) }
            reopen()
        }
        load.isIdle(self)
    }

    /// Sends a webhook.
    func send(_ request: HTTPRequest, due: Int64) {
        guard let connection else { return load.ended(due: due, .broken) }
        self.due = due
        connection.setDeadline(after: WebhookLoad.Limits.answer)
        connection.write { machine.send(request, into: &$0) }
    }

    private func advance() {
        do {
            guard let response = try machine.nextResponse(), let due else { return }
            connection?.setDeadline(after: nil)
            end(due, (200..<300).contains(response.status) ? .acknowledged : .refused)
            if machine.shouldClose {
                connection?.close(afterFlush: false)
            } else {
                load.isIdle(self)
            }
        } catch {
            connection?.close(afterFlush: false)
        }
    }

    private func end(_ due: Int64, _ outcome: Second.Outcome) {
        self.due = nil
        load.ended(due: due, outcome)
    }
}
