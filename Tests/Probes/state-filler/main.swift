// Fills the data directory of a node that is down and has no peers: whole conversations go through
// the real consensus, routing and files, without sockets. Prints what is there then as one line of
// JSON. `make scale` uses it.
//
//     state-filler DIRECTORY CLUSTER NODE CLOSED OPEN
//
// The node must know one project, and its agents must have signed in. CLOSED and OPEN say how many
// sessions are added that end completed and assigned.
import Foundation

let words = Array(CommandLine.arguments.dropFirst())
guard words.count == 5, let node = UInt64(words[2]), let closed = Int(words[3]),
    let open = Int(words[4])
else {
    FileHandle.standardError.write(
        Data("usage: state-filler DIRECTORY CLUSTER NODE CLOSED OPEN\n".utf8))
    exit(64)
}
do {
    let filled = try FilledNode(directory: words[0], cluster: words[1], node: node)
    var talk = try Conversations(at: filled)
    talk.hold(closed: closed, open: open)
    print(filled.close())
} catch {
    FileHandle.standardError.write(Data("state-filler: \(error)\n".utf8))
    exit(1)
}
