import HTTP
import Routing
import Wire

/// Magic links, for managers of their projects.
extension Node {
    func addLinkRoutes(_ routes: inout Router) {
        api(.get, "/api/v1/links", &routes) { node, call throws(Problem) in
            let visible = node.state.links.filter {
                node.mayManage(call.caller, $0.settings.project)
            }
            try call.respondPage(visible, id: { $0.id.rawValue }, view: node.linkView)
        }
        api(.post, "/api/v1/links", &routes) { node, call throws(Problem) in
            try node.createLink(call)
        }
        api(.get, "/api/v1/links/*", &routes) { node, call throws(Problem) in
            node.respondLink(try node.managedLink(call).id, call)
        }
        api(.put, "/api/v1/links/*", &routes) { node, call throws(Problem) in
            try node.updateLink(call)
        }
        api(.get, "/api/v1/links/*/qr.svg", &routes) { node, call throws(Problem) in
            try node.drawLink(call)
        }
    }

    func linkView(_ link: Link) -> API.LinkView {
        API.LinkView(link, base: configuration.publicListener.baseURL, in: state)
    }

    /// The link in the path, if the caller manages its project.
    func managedLink(_ call: APICall) throws(Problem) -> Link {
        guard let link = state.link(try call.id(0, as: LinkID.self)) else { throw .notFound }
        guard mayManage(call.caller, link.settings.project) else { throw .forbidden }
        return link
    }

    private func createLink(_ call: APICall) throws(Problem) {
        let body = try call.body(API.LinkBody.self)
        guard let number = body.project.flatMap({ Int64($0) }), number > 0 else {
            throw .invalid("The field project must be a project's id.")
        }
        let project = ProjectID(number)
        guard mayManage(call.caller, project) else { throw .forbidden }
        var settings = LinkSettings(
            code: try body.code.map(API.checkedCode) ?? unusedCode(),
            name: try API.checked(body.name, "name", 1...100), project: project)
        try body.apply(to: &settings)
        var terms = LinkTerms()
        try body.apply(to: &terms)
        let command: Command =
            terms == LinkTerms()
            ? .createLink(by: call.caller.agent, settings)
            : .makeLink(by: call.caller.agent, settings, terms)
        call.submit(command) { [self] id in
            guard let link = state.link(LinkID(id)) else { return call.respond(Problem.notFound) }
            call.respond(linkView(link), status: 201)
        }
    }

    /// A code that no link has as far as this node knows; the cluster judges when it is applied.
    private func unusedCode() -> Text {
        var code = API.newCode()
        while state.link(code: code) != nil { code = API.newCode() }
        return code
    }

    private func updateLink(_ call: APICall) throws(Problem) {
        let link = try managedLink(call)
        let body = try call.body(API.LinkBody.self)
        var settings = link.settings
        if let code = body.code, Text(code) != settings.code {
            settings.code = try API.checkedCode(code)
        }
        if body.name != nil { settings.name = try API.checked(body.name, "name", 1...100) }
        try body.apply(to: &settings)
        var terms = link.terms
        try body.apply(to: &terms)
        let command: Command =
            terms == link.terms && body.version == nil
            ? .updateLink(link.id, by: call.caller.agent, settings)
            : .editLink(
                link.id, by: call.caller.agent, version: body.version, settings, terms)
        call.submit(command, refused: Node.linkProblem) { [self] _ in respondLink(link.id, call) }
    }

    private func respondLink(_ id: LinkID, _ call: APICall) {
        guard let link = state.link(id) else { return call.respond(Problem.notFound) }
        call.respond(linkView(link), setting: Setting(.link, of: id))
    }

    /// A refusal that means something else for a link than for a session.
    private static func linkProblem(_ refusal: Refusal) -> Problem? {
        guard case .versionConflict(_, let version) = refusal else { return nil }
        var problem = Problem(
            409, "version_conflict", "The link changed meanwhile",
            detail: "Somebody else has edited this link since you read it. Nothing was changed.",
            hint: "Read it again and decide anew.")
        problem.version = Int64(clamping: version)
        return problem
    }

    /// A link's address as a QR symbol.
    private func drawLink(_ call: APICall) throws(Problem) {
        let link = try managedLink(call)
        let url = configuration.publicListener.baseURL + "/" + link.settings.code.string
        guard let symbol = QRCode(Array(url.utf8)) else {
            throw .invalid(
                "The address is longer than the \(QRCode.maxBytes) bytes of a QR symbol.",
                hint: "Set a shorter publicURL on this node.")
        }
        call.respond(bytes: symbol.svg, contentType: "image/svg+xml")
    }
}

extension QRCode {
    /// The symbol as a picture: one path of dark runs on white, one unit a module.
    var svg: [UInt8] {
        let side = size + 2 * QRCode.quietZone
        var path = ""
        for y in 0..<size {
            var x = 0
            while x < size {
                var end = x
                while isDark(end, y) { end += 1 }
                if end > x {
                    let start = x + QRCode.quietZone
                    path += "M\(start) \(y + QRCode.quietZone)h\(end - x)v1H\(start)z"
                }
                x = max(end, x + 1)
            }
        }
        return Array(
            ("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(side) \(side)\" "
                + "shape-rendering=\"crispEdges\">"
                + "<path fill=\"#fff\" d=\"M0 0h\(side)v\(side)H0z\"/>"
                + "<path d=\"\(path)\"/></svg>\n").utf8)
    }
}
