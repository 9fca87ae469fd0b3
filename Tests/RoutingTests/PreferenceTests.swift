import Testing
import Wire

@testable import Routing

/// Preference by languages and skills: tiers that never make a session wait.
@Suite struct PreferenceTests {
    /// A desk of these tags, everybody receiving.
    private func desk(
        _ tags: [[Text]], _ change: (inout ProjectSettings) -> Void = { _ in }
    ) -> (World, [AgentID], ProjectID) {
        var world = World.newest
        let agents = tags.indices.map { world.agent(Text("agent\($0)")) }
        let project = world.project(agents, change)
        world.tag(project, tags)
        world.show(agents)
        return (world, agents, project)
    }

    private func owners(
        _ world: inout World, _ project: ProjectID, _ languages: [Text]
    ) -> [AgentID?] {
        languages.map { language in
            let user = Int64(world.index) + 1000
            let session = world.write(project, user: user, language: language)
            return world.owner(session)
        }
    }

    @Test func `Who speaks the customer's language comes first`() {
        var (world, agents, project) = desk([["lang:en"], ["lang:de"], []])
        #expect(owners(&world, project, ["de", "en", "de"]) == [agents[1], agents[0], agents[1]])
    }

    @Test func `An exact language comes before one with the same primary subtag, then the rest`() {
        var (world, agents, project) = desk([[], ["lang:pt"], ["lang:pt-br"]])
        let session = world.write(project, user: 1, language: "pt-BR")
        #expect(world.owner(session) == agents[2] && world.decision(session).tier == 0)
        world.done(.setAway(agents[2], true))
        let second = world.write(project, user: 2, language: "pt-BR")
        #expect(world.owner(second) == agents[1] && world.decision(second).tier == 1)
        world.done(.setAway(agents[1], true))
        let third = world.write(project, user: 3, language: "pt-BR")
        #expect(world.owner(third) == agents[0] && world.decision(third).tier == 2)
    }

    @Test func `A regional speaker is a match of the primary subtag for the bare language`() {
        var (world, agents, project) = desk([[], ["lang:pt-br"]])
        let session = world.write(project, user: 1, language: "pt")
        #expect(world.owner(session) == agents[1] && world.decision(session).tier == 1)
    }

    @Test func `Preferring never makes a session wait`() {
        var (world, agents, project) = desk([["lang:de"], []])
        world.limit(agents[0], open: 1)
        #expect(owners(&world, project, ["de", "de"]) == [agents[0], agents[1]])
    }

    @Test func `A language that nobody speaks prefers nobody`() {
        var (world, agents, project) = desk([["lang:de"], ["lang:en"]])
        let session = world.write(project, user: 1, language: "fr")
        #expect(world.owner(session) == agents[0] && world.decision(session).tier == nil)
    }

