import Raft
import Testing
import Wire

@testable import Routing
@testable import Server

/// Who is told that a session is gone, whatever connection or node showed it to them.
@Suite struct SightTests {
    /// Two agents with *reply* in one project, nobody of them signed in.
    private struct Desk {
        var state = RoutingState()
        var watch = SightWatch()
        var applied = Applied()
        var index: Int64 = 0
        var updateID: Int64 = 0
        var agents: [AgentID] = []
        var project = ProjectID(0)

        init() {
            _ = done(.raiseLevel(to: .newest))
            agents = ["ana", "wei"].map { (login: Text) in
                AgentID(
                    done(
                        .createAgent(
                            by: nil, login: login, name: login, passwordHash: "x",
                            isAdmin: false)))
            }
            project = ProjectID(
                done(.createProject(by: nil, ProjectSettings(name: "desk", botUsername: ""))))
            _ = done(
                .setMembers(
                    project, by: nil,
                    agents.map { Member(agent: $0, permissions: [.reply, .transfer]) }))
        }

        /// Commits a command that must be done, unseen by the watch; gives its id.
        mutating func done(_ command: Command) -> Int64 {
            index += 1
            applied.removeAll()
            let outcome = state.apply(
                command, at: index, time: LogTime(milliseconds: 1_000_000 + index),
                into: &applied)
            guard case .done(let id) = outcome else {
                Issue.record("\(command) was answered by \(outcome)")
                return 0
            }
            return id
        }

        /// Looks at what the last command changed; gives whose it was.
        mutating func look() -> [SightWatch.Audience] {
            watch.look(at: events, in: state).map(\.from)
        }
        var events: [(index: LogIndex, event: Event)] {
            applied.events.map { (LogIndex(UInt64(index)), $0) }
        }

        mutating func write() -> SessionID {
            updateID += 1
            let message = InboundMessage(
                user: TelegramID(7), name: "Zoé", messageID: updateID, text: "hello")
            return SessionID(
                done(
                    .update(
                        InboundUpdate(
                            project: project, updateID: updateID, content: .message(message)))))
        }
        func version(_ session: SessionID) -> UInt64 { state.session(session)!.version }
    }

    @Test func `A session that waited is no more for everybody once somebody has it`() {
        var desk = Desk()
        let session = desk.write()
        #expect(desk.look() == [], "it waits, and is new to all")
        _ = desk.done(.claim(session, by: desk.agents[0], version: desk.version(session)))
        #expect(desk.look() == [.everyone])
        #expect(desk.look() == [], "told once")
    }

    @Test func `A session that is handed on was its agent's alone`() {
        var desk = Desk()
        let session = desk.write()
        _ = desk.look()
        _ = desk.done(.claim(session, by: desk.agents[0], version: desk.version(session)))
        _ = desk.look()
        _ = desk.done(
            .transfer(
                session, by: desk.agents[0], to: desk.agents[1],
                version: desk.version(session), remark: "", confirmed: true))
        #expect(desk.look() == [.one(desk.agents[0])])
        _ = desk.done(
            .complete(session, by: desk.agents[1], version: desk.version(session)))
        #expect(desk.look() == [], "who had it last still sees it")
    }

    @Test func `Of a session that was there before the first look nobody knows whose it was`() {
        var desk = Desk()
        let session = desk.write()
        _ = desk.done(.claim(session, by: desk.agents[0], version: desk.version(session)))
        #expect(desk.look() == [.everyone])
    }

    @Test func `A session is nobody's loss that was given away in the entry that opened it`() {
        var desk = Desk()
        let session = desk.write()
        // As one look sees it that comes after both entries.
        let opening = desk.events
        _ = desk.done(.claim(session, by: desk.agents[0], version: desk.version(session)))
        #expect(desk.watch.look(at: opening + desk.events, in: desk.state).isEmpty)
    }

    @Test func `Who comes back is told what went since, as far as it is remembered`() {
        var desk = Desk()
        let session = desk.write()
        _ = desk.look()
        let seen = LogIndex(UInt64(desk.index))
        _ = desk.done(.claim(session, by: desk.agents[0], version: desk.version(session)))
        _ = desk.look()
        let gone = LogIndex(UInt64(desk.index))
        #expect(desk.watch.departures(after: seen).map(\.session) == [session])
        #expect(desk.watch.departures(after: gone).isEmpty)
        desk.watch.forget(through: gone)
        #expect(desk.watch.departures(after: seen).isEmpty)
    }

    @Test func `An audience has who may answer, or one agent, or nobody`() {
        let (ana, wei) = (AgentID(2), AgentID(3))
        #expect(SightWatch.Audience.everyone.has(ana))
        #expect(SightWatch.Audience.one(ana).has(ana) && !SightWatch.Audience.one(ana).has(wei))
        #expect(!SightWatch.Audience.nobody.has(ana))
    }
}
