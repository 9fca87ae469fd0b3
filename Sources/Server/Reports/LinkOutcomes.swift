import Routing

/// What became of the clicks on some links: whom each led here, and how far they got.
struct LinkOutcomes: Sendable {
    /// The links.
    let links: Set<LinkID>
    /// What counts is whether a link was clicked in this span, by the token, in milliseconds.
    let span: Range<Int64>
    /// Links that led to a session with how far it got; the others led nowhere.
    private var funnels: [LinkID: LinkFunnel] = [:]
    private var attributions: [LinkID: LinkAttribution] = [:]
    /// Customers with the one of the links that is their last so far.
    private var lastOf: [Chat: LinkID] = [:]
    /// Tokens that were counted.
    private var counted: Set<ClickKey> = []

    /// Nothing yet.
    init(of links: Set<LinkID>, in span: Range<Int64>) {
        self.links = links
        self.span = span
    }

    /// How far those got who came by a link.
    func funnel(of link: LinkID) -> LinkFunnel { funnels[link] ?? LinkFunnel() }

    /// Whom a link led here first, and last.
    func attribution(of link: LinkID) -> LinkAttribution {
        var counts = attributions[link] ?? LinkAttribution()
        counts.customersLast = lastOf.values.count { $0 == link }
        return counts
    }

    /// Whom each link led here first, and last; the same as one by one, in one go.
    func everyAttribution() -> [LinkID: LinkAttribution] {
        var found = attributions
        for link in lastOf.values { found[link, default: .init()].customersLast += 1 }
        return found
    }

    /// Takes a session; older ones of a customer come first. Gives the links' tokens that came back
    /// to it first, to be counted with its history.
    mutating func take(_ session: Session) -> [LinkID: Int] {
        attribute(session)
        var tokens: [LinkID: Int] = [:]
        for touch in session.startingTouches where isTheirs(touch) {
            if counted.insert(touch.key).inserted { tokens[touch.link, default: 0] += 1 }
        }
        return tokens
    }

    /// Counts tokens of a session that was taken, with what happened in it, oldest first.
    mutating func count(
        _ tokens: [LinkID: Int], of session: Session, _ history: [HistoryItem]
    ) {
        for (link, number) in tokens {
            funnels[link, default: .init()].take(number, in: session, history)
        }
    }

    private func isTheirs(_ touch: Touch) -> Bool {
        links.contains(touch.link) && span.contains(touch.clickedAt.milliseconds)
    }

    private mutating func attribute(_ session: Session) {
        guard let first = session.firstTouch, let last = session.lastTouch else { return }
        if isTheirs(first) {
            attributions[first.link, default: .init()].sessionsFirst += 1
            if session.earlier == nil {
                attributions[first.link, default: .init()].customersFirst += 1
            }
        }
        if isTheirs(last) { attributions[last.link, default: .init()].sessionsLast += 1 }
        let customer = Chat(project: session.project, user: session.user)
        if isTheirs(last) || lastOf[customer] != nil {
            lastOf[customer] = isTheirs(last) ? last.link : nil
        }
    }
}
