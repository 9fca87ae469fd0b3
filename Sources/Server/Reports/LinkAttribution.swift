import Routing

/// How many sessions and customers a link led to first, and last.
struct LinkAttribution: Hashable, Sendable {
    /// Sessions whose first link it is.
    var sessionsFirst = 0
    /// Sessions whose last link it is.
    var sessionsLast = 0
    /// Customers whose first link over all their sessions it is.
    var customersFirst = 0
    /// Customers whose last link over all their sessions it is.
    var customersLast: Int { isLast.values.count { $0 } }

    /// Customers to whom the link led, with whether it is their last link so far.
    private var isLast: [Chat: Bool] = [:]

    /// Takes a session; older ones of a customer come first. What counts is whether the link was
    /// clicked in the span.
    mutating func take(_ session: Session, link: LinkID, in span: Range<Int64>) {
        guard let first = session.firstTouch, let last = session.lastTouch else { return }
        func isIts(_ touch: Touch) -> Bool {
            touch.link == link && span.contains(touch.clickedAt.milliseconds)
        }
        if isIts(first) {
            sessionsFirst += 1
            if session.earlier == nil { customersFirst += 1 }
        }
        if isIts(last) { sessionsLast += 1 }
        let customer = Chat(project: session.project, user: session.user)
        if isIts(last) || isLast[customer] != nil { isLast[customer] = isIts(last) }
    }
}
