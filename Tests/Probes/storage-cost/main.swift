// Measures what a log entry, a row and a click cost on this disk. Not a test: the figures depend
// on the machine. Run: swift run -c release storage-cost [DIRECTORY]
import Foundation
import Storage

let directory = CommandLine.arguments.dropFirst().first ?? NSTemporaryDirectory()
try StorageCost(directory: directory + "/storage-cost").run()
