import HTTP
import Transport
import Wire

/// One request to a node's operations listener, for the command line. Blocks until it is over.
struct OperationsClient {
    /// Where the listener is.
    let address: SocketAddress
    /// How long an answer may take.
    let patience: Duration

    /// Why there is no answer, in words.
    struct Failure: Error, CustomStringConvertible {
        var description: String
        /// Whether the request may have reached the node.
        var wasSent: Bool
    }

    /// What the answer's closure and the loop share.
    private final class Outcome {
        var result: Result<HTTPResponse, Failure>

        init(_ failure: Failure) { result = .failure(failure) }
    }

    /// Sends a request and waits for its answer.
    func exchange(_ request: HTTPRequest) throws -> HTTPResponse {
        let loop = try EventLoop()
        defer { loop.shutDown() }
        let outcome = Outcome(
            Failure(description: "\(address): no answer within \(patience)", wasSent: true))
        let timer = loop.schedule(after: patience) { loop.stop() }
        loop.connect(to: address, timeout: patience) { [address] result in
            switch result {
            case .failure(let error):
                outcome.result = .failure(Failure(description: "\(error)", wasSent: false))
                loop.stop()
            case .success(let connection):
                var machine = HTTPClientConnection()
                connection.onReceive = { bytes in
                    machine.receive(bytes)
                    guard let response = try? machine.nextResponse() else { return }
                    outcome.result = .success(response)
                    loop.stop()
                }
                connection.onClosed = { reason in
                    if case .failure = outcome.result {
                        outcome.result = .failure(
                            Failure(description: "\(address): \(reason)", wasSent: true))
                    }
                    loop.stop()
                }
                connection.write { machine.send(request, into: &$0) }
            }
        }
        loop.run()
        timer.cancel()
        return try outcome.result.get()
    }
}
