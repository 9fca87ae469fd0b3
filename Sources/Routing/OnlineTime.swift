import Wire

// How long each agent was online: signed in, with a console open somewhere, whatever its page
// shows. Counted from the second level on, in the agent's row, which changes at these moments
// anyway.
extension RoutingState {
    /// The agent came online or went.
    mutating func countOnlineTime(of desk: Int) {
        guard level >= .second else { return }
        if desks[desk].isOnline {
            desks[desk].account.onlineSince = now.time
        } else if let since = desks[desk].account.onlineSince {
            desks[desk].account.onlineMilliseconds += now.time.milliseconds - since.milliseconds
            desks[desk].account.onlineSince = nil
        }
    }

    /// The level at which it is counted was just reached: for who is online it begins now.
    mutating func beginOnlineTime() {
        for desk in desks.indices where desks[desk].isOnline {
            desks[desk].account.onlineSince = now.time
            draft.desks.note(desk)
        }
    }
}

extension Agent {
    /// How long the agent was online, up to a moment, in milliseconds.
    public func onlineMilliseconds(at time: LogTime) -> Int64 {
        guard let onlineSince else { return onlineMilliseconds }
        return onlineMilliseconds + max(0, time.milliseconds - onlineSince.milliseconds)
    }
}
