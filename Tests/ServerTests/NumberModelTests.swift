import Routing
import Testing
import Wire

@testable import Server

/// Which accounts the numbers call inactive.
@Suite struct NumberModelTests {
    private static let day: Int64 = 86_400_000
    private static let now = LogTime(milliseconds: 1_800_000_000_000)

    /// A log of its own.
    private struct Office {
        var state = RoutingState()
        var index: Int64 = 0

        mutating func done(_ command: Command, at time: LogTime) -> Int64 {
            index += 1
            var applied = Applied()
            let outcome = state.apply(command, at: index, time: time, into: &applied)
            guard case .done(let id) = outcome else {
                Issue.record("\(command): \(outcome)")
                return 0
            }
            return id
        }

        mutating func agent(_ name: Text, at time: LogTime) -> AgentID {
            AgentID(
                done(
                    .createAgent(
                        by: nil, login: name, name: name, passwordHash: "x", isAdmin: false),
                    at: time))
        }

        mutating func signIn(_ agent: AgentID, at time: LogTime) {
            _ = done(
                .signIn(
                    agent, tokenHash: [UInt8](repeating: UInt8(agent.rawValue), count: 32),
                    idleMilliseconds: 1000, absoluteMilliseconds: 1000), at: time)
        }
    }

    @Test func `A member without a sign-in for seven days is inactive, if the account is active`() {
        var office = Office()
        let start = Self.now.adding(milliseconds: -10 * Self.day)
        let names: [Text] = ["never", "before", "edge", "today", "closed", "left"]
        let agents = names.map { office.agent($0, at: start) }
        let project = ProjectID(
            office.done(
                .createProject(by: nil, ProjectSettings(name: "desk", botUsername: "desk_bot")),
                at: start))
        let members = agents.dropLast().map { Member(agent: $0, permissions: .reply) }
        _ = office.done(.setMembers(project, by: nil, members), at: start)
        var change = AgentChange()
        change.isActive = false
        _ = office.done(.updateAgent(agents[4], by: nil, change), at: start)
        let edge = Self.now.adding(milliseconds: -7 * Self.day)
        office.signIn(agents[1], at: edge.adding(milliseconds: -1))
        office.signIn(agents[2], at: edge)
        office.signIn(agents[3], at: Self.now)
        let scan = NumbersScan(
            Numbers(of: project, in: start..<Self.now, at: Self.now), members: agents,
            onlineSince: [:])
        let found = API.Numbers(index: "1", scan, in: office.state)
        #expect(found.agents.map(\.agent.name) == ["never", "before", "edge", "today", "closed"])
        #expect(found.agents.map(\.isInactive) == [true, true, false, false, false])
        #expect(found.agents.map { $0.lastSignIn == nil } == [true, false, false, false, true])
        let table = String(decoding: found.csv, as: UTF8.self).split(separator: "\r\n")
        #expect(
            table.dropFirst(2).map { $0.hasSuffix(",true") } == [true, true, false, false, false])
    }
}
