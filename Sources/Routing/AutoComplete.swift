import Wire

// Auto-complete: a session is over some time after our last answer, if the customer said nothing
// more. One that is unanswered never is.
extension RoutingState {
    /// A session rests, after our answer or with a new owner.
    mutating func rest(_ session: Session, in slot: Int) {
        guard let place = session.restingPlace else { return }
        rooms[slot].resting.insert(place)
        scheduleRest(slot)
    }

    /// It rests no more, or not since then.
    mutating func wake(_ session: Session, in slot: Int) {
        guard let place = session.restingPlace else { return }
        rooms[slot].resting.remove(place)
        scheduleRest(slot)
    }

    /// When the first session will have rested long enough.
    mutating func scheduleRest(_ slot: Int) {
        guard level >= .second else { return }
        var next: LogTime?
        if let span = rooms[slot].project.settings.timers.completeMilliseconds {
            next = rooms[slot].resting.first?.since.adding(milliseconds: span)
        }
        expiries.set(.rest(rooms[slot].project.id), next)
    }

    /// The first session has rested long enough.
    mutating func endRest(_ project: ProjectID) {
        let slot = roomSlots[project]!
        guard let place = rooms[slot].resting.first else { return }
        var session = sessions[place.session]!
        release(&session)
        close(&session, in: slot)
        record(.autoCompleted, in: &session)
        store(session)
    }
}

extension Session {
    /// Since when an answered session rests, with its id; nil: it does not.
    var restingPlace: QueuePlace? {
        guard state == .assigned, isAnswered, let last, let assignedAt else { return nil }
        return QueuePlace(since: max(last.at, assignedAt), session: id)
    }
}
