import Testing
import Wire

@testable import Routing

/// Tokens of integrations: who makes them, what stays of them.
@Suite struct APITokenTests {
    private static func create(
        by: AgentID?, for agent: AgentID, hash: UInt8 = 1, count: Int = 32,
        scopes: TokenScopes = .read
    ) -> Command {
        .createToken(
            by: by, name: "CRM", for: agent,
            tokenHash: Array(repeating: hash, count: count), scopes: scopes)
    }

    @Test func `Only administrators make and revoke tokens, from the second level on`() {
        var world = World()
        let chief = world.agent("chief", isAdmin: true)
        let ana = world.agent("ana")
        let early = world.apply(Self.create(by: chief, for: ana))
        #expect(early == .refused(.needsLevel(.second)))
        world.done(.raiseLevel(to: .second))
        #expect(world.apply(Self.create(by: ana, for: ana)) == .refused(.forbidden))
        let id = APITokenID(world.done(Self.create(by: chief, for: ana)))
        #expect(world.apply(.revokeToken(id, by: ana)) == .refused(.forbidden))
        world.done(.revokeToken(id, by: chief))
        #expect(world.apply(.revokeToken(id, by: chief)) == .refused(.notFound))
    }

    @Test func `A token is found by its hash, is in a row, and is gone when it is revoked`() throws
    {
        var world = World()
        world.done(.raiseLevel(to: .second))
        let ana = world.agent("ana")
        let id = APITokenID(world.done(Self.create(by: nil, for: ana, scopes: .all)))
        #expect(world.applied.rows.map(\.table) == [.apiToken, .audit])
        let token = try #require(
            world.state.apiToken(hash: Array(repeating: 1, count: 32)))
        #expect(token.id == id && token.agent == ana && token.scopes == .all)
        #expect(token.name == "CRM" && token.createdAt == world.time)
        #expect(try world.rebuilt() == world.state)
        #expect(try world.rebuilt().apiTokens == [token])
        world.state.checkInvariants()
        world.done(.revokeToken(id, by: nil))
        #expect(world.state.apiTokens.isEmpty)
        #expect(try world.rebuilt() == world.state)
    }

    @Test func `A token needs an agent, a scope that there is, and a hash of its own`() {
        var world = World()
        world.done(.raiseLevel(to: .second))
        let ana = world.agent("ana")
        #expect(world.apply(Self.create(by: nil, for: AgentID(999))) == .refused(.notFound))
        for scopes in [TokenScopes(), TokenScopes(rawValue: 9)] {
            let command = Self.create(by: nil, for: ana, scopes: scopes)
            #expect(world.apply(command) == .refused(.invalid("scopes")))
        }
        let short = Self.create(by: nil, for: ana, count: 31)
        #expect(world.apply(short) == .refused(.invalid("token")))
        world.done(Self.create(by: nil, for: ana))
        #expect(world.apply(Self.create(by: nil, for: ana)) == .refused(.alreadyExists))
        world.done(Self.create(by: nil, for: ana, hash: 2))
        #expect(world.state.apiTokens.map(\.tokenHash[0]) == [1, 2])
    }

    @Test func `A token counts until its end, which is in the future when it is made`() throws {
        var world = World.newest
        let ana = world.agent("ana")
        func command(_ hash: UInt8, _ ends: LogTime) -> Command {
            .createToken(
                by: nil, name: "Fair", for: ana, tokenHash: Array(repeating: hash, count: 32),
                scopes: .read, ends: ends)
        }
        let end = world.time.adding(milliseconds: 1)
        #expect(
            world.apply(command(1, world.time)) == .refused(.invalid("the end of the token")))
        world.done(command(1, end))
        let token = try #require(world.state.apiTokens.first)
        #expect(token.ends == end && token.counts(at: world.time) && !token.counts(at: end))
        #expect(try world.rebuilt() == world.state)
    }
}
