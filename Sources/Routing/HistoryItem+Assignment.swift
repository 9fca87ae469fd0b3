extension HistoryItem {
    /// Whose the session became by it; nil: nobody's.
    public var assignee: AgentID? {
        switch what {
        case .inbound, .assigned, .gaveBack, .requeued, .rerouted: decision?.chosen
        case .claimed(let agent, _), .reopened(let agent), .tookOver(_, let agent),
            .handedOver(_, let agent), .transferred(_, let agent, _, _):
            agent
        case .outbound, .revised, .rewritten, .edited, .callback, .alerted, .barred, .flooded,
            .autoCompleted, .completed, .blocked, .unreachable, .noted, .remarked, .tagged,
            .moderated:
            nil
        }
    }
}
