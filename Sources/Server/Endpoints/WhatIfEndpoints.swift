import Routing
import Storage
import Transport
import Wire

/// What-if: what the last days would have looked like under other rules, for managers.
extension Node {
    func addWhatIfRoutes(_ routes: inout Router) {
        api(.post, "/api/v1/projects/*/what-if", &routes) { node, call throws(Problem) in
            try node.askWhatIf(call)
        }
    }

    private func askWhatIf(_ call: APICall) throws(Problem) {
        let project = try managedProject(call)
        let body = try call.body(API.WhatIfBody.self)
        let run = WhatIfRun(
            project: project.id, span: try body.span(now: logTime),
            changes: try body.changes(for: project))
        // The histories that are compared must be those of everything applied so far.
        let ticket = LoopBound(call, loop: loop)
        stores.state.flush(through: appliedIndex) { [loop, weak self] isWritten in
            let node = self
            loop.post {
                let call = ticket.take()
                guard isWritten, let node else { return call.respond(Problem.overloaded) }
                node.play(run, call)
            }
        }
    }

    private func play(_ run: WhatIfRun, _ call: APICall) {
        let (journal, reader) = (stores.journal, stores.reader)
        // One is played at a time, and some wait.
        let started = workers.whatIf.submit(on: loop) {
            () -> Result<WhatIfRun.Result, WhatIfRun.Failure> in
            do throws(WhatIfRun.Failure) {
                return .success(try run.run(journal, reader))
            } catch {
                return .failure(error)
            }
        } completion: { [self] result in
            switch result {
            case .success(let found):
                call.respond(
                    API.WhatIfView(
                        found, run.span, index: "\(appliedIndex)", named: state.named))
            case .failure(let failure): respond(failure, call)
            }
        }
        if !started { call.respond(Problem.overloaded) }
    }

    private func respond(_ failure: WhatIfRun.Failure, _ call: APICall) {
        switch failure {
        case .begins(let since): call.respond(Problem.journalBegins(since))
        case .tooLong(let entries): call.respond(Problem.stretchTooLong(entries))
        case .dropped: call.respond(Problem.journalBegins(nil))
        case .refused(let refusal): call.respond(call.problem(refusal))
        case .unreadable(let reason):
            log.warning("the routing journal fails", ["reason": .text(reason)])
            call.respond(Problem.journalFails)
        }
    }
}

extension Problem {
    static func journalBegins(_ since: LogTime?) -> Problem {
        Problem(
            409, "journal_begins_later", "The journal does not go back that far",
            detail: since.map { "This node's routing journal begins at \($0.text)." }
                ?? "This node's routing journal has nothing of that time yet, or no more.",
            hint: "Ask from that moment on, or ask another node, whose journal may go further back."
        )
    }

    static func stretchTooLong(_ entries: Int) -> Problem {
        Problem(
            422, "stretch_too_long", "Too much happened in that time",
            detail: "It has \(entries) log entries, from the state that the journal has before "
                + "it on; a what-if plays \(WhatIfRun.Limits.entries) at most.",
            hint: "Ask about a shorter time.")
    }

    static let journalFails = Problem(
        503, "journal_fails", "What-if does not work here now",
        detail: "This node's routing journal can't be read; a new one begins.",
        hint: "Use another node.")
}
