import Foundation
import HTTP
import Raft
import Transport
import Wire

/// `roundhouse status`: asks nodes for `/status` and prints a table or JSON lines.
public enum StatusReport {
    /// How long a node may take to answer.
    static let patience: Duration = .seconds(3)

    private struct Row {
        var address: String
        var body: [UInt8]?
        var problem: String?
    }

    /// Asks every address; 0 when all answered and agree on a leader, 69 otherwise.
    public static func run(addresses: [String], asJSON: Bool) throws -> Int32 {
        let loop = try EventLoop()
        var rows: [Row] = []
        for text in addresses {
            guard let address = SocketAddress(text) else {
                throw ConfigurationError(
                    file: text, path: "", detail: "is no address such as 127.0.0.1:9080")
            }
            rows.append(ask(address, text, loop))
        }
        loop.shutDown()
        let views = rows.map { row in
            row.body.flatMap {
                try? JSONDecoder().decode(Node.StatusView.self, from: Data($0))
            }
        }
        if asJSON {
            for row in rows {
                if let body = row.body {
                    print(String(decoding: body, as: UTF8.self))
                } else {
                    var json = JSONWriter()
                    json.beginObject()
                    json.field("operations", row.address)
                    json.field("error", row.problem ?? "no answer")
                    json.endObject()
                    print(String(decoding: json.bytes, as: UTF8.self))
                }
            }
        } else {
            printTable(rows, views)
        }
        let leaders = Set(views.map { $0?.leader })
        return views.contains { $0 == nil } || leaders.count != 1 || leaders.contains(nil)
            ? EX_UNAVAILABLE : 0
    }

    private static func ask(_ address: SocketAddress, _ text: String, _ loop: EventLoop) -> Row {
        var row = Row(address: text, body: nil, problem: "no answer within \(patience)")
        let timer = loop.schedule(after: patience) { loop.stop() }
        loop.connect(to: address, timeout: patience) { result in
            switch result {
            case .failure(let error):
                row.problem = "\(error)"
                loop.stop()
            case .success(let connection):
                var machine = HTTPClientConnection()
                connection.onReceive = { bytes in
                    machine.receive(bytes)
                    guard let response = try? machine.nextResponse() else { return }
                    if response.status == 200 {
                        row.body = response.body
                    } else {
                        row.problem = "answered with status \(response.status)"
                    }
                    loop.stop()
                }
                connection.onClosed = { _ in loop.stop() }
                let request = HTTPRequest(
                    method: .get, target: "/status", headers: ["Host": text])
                connection.write { machine.send(request, into: &$0) }
            }
        }
        loop.run()
        timer.cancel()
        return row
    }

    /// The feature level in force and the highest that the node applies; a node that says neither
    /// is older than levels.
    static func level(of view: Node.StatusView) -> String {
        "\(view.level ?? 1) of \(view.newestLevel ?? 1)"
    }

    private static func printTable(_ rows: [Row], _ views: [Node.StatusView?]) {
        let heads = [
            "NODE", "ROLE", "TERM", "LAST", "COMMIT", "APPLIED", "DURABLE", "LAG", "LEVEL", "DISK",
            "READY",
        ]
        let leader = views.compactMap { $0 }.first { $0.role == "leader" }
        var table: [[String]] = [heads]
        for (row, view) in zip(rows, views) {
            guard let view else {
                table.append([row.address, row.problem ?? "no answer"])
                continue
            }
            let lag =
                leader?.members.first { $0.id == view.node }.map { "\($0.lag)" } ?? "-"
            table.append([
                "\(view.node)", view.role, "\(view.term)", "\(view.last)", "\(view.commit)",
                "\(view.applied)", "\(view.durable)", view.role == "leader" ? "0" : lag,
                StatusReport.level(of: view), view.disk ?? "-",
                view.ready ? "yes" : "no: \(view.reason ?? "")",
            ])
        }
        let widths = heads.indices.map { column in
            table.filter { $0.count == heads.count }.map { $0[column].count }.max() ?? 0
        }
        for line in table {
            let cells = line.enumerated().map { column, cell in
                line.count < heads.count || column == heads.count - 1
                    ? cell : cell.padding(toLength: widths[column], withPad: " ", startingAt: 0)
            }
            print(cells.joined(separator: "  "))
        }
        for view in views.compactMap(\.self) {
            for note in view.storageNotes ?? [] { print("node \(view.node): \(note)") }
            if let last = view.lastErasure, last > view.erasedThrough ?? 0 {
                print(
                    "node \(view.node): files still hold what was erased at index \(last); "
                        + "its log begins behind \(view.base)")
            }
        }
    }
}
