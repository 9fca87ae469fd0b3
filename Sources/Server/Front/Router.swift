import HTTP
import Wire

/// The route table: a method and a path pattern for each handler.
struct Router {
    /// Answers a request; gets what the pattern's `*` stood for.
    typealias Handler = (Exchange, [Text]) -> Void

    private struct Route {
        var method: HTTPMethod
        var pattern: [Text]
        var name: String
        var handler: Handler
    }
    private var routes: [Route] = []

    /// What a look-up found.
    enum Match {
        /// A handler, the route's name for metrics, and what the `*` stood for.
        case found(Handler, name: String, parts: [Text])
        /// The path exists for these methods.
        case methodNotAllowed([HTTPMethod])
        /// No such path.
        case notFound
    }

    /// Adds a route; `*` in the pattern stands for one segment.
    mutating func add(_ method: HTTPMethod, _ pattern: String, _ handler: @escaping Handler) {
        let segments = pattern.split(separator: "/").map { Text(String($0)) }
        routes.append(Route(method: method, pattern: segments, name: pattern, handler: handler))
    }

    /// Every route as its method and pattern, in the order in which they were added.
    var list: [String] {
        routes.map { "\(String(decoding: $0.method.bytes, as: UTF8.self)) \($0.name)" }
    }

    /// Finds the route of a method and a path's segments.
    func match(_ method: HTTPMethod, _ segments: [Text]) -> Match {
        var allowed: [HTTPMethod] = []
        for route in routes where route.pattern.count == segments.count {
            var parts: [Text] = []
            let fits = zip(route.pattern, segments).allSatisfy { pattern, segment in
                if pattern == "*" {
                    parts.append(segment)
                    return true
                }
                return pattern == segment
            }
            guard fits else { continue }
            if route.method == method {
                return .found(route.handler, name: route.name, parts: parts)
            }
            allowed.append(route.method)
        }
        return allowed.isEmpty ? .notFound : .methodNotAllowed(allowed)
    }
}
