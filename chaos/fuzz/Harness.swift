// The fuzzers' entry, built by chaos/fuzz/run together with the sources of Wire and HTTP as one
// module. The first byte chooses the machine and the second seeds how the rest is cut.

/// What a machine said; equal for every way to cut the same input.
enum Said: Equatable {
    case request(HTTPRequest)
    case response(HTTPResponse)
    case refused(Int, String)
    case event(WebSocketEvent)
    case upgraded([UInt8])
}

/// The machines under test.
enum Machine: UInt8, CaseIterable {
    case server, clientGet, clientHead, webSocketServer, webSocketClient, texts
}

/// Bounds that are small enough for a fuzzer to reach.
private func smallLimits() -> HTTPLimits {
    var limits = HTTPLimits(maxBodyBytes: 200)
    limits.bodyLimits = [.init(pathPrefix: "/t/", maxBodyBytes: 400)]
    limits.asksForLargeBodies = true
    limits.maxHeadBytes = 512
    limits.maxRequestLineBytes = 128
    limits.maxHeaderCount = 12
    limits.maxChunkExtensionBytes = 40
    return limits
}

/// Takes a large body that is not too large, and refuses others; whether there was one.
private func decide(_ server: inout HTTPServerConnection, _ said: inout [Said]) -> Bool {
    guard let byteCount = server.question?.byteCount else { return false }
    guard byteCount > 600 else {
        server.takeBody()
        return true
    }
    var out: [UInt8] = []
    server.refuseBody(HTTPResponse(status: 413), into: &out)
    said.append(.refused(413, "not wanted"))
    return true
}

private func serve(_ parts: [ArraySlice<UInt8>]) -> [Said] {
    var server = HTTPServerConnection(limits: smallLimits())
    var said: [Said] = []
    func drain() {
        do {
            repeat {
                while let request = try server.nextRequest() {
                    said.append(.request(request))
                    var out: [UInt8] = []
                    let upgrade = try? WebSocketHandshake.response(to: request)
                    let response = upgrade ?? HTTPResponse(status: 200, body: request.body)
                    server.respond(response, into: &out)
                    checkResponse(response, to: request, out)
                }
            } while decide(&server, &said)
            _ = server.takeInterimResponse()
        } catch {
            said.append(.refused(error.status, error.reason))
        }
    }
    for part in parts {
        server.receive(Array(part))
        drain()
    }
    if server.phase == .upgraded { said.append(.upgraded(server.takeUpgradedBytes())) }
    server.peerClosed()
    drain()
    return said
}

private func ask(_ method: HTTPMethod, _ parts: [ArraySlice<UInt8>]) -> [Said] {
    var client = HTTPClientConnection(limits: smallLimits())
    var out: [UInt8] = []
    client.send(HTTPRequest(method: method, target: "/", headers: ["Host": "a"]), into: &out)
    var said: [Said] = []
    var upgrades = false
    func drain() {
        do {
            while let response = try client.nextResponse() {
                said.append(.response(response))
                upgrades = response.status == 101
            }
        } catch {
            said.append(.refused(error.status, error.reason))
        }
    }
    for part in parts {
        client.receive(Array(part))
        drain()
    }
    if upgrades { said.append(.upgraded(client.takeUpgradedBytes())) }
    client.peerClosed()
    drain()
    return said
}

private func listen(_ role: WebSocketConnection.Role, _ parts: [ArraySlice<UInt8>]) -> [Said] {
    var socket = WebSocketConnection(role: role, limits: .init(maxMessageBytes: 300))
    var said: [Said] = []
    for part in parts {
        socket.receive(Array(part))
        do {
            while let event = try socket.next() { said.append(.event(event)) }
        } catch {
            said.append(.refused(Int(error.code), error.reason))
        }
    }
    return said
}

// MARK: - Round trips

/// What we answered is read by our client as what was meant.
private func checkResponse(_ response: HTTPResponse, to request: HTTPRequest, _ bytes: [UInt8]) {
    var client = HTTPClientConnection()
    var out: [UInt8] = []
    let method: HTTPMethod = request.method == .head ? .head : .get
    client.send(HTTPRequest(method: method, target: "/", headers: ["Host": "a"]), into: &out)
    client.receive(bytes)
    let read = (try? client.nextResponse()) ?? nil
    precondition(read?.status == response.status)
    precondition(read?.body == (method == .head ? [] : response.body))
}

