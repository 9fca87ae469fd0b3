import Routing

extension CheckupWords {
    /// What to do about a finding, in one sentence; nil where there is nothing to do.
    func fix(_ finding: Checkup.Finding) -> String? {
        switch finding {
        case .telegram(let finding): fix(finding)
        case .link(let finding): fix(finding)
        case .roster(let finding): fix(finding)
        case .agent(let finding): fix(finding)
        case .session(let finding): fix(finding)
        case .more: nil
        }
    }

    private static let newToken =
        "Put the token that BotFather shows into the project's settings"

    private func fix(_ finding: Checkup.TelegramFinding) -> String? {
        switch finding {
        case .noToken, .tokenRefused, .webhookNotAsked: "\(Self.newToken)."
        case .otherBot:
            "Put the right bot's token, or this bot's username, into the project's settings."
        case .silent:
            "Run it again in a minute; if it stays so, an operator checks the way to the Bot API."
        case .noWebhook, .foreignWebhook:
            "Register the webhook from the project's page; who else uses this bot loses it then."
        case .otherAddress:
            "If a balancer or proxy has this address, set it as public.url on the nodes; else "
                + "register the webhook anew."
        case .updatesWait, .webhookError(_, _, isRecent: true):
            "Check that Telegram reaches the address over HTTPS with a valid certificate."
        case .bot, .webhook, .webhookError: nil
        }
    }

    private func fix(_ finding: Checkup.LinkFinding) -> String? {
        switch finding {
        case .off: "Switch the link on, or take it from where it is published."
        case .expired: "Give the link a later end, or take it from where it is published."
        case .toOtherBot: "Make the project's bot username that of its token's bot."
        case .toUnready: "Give that project a token, or change the link's rules."
        case .withoutPool: "Choose another pool for the link, or none."
        case .work: nil
        }
    }

    private func fix(_ finding: Checkup.RosterFinding) -> String? {
        switch finding {
        case .empty: "Add an active member with Reply."
        case .emptyPool:
            "Name active members with Reply in the pool; until then the whole project has its "
                + "sessions."
        case .nobodyInScope:
            "Give an active member Reply, a place in the scope and a seat."
        case .poolOutOfScope: "Mark members of the pool as in scope, or move them up to a seat."
        case .unspoken: "Tag a member in scope with the language, or change the link's language."
        case .preferredNobody: "Change whom the link prefers, or bring them into scope."
        case .leftOut(_, waiting: 1...):
            "Mark who was forgotten as in scope, or set the scope to all agents."
        case .overSeat: "Raise the seats, or move members who need one up in the list."
        case .manned, .inScope, .leftOut, .seatsUnlimited, .seats: nil
        }
    }

    private func fix(_ finding: Checkup.AgentFinding) -> String? {
        switch finding {
        case .stalePage: "Ask the agent to reload the page, or to sign out and in again."
        case .notificationsBlocked: "Allow notifications for the console in the agent's browser."
        case .noPageOpen: "Look again when an agent has the console open."
        case .neverSignedIn, .inactive:
            "Ask them to sign in, or take them from the list so that they hold no seat."
        case .pagesCurrent, .mayNotify, .active: nil
        }
    }

    private func fix(_ finding: Checkup.SessionFinding) -> String? {
        switch finding {
        case .writtenAfter: "Let the customer in again if they are to be answered."
        case .waitsAgain: "Claim the session, or look on its page at why it waits."
        case .failed(_, _, let reason): DeliveryWords(reason: reason).advice
        case .uncertain:
            "Look in the session whether the message arrived, and send it again if not."
        case .quiet, .delivered: nil
        }
    }
}
