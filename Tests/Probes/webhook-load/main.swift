// Sends webhooks to one node over kept connections: as fast as answers come, or at a fixed rate
// whatever becomes of the answers. Prints a line of JSON for each second, when it is over.
// `make catchup` uses it.
//
//     webhook-load ADDRESS PATH SECRET CONNECTIONS RATE SECONDS COUNT FIRST
//
// RATE 0 is as fast as answers come; it ends after SECONDS or COUNT webhooks, whichever is first,
// or when it is told to end (SIGTERM). The first update id is FIRST, the others follow it.
import Foundation
import Transport

let words = Array(CommandLine.arguments.dropFirst())
guard words.count == 8, let address = SocketAddress(words[0]), let connections = Int(words[3]),
    let rate = Int64(words[4]), let seconds = Int64(words[5]), let count = Int64(words[6]),
    let first = Int64(words[7]), connections > 0, rate >= 0
else {
    FileHandle.standardError.write(
        Data("usage: webhook-load ADDRESS PATH SECRET CONNECTIONS RATE SECONDS COUNT FIRST\n".utf8))
    exit(64)
}
do {
    let load = try WebhookLoad(
        address: address, path: words[1], secret: words[2], rate: rate,
        ends: (seconds: seconds, count: count), firstUpdate: first)
    print(try load.run(connections: connections), terminator: "")
} catch {
    FileHandle.standardError.write(Data("webhook-load: \(error)\n".utf8))
    exit(1)
}