    @Test func `Each tier has a cursor of its own`() {
        var (world, agents, project) = desk([["lang:de"], ["lang:de"], ["lang:fr"], ["lang:fr"]])
        // One cursor for both would send every German session to the same agent.
        #expect(
            owners(&world, project, ["de", "fr", "de", "fr", "de"])
                == [agents[0], agents[2], agents[1], agents[3], agents[0]])
        #expect(world.state.cursor(of: project) == nil, "the project's own turn was not taken")
        #expect(owners(&world, project, [""]) == [agents[0]])
    }

    @Test func `A tier's turn is its own from its first choice on, where the project stands too`() {
        var (world, agents, project) = desk([["lang:de"], ["lang:de"]])
        #expect(owners(&world, project, [""]) == [agents[0]])
        world.done(.setAway(agents[1], true))
        #expect(owners(&world, project, ["de"]) == [agents[0]])
        world.done(.setAway(agents[1], false))
        #expect(owners(&world, project, ["", "de"]) == [agents[1], agents[1]])
    }

    @Test func `A tier's turn survives a restart`() throws {
        var (world, agents, project) = desk([["lang:de"], ["lang:de"], []])
        #expect(owners(&world, project, ["de"]) == [agents[0]])
        let twin = try world.rebuilt()
        #expect(twin == world.state)
        world.state = twin
        #expect(owners(&world, project, ["de"]) == [agents[1]])
    }

    @Test func `Removing the agent at a tier's cursor leaves the turn with the successor`() {
        var (world, agents, project) = desk([["lang:de"], ["lang:de"], ["lang:de"]])
        #expect(owners(&world, project, ["de", "de"]) == [agents[0], agents[1]])
        let rest = world.state.project(project)!.members.filter { $0.agent != agents[1] }
        world.done(.setMembers(project, by: nil, rest))
        // Her session goes back to the queue, and to whose turn it is.
        #expect(world.state.openCount(of: agents[2]) == 1)
        #expect(owners(&world, project, ["de"]) == [agents[0]])
    }

    @Test func `The language is fixed when the session opens`() {
        var (world, agents, project) = desk([["lang:de"], ["lang:en"]])
        let session = world.write(project, user: 1, language: "de")
        world.write(project, user: 1, language: "en")
        let version = world.version(session)
        world.done(.giveBack(session, by: agents[0], version: version))
        #expect(world.owner(session) == agents[1], "the giver is excluded")
        #expect(world.state.session(session)?.spokenLanguage == "de")
        #expect(world.decision(session).tier == 2, "she is of the rest for a German session")
    }

    @Test func `A link's language beats the customer's own, a parameter's beats the link's`() {
        var (world, agents, project) = desk([["lang:de"], ["lang:en"], ["lang:zh"]])
        let link = world.link(project, "promo") { $0.language = "en" }
        let led = world.write(project, user: 1, start: world.click(link), language: "de")
        #expect(world.owner(led) == agents[1])
        let start = world.click(link, language: "zh")
        let asked = world.write(project, user: 2, start: start, language: "de")
        #expect(world.owner(asked) == agents[2])
    }

    @Test func `Two links of two languages lead to their speakers`() {
        var (world, agents, project) = desk([["lang:en"], ["lang:ja"]])
        let english = world.link(project, "en") { $0.language = "en" }
        let japanese = world.link(project, "ja") { $0.language = "ja" }
        for user in Int64(1)...3 {
            let session = world.write(project, user: user, start: world.click(english))
            #expect(world.owner(session) == agents[0])
            let other = world.write(project, user: 100 + user, start: world.click(japanese))
            #expect(world.owner(other) == agents[1])
        }
    }

    @Test func `A link that prefers has the whole project`() {
        var (world, agents, project) = desk([[], ["vip"], ["vip"]])
        let link = world.link(project, "vip") { $0.prefer = MemberRule(tags: ["vip"]) }
        world.limit(agents[1], open: 1)
        world.limit(agents[2], open: 1)
        let owners = (1...3).map { user in
            let session = world.write(project, user: Int64(user), start: world.click(link))
            return world.owner(session)
        }
        #expect(owners == [agents[1], agents[2], agents[0]])
    }

    @Test func `Whom a link prefers comes before who speaks the language`() {
        var (world, agents, project) = desk([["lang:de"], ["vip"], ["vip", "lang:de"]])
        let link = world.link(project, "vip") {
            $0.prefer = MemberRule(agents: [agents[1], agents[2]])
        }
        let first = world.write(project, user: 1, start: world.click(link))
        #expect(world.owner(first) == agents[2])
        world.done(.setAway(agents[2], true))
        let second = world.write(project, user: 2, start: world.click(link))
        #expect(world.owner(second) == agents[1])
    }

    @Test func `Online first prefers as well, within its balance`() {
        var (world, agents, project) = desk([[], ["lang:de"], ["lang:de"]]) {
            $0.mode = .onlineFirst
            $0.balance = .leastLoaded
        }
        #expect(
            owners(&world, project, ["de", "de", "en"]) == [agents[1], agents[2], agents[0]])
    }

    @Test func `Somebody offline is preferred only among those who are offline`() {
        var (world, agents, project) = desk([["lang:de"], ["lang:de"], []]) {
            $0.mode = .onlineFirst
        }
        for agent in agents { world.hide(agent) }
        #expect(owners(&world, project, ["de", "de"]) == [agents[0], agents[1]])
        world.page(agents[2], isVisible: true)
        #expect(owners(&world, project, ["de"]) == [agents[2]])
    }

    @Test func `Tags are words in lower case, few and different ones`() {
        var (world, agents, project) = desk([[]])
        for tags: [Text] in [["VIP"], [""], ["two words"], ["a", "a"], ["a,b"]] {
            let member = Member(agent: agents[0], permissions: .reply, tags: tags)
            #expect(
                world.apply(.setMembers(project, by: nil, [member])) == .refused(.invalid("tags")))
        }
        let many = (0...FieldLimits.tags).map { Text("t\($0)") }
        let member = Member(agent: agents[0], permissions: .reply, tags: many)
        #expect(world.apply(.setMembers(project, by: nil, [member])) == .refused(.invalid("tags")))
    }
}
