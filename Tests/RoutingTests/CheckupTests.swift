import Testing
import Wire

@testable import Routing

/// The ten checks of a project, each when all is well and for each thing that it finds wrong.
@Suite struct CheckupTests {
    @Test func `Ten checks in their order, and all of them good`() {
        let office = Office()
        let checkup = office.checkup
        #expect(
            checkup.ten.map(\.check) == [
                .botToken, .webhook, .links, .roster, .scope, .seats, .stalePages, .notifications,
                .completed, .signIns,
            ])
        #expect(checkup.ten.allSatisfy { $0.verdict == .ok })
        #expect(checkup.deliveries.verdict == .ok && checkup.verdict == .ok)
        let other = ProjectID(99)
        let time = office.world.time
        #expect(office.world.state.checkup(of: other, office.evidence, at: time) == nil)
    }

    @Test func `The worst finding is the check's verdict, and the worst check the project's`() {
        var office = Office()
        office.evidence.bot = .silent("no answer")
        #expect(office.checkup.verdict == .unknown)
        _ = office.world.link(office.project, "poster") { $0.isEnabled = false }
        #expect(office.checkup.verdict == .warning)
        office.evidence.webhook = .told(CheckupEvidence.Webhook(url: "", pending: 0))
        #expect(office.checkup.verdict == .problem)
    }

    @Test func `Bot token`() {
        var office = Office()
        office.expect(.botToken, .ok, .telegram(.bot(username: "shop_bot")))
        office.evidence.bot = .noToken
        office.expect(.botToken, .problem, .telegram(.noToken))
        office.evidence.bot = .refused("Unauthorized")
        office.expect(.botToken, .problem, .telegram(.tokenRefused(reason: "Unauthorized")))
        office.evidence.bot = .told("other_bot")
        office.expect(
            .botToken, .problem,
            .telegram(.otherBot(username: "other_bot", expected: "Shop_bot")))
        office.evidence.bot = .silent("no answer")
        office.expect(.botToken, .unknown, .telegram(.silent(reason: "no answer")))
    }

    @Test func `Webhook`() {
        var office = Office()
        let own = Text("https://two.example/telegram/\(office.project)")
        func webhook(_ url: Text, pending: Int64 = 0) -> CheckupEvidence.Webhook {
            CheckupEvidence.Webhook(url: url, pending: pending)
        }
        office.expect(.webhook, .ok, .telegram(.webhook(url: own, pending: 3)))
        office.evidence.webhook = .told(webhook(""))
        office.expect(.webhook, .problem, .telegram(.noWebhook))
        for url: Text in [
            "https://two.example/telegram/999999", "https://two.example/",
            Text("/telegram/\(office.project)"),
        ] {
            office.evidence.webhook = .told(webhook(url))
            office.expect(.webhook, .problem, .telegram(.foreignWebhook(url: url)))
        }
        let other = Text("https://three.example/telegram/\(office.project)")
        office.evidence.webhook = .told(webhook(other))
        office.expect(
            .webhook, .warning,
            .telegram(.otherAddress(url: other, own: office.evidence.addresses)))
        office.evidence.webhook = .silent("no answer")
        office.expect(.webhook, .unknown, .telegram(.silent(reason: "no answer")))
        for answer: CheckupEvidence.Answer<CheckupEvidence.Webhook> in [.noToken, .refused("no")] {
            office.evidence.webhook = answer
            office.expect(.webhook, .unknown, .telegram(.webhookNotAsked))
        }
    }

    @Test func `Webhook: 99 updates may wait, 100 are too many`() {
        var office = Office()
        let own = Text("https://one.example/telegram/\(office.project)")
        office.evidence.webhook = .told(CheckupEvidence.Webhook(url: own, pending: 99))
        office.expect(.webhook, .ok, .telegram(.webhook(url: own, pending: 99)))
        office.evidence.webhook = .told(CheckupEvidence.Webhook(url: own, pending: 100))
        office.expect(
            .webhook, .warning, .telegram(.updatesWait(100)),
            .telegram(.webhook(url: own, pending: 100)))
    }

    @Test func `Webhook: its last error counts for an hour`() {
        var office = Office()
        let own = Text("https://one.example/telegram/\(office.project)")
        let at = office.world.time
        office.evidence.webhook = .told(
            CheckupEvidence.Webhook(
                url: own, pending: 0,
                lastError: CheckupEvidence.Webhook.LastError(at: at, reason: "timeout")))
        office.world.pass(milliseconds: Checkup.errorMilliseconds - 1)
        office.expect(
            .webhook, .warning,
            .telegram(.webhookError(reason: "timeout", at: at, isRecent: true)),
            .telegram(.webhook(url: own, pending: 0)))
        office.world.pass(milliseconds: 1)
        office.expect(
            .webhook, .ok, .telegram(.webhook(url: own, pending: 0)),
            .telegram(.webhookError(reason: "timeout", at: at, isRecent: false)))
    }

    @Test func `Links expired, switched off or pointing elsewhere`() {
        var office = Office()
        office.expect(.links, .ok, .link(.work(0)))
        let end = office.world.time.adding(milliseconds: 1000)
        let short = office.world.link(office.project, "short") { $0.expires = end }
        let poster = office.world.link(office.project, "poster")
        office.expect(.links, .ok, .link(.work(2)))
        office.world.pass(milliseconds: 999)
        office.expect(.links, .ok, .link(.work(2)))
        office.world.pass(milliseconds: 1)
        office.expect(.links, .warning, .link(.expired(short, end)), .link(.work(1)))
        var settings = office.world.state.link(poster)!.settings
        settings.isEnabled = false
        office.world.done(.updateLink(poster, by: nil, settings))
        office.expect(.links, .warning, .link(.expired(short, end)), .link(.off(poster)))
        settings.isEnabled = true
        office.world.done(.updateLink(poster, by: nil, settings))
        office.evidence.bot = .told("other_bot")
        office.expect(
            .links, .problem, .link(.toOtherBot(poster, username: "Shop_bot")),
            .link(.expired(short, end)))
        // A bot that nobody could ask about is no reason to call its links wrong.
        office.evidence.bot = .silent("no answer")
        office.expect(.links, .warning, .link(.expired(short, end)), .link(.work(1)))
    }

    @Test func `A link whose rule leads to a project without a token, or whose pool is gone`() {
        var office = Office()
        let other = office.world.project([])
        let pool = office.world.pool(office.project, "vip", MemberRule(agents: office.agents))
        let gone = office.world.link(office.project, "vip") { $0.pool = pool }
        office.world.done(.removePool(pool, by: nil))
        let ruled = LinkID(
            office.world.done(
                .makeLink(
                    by: nil, LinkSettings(code: "ads", name: "ads", project: office.project),
                    LinkTerms(rules: [.init(name: "lang", value: "zh", project: other)]))))
        office.expect(
            .links, .warning, .link(.withoutPool(gone)), .link(.toUnready(ruled, other)))
        office.world.change(other) { $0.sealedToken = [1] }
        office.expect(.links, .warning, .link(.withoutPool(gone)), .link(.work(1)))
    }

    @Test func `Empty roster or pool`() {
        var office = Office()
        let pool = office.world.pool(
            office.project, "vip", MemberRule(agents: [office.agents[0]]))
        _ = office.world.link(office.project, "vip") { $0.pool = pool }
        office.expect(.roster, .ok, .roster(.manned(members: 2, pools: 1)))
        office.members { $0[0].permissions = .view }
        office.expect(.roster, .problem, .roster(.emptyPool(pool, links: 1)))
        var change = AgentChange()
        change.isActive = false
        office.world.done(.updateAgent(office.agents[1], by: nil, change))
        office.expect(
            .roster, .problem, .roster(.empty), .roster(.emptyPool(pool, links: 1)))
        office.world.done(.removePool(pool, by: nil))
        office.members { $0 = [] }
        office.expect(.roster, .problem, .roster(.empty))
    }

    @Test func `Scope holes`() {
        var office = Office { $0.scope = .specifiedAgents }
        let (ana, wei) = (office.agents[0], office.agents[1])
        office.expect(.scope, .ok, .roster(.inScope(2)))
        office.members { $0[1].isInScope = false }
        office.expect(.scope, .ok, .roster(.inScope(1)), .roster(.leftOut(wei, waiting: 0)))
        let pool = office.world.pool(office.project, "wei's", MemberRule(agents: [wei]))
        office.expect(
            .scope, .problem, .roster(.poolOutOfScope(pool, links: 0)), .roster(.inScope(1)),
            .roster(.leftOut(wei, waiting: 0)))
        office.world.done(.removePool(pool, by: nil))
        office.members { $0[0].isInScope = false }
        office.world.write(office.project, user: 1)
        office.expect(
            .scope, .problem, .roster(.nobodyInScope), .roster(.leftOut(ana, waiting: 1)),
            .roster(.leftOut(wei, waiting: 1)))
    }

    @Test func `Scope holes: who was left out while sessions wait`() {
        var office = Office { $0.scope = .specifiedAgents }
        office.members { $0[1].isInScope = false }
        office.world.hide(office.agents[0])
        office.world.write(office.project, user: 1)
        office.expect(
            .scope, .warning, .roster(.leftOut(office.agents[1], waiting: 1)),
            .roster(.inScope(1)))
    }

    @Test func `Scope holes: languages that nobody speaks, and preferences for nobody`() {
        var office = Office()
        let chinese = office.world.link(office.project, "zh") { $0.language = "zh-hans" }
        let vip = office.world.link(office.project, "vip") {
            $0.prefer = MemberRule(tags: ["vip"])
        }
        // Where nobody has a language's tag, everybody speaks what is needed.
        office.expect(
            .scope, .warning, .roster(.preferredNobody(vip)), .roster(.inScope(2)))
        office.world.tag(office.project, [["lang:de"], ["vip"]])
        office.expect(
            .scope, .warning, .roster(.unspoken(chinese, language: "zh-hans")),
            .roster(.inScope(2)))
        office.world.tag(office.project, [["lang:zh"], ["vip"]])
        office.expect(.scope, .ok, .roster(.inScope(2)))
    }

    @Test func `Seat overflow`() {
        var office = Office()
        office.expect(.seats, .ok, .roster(.seatsUnlimited))
        office.world.change(office.project) { $0.seats = 2 }
        office.expect(.seats, .ok, .roster(.seats(taken: 2, of: 2)))
        office.world.change(office.project) { $0.seats = 1 }
        office.expect(
            .seats, .warning, .roster(.overSeat(office.agents[1], seats: 1)),
            .roster(.seats(taken: 1, of: 1)))
    }
}
