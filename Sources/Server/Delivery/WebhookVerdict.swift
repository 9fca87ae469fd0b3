import Raft
import Routing
import Wire

/// What is to be done about a project's webhook, as Telegram tells it.
enum WebhookVerdict: Hashable {
    /// Nothing: there is none, or a person put it somewhere that no node is.
    case foreign
    /// It is at a node that lives, or that may come back yet.
    case served(by: NodeID)
    /// Its node is gone and this one is to have it.
    case move(from: NodeID, to: NodeID, url: Text)
    /// Its node is gone and there is none that could have it.
    case stranded(at: NodeID)
}

/// Who has which public URL, and which nodes are there: what a verdict is reached from.
struct FrontDoorView {
    /// A node with a public URL.
    struct Entrance: Hashable {
        var node: NodeID
        var url: Text
    }
    /// Public URLs by node, ascending.
    var entrances: [Entrance]
    /// Nodes that have been gone for too long.
    var gone: Set<NodeID>
    /// Nodes that can take a webhook now, the one that looks first.
    var living: [NodeID]

    /// Where a project's updates go at a base URL.
    static func path(of project: ProjectID) -> String { "/telegram/\(project)" }

    /// The nodes whose own URL this is; several behind one balancer have the same.
    func owners(of url: Text, project: ProjectID) -> [NodeID] {
        let path = FrontDoorView.path(of: project)
        return entrances.filter { $0.url.string + path == url.string }.map(\.node)
    }

    /// What to do about a project's webhook that Telegram tells to be at `url`; `point` is what the
    /// cluster put down of it last.
    func verdict(_ project: ProjectID, at url: Text, point: WebhookPoint?) -> WebhookVerdict {
        if url.isEmpty {
            // setWebhook removes the old one even when it refuses the new one: what the cluster
            // began it brings to an end. Without a beginning of its own there is nothing to mend.
            guard let point, !point.isConfirmed, point.by == nil, let gone = point.gone else {
                return .foreign
            }
            return move(project, from: NodeID(gone), isSecure: point.url.isSecure)
        }
        let owners = owners(of: url, project: project)
        guard let first = owners.first else { return .foreign }
        if let there = owners.first(where: { !gone.contains($0) }) { return .served(by: there) }
        return move(project, from: first, isSecure: url.isSecure)
    }

    /// The first living node with a URL; never one without TLS for one that had it.
    private func move(
        _ project: ProjectID, from node: NodeID, isSecure: Bool
    ) -> WebhookVerdict {
        for candidate in living {
            guard let entrance = entrances.first(where: { $0.node == candidate }),
                entrance.url.isSecure || !isSecure
            else { continue }
            let url = Text(entrance.url.string + FrontDoorView.path(of: project))
            return .move(from: node, to: candidate, url: url)
        }
        return .stranded(at: node)
    }
}

extension Text {
    /// Whether it is an HTTPS URL.
    fileprivate var isSecure: Bool { string.hasPrefix("https://") }
}
