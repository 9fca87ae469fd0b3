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
