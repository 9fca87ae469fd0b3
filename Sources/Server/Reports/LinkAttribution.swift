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
    var customersLast = 0

    /// Adds another link's.
    static func += (sum: inout LinkAttribution, other: LinkAttribution) {
        sum.sessionsFirst += other.sessionsFirst
        sum.sessionsLast += other.sessionsLast
        sum.customersFirst += other.customersFirst
        sum.customersLast += other.customersLast
    }
}
