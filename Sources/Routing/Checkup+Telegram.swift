import Wire

// The checks that need what Telegram says: token, webhook, links.
extension RoutingState {
    func token(in slot: Int, _ bot: CheckupEvidence.Answer<Text>) -> [Checkup.TelegramFinding] {
        let expected = rooms[slot].project.settings.botUsername
        switch bot {
        case .noToken: return [.noToken]
        case .refused(let reason): return [.tokenRefused(reason: reason)]
        case .silent(let reason): return [.silent(reason: reason)]
        case .told(let username) where username.lowercased == expected.lowercased:
            return [.bot(username: username)]
        case .told(let username): return [.otherBot(username: username, expected: expected)]
        }
    }

    func webhook(
        in slot: Int, _ evidence: CheckupEvidence, at time: LogTime
    ) -> [Checkup.TelegramFinding] {
        switch evidence.webhook {
        case .noToken, .refused: return [.webhookNotAsked]
        case .silent(let reason): return [.silent(reason: reason)]
        case .told(let told):
            var findings = [address(of: told, in: slot, own: evidence.addresses)]
            if told.pending >= Checkup.pendingUpdates {
                findings.append(.updatesWait(told.pending))
            }
            if let error = told.lastError {
                let ends = error.at.adding(milliseconds: Checkup.errorMilliseconds)
                findings.append(
                    .webhookError(reason: error.reason, at: error.at, isRecent: time < ends))
            }
            return findings
        }
    }

    private func address(
        of webhook: CheckupEvidence.Webhook, in slot: Int, own: [Text]
    ) -> Checkup.TelegramFinding {
        let url = webhook.url
        if url.isEmpty { return .noWebhook }
        let path = Array("/telegram/\(rooms[slot].project.id)".utf8)
        guard url.utf8.count > path.count, url.utf8.suffix(path.count) == path[...] else {
            return .foreignWebhook(url: url)
        }
        guard own.contains(Text(Array(url.utf8.dropLast(path.count)))) else {
            return .otherAddress(url: url, own: own)
        }
        return .webhook(url: url, pending: webhook.pending)
    }

    func links(
        in slot: Int, _ bot: CheckupEvidence.Answer<Text>, at time: LogTime
    ) -> [Checkup.LinkFinding] {
        let project = rooms[slot].project
        var findings: [Checkup.LinkFinding] = []
        var working = 0
        for link in linkList where link.settings.project == project.id {
            let before = findings.count
            if !link.settings.isEnabled {
                findings.append(.off(link.id))
            } else if let expires = link.settings.expires, expires <= time {
                findings.append(.expired(link.id, expires))
            } else {
                if case .told(let username) = bot,
                    username.lowercased != project.settings.botUsername.lowercased
                {
                    findings.append(
                        .toOtherBot(link.id, username: project.settings.botUsername))
                }
                if let pool = link.settings.pool, poolRooms[pool] == nil {
                    findings.append(.withoutPool(link.id))
                }
                for target in Set(link.terms.rules.map(\.project)).sorted()
                where self.project(target)?.settings.sealedToken.isEmpty ?? true {
                    findings.append(.toUnready(link.id, target))
                }
            }
            if findings.count == before { working += 1 }
        }
        if findings.isEmpty || working > 0 { findings.append(.work(working)) }
        return findings
    }
}
