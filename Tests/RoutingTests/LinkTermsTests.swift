import Testing
import Wire

@testable import Routing

/// What a link says besides its project, how it is edited, and what its clicks carry.
@Suite struct LinkTermsTests {
    private struct Desk {
        var world = World()
        let ana: AgentID
        let first: ProjectID
        let second: ProjectID

        init(at level: FeatureLevel = .newest) {
            world.apply(.raiseLevel(to: level))
            ana = world.agent("ana")
            first = world.project([ana])
            second = world.project([ana])
            world.show(ana)
        }

        func settings(_ code: Text = "ad1") -> LinkSettings {
            LinkSettings(code: code, name: "Ad", project: first)
        }
        mutating func link(_ terms: LinkTerms) -> LinkID {
            LinkID(world.done(.makeLink(by: nil, settings(), terms)))
        }
    }

    @Test func `A parameter rule lets a token open a session at the other project's bot`() throws {
        var desk = Desk()
        var terms = LinkTerms()
        terms.rules = [LinkTerms.Rule(name: "lang", value: "zh", project: desk.second)]
        let link = desk.link(terms)
        let start = Start.click(
            link: link, key: ClickKey(epoch: 7, sequence: 1), clickedAt: desk.world.time)
        let session = desk.world.write(desk.second, user: 1, start: start)
        #expect(desk.world.state.session(session)?.touches.map(\.via) == [.own])
        #expect(desk.world.state.link(link)?.starts == 1)
        let third = desk.world.project([desk.ana])
        let stray = desk.world.write(third, user: 1, start: start)
        #expect(desk.world.state.session(stray)?.touches.map(\.via) == [.foreignToken])
        #expect(try desk.world.rebuilt() == desk.world.state)
    }

