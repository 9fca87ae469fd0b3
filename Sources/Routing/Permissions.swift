extension RoutingState {
    /// Whether the node itself (nil) or an active administrator asks.
    func isAdministrator(_ agent: AgentID?) -> Bool {
        guard let agent else { return true }
        guard let desk = deskSlots[agent] else { return false }
        return desks[desk].account.isActive && desks[desk].account.isAdmin
    }

    /// Whether the node itself (nil) or an agent who manages the project asks.
    func isManager(_ agent: AgentID?, of project: ProjectID) -> Bool {
        guard let agent else { return true }
        return permissions(of: agent, in: project).contains(.manage)
    }

    /// What an agent may do in a project: what its list says, and for administrators also to view
    /// and manage; nothing once deactivated.
    public func permissions(of agent: AgentID, in project: ProjectID) -> Permissions {
        guard let slot = roomSlots[project], let desk = deskSlots[agent],
            desks[desk].account.isActive
        else { return [] }
        let own = rooms[slot].project.member(agent)?.permissions ?? []
        return desks[desk].account.isAdmin ? own.union([.view, .manage]) : own
    }

    /// Whether an agent may find and read a session.
    ///
    /// *reply*: own, waiting, and completed ones last owned. *view* and *manage*: all.
    public func canSee(_ agent: AgentID, _ id: SessionID) -> Bool {
        guard let session = sessions[id] else { return false }
        return canSee(agent, session)
    }

    /// Whether an agent may find and read a session as it is.
    func canSee(_ agent: AgentID, _ session: Session) -> Bool {
        let permissions = permissions(of: agent, in: session.project)
        if !permissions.isDisjoint(with: [.view, .manage]) { return true }
        guard permissions.contains(.reply) else { return false }
        switch session.state {
        case .unassigned: return true
        case .assigned: return session.owner == agent
        case .completed: return session.lastOwner == agent
        }
    }
}
