import Routing
import Wire

/// `GET /api/v1/projects/{id}/checkup`: the ten checks of a project, for its managers.
extension Node {
    func addCheckupRoutes(_ routes: inout Router) {
        api(.get, "/api/v1/projects/*/checkup", &routes) { node, call throws(Problem) in
            try node.checkup(call)
        }
    }

    private func checkup(_ call: APICall) throws(Problem) {
        let project = try managedProject(call)
        guard let token = secrets.open(project.settings.sealedToken, for: .botToken) else {
            return respondCheckup(project.id, (bot: .noToken, webhook: .noToken), call)
        }
        botInquiries.ask(about: project.id, token: token) { [weak self] answers in
            guard let self else { return call.respond(Problem.overloaded) }
            respondCheckup(project.id, answers, call)
        }
    }

    private func respondCheckup(
        _ project: ProjectID, _ answers: BotInquiries.Answers, _ call: APICall
    ) {
        // The log knows the public URLs of nodes that are gone, too: a webhook there is ours.
        let addresses =
            [configuration.publicListener.baseURL] + peers.urls
            + state.nodeURLs.map { $0.url.string }
        let time = logTime
        let evidence = CheckupEvidence(
            bot: answers.bot, webhook: answers.webhook, addresses: addresses.map { Text($0) })
        guard let checkup = state.checkup(of: project, evidence, at: time) else {
            return call.respond(Problem.notFound)
        }
        let words = CheckupWords(state: state, project: project, time: time)
        call.respond(words.view(checkup, index: "\(appliedIndex)"))
    }
}