    @Test func `A parameter rule does not take the link's pool to the other project`() {
        var desk = Desk()
        let pool = PoolID(
            desk.world.done(
                .createPool(
                    by: nil, desk.first,
                    PoolSettings(name: "Few", only: MemberRule(agents: [desk.ana])))))
        var settings = desk.settings()
        settings.pool = pool
        let terms = LinkTerms(
            rules: [LinkTerms.Rule(name: "lang", value: "zh", project: desk.second)])
        let link = LinkID(desk.world.done(.makeLink(by: nil, settings, terms)))
        for (sequence, project) in [desk.first, desk.second].enumerated() {
            let key = ClickKey(epoch: 7, sequence: UInt64(sequence))
            let session = desk.world.write(
                project, user: 1,
                start: .click(link: link, key: key, clickedAt: desk.world.time))
            #expect(
                desk.world.state.session(session)?.pool == (project == desk.first ? pool : nil))
        }
    }

    @Test func `A parameter rule's pool and language are the session's, as the click had them`() {
        var desk = Desk()
        let only = MemberRule(agents: [desk.ana])
        let few = desk.world.pool(desk.first, "Few", only)
        let there = desk.world.pool(desk.second, "There", only)
        var terms = LinkTerms(
            rules: [
                LinkTerms.Rule(name: "lang", value: "zh", project: desk.first, pool: few),
                LinkTerms.Rule(
                    name: "lang", value: "de", project: desk.second, pool: there, language: "de"),
            ])
        let link = desk.link(terms)
        func start(_ sequence: UInt64, _ pool: PoolID, _ language: Text) -> Start {
            .click(
                link: link, key: ClickKey(epoch: 7, sequence: sequence),
                clickedAt: desk.world.time, language: language, pool: pool)
        }
        // What the link says meanwhile changes nothing.
        terms.rules = []
        desk.world.done(
            .editLink(link, by: nil, version: nil, desk.settings(), terms))
        let zh = desk.world.write(desk.first, user: 1, start: start(1, few, ""), language: "zh")
        #expect(desk.world.state.session(zh)?.pool == few)
        #expect(desk.world.state.session(zh)?.spokenLanguage == "zh")
        let de = desk.world.write(desk.first, user: 2, start: start(2, few, "de"), language: "zh")
        #expect(desk.world.state.session(de)?.spokenLanguage == "de")
        // A pool of another project, or one that is gone, counts as none.
        let stray = desk.world.write(desk.first, user: 3, start: start(3, there, ""))
        #expect(desk.world.state.session(stray)?.pool == nil)
        desk.world.done(.removePool(few, by: nil))
        let late = desk.world.write(desk.first, user: 4, start: start(4, few, ""))
        #expect(desk.world.state.session(late)?.pool == nil)
    }

    @Test func `A token leads where its click led, whatever the link says at the start`() throws {
        var desk = Desk()
        let only = MemberRule(agents: [desk.ana])
        let few = desk.world.pool(desk.first, "Few", only)
        var settings = desk.settings()
        settings.pool = few
        let rule = LinkTerms.Rule(name: "lang", value: "zh", project: desk.second)
        let link = LinkID(
            desk.world.done(.makeLink(by: nil, settings, LinkTerms(rules: [rule]))))
        func start(_ sequence: UInt64, _ project: ProjectID, _ pool: PoolID? = nil) -> Start {
            .click(
                link: link, key: ClickKey(epoch: 7, sequence: sequence),
                clickedAt: desk.world.time, pool: pool, project: project)
        }
        // The rule goes, and the link moves.
        let third = desk.world.project([desk.ana])
        settings.pool = nil
        settings.project = third
        desk.world.done(.editLink(link, by: nil, version: nil, settings, LinkTerms()))
        let own = desk.world.write(desk.first, user: 1, start: start(1, desk.first, few))
        let led = desk.world.write(desk.second, user: 1, start: start(2, desk.second))
        let stray = desk.world.write(third, user: 1, start: start(3, desk.second))
        let touches = [own, led, stray].map {
            desk.world.state.session($0)?.touches.map(\.via)
        }
        #expect(touches == [[.own], [.own], [.foreignToken]])
        #expect(desk.world.state.session(own)?.pool == few)
        #expect(desk.world.state.session(led)?.pool == nil)
        #expect(desk.world.state.link(link)?.starts == 2)
        #expect(try desk.world.rebuilt() == desk.world.state)
    }

    @Test func `Who clicked when no pool held comes into none, nor into another than held`() {
        var desk = Desk()
        let only = MemberRule(agents: [desk.ana])
        let few = desk.world.pool(desk.first, "Few", only)
        let others = desk.world.pool(desk.first, "Others", only)
        var settings = desk.settings()
        let link = LinkID(desk.world.done(.makeLink(by: nil, settings, LinkTerms())))
        settings.pool = others
        desk.world.done(.editLink(link, by: nil, version: nil, settings, LinkTerms()))
        desk.world.done(.removePool(few, by: nil))
        for (user, pool) in [(1, nil), (2, few)] as [(Int64, PoolID?)] {
            let start = Start.click(
                link: link, key: ClickKey(epoch: 7, sequence: UInt64(user)),
                clickedAt: desk.world.time, pool: pool, project: desk.first)
            let session = desk.world.write(desk.first, user: user, start: start)
            #expect(desk.world.state.session(session)?.pool == nil)
        }
    }

    @Test func `A parameter rule names a pool of its project, and keeps one that is removed`() {
        var desk = Desk()
        let pool = desk.world.pool(desk.first, "Few", MemberRule(agents: [desk.ana]))
        func terms(_ project: ProjectID, _ language: Text = "") -> LinkTerms {
            LinkTerms(
                rules: [
                    LinkTerms.Rule(
                        name: "l", value: "x", project: project, pool: pool, language: language)
                ])
        }
        let wrong = Command.makeLink(by: nil, desk.settings(), terms(desk.second))
        #expect(desk.world.apply(wrong) == .refused(.invalid("rules.pool")))
        let nonsense = Command.makeLink(by: nil, desk.settings(), terms(desk.first, "not one"))
        #expect(desk.world.apply(nonsense) == .refused(.invalid("rules")))
        let link = desk.link(terms(desk.first))
        desk.world.done(.removePool(pool, by: nil))
        var kept = terms(desk.first)
        kept.addresses = .dropped
        desk.world.done(.editLink(link, by: nil, version: nil, desk.settings(), kept))
        #expect(desk.world.state.link(link)?.terms == kept)
    }

    @Test func `An edit with the version seen is done, one with an older version is refused`() {
        var desk = Desk()
        let link = desk.link(LinkTerms())
        var terms = LinkTerms()
        terms.addresses = .truncated
        let edit = Command.editLink(link, by: nil, version: 1, desk.settings("ad2"), terms)
        desk.world.done(edit)
        #expect(desk.world.state.link(link)?.version == 2)
        #expect(desk.world.state.link(link)?.terms.addresses == .truncated)
        #expect(
            desk.world.apply(edit) == .refused(.versionConflict(owner: nil, version: 2)))
        #expect(desk.world.applied.rows.isEmpty)
        desk.world.done(.updateLink(link, by: nil, desk.settings("ad3")))
        #expect(desk.world.state.link(link)?.version == 3, "every change counts")
        #expect(desk.world.state.link(link)?.terms.addresses == .truncated, "terms stay")
    }

    @Test func `Whoever manages one project only can't lead visitors to another`() {
        var desk = Desk()
        let wei = desk.world.agent("wei")
        desk.world.done(
            .setMembers(desk.first, by: nil, [Member(agent: wei, permissions: .all)]))
        var terms = LinkTerms()
        terms.rules = [LinkTerms.Rule(name: "lang", value: "zh", project: desk.second)]
        #expect(
            desk.world.apply(.makeLink(by: wei, desk.settings(), terms)) == .refused(.forbidden))
        terms.rules[0].project = ProjectID(900)
        #expect(
            desk.world.apply(.makeLink(by: nil, desk.settings(), terms)) == .refused(.notFound))
        terms.rules[0].project = desk.first
        desk.world.done(.makeLink(by: wei, desk.settings(), terms))
    }

    @Test func `Terms have bounds`() {
        var desk = Desk()
        let long = Text(String(repeating: "x", count: LinkTerms.maxBytes + 1))
        var many = LinkTerms()
        many.rules = (0...LinkTerms.maxRules).map {
            LinkTerms.Rule(name: Text("n\($0)"), value: "", project: desk.first)
        }
        let refused: [(LinkTerms, Text)] = [
            (LinkTerms(utm: ["a"]), "utm"), (LinkTerms(utm: ["", "", long, "", ""]), "utm"),
            (LinkTerms(rules: [rule(named: "")]), "rules"),
            (LinkTerms(rules: [rule(named: long)]), "rules"), (many, "rules"),
        ]
        for (terms, field) in refused {
            #expect(
                desk.world.apply(.makeLink(by: nil, desk.settings(), terms))
                    == .refused(.invalid(field)))
        }
    }

    private func rule(named name: Text) -> LinkTerms.Rule {
        LinkTerms.Rule(name: name, value: "", project: ProjectID(3))
    }

    @Test func `A link of the first level has no terms, and gets its row's form when it changes`()
        throws
    {
        var desk = Desk(at: .first)
        let link = LinkID(desk.world.done(.createLink(by: nil, desk.settings())))
        let key = RowKey(table: RowTable.link.rawValue, major: link.rawValue, minor: 0)
        let old = desk.world.rows[key]!
        desk.world.done(.updateLink(link, by: nil, desk.settings()))
        #expect(desk.world.rows[key] == old && desk.world.state.link(link)?.version == 1)
        desk.world.done(.raiseLevel(to: .second))
        #expect(try desk.world.rebuilt() == desk.world.state)
        desk.world.done(.updateLink(link, by: nil, desk.settings()))
        #expect(desk.world.rows[key]!.count > old.count)
        #expect(desk.world.state.link(link)?.version == 2)
        #expect(try desk.world.rebuilt() == desk.world.state)
    }

    @Test func `A click's row has its fingerprint, and the first level takes none`() throws {
        var desk = Desk(at: .first)
        let link = LinkID(desk.world.done(.createLink(by: nil, desk.settings())))
        var click = Click(
            key: ClickKey(epoch: 7, sequence: 1), link: link, at: desk.world.time, node: 1,
            flag: .human, fingerprint: 0xfeed)
        #expect(desk.world.apply(.clicks([click])) == .refused(.needsLevel(.second)))
        desk.world.done(.raiseLevel(to: .second))
        desk.world.done(.clicks([click]))
        let row = desk.world.applied.rows.first { $0.table == .click }
        #expect(try row?.value.map(Click.init(value:)) == click)
        click.key.sequence = 2
        click.fingerprint = 0
        desk.world.done(.clicks([click]))
        let bare = desk.world.applied.rows.first { $0.table == .click }
        #expect(try bare?.value.map(Click.init(value:)) == click)
    }
}
