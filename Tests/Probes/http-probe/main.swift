// Drives the HTTP room from a script on stdin, for the conformance tests. One command a line, the
// events it led to as JSON lines on stdout; bytes are hexadecimal in both. See Probe.swift.
import Glibc

var probe = Probe()
while let line = readLine() {
    for event in probe.run(line) { print(event) }
    if line == "sync" { fflush(nil) }
}
