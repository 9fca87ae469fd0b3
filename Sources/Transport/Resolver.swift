/// Names to addresses on threads of its own, with a cache. Loop's thread only.
public final class Resolver {
    /// Look-ups of `loop`.
    public init(
        loop: EventLoop, timeToLive: Duration = .seconds(60), timeout: Duration = .seconds(5)
    ) { fatalError("unfinished") }

    /// The addresses of `host`, told on a later turn. Literals need no look-up; concurrent
    /// requests for one name share one.
    public func resolve(
        host: String, port: UInt16,
        completion: @escaping (Result<[SocketAddress], TransportError>) -> Void
    ) { fatalError("unfinished") }
}
