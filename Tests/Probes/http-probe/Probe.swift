import HTTP
import Wire

/// What the script is talking to, and what it says back.
///
///     server [MAXBODY]            a server connection; each request is answered with 200 at once
///     client METHOD [MAXBODY]     a client connection that has sent a request of this method
///     websocket ROLE [MAXMESSAGE] a WebSocket in this role
///     feed HEX, eof               bytes from the peer, and its close
///     send KIND HEX [MASK]        a WebSocket frame; a close's payload begins with its code
///     request METHOD TARGET BODY [NAME VALUE]...   a request as it goes over the wire
///     response STATUS KEEP HEAD BODY [NAME VALUE]... a response likewise
///     accept KEY                  the answer to a handshake's key
///     handshake HEX               a handshake's request, answered as a server does
///     sync                        echoes, so that the reader knows where it is
struct Probe {
    private enum Peer {
        case none
        case server(HTTPServerConnection)
        case client(HTTPClientConnection)
        case webSocket(WebSocketConnection)
    }

    private var peer = Peer.none

    /// Runs a line and gives the events.
    mutating func run(_ line: String) -> [String] {
        let words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        let number = words.count > 2 ? Int(words[2]) : words.count > 1 ? Int(words[1]) : nil
        switch words[0] {
        case "server":
            peer = .server(
                HTTPServerConnection(limits: HTTPLimits(maxBodyBytes: number ?? 1 << 20)))
        case "client":
            startClient(method: words[1], limit: number)
        case "websocket":
            peer = .webSocket(
                WebSocketConnection(
                    role: words[1] == "server" ? .server : .client,
                    limits: .init(maxMessageBytes: number ?? 1 << 20)))
        case "feed": return feed(bytes(words[1]))
        case "eof": return endOfFile()
        case "send": return send(words)
        case "request":
            let request = HTTPRequest(
                method: HTTPMethod(Array(words[1].utf8)), target: bytes(words[2]),
                headers: headers(words.dropFirst(4)), body: bytes(words[3]))
            var out: [UInt8] = []
            request.serialize(into: &out)
            return [written(out)]
        case "response":
            let response = HTTPResponse(
                status: Int(words[1]) ?? 200, headers: headers(words.dropFirst(5)),
                body: bytes(words[4]))
            var out: [UInt8] = []
            response.serialize(into: &out, keepAlive: words[2] == "true", head: words[3] == "true")
            return [written(out)]
        case "accept": return [written(WebSocketHandshake.accept(key: bytes(words[1])))]
        case "handshake": return handshake(bytes(words[1]))
        default: return [#"{"event":"sync"}"#]
        }
        return []
    }

    private mutating func startClient(method: String, limit: Int?) {
        var client = HTTPClientConnection(limits: HTTPLimits(maxBodyBytes: limit ?? 1 << 20))
        var out: [UInt8] = []
        client.send(
            HTTPRequest(
                method: HTTPMethod(Array(method.utf8)), target: "/", headers: ["Host": "a"]),
            into: &out)
        peer = .client(client)
    }

    private mutating func feed(_ bytes: [UInt8]) -> [String] {
        switch peer {
        case .none: return []
        case .server(var server):
            server.receive(bytes)
            defer { peer = .server(server) }
            return requests(from: &server)
        case .client(var client):
            client.receive(bytes)
            defer { peer = .client(client) }
            return responses(from: &client)
        case .webSocket(var socket):
            socket.receive(bytes)
            defer { peer = .webSocket(socket) }
            return events(from: &socket)
        }
    }

    private mutating func endOfFile() -> [String] {
        switch peer {
        case .none, .webSocket: return []
        case .server(var server):
            server.peerClosed()
            defer { peer = .server(server) }
            return requests(from: &server)
        case .client(var client):
            client.peerClosed()
            defer { peer = .client(client) }
            return responses(from: &client)
        }
    }

    private func requests(from server: inout HTTPServerConnection) -> [String] {
        var events: [String] = []
        do {
            while let request = try server.nextRequest() {
                events.append(
                    event(
                        "request",
                        [
                            ("method", hex(request.method.bytes)), ("target", hex(request.target)),
                            ("minor", "\(request.minorVersion)"),
                            ("keep", "\(request.keepAlive)"), ("headers", fields(request.headers)),
                            ("body", hex(request.body)),
                        ]))
                var out: [UInt8] = []
                server.respond(HTTPResponse(status: 200), into: &out)
            }
            if server.takeInterimResponse() != nil { events.append(event("continue", [])) }
        } catch {
            events.append(event("error", [("status", "\(error.status)"), reason(error.reason)]))
        }
        return events
    }

    private func responses(from client: inout HTTPClientConnection) -> [String] {
        do {
            guard let response = try client.nextResponse() else { return [] }
            return [
                event(
                    "response",
                    [
                        ("status", "\(response.status)"), ("headers", fields(response.headers)),
                        ("body", hex(response.body)), ("keep", "\(client.canSend)"),
                    ])
            ]
        } catch {
            return [event("error", [("status", "\(error.status)"), reason(error.reason)])]
        }
    }

    private func events(from socket: inout WebSocketConnection) -> [String] {
        var events: [String] = []
        do {
            while let next = try socket.next() {
                switch next {
                case .text(let bytes): events.append(event("text", [("bytes", hex(bytes))]))
                case .binary(let bytes): events.append(event("binary", [("bytes", hex(bytes))]))
                case .ping(let bytes): events.append(event("ping", [("bytes", hex(bytes))]))
                case .pong(let bytes): events.append(event("pong", [("bytes", hex(bytes))]))
                case .close(let code, let text):
                    events.append(
                        event(
                            "close",
                            [
                                ("code", code.map { "\($0)" } ?? "null"),
                                ("bytes", hex(text.utf8)),
                            ]))
                }
            }
        } catch {
            events.append(event("error", [("code", "\(error.code)"), reason(error.reason)]))
        }
        return events
    }

    private mutating func send(_ words: [String]) -> [String] {
        guard case .webSocket(var socket) = peer else { return [] }
        let payload = bytes(words[2])
        let message: WebSocketEvent =
            switch words[1] {
            case "text": .text(payload)
            case "binary": .binary(payload)
            case "ping": .ping(payload)
            case "pong": .pong(payload)
            default:
                payload.count < 2
                    ? .close(code: nil, reason: "")
                    : .close(
                        code: UInt16(payload[0]) << 8 | UInt16(payload[1]),
                        reason: Text(Array(payload.dropFirst(2))))
            }
        var out: [UInt8] = []
        socket.send(message, mask: words.count > 3 ? UInt32(words[3]) : nil, into: &out)
        peer = .webSocket(socket)
        return [written(out)]
    }

    private func handshake(_ bytes: [UInt8]) -> [String] {
        var server = HTTPServerConnection()
        server.receive(bytes)
        var out: [UInt8] = []
        do {
            guard let request = try server.nextRequest() else { return [written([])] }
            server.respond(try WebSocketHandshake.response(to: request), into: &out)
        } catch {
            server.respond(to: error, into: &out)
        }
        return [written(out)]
    }
}

// MARK: - Text

extension Probe {
    private func written(_ bytes: [UInt8]) -> String { event("written", [("bytes", hex(bytes))]) }

    private func reason(_ text: String) -> (String, String) { ("reason", "\"\(text)\"") }

    private func fields(_ headers: HTTPHeaders) -> String {
        "[" + headers.map { "[\(hex($0.name)),\(hex($0.value))]" }.joined(separator: ",") + "]"
    }

    private func event(_ name: String, _ values: [(String, String)]) -> String {
        "{\"event\":\"\(name)\"" + values.map { ",\"\($0)\":\($1)" }.joined() + "}"
    }

    private func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        let text = bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return "\"" + String(decoding: text, as: UTF8.self) + "\""
    }

    private func bytes(_ hex: String) -> [UInt8] {
        let digits = Array(hex.utf8)
        return stride(from: 0, to: digits.count - digits.count % 2, by: 2).map { index in
            UInt8(String(decoding: digits[index...index + 1], as: UTF8.self), radix: 16) ?? 0
        }
    }

    private func headers(_ words: ArraySlice<String>) -> HTTPHeaders {
        var headers = HTTPHeaders()
        let all = words.map { bytes($0) }
        for index in stride(from: 0, to: all.count - 1, by: 2) {
            headers.append(name: all[index], value: all[index + 1])
        }
        return headers
    }
}
