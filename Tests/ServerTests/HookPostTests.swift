import Crypto
import HTTP
import Routing
import Testing
import Wire

@testable import Server

/// What is posted to hooks, how it is signed, where it may go, and what answers mean.
@Suite struct HookPostTests {
    @Test(
        arguments: [
            ("https://crm.example", "crm.example", "/"),
            ("https://crm.example/", "crm.example", "/"),
            ("https://crm.example/hooks/", "crm.example", "/hooks/"),
            ("http://crm.example:8080/h?token=a@b&x=/", "crm.example:8080", "/h?token=a@b&x=/"),
            ("https://crm.example?a=1", "crm.example", "/?a=1"),
            ("https://[2606:4700::1]:444/h", "[2606:4700::1]:444", "/h"),
        ] as [(String, String, String)])
    func `an address has a server, and a target that is kept word for word`(
        text: String, authority: String, target: String
    ) throws {
        let url = try #require(HookURL(text))
        #expect(url.service.authority == authority && url.target == target)
        #expect(url.service.path.isEmpty && !url.isPrivate)
    }

    @Test(arguments: [
        "", "crm.example", "ftp://crm.example", "https://", "https://a b.example",
        "https://me:secret@crm.example/", "https://crm.example/#part", "https://münchen.example",
        "https://crm.example:0/", "https://crm.example/\r\nX: 1", "https://crm.example\\@b/",
        "HTTPS://crm.example/",
    ])
    func `what is no such address is refused`(text: String) {
        #expect(HookURL(text) == nil)
    }

    @Test(arguments: [
        "http://localhost/", "http://LOCALHOST:80/", "http://a.localhost/", "http://127.0.0.1/",
        "http://[::1]/", "http://10.1.2.3/", "http://169.254.169.254/latest/", "http://[fd00::1]/",
        "http://[::ffff:10.0.0.1]/",
    ])
    func `this machine and private networks are known when they are written as such`(
        text: String
    ) throws {
        #expect(try #require(HookURL(text)).isPrivate)
    }

    @Test func `a body is signed with its moment under the secret as it was shown`() {
        let body = Array(#"{"id":"7-1"}"#.utf8)
        #expect(
            HookPost.signature(of: body, secret: "rhs_secret", at: 1_800_000_000)
                == "t=1800000000,v1="
                + "dd8671e36e15207ddfdbe8a2a99f51aaadf8936d09bcf74cb62527259782f0b7")
        let others = [
            HookPost.signature(of: body, secret: "rhs_secret", at: 1_800_000_001),
            HookPost.signature(of: body, secret: "rhs_other", at: 1_800_000_000),
            HookPost.signature(of: body + [32], secret: "rhs_secret", at: 1_800_000_000),
        ]
        #expect(Set(others.map { $0.split(separator: "=").last }).count == 3)
    }

    @Test func `any answer of the two hundreds is good, 410 is for good, others are tried again`() {
        func result(_ status: Int) -> HookReport.Result {
            HookSender.result(.success(HTTPResponse(status: status)))
        }
        #expect(result(200) == .delivered && result(204) == .delivered)
        #expect(result(410) == .gone(reason: "the receiver answered 410: it wants no more"))
        for status in [302, 400, 404, 429, 500, 503] {
            #expect(result(status) == .failed(reason: Text("the receiver answered \(status)")))
        }
        #expect(HookSender.result(.failure(.lost("x"))) == .failed(reason: "x"))
        #expect(HookSender.result(.failure(.notSent("y"))) == .failed(reason: "y"))
    }

    @Test func `events have words both ways`() {
        let words = ["session.assigned", "session.completed", "link.clicked"]
        #expect(HookEvents.all.words == words && HookEvents(words: words) == .all)
        #expect(HookEvents(words: ["link.clicked"]) == .clicked)
        #expect(HookEvents(words: ["session.assigned", "ping"]) == nil)
    }

    // MARK: Bodies

    /// A project with an agent who has a session, and a hook.
    private struct House {
        let state: RoutingState
        let hook: Hook

        init() throws {
            var state = RoutingState()
            var applied = Applied()
            var index: Int64 = 0
            func done(_ command: Command) throws -> Int64 {
                index += 1
                let outcome = state.apply(
                    command, at: index, time: LogTime(milliseconds: 1_800_000_000_000),
                    into: &applied)
                guard case .done(let id) = outcome else { throw Refused(outcome: outcome) }
                return id
            }
            _ = try done(.raiseLevel(to: .newest))
            let ana = AgentID(
                try done(
                    .createAgent(
                        by: nil, login: "ana", name: "Ana", passwordHash: "x", isAdmin: true)))
            var settings = ProjectSettings(name: "Help", botUsername: "")
            settings.mode = .onlineFirst
            let project = ProjectID(try done(.createProject(by: nil, settings)))
            _ = try done(
                .setMembers(project, by: nil, [Member(agent: ana, permissions: .all)]))
            let id = HookID(
                try done(
                    .createHook(
                        by: nil, project,
                        HookSettings(url: "https://crm.example/", events: .all),
                        sealedSecret: [1])))
            let link = LinkID(
                try done(
                    .createLink(
                        by: nil, LinkSettings(code: "ad", name: "Poster", project: project))))
            let message = InboundMessage(
                user: TelegramID(4711), name: "Zoé", messageID: 1, text: "hello")
            let session = SessionID(
                try done(
                    .update(
                        InboundUpdate(
                            project: project, updateID: 1, content: .message(message)))))
            _ = try done(.claim(session, by: ana, version: state.session(session)!.version))
            _ = try done(
                .clicks([
                    Click(
                        key: ClickKey(epoch: 3, sequence: 9), link: link,
                        at: LogTime(milliseconds: 1_799_999_999_000), node: 1, flag: .human)
                ]))
            _ = try done(.pingHook(id, by: nil))
            self.state = state
            hook = state.hook(id)!
        }

        struct Refused: Error { var outcome: Outcome }

        /// The bodies of all that waits.
        func bodies() throws -> [JSONValue] {
            try state.deliveries(to: hook.id, after: 0, limit: 9).map {
                try JSONValue.parse(JSON.encode(HookPost($0, to: hook, in: state)))
            }
        }
    }

    @Test func `a body names what happened, when and where, and no word of a customer`() throws {
        let house = try House()
        let bodies = try house.bodies()
        try #require(
            bodies.map { $0["event"]?.string } == [
                "session.assigned", "link.clicked", "ping",
            ])
        let assigned = bodies[0]
        #expect(assigned["at"]?.string == "2027-01-15T08:00:00.000Z")
        #expect(assigned["project"]?["name"]?.string == "Help")
        #expect(assigned["data"]?["agent"]?["name"]?.string == "Ana")
        #expect(assigned["data"]?["session"]?["customer"]?.string == "4711")
        #expect(assigned["data"]?["session"]?["version"]?.int != nil)
        #expect(bodies[1]["data"]?["link"]?["code"]?.string == "ad")
        #expect(bodies[1]["data"]?["click"]?["id"]?.string == "3-9")
        #expect(bodies[1]["data"]?["click"]?["at"]?.string == "2027-01-15T07:59:59.000Z")
        #expect(bodies[2]["data"] == .object([]))
        let names = bodies.compactMap { $0["id"]?.string }
        #expect(Set(names).count == 3 && names.allSatisfy { $0.hasPrefix("\(house.hook.id)-") })
        for body in bodies {
            let text = String(decoding: body.serialized(), as: UTF8.self)
            #expect(!text.contains("Zoé") && !text.contains("hello"))
        }
    }
}
