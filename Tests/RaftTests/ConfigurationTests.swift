import Testing

@testable import Raft

@Suite struct ConfigurationTests {
    private static func ids(_ numbers: UInt64...) -> [NodeID] { numbers.map { NodeID($0) } }

    @Test(
        arguments: [
            Configuration(voters: ids(1)),
            Configuration(voters: ids(3, 1, 2), learners: ids(9)),
            Configuration(
                voters: ids(1, 200), learners: ids(7),
                addresses: [
                    .init(id: NodeID(200), bytes: Array("desk-b:7101".utf8)),
                    .init(id: NodeID(1), bytes: []),
                ], highestUsed: NodeID(300)),
        ])
    func `A configuration comes back as it was, and no part of it does`(
        configuration: Configuration
    ) {
        let bytes = configuration.encoded
        #expect(Configuration(encoded: bytes) == configuration)
        for count in 0..<bytes.count {
            #expect(Configuration(encoded: Array(bytes[..<count])) == nil)
        }
        #expect(Configuration(encoded: bytes + [0]) == nil)
    }

    @Test(
        arguments: [
            Configuration(voters: []), Configuration(voters: ids(1, 1)),
            Configuration(voters: ids(1), learners: ids(1)),
            Configuration(voters: ids(1), addresses: [.init(id: NodeID(2), bytes: [1])]),
            Configuration(voters: (1...17).map { NodeID($0) }),
        ])
    func `What can't be is not read`(configuration: Configuration) {
        #expect(Configuration(encoded: configuration.encoded) == nil)
    }

    @Test func `An id that was a member's, or could have been, is excluded for good`() {
        let configuration = Configuration(voters: Self.ids(1, 3), highestUsed: NodeID(5))
        #expect((1...6).filter { configuration.excludes(NodeID($0)) } == [2, 4, 5])
    }
}
