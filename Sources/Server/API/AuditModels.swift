import Routing
import Wire

extension API {
    /// One line of the audit log.
    struct AuditView: Encodable {
        struct Change: Encodable {
            var field: String
            @Null var before: String?
            @Null var after: String?
            /// A secret's values are never shown.
            var secret: Bool
        }
        struct Subject: Encodable {
            var kind: String
            var id: String
            var name: String
        }
        var index: String
        var at: String
        /// Null: an operator at a machine, or the cluster by itself.
        @Null var actor: Named?
        /// The API token that was shown.
        @Null var token: Named?
        var act: String
        var subject: Subject
        @Null var project: Named?
        var changes: [Change]
        /// How many more fields were changed.
        var more: Int

        init(_ index: Int64, _ line: AuditLine, in state: RoutingState) {
            self.index = "\(index)"
            at = line.at.text
            actor = line.actor.map(state.named)
            token = line.token.map(state.named)
            act = line.act.word
            subject = Subject(line, in: state)
            project = line.project.map { id in
                Named(id: "\(id)", name: state.project(id)?.settings.name.string ?? "project \(id)")
            }
            changes = line.changes.map { change in
                Change(
                    field: change.field.string,
                    before: change.before.isEmpty ? nil : change.before.string,
                    after: change.after.isEmpty ? nil : change.after.string,
                    secret: change.isSecret)
            }
            more = Int(line.more)
        }

        /// Lines as a table, one row for each changed field.
        static func csv(_ lines: [AuditView]) -> [UInt8] {
            let columns = [
                "index", "at", "actorId", "actor", "tokenId", "token", "act", "subjectId",
                "subject", "projectId", "project", "field", "before", "after", "secret",
            ]
            var text = columns.joined(separator: ",") + "\r\n"
            for line in lines {
                let start = [
                    line.index, line.at, line.actor?.id ?? "", line.actor?.name ?? "",
                    line.token?.id ?? "", line.token?.name ?? "", line.act, line.subject.id,
                    line.subject.name, line.project?.id ?? "", line.project?.name ?? "",
                ]
                for change in line.changes {
                    let end = [
                        change.field, change.before ?? "", change.after ?? "", "\(change.secret)",
                    ]
                    text += (start + end).map(CSV.cell).joined(separator: ",") + "\r\n"
                }
            }
            return Array(text.utf8)
        }
    }
}

extension API.AuditView.Subject {
    /// What a line is about, by the name that it has now, else by the one in the line.
    init(_ line: AuditLine, in state: RoutingState) {
        let number = line.subject
        var known: String?
        switch line.act {
        case .createdAgent, .changedAgent, .forcedOffline:
            kind = "agent"
            known = state.agent(AgentID(number))?.name.string
        case .createdProject, .changedProject, .changedMembers, .changedDesk, .changedWebhook,
            .changedModeration:
            kind = "project"
            known = state.project(ProjectID(number))?.settings.name.string
        case .createdPool, .changedPool, .removedPool:
            kind = "pool"
            known = state.pool(PoolID(number))?.settings.name.string
        case .createdLink, .changedLink:
            kind = "link"
            known = state.link(LinkID(number))?.settings.name.string
        case .createdToken, .revokedToken:
            kind = "token"
            known = state.apiToken(APITokenID(number))?.name.string
        case .createdHook, .changedHook, .removedHook:
            kind = "hook"
            known = state.hook(HookID(number))?.settings.url.string
        case .erasedCustomer: kind = "erasure"
        case .raisedLevel: kind = "cluster"
        }
        let change = line.changes.first { $0.field == "name" || $0.field == "url" }
        let said = change.map { $0.after.isEmpty ? $0.before.string : $0.after.string }
        id = "\(number)"
        name = known ?? said ?? "\(kind) \(number)"
    }
}

extension RoutingState {
    /// A token by id; one that was revoked has no name any more.
    func named(_ id: APITokenID) -> API.Named {
        API.Named(id: "\(id)", name: apiToken(id)?.name.string ?? "token \(id)")
    }
}

extension AuditLine.Act {
    /// The API's word: part of the API, so never renamed.
    var word: String {
        switch self {
        case .createdAgent: "createdAgent"
        case .changedAgent: "changedAgent"
        case .forcedOffline: "forcedOffline"
        case .createdProject: "createdProject"
        case .changedProject: "changedProject"
        case .changedMembers: "changedMembers"
        case .changedDesk: "changedDesk"
        case .createdPool: "createdPool"
        case .changedPool: "changedPool"
        case .removedPool: "removedPool"
        case .createdLink: "createdLink"
        case .changedLink: "changedLink"
        case .createdToken: "createdToken"
        case .revokedToken: "revokedToken"
        case .raisedLevel: "raisedLevel"
        case .changedWebhook: "changedWebhook"
        case .changedModeration: "changedModeration"
        case .createdHook: "createdHook"
        case .changedHook: "changedHook"
        case .removedHook: "removedHook"
        case .erasedCustomer: "erasedCustomer"
        }
    }
}
