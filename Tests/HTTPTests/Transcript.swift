import HTTP
import Testing
import Wire

/// Something that a connection said while it was fed.
enum Heard: Equatable, CustomStringConvertible {
    /// Method, path with query, body.
    case request(String, String, String)
    /// Status, body, and whether the connection can be used again.
    case response(Int, String, canSend: Bool)
    case error(Int)
    case upgraded(String)
    case message(WebSocketEvent)

    var description: String {
        switch self {
        case .request(let method, let target, let body): "\(method) \(target) [\(body)]"
        case .response(let status, let body, let canSend): "\(status) [\(body)] \(canSend)"
        case .error(let status): "error \(status)"
        case .upgraded(let bytes): "upgraded [\(bytes)]"
        case .message(let event): "\(event)"
        }
    }
}

/// Text whose characters are bytes 0 to 255, to write bytes in a table.
func bytes(_ text: String) -> [UInt8] {
    text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
}

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

/// Feeds the input whole, byte by byte and cut at every place, and expects the same every time.
func expectInEverySplit(
    _ input: [UInt8], _ expected: [Heard], at location: SourceLocation = #_sourceLocation,
    by run: ([ArraySlice<UInt8>]) -> [Heard]
) {
    #expect(run([input[...]]) == expected, "whole", sourceLocation: location)
    let single = input.indices.map { input[$0...$0] }
    #expect(run(single) == expected, "byte by byte", sourceLocation: location)
    for cut in input.indices.dropFirst() {
        let heard = run([input[..<cut], input[cut...]])
        #expect(heard == expected, "cut at \(cut)", sourceLocation: location)
        if heard != expected { break }
    }
}

/// A server that answers every request at once with 200, or with 101 where it is asked to upgrade.
func serve(
    _ parts: [ArraySlice<UInt8>], limits: HTTPLimits = HTTPLimits(), closing: Bool = true
) -> [Heard] {
    var server = HTTPServerConnection(limits: limits)
    var heard: [Heard] = []
    func drain() {
        do {
            while let request = try server.nextRequest() {
                heard.append(
                    .request(
                        text(request.method.bytes), text(request.target), text(request.body)))
                var out: [UInt8] = []
                let status = request.headers.contains("Upgrade") ? 101 : 200
                server.respond(HTTPResponse(status: status), into: &out)
            }
        } catch {
            heard.append(.error(error.status))
        }
    }
    for part in parts {
        server.receive(Array(part))
        drain()
    }
    if server.phase == .upgraded { heard.append(.upgraded(text(server.takeUpgradedBytes()))) }
    if closing {
        server.peerClosed()
        drain()
    }
    return heard
}

/// A client that sent one request of this method.
func ask(
    _ method: HTTPMethod, _ parts: [ArraySlice<UInt8>], limits: HTTPLimits = HTTPLimits()
) -> [Heard] {
    var client = HTTPClientConnection(limits: limits)
    var out: [UInt8] = []
    client.send(HTTPRequest(method: method, target: "/", headers: ["Host": "a"]), into: &out)
    var heard: [Heard] = []
    var upgrades = false
    func drain() {
        do {
            while let response = try client.nextResponse() {
                let body = text(response.body)
                heard.append(.response(response.status, body, canSend: !response.closes))
                upgrades = response.status == 101
            }
        } catch {
            heard.append(.error(error.status))
        }
    }
    for part in parts {
        client.receive(Array(part))
        drain()
    }
    if upgrades { heard.append(.upgraded(text(client.takeUpgradedBytes()))) }
    client.peerClosed()
    drain()
    return heard
}
