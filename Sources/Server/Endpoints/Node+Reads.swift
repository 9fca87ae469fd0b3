import HTTP
import Raft
import Wire

/// How new an answer must be: at least what the sender saw elsewhere, or what is decided now.
extension Node {
    /// The request header with the log index that the answering node must have applied.
    static let atLeastHeader = "Roundhouse-At-Least"

    /// Goes on once this node may answer: it has applied the index that the request carries, and
    /// for `fresh=1` everything that was decided when the request came, confirmed by a quorum.
    func whenNewEnough(
        _ exchange: Exchange, _ proceed: @escaping (Result<Void, Problem>) -> Void
    ) {
        guard let text = exchange.request.header(Node.atLeastHeader) else {
            return whenFresh(exchange, proceed)
        }
        guard let index = UInt64(text.string) else {
            return proceed(
                .failure(.invalid("\(Node.atLeastHeader) must be a log index, digits only.")))
        }
        guard LogIndex(index) > appliedIndex else { return whenFresh(exchange, proceed) }
        indexWaits.wait(for: LogIndex(index)) { [self] isApplied in
            guard isApplied else { return proceed(.failure(.behind)) }
            whenFresh(exchange, proceed)
        }
    }

    private func whenFresh(
        _ exchange: Exchange, _ proceed: @escaping (Result<Void, Problem>) -> Void
    ) {
        guard let fresh = exchange.request.queryItem("fresh") else { return proceed(.success(())) }
        guard fresh.string == "1" else {
            return proceed(.failure(.invalid("The parameter fresh must be 1.")))
        }
        ask(within: .seconds(configuration.limits.commandSeconds)) { replica, request, deadline in
            replica.readRequested(request, deadline: deadline)
        } completion: { answer in
            guard case .readable = answer else { return proceed(.failure(.noQuorum)) }
            proceed(.success(()))
        }
    }
}

extension Problem {
    /// The node has not applied what the request must see.
    static let behind = Problem(
        503, "behind", "This node is behind",
        detail: "The node has not applied the log index that the request carries. Nothing was "
            + "changed.",
        hint: "Try again in a moment, or at another node.")
}
