import HTTP
import Routing
import Telegram
import Wire

/// `POST /api/v1/sessions/{id}/files`: a photo or document for the session's customer. The body is
/// the file itself. This node keeps it until it is delivered; see decision 28.
extension Node {
    func addUploadRoutes(_ routes: inout Router) {
        api(.post, Node.uploadPattern, &routes, takes: .anything) { node, call throws(Problem) in
            try node.sendFile(call)
        }
    }

    private static let uploadPattern = "/api/v1/sessions/*/files"

    /// Decides before a large body is read: only a file of who may send it here is.
    func consider(_ body: LargeBody) {
        let request = body.head.request
        let segments = request.pathSegments.filter { !$0.isEmpty }
        guard request.method == .post, segments.count == 5,
            Array(segments.prefix(3)) == ["api", "v1", "sessions"], segments[4] == "files"
        else { return body.refuse(HTTPFront.tooLarge) }
        guard isVoter else { return refuse(body, .joining) }
        whenNewEnough(body.head) { [self] result in
            do throws(Problem) {
                try result.get()
                guard let caller = caller(body.head) else { throw .notSignedIn }
                guard caller.mayAsk(.post, Node.uploadPattern) else { throw .needsScope }
                try refuseCrossSite(body.head, takes: .anything)
                let call = APICall(
                    node: self, exchange: body.head, caller: caller, parts: [segments[3]])
                body.take(holding: try room(for: WantedUpload(call), body.byteCount, call))
            } catch {
                refuse(body, error)
            }
        }
    }

    private func refuse(_ body: LargeBody, _ problem: Problem) {
        var response = problem.response
        addAnswerHeaders(&response)
        body.refuse(response)
    }

    /// What the query says of a file.
    private struct WantedUpload {
        var kind: FileOffer.Kind
        var name: Text
        var mimeType: Text
        var caption: Text
        var entities: [TextEntity] = []
        var isConfirmed: Bool

        init(_ call: APICall) throws(Problem) {
            let request = call.exchange.request
            guard let kind = FileOffer.Kind(word: request.queryItem("kind") ?? "") else {
                throw .invalid("The parameter kind must be photo or document.")
            }
            self.kind = kind
            name = request.queryItem("name") ?? ""
            let isShort = (1...FileOffer.maxNameBytes).contains(name.utf8.count)
            guard isShort, UTF8Form.isValid(name.utf8),
                !name.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f || $0 == 0x2f || $0 == 0x5c })
            else {
                throw .invalid(
                    "The parameter name must have 1 to \(FileOffer.maxNameBytes) bytes and no "
                        + "slashes or control characters.")
            }
            let type = request.header("Content-Type")?.string.prefix { $0 != ";" && $0 != " " }
            mimeType = Text(String(type ?? "").lowercased())
            if !mimeType.isMediaType { mimeType = Text(FileType.unknown) }
            caption = request.queryItem("caption") ?? ""
            guard UTF8Form.isValid(caption.utf8) else {
                throw .invalid("The parameter caption must be UTF-8.")
            }
            let points = caption.utf8.count { $0 & 0xc0 != 0x80 }
            guard points <= FileOffer.captionLimit else {
                throw .invalid(
                    "A caption has at most \(FileOffer.captionLimit) characters; this one has "
                        + "\(points).", hint: "Shorten it, or send it as a message of its own.")
            }
            isConfirmed = request.queryItem("confirm") == "true"
            guard let told = request.queryItem("entities") else { return }
            guard let all = try? JSON.decode([API.Entity].self, from: told.utf8) else {
                throw .invalid(
                    "The parameter entities must be JSON: a list as in the field of a reply.")
            }
            guard all.count <= TextEntity.limit else {
                throw .invalid("A message may have \(TextEntity.limit) entities at most.")
            }
            for entity in all { entities.append(try entity.checked()) }
        }
    }

    /// Room for a file that its sender may send; else why not.
    private func room(
        for wanted: WantedUpload, _ byteCount: Int, _ call: APICall
    ) throws(Problem) -> UploadShare {
        if isOutOfRoom { throw outOfRoom }
        guard state.level >= .second else { throw .needsLevel }
        let id = try call.id(0, as: SessionID.self)
        try checkSender(of: id, call)
        guard byteCount > 0 else { throw .invalid("The body is empty; it is the file itself.") }
        guard byteCount <= wanted.kind.maxBytes else { throw .tooLarge(wanted.kind) }
        guard let share = fileSender.room.share(of: byteCount) else { throw .noRoomForFiles }
        return share
    }

    /// Who can't send anything there is told before a body is read. A repetition under a key is
    /// answered as the first one was, whatever became of the session: it takes the permission.
    private func checkSender(of id: SessionID, _ call: APICall) throws(Problem) {
        let agent = call.caller.agent
        guard call.exchange.request.header(APICall.keyHeader) != nil else {
            guard let refusal = state.refusalToReply(in: id, by: agent, at: logTime) else { return }
            throw call.problem(refusal)
        }
        guard let session = state.visible(id, to: agent) else { throw .notFound }
        let permissions = state.permissions(of: agent, in: session.project)
        guard call.caller.isAdmin || !permissions.isDisjoint(with: [.reply, .manage]) else {
            throw .forbidden
        }
    }

    private func sendFile(_ call: APICall) throws(Problem) {
        let wanted = try WantedUpload(call)
        let id = try call.id(0, as: SessionID.self)
        let bytes = call.exchange.request.body
        let share: UploadShare
        if let known = call.exchange.room as? UploadShare, known.bytes == bytes.count {
            share = known
        } else {
            share = try room(for: wanted, bytes.count, call)
        }
        guard wanted.kind == .document || FileType.of(bytes).hasPrefix("image/") else {
            throw .noPicture
        }
        let agent = call.caller.agent
        var kept: UInt64?
        struct Answer: Encodable { var outbox: String }
        try submitText(
            wanted.caption, wanted.entities, in: id, isConfirmed: wanted.isConfirmed, call
        ) { [self] verdict in
            let key = fileSender.keep(bytes, share)
            kept = key
            let offer = FileOffer(
                kind: wanted.kind, name: wanted.name, mimeType: wanted.mimeType,
                size: Int64(bytes.count), holder: configuration.node.rawValue,
                incarnation: incarnation, key: key)
            return .replyWithFile(
                id, by: agent, caption: wanted.caption, wanted.entities, verdict, offer)
        } refused: { [self] _ in
            if let kept { fileSender.release(kept) }
            return nil
        } done: { [self] outbox in
            // The answer to an earlier request under the same key is about an earlier file.
            if let kept { fileSender.release(kept) }
            call.respond(Answer(outbox: "\(outbox)"), status: 201)
        }
    }
}

extension Problem {
    /// The file is larger than Telegram takes.
    static func tooLarge(_ kind: FileOffer.Kind) -> Problem {
        let isPhoto = kind == .photo
        return Problem(
            413, "too_large", "The file is too large",
            detail: "A \(kind.word) may have \(kind.maxBytes >> 20) MB at most.",
            hint: isPhoto
                ? "Send it as a document, which may have 20 MB, or make it smaller."
                : "Make it smaller, or send a link to it.")
    }
    static let noRoomForFiles = Problem(
        503, "overloaded", "Too many files at once",
        detail: "This node has as many files in memory, which wait to be sent, as it takes on. "
            + "Nothing was sent.",
        hint: "Try again in a moment, or at another node.")
    static let noPicture = Problem(
        422, "invalid", "Not a picture",
        detail: "The file is no picture of a kind that is sent as a photo (JPEG, PNG, GIF, WebP).",
        hint: "Send it as a document.")
}
