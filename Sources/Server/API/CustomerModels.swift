import Routing

extension API {
    /// Everything that is kept of a project's customer, but for agents' private notes.
    struct CustomerData: Encodable {
        /// A link that led here, with the click where it is known.
        struct Led: Encodable {
            var link: Named
            var clickedAt: String
            var startedAt: String
            @Null var click: ClickView?
        }
        struct OneSession: Encodable {
            var id: String
            var state: String
            var openedAt: String
            @Null var completedAt: String?
            var name: String
            var username: String
            var language: String
            var tags: [String]
            var links: [Led]
            var items: [Item]
        }
        var index: String
        var project: Named
        var user: String
        var isBarred: Bool
        /// False when there was more than is read for one answer.
        var whole: Bool
        var sessions: [OneSession]
    }
}

extension API {
    /// The erasure of a customer, and how far each node is with it.
    struct ErasureView: Encodable {
        struct OnNode: Encodable {
            var node: String
            /// Up to which log index nothing erased is in the node's files.
            var erasedThrough: String
            /// Whether that is so for this erasure.
            var done: Bool
        }
        var index: String
        var id: String
        var project: Named
        var by: Named
        var askedAt: String
        /// What stands in the place of the customer's number from here on.
        var customer: String
        /// Sessions that say nothing of the customer any more.
        var sessions: Int
        /// When no row said anything of the customer any more; null while it is under way.
        @Null var finishedAt: String?
        @Null var finishedIndex: String?
        var nodes: [OnNode]
        /// Whether it is finished, and done on every node.
        var done: Bool

        init(_ erasure: Erasure, in state: RoutingState, index: String, nodes members: [UInt64]) {
            self.index = index
            id = "\(erasure.id)"
            let name = state.project(erasure.project)?.settings.name.string
            project = Named(id: "\(erasure.project)", name: name ?? "project \(erasure.project)")
            by = state.named(erasure.by)
            askedAt = erasure.askedAt.text
            customer = "\(erasure.pseudonym)"
            sessions = Int(erasure.sessions)
            finishedAt = erasure.finishedAt?.text
            finishedIndex = erasure.finishedAt == nil ? nil : "\(erasure.finishedIndex)"
            let isFinished = erasure.finishedAt != nil
            nodes = members.map { node in
                let through = state.erasedThrough(at: node)
                return OnNode(
                    node: "\(node)", erasedThrough: "\(through)",
                    done: isFinished && through >= erasure.finishedIndex)
            }
            done = nodes.allSatisfy(\.done) && isFinished
        }
    }
}

extension API.CustomerData {
    /// What a scan found; nil: nothing.
    init?(index: String, _ scan: CustomerScan, in state: RoutingState) {
        guard let first = scan.sessions.first?.session,
            let project = state.project(first.project)
        else { return nil }
        self.index = index
        self.project = API.Named(id: "\(project.id)", name: project.settings.name.string)
        user = "\(first.user)"
        isBarred = state.isBarred(first.user, of: first.project)
        whole = scan.isWhole
        sessions = scan.sessions.map { OneSession($0, in: state) }
    }
}

extension API.CustomerData.OneSession {
    init(_ found: CustomerScan.Found, in state: RoutingState) {
        let session = found.session
        id = "\(session.id)"
        self.state = session.state.word
        openedAt = session.openedAt.text
        completedAt = session.completedAt?.text
        name = session.name.string
        username = session.username.string
        language = session.language.string
        tags = state.tags(of: session.id).map(\.string)
        links = session.touches.map { touch in
            let link = state.link(touch.link)
            return API.CustomerData.Led(
                link: API.Named(
                    id: "\(touch.link)", name: link?.settings.name.string ?? "link \(touch.link)"),
                clickedAt: touch.clickedAt.text, startedAt: touch.startedAt.text,
                click: found.clicks[touch.key].map(API.ClickView.init))
        }
        items = found.items.enumerated().map { ordinal, item in
            var view = state.view(item, ordinal: Int64(ordinal))
            // Whom the router could have chosen is the desk's and not the customer's.
            view.decision = nil
            return view
        }
    }
}