/// What was read, written again and read again, is the same.
private func checkRequest(_ request: HTTPRequest) {
    var bytes: [UInt8] = []
    request.serialize(into: &bytes)
    var limits = HTTPLimits()
    limits.maxHeadBytes = 1 << 20
    var server = HTTPServerConnection(limits: limits)
    server.receive(bytes)
    guard let read = (try? server.nextRequest()) ?? nil else {
        fatalError("our own request is refused: \(bytes)")
    }
    precondition(read.method == request.method && read.target == request.target)
    precondition(read.body == request.body && read.path == request.path)
    let isFraming: ([UInt8]) -> Bool = {
        let name = String(decoding: $0, as: UTF8.self).lowercased()
        return ["connection", "content-length", "transfer-encoding"].contains(name)
    }
    let before = request.headers.filter { !isFraming($0.name) }
    let after = read.headers.filter { !isFraming($0.name) }
    precondition(before.map(\.name) == after.map(\.name))
    precondition(before.map(\.value) == after.map(\.value))
    _ = (request.cookies, request.queryItems, request.pathSegments, request.host)
}

/// What was heard, sent again, is heard as the same by the other side.
private func checkEvent(_ event: WebSocketEvent, masked: Bool) {
    var sender = WebSocketConnection(role: masked ? .client : .server)
    var receiver = WebSocketConnection(role: masked ? .server : .client)
    var out: [UInt8] = []
    sender.send(event, mask: masked ? 0x1234_5678 : nil, into: &out)
    receiver.receive(out)
    precondition(((try? receiver.next()) ?? nil) == event)
}

/// UTF-8 is judged as the standard library does, and URL encoding undoes itself.
private func checkTexts(_ bytes: [UInt8]) {
    precondition(UTF8Validator.isValid(bytes) == (String(validating: bytes, as: UTF8.self) != nil))
    precondition(URLEncoding.decode(URLEncoding.encode(bytes)) == bytes)
    _ = URLEncoding.items(bytes)
    var headers = HTTPHeaders()
    headers.append(name: [UInt8(ascii: "a")], value: bytes)
    _ = (headers.hasToken("A", "b"), headers.first("a"), WebSocketHandshake.accept(key: bytes))
}

// MARK: - Entry

private func run(_ machine: Machine, _ parts: [ArraySlice<UInt8>]) -> [Said] {
    switch machine {
    case .server: serve(parts)
    case .clientGet: ask(.get, parts)
    case .clientHead: ask(.head, parts)
    case .webSocketServer: listen(.server, parts)
    case .webSocketClient: listen(.client, parts)
    case .texts: []
    }
}

/// Cuts the input at places that follow from the seed.
private func cut(_ input: ArraySlice<UInt8>, seed: UInt8) -> [ArraySlice<UInt8>] {
    var state = UInt64(seed) | 1
    var parts: [ArraySlice<UInt8>] = []
    var rest = input
    while !rest.isEmpty {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let count = min(rest.count, 1 + Int(state >> 33) % (seed < 128 ? 4 : 40))
        parts.append(rest.prefix(count))
        rest = rest.dropFirst(count)
    }
    return parts
}

/// Called by libFuzzer for each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let data = Array(UnsafeBufferPointer(start: start, count: count))
    guard data.count > 2, let machine = Machine(rawValue: data[0] % UInt8(Machine.allCases.count))
    else { return 0 }
    let input = data[2...]
    if machine == .texts {
        checkTexts(Array(input))
        return 0
    }
    let whole = run(machine, [input])
    precondition(run(machine, cut(input, seed: data[1])) == whole, "cut input differs")
    precondition(run(machine, input.indices.map { input[$0...$0] }) == whole, "bytes differ")
    for said in whole {
        switch said {
        case .request(let request): checkRequest(request)
        case .event(let event): checkEvent(event, masked: machine == .webSocketServer)
        case .response, .refused, .upgraded: break
        }
    }
    return 0
}
