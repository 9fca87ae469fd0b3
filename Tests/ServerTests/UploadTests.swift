import HTTP
import Routing
import Testing
import Transport
import Wire

@testable import Server

/// The memory for agents' files, and large bodies at the front.
@Suite struct UploadTests {
    @Test func `room is given until it is full, and given back when nobody needs it`() throws {
        let room = UploadRoom()
        let half = UploadRoom.Limits.bytes / 2
        var shares = [room.share(of: half), room.share(of: half)]
        #expect(shares.allSatisfy { $0 != nil } && room.bytes == UploadRoom.Limits.bytes)
        #expect(room.share(of: 1) == nil)
        shares.removeLast()
        #expect(room.bytes == half && room.files == 1)
        let last = room.share(of: half)
        #expect(last?.bytes == half)
        shares = []
        withExtendedLifetime(last) { #expect(room.bytes == half && room.files == 1) }
    }

    @Test func `small files are bounded by their number`() {
        let room = UploadRoom()
        let shares = (0..<UploadRoom.Limits.files).map { _ in room.share(of: 1) }
        #expect(shares.allSatisfy { $0 != nil })
        #expect(room.share(of: 1) == nil)
        withExtendedLifetime(shares) {}
    }

    @Test func `a file that was sent has a picture, one on its way has none yet`() {
        func shown(_ kind: FileOffer.Kind, file: Text, thumbnail: Text = "") -> API.File {
            API.File(
                OutboundFile(
                    kind: kind, fileID: file,
                    attachment: Attachment(
                        thumbnailID: thumbnail, name: "a", mimeType: "b/c", size: 3)))
        }
        #expect(shown(.photo, file: "F").hasThumbnail)
        #expect(!shown(.photo, file: "").hasThumbnail)
        #expect(!shown(.document, file: "F").hasThumbnail)
        #expect(shown(.document, file: "F", thumbnail: "T").hasThumbnail)
        let file = shown(.document, file: "")
        #expect(file.name == "a" && file.mimeType == "b/c" && file.size == 3)
    }

    /// What a front says to one request with a body of a megabyte.
    private func answer(
        _ decide: ((EventLoop, LargeBody) -> Void)?
    ) throws -> HTTPResponse {
        let loop = try EventLoop()
        defer { loop.shutDown() }
        let listen = try #require(SocketAddress(ip: "127.0.0.1", port: 0))
        let front = try HTTPFront(
            loop: loop, listen: listen, tls: nil, bounds: NodeLimits(), trustedProxies: [])
        if let decide { front.onLargeBody = { decide(loop, $0) } }
        front.onRequest = { exchange in
            let text = Text("\(exchange.request.body.count) \(exchange.room != nil)")
            exchange.respond(
                HTTPResponse(status: 200, contentType: "text/plain", body: text.utf8))
        }
        let url = try #require(ServiceURL("http://\(front.address)"))
        let client = ServiceClient(
            loop: loop, url: url, name: "the front", tls: nil, resolver: try Resolver(loop: loop),
            limits: ServiceClient.Limits(connections: 1))
        var result: Result<HTTPResponse, ServiceClient.Failure>?
        let request = HTTPRequest(
            method: .post, target: "/files?x=1", headers: ["Host": "a"],
            body: [UInt8](repeating: 7, count: 1 << 20))
        client.send(request) {
            result = $0
            loop.stop()
        }
        loop.run()
        front.close()
        return try #require(result).get()
    }

    @Test func `a large body that is wanted comes whole, with what was set aside for it`() throws {
        let room = UploadRoom()
        let taken = try answer { _, body in
            #expect(body.byteCount == 1 << 20 && body.head.request.body.isEmpty)
            if let share = room.share(of: body.byteCount) { body.take(holding: share) }
        }
        #expect(taken.status == 200 && Text(taken.body) == "1048576 true")
        #expect(room.bytes == 0)
    }

    @Test func `it may be decided later`() throws {
        let room = UploadRoom()
        let taken = try answer { loop, body in
            loop.later {
                if let share = room.share(of: body.byteCount) { body.take(holding: share) }
            }
        }
        #expect(Text(taken.body) == "1048576 true")
    }

    @Test func `one that is not wanted is refused with its reason`() throws {
        let refused = try answer { _, body in body.refuse(Problem.notSignedIn.response) }
        #expect(refused.status == 401 && refused.closes)
    }

    @Test func `where nobody decides a large body is too large`() throws {
        #expect(try answer(nil).status == 413)
    }
}
