/// The console's files, compiled into the binary, and what a node needs to serve them.
public enum Asset {
    /// Every file: the path a browser asks for, its type, its bytes and its entity tag. The page
    /// itself is at `/`; the tag changes with the bytes, so nodes of one build give the same tag.
    public static let all: [(path: String, contentType: String, bytes: [UInt8], etag: String)] =
        files.map { name, bytes in
            (
                path: name == "index.html" ? "/" : "/assets/\(name)",
                contentType: contentType(of: name), bytes: bytes, etag: etag(of: bytes)
            )
        }

    /// The `Content-Security-Policy` under which the page works: its own files, nothing inline.
    private static let contentSecurityPolicy = """
        default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
        img-src 'self'; media-src 'self'; base-uri 'none'; form-action 'self'; \
        frame-ancestors 'none'
        """

    /// The policy of a node whose page may also ask these addresses, other nodes', whether they are
    /// ready. What is no plain address is left out.
    public static func contentSecurityPolicy(asking urls: [String]) -> String {
        let known = urls.filter { url in
            url.hasPrefix("http") && url.utf8.allSatisfy { (0x21...0x7e).contains($0) }
                && !url.contains { ";,'\"".contains($0) }
        }
        guard !known.isEmpty else { return contentSecurityPolicy }
        let own = "connect-src 'self'"
        let parts = contentSecurityPolicy.split(separator: ";").map { part in
            part.hasSuffix(own) ? part + " " + known.joined(separator: " ") : part
        }
        return parts.joined(separator: ";")
    }

    /// The files by name; `Tests/Console/test_assets.py` checks that none is forgotten.
    private static var files: [(name: String, bytes: [UInt8])] {
        [
            ("actions.js", PackageResources.actions_js),
            ("admin.css", PackageResources.admin_css),
            ("admin.js", PackageResources.admin_js),
            ("agents.js", PackageResources.agents_js),
            ("api.js", PackageResources.api_js),
            ("app.js", PackageResources.app_js),
            ("attach.js", PackageResources.attach_js),
            ("audit.js", PackageResources.audit_js),
            ("base.css", PackageResources.base_css),
            ("canned.js", PackageResources.canned_js),
            ("checkup.js", PackageResources.checkup_js),
            ("cluster.js", PackageResources.cluster_js),
            ("composer.js", PackageResources.composer_js),
            ("conflict.js", PackageResources.conflict_js),
            ("conversation.js", PackageResources.conversation_js),
            ("decision.js", PackageResources.decision_js),
            ("desk.css", PackageResources.desk_css),
            ("desk.js", PackageResources.desk_js),
            ("deskbook.js", PackageResources.deskbook_js),
            ("dialog.js", PackageResources.dialog_js),
            ("dom.js", PackageResources.dom_js),
            ("earlier.js", PackageResources.earlier_js),
            ("erase.js", PackageResources.erase_js),
            ("files.js", PackageResources.files_js),
            ("format.js", PackageResources.format_js),
            ("hooks.js", PackageResources.hooks_js),
            ("hours.js", PackageResources.hours_js),
            ("icon.svg", PackageResources.icon_svg),
            ("iconalert.svg", PackageResources.iconalert_svg),
            ("index.html", PackageResources.index_html),
            ("keys.js", PackageResources.keys_js),
            ("linkclicks.js", PackageResources.linkclicks_js),
            ("linkform.js", PackageResources.linkform_js),
            ("linkpage.js", PackageResources.linkpage_js),
            ("linkreport.js", PackageResources.linkreport_js),
            ("linkrules.js", PackageResources.linkrules_js),
            ("links.js", PackageResources.links_js),
            ("list.js", PackageResources.list_js),
            ("live.js", PackageResources.live_js),
            ("load.js", PackageResources.load_js),
            ("members.js", PackageResources.members_js),
            ("messages.js", PackageResources.messages_js),
            ("moderation.js", PackageResources.moderation_js),
            ("move.js", PackageResources.move_js),
            ("notice.js", PackageResources.notice_js),
            ("notes.js", PackageResources.notes_js),
            ("numbers.js", PackageResources.numbers_js),
            ("panel.js", PackageResources.panel_js),
            ("places.js", PackageResources.places_js),
            ("presence.js", PackageResources.presence_js),
            ("projectform.js", PackageResources.projectform_js),
            ("projects.js", PackageResources.projects_js),
            ("quotes.js", PackageResources.quotes_js),
            ("search.js", PackageResources.search_js),
            ("signin.js", PackageResources.signin_js),
            ("store.js", PackageResources.store_js),
            ("talk.css", PackageResources.talk_css),
            ("theme.js", PackageResources.theme_js),
            ("timeline.js", PackageResources.timeline_js),
            ("tokens.js", PackageResources.tokens_js),
            ("upload.js", PackageResources.upload_js),
            ("webhook.js", PackageResources.webhook_js),
            ("whatif.js", PackageResources.whatif_js),
            ("whatifreport.js", PackageResources.whatifreport_js),
            ("words.js", PackageResources.words_js),
        ]
    }

    /// The media type for a file name; every text of ours is UTF-8.
    private static func contentType(of name: String) -> String {
        switch name.split(separator: ".").last {
        case "html": "text/html; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "js": "text/javascript; charset=utf-8"
        case "svg": "image/svg+xml"
        default: "application/octet-stream"
        }
    }

    /// A strong entity tag: 64-bit FNV-1a of the bytes, in quotes.
    private static func etag(of bytes: [UInt8]) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes {
            hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
        }
        return "\"\(String(hash, radix: 16))\""
    }
}
